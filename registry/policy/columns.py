"""Facts of many fact sets, column by column, and conditions over whole columns.

A mask is an integer with one bit per fact set: the first fact set is the most
significant bit. Comparing a column costs one comparison per distinct value;
``all``, ``any`` and ``not`` cost a few machine instructions per 30 fact sets.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import repeat
from operator import is_not
from struct import pack
from typing import Any

from registry.domain.errors import InvalidInput
from registry.policy.conditions import All, Compare, Condition, FactRef, Not, Op, names_of
from registry.policy.facts import ABSENT, Facts, FactValue
from registry.policy.predicates import REFLECTED, number_in, predicate
from registry.policy.vocabulary import VOCABULARY, FactType

_MOST_GROUPS = 255
_BLOCK = 64
_BEFORE_RANKING = 6
_DIGITS = bytes.maketrans(b"\0\1", b"01")
_BITS = [bytes([ord("0") + (byte >> bit & 1) for byte in range(256)]) for bit in range(8)]


@dataclass(frozen=True, slots=True)
class Grouped:
    """A column of few distinct values: for each, the mask of the fact sets that have it."""

    groups: Mapping[FactValue, int]

    @property
    def known(self) -> int:
        """The fact sets in which the fact is known."""
        return _union(self.groups.values())

    def where(self, holds: Callable[..., bool]) -> int:
        """The fact sets whose value holds."""
        return _union(mask for value, mask in self.groups.items() if holds(value))


class Listed:
    """A column of many distinct values, in the order of the fact sets; the unknown lie where ``known`` has no bit.

    Ordering the values costs as much as some comparisons with all of them,
    so that it is done once that many were asked for.
    """

    def __init__(self, *, values: Sequence[FactValue], known: int) -> None:
        self.values, self.known = values, known
        self._asked = 0
        self._ranks: Ranks | None = None

    def where(self, holds: Callable[..., bool]) -> int:
        """The fact sets whose value holds."""
        return _mask(map(holds, self.values)) & self.known

    def where_ordered(self, op: Op, limit: Decimal | int) -> int:
        """The fact sets whose value, a number, stands so to the limit."""
        self._asked += 1
        if self._asked <= _BEFORE_RANKING:
            return self.where(partial(REFLECTED[op], limit))
        if self._ranks is None:
            self._ranks = Ranks(values=self.values)
        return self._ranks.where(op, limit) & self.known


class Ranks:
    """Numbers by their rank among themselves, one mask for each bit of the rank."""

    def __init__(self, *, values: Sequence[FactValue]) -> None:
        self._ordered: list[Any] = sorted(set(values))
        places = {value: place for place, value in enumerate(self._ordered)}
        packed = pack(f"<{len(values)}I", *[places[value] for value in values])
        self._everyone = (1 << len(values)) - 1
        self._planes = [
            (bit, int(packed[bit // 8 :: 4].translate(_BITS[bit % 8]), 2))
            for bit in reversed(range(len(self._ordered).bit_length()))
        ]

    def where(self, op: Op, limit: Decimal | int) -> int:
        """The places whose number stands so to the limit."""
        cut = bisect_left if op in (Op.LT, Op.GE) else bisect_right
        below = self._below(cut(self._ordered, limit))
        return below if op in (Op.LT, Op.LE) else self._everyone ^ below

    def _below(self, rank: int) -> int:
        below, alike = 0, self._everyone
        for bit, plane in self._planes:
            if rank >> bit & 1:
                below |= alike & ~plane
                alike &= plane
            else:
                alike &= ~plane
        return below


Column = Grouped | Listed
ReadValues = Callable[[Sequence[str]], Mapping[str, Sequence[FactValue | None]]]
"""Gives, for each fact named, its value in every fact set, in order; ``None`` where it is unknown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a condition is true, where it is false; elsewhere it is unknown. ``erring``: no answer at all."""

    true: int
    false: int
    erring: int = 0


class Columns:
    """The facts of some fact sets, column by column, with the comparisons already made on them.

    Rows are read a block at a time, which keeps their memory at hand. What
    judges the same fact sets again, under other packs, reads them once.
    """

    def __init__(self, *, rows: Sequence[Facts]) -> None:
        self._begin(len(rows), partial(_read_rows, rows))

    @classmethod
    def given(cls, *, size: int, values: ReadValues) -> "Columns":
        """Return the columns of ``size`` fact sets whose values are given by fact, in order."""
        made = cls.__new__(cls)
        made._begin(size, values)
        return made

    def _begin(self, size: int, values: ReadValues) -> None:
        self.size = size
        self.everyone = (1 << size) - 1
        self.answers: dict[tuple[Compare, type], Answer] = {}
        self._values = values
        self._columns: dict[str, Column] = {}

    def read(self, *, names: Iterable[str]) -> None:
        """Read the facts that were not read yet."""
        missing = [name for name in names if name not in self._columns]
        if missing:
            found = self._values(missing)
            self._columns |= {name: _column(name, found[name]) for name in missing}

    def column(self, *, name: str) -> Column:
        """Return a fact's column."""
        self.read(names=(name,))
        return self._columns[name]


