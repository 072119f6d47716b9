"""Facts of many fact sets, column by column, and conditions over whole columns.

A mask is an integer with one bit per fact set: the first fact set is the most
significant bit. Comparing a column costs one comparison per distinct value;
``all``, ``any`` and ``not`` cost a few machine instructions per 30 fact sets.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import repeat

from registry.domain.errors import InvalidInput
from registry.policy.conditions import All, Compare, Condition, FactRef, Not, Op, Truth, evaluate, names_of
from registry.policy.facts import Fact, Facts, FactValue
from registry.policy.vocabulary import VOCABULARY, FactType

_MOST_GROUPS = 255
_ORDER: dict[Op, Callable[[Decimal | int, Decimal | int], bool]] = {
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.LT: operator.lt,
    Op.LE: operator.le,
}
_NUMBERS = (FactType.INT, FactType.DECIMAL)


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


@dataclass(frozen=True, slots=True)
class Listed:
    """A column of many distinct values, in the order of the fact sets."""

    values: Sequence[FactValue | None]

    @property
    def known(self) -> int:
        """The fact sets in which the fact is known."""
        return _mask(value is not None for value in self.values)

    def where(self, holds: Callable[..., bool]) -> int:
        """The fact sets whose value holds."""
        return _mask(value is not None and holds(value) for value in self.values)


Column = Grouped | Listed


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a condition is true, where it is false; elsewhere it is unknown. ``erring``: no answer at all."""

    true: int
    false: int
    erring: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Many fact sets by column: ``values`` gives one fact's value in each of them, in order, or ``None``."""

    size: int
    values: Callable[[str], Sequence[FactValue | None]]


def stock_of(*, rows: Sequence[Facts]) -> Stock:
    """Return the values of fact sets by column."""
    return Stock(
        size=len(rows),
        values=lambda name: [fact.value if (fact := row.get(name)) is not None else None for row in rows],
    )


def column(*, name: str, stock: Stock) -> Column:
    """Return one fact of all fact sets."""
    values = stock.values(name)
    spec = VOCABULARY.get(name)
    if spec is not None and spec.type is FactType.DECIMAL:
        return Listed(values)
    codes: dict[FactValue | None, int] = {None: 0}
    coded = [codes.setdefault(value, len(codes)) for value in values]
    if len(codes) > _MOST_GROUPS:
        return Listed(values)
    return Grouped(_groups(codes, bytes(coded)))


def expanded(*, mask: int, size: int) -> str:
    """Return a mask as one character per fact set, ``1`` or ``0``."""
    return format(mask, f"0{size}b") if size else ""


class Sheet:
    """The columns of some fact sets, and conditions asked of them. Each comparison is made once."""

    def __init__(self, *, stock: Stock) -> None:
        self._stock = stock
        self.everyone = (1 << stock.size) - 1
        self._columns: dict[str, Column] = {}
        self._answers: dict[tuple[Compare, type], Answer] = {}

    def column(self, *, name: str) -> Column:
        """Return a fact's column."""
        if name not in self._columns:
            self._columns[name] = column(name=name, stock=self._stock)
        return self._columns[name]

    def put(self, *, name: str, groups: Mapping[FactValue, int]) -> None:
        """Set a derived fact."""
        self._columns[name] = Grouped(groups)
        self._answers.clear()

    def ask(self, *, condition: Condition) -> Answer:
        """Return where the condition is true and where it is false, in Kleene's logic."""
        if isinstance(condition, Compare):
            key = (condition, type(condition.value))
            if key not in self._answers:
                self._answers[key] = self._compare(condition)
            return self._answers[key]
        if isinstance(condition, Not):
            inner = self.ask(condition=condition.member)
            return Answer(true=inner.false, false=inner.true, erring=inner.erring)
        answers = [self.ask(condition=member) for member in condition.members]
        erring = _union(answer.erring for answer in answers)
        one, other = [answer.true for answer in answers], [answer.false for answer in answers]
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
            true = left.where(_single(leaf)) if right is None else _where_both(left, right, _double(leaf))
        except InvalidInput:
            # Types decide whether a comparison fits, so that it errs wherever it can be made.
            return Answer(true=0, false=0, erring=known)
        return Answer(true=true, false=known & ~true)


def _single(leaf: Compare) -> Callable[..., bool]:
    literal = leaf.value
    is_ordered = leaf.op in _ORDER and _is_number(leaf.fact)
    if is_ordered and isinstance(literal, Decimal | int) and not isinstance(literal, bool):
        compare, limit = _ORDER[leaf.op], literal
        return lambda value: compare(value, limit)
    return lambda value: _truth(leaf, value)


def _double(leaf: Compare) -> Callable[..., bool]:
    if leaf.op in _ORDER and all(_is_number(name) for name in names_of(leaf)):
        return _ORDER[leaf.op]
    return lambda value, other: _truth(leaf, value, other)


def _is_number(name: str) -> bool:
    spec = VOCABULARY.get(name)
    return spec is not None and spec.type in _NUMBERS


def _truth(leaf: Compare, *values: FactValue) -> bool:
    facts = {name: Fact(value=value) for name, value in zip(names_of(leaf), values, strict=True)}
    return evaluate(condition=leaf, facts=facts).truth is Truth.TRUE


def _where_both(left: Column, right: Column, holds: Callable[..., bool]) -> int:
    if isinstance(right, Grouped):
        return _union(
            mask & left.where(lambda value, other=other: holds(value, other))
            for other, mask in right.groups.items()
        )
    if isinstance(left, Grouped):
        return _where_both(right, left, lambda other, value: holds(value, other))
    pairs = zip(left.values, right.values, strict=True)
    return _mask(a is not None and b is not None and holds(a, b) for a, b in pairs)


def _groups(codes: Mapping[FactValue | None, int], coded: bytes) -> dict[FactValue, int]:
    zeros, ones = bytes(repeat(ord("0"), 256)), ord("1")
    return {
        value: int(coded.translate(zeros[:code] + bytes([ones]) + zeros[code + 1 :]), 2)
        for value, code in codes.items()
        if value is not None
    }


def _mask(flags: Iterable[bool]) -> int:
    return int("".join(["1" if flag else "0" for flag in flags]) or "0", 2)


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