def _read_rows(rows: Sequence[Facts], names: Sequence[str]) -> dict[str, list[FactValue | None]]:
    values: dict[str, list[FactValue | None]] = {name: [] for name in names}
    for start in range(0, len(rows), _BLOCK):
        gets = [row.get for row in rows[start : start + _BLOCK]]
        for name, found in values.items():
            found += [get(name, ABSENT).value for get in gets]
    return values


def _column(name: str, values: Sequence[FactValue | None]) -> Column:
    spec = VOCABULARY.get(name)
    codes: dict[FactValue | None, int] = {None: 0}
    if spec is None or spec.type is not FactType.DECIMAL:
        for value in dict.fromkeys(values):
            codes.setdefault(value, len(codes))
        if len(codes) <= _MOST_GROUPS:
            return Grouped(_groups(codes, bytes(map(codes.__getitem__, values))))
    filler = next((value for value in values if value is not None), None)
    if filler is None:
        return Grouped({})
    known = _mask(map(is_not, values, repeat(None)))
    return Listed(values=[filler if value is None else value for value in values], known=known)


def expanded(*, mask: int, size: int) -> str:
    """Return a mask as one character per fact set, ``1`` or ``0``."""
    return format(mask, f"0{size}b") if size else ""


class Sheet:
    """Columns with derived facts laid over them, and conditions asked of both. Each comparison is made once."""

    def __init__(self, *, columns: Columns) -> None:
        self.everyone = columns.everyone
        self._columns = columns
        self._derived: dict[str, Column] = {}
        self._answers: dict[tuple[Compare, type], Answer] = {}

    def column(self, *, name: str) -> Column:
        """Return a fact's column."""
        return self._derived.get(name) or self._columns.column(name=name)

    def put(self, *, name: str, groups: Mapping[FactValue, int]) -> None:
        """Set a derived fact."""
        self._derived[name] = Grouped(groups)
        self._answers.clear()

    def ask(self, *, condition: Condition) -> Answer:
        """Return where the condition is true and where it is false, in Kleene's logic."""
        if isinstance(condition, Compare):
            key = (condition, type(condition.value))
            is_given = self._derived.keys().isdisjoint(names_of(condition))
            answers = self._columns.answers if is_given else self._answers
            if key not in answers:
                answers[key] = self._compare(condition)
            return answers[key]
        if isinstance(condition, Not):
            inner = self.ask(condition=condition.member)
            return Answer(true=inner.false, false=inner.true, erring=inner.erring)
        found = [self.ask(condition=member) for member in condition.members]
        erring = _union(answer.erring for answer in found)
        one, other = [answer.true for answer in found], [answer.false for answer in found]
        if isinstance(condition, All):
            return Answer(true=self._shared(one), false=_union(other), erring=erring)
        return Answer(true=_union(one), false=self._shared(other), erring=erring)

    def _shared(self, masks: Iterable[int]) -> int:
        shared = self.everyone
        for mask in masks:
            shared &= mask
        return shared

    def _compare(self, leaf: Compare) -> Answer:
        left = self.column(name=leaf.fact)
        right = self.column(name=leaf.value.fact) if isinstance(leaf.value, FactRef) else None
        known = left.known & (self.everyone if right is None else right.known)
        try:
            true = _where(leaf, left) if right is None else _where_both(left, right, predicate(leaf=leaf))
        except InvalidInput:
            # Types decide whether a comparison fits, so that it errs wherever it can be made.
            return Answer(true=0, false=0, erring=known)
        return Answer(true=true, false=known & ~true)


def _where(leaf: Compare, column: Column) -> int:
    limit = number_in(leaf=leaf)
    if isinstance(column, Listed) and limit is not None:
        return column.where_ordered(leaf.op, limit)
    return column.where(predicate(leaf=leaf))


def _where_both(left: Column, right: Column, holds: Callable[..., bool]) -> int:
    if isinstance(right, Grouped):
        return _union(
            mask & left.where(lambda value, other=other: holds(value, other))
            for other, mask in right.groups.items()
        )
    if isinstance(left, Grouped):
        return _where_both(right, left, lambda other, value: holds(value, other))
    return _mask(map(holds, left.values, right.values)) & left.known & right.known


def _groups(codes: Mapping[FactValue | None, int], coded: bytes) -> dict[FactValue, int]:
    zeros, ones = bytes(repeat(ord("0"), 256)), ord("1")
    return {
        value: int(coded.translate(zeros[:code] + bytes([ones]) + zeros[code + 1 :]), 2)
        for value, code in codes.items()
        if value is not None
    }


def _mask(flags: Iterable[bool]) -> int:
    return int(bytes(flags).translate(_DIGITS) or b"0", 2)


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
