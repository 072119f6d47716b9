"""One comparison made ready for many values, as a callable.

What the types settle is settled once, so that only the comparison itself is
left; whatever they do not settle is asked of ``conditions.holds``, which says
what each comparison means.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

from registry.policy.conditions import (
    OPS_BY_TYPE,
    ORDER,
    SET_OPS,
    UNARY_OPS,
    Compare,
    FactRef,
    Op,
    holds,
    names_of,
)
from registry.policy.facts import FactValue
from registry.policy.vocabulary import VOCABULARY, FactType

Predicate = Callable[..., bool]

_NUMBERS = (FactType.INT, FactType.DECIMAL)


def predicate(*, leaf: Compare) -> Predicate:
    """Return what tells whether the comparison holds for a known value of the declared type.

    For two facts it takes both values, even where they are one fact. It
    raises ``InvalidInput`` ``CON001`` where the types do not fit.
    """
    if isinstance(leaf.value, FactRef):
        is_ordered = leaf.op in ORDER and all(_type_of(name) in _NUMBERS for name in names_of(leaf))
        return ORDER[leaf.op] if is_ordered else lambda value, other: holds(leaf, value, other)
    kind, literal, limit = _type_of(leaf.fact), leaf.value, number_in(leaf=leaf)
    if limit is not None:
        return partial(REFLECTED[leaf.op], limit)
    if leaf.op in UNARY_OPS and kind is FactType.BOOL:
        return partial(operator.is_, leaf.op is Op.IS_TRUE)
    if kind is not None and leaf.op in OPS_BY_TYPE[kind]:
        if leaf.op in SET_OPS and isinstance(literal, tuple):
            return _member(literal, is_wanted=leaf.op is Op.IN)
        if leaf.op in (Op.EQ, Op.NE):
            return _equal(leaf, type(literal), is_wanted=leaf.op is Op.EQ)
    return lambda value: holds(leaf, value)


def number_in(*, leaf: Compare) -> Decimal | int | None:
    """Return the number that the comparison orders a numeric fact by; ``None`` where it does something else."""
    limit = leaf.value
    if leaf.op not in ORDER or _type_of(leaf.fact) not in _NUMBERS or isinstance(limit, bool):
        return None
    return limit if isinstance(limit, Decimal | int) else None


# The limit stands first, so that the callable is the operator itself and no function of ours.
REFLECTED: Mapping[Op, Predicate] = {
    Op.GT: operator.lt,
    Op.GE: operator.le,
    Op.LT: operator.gt,
    Op.LE: operator.ge,
}


def _member(members: tuple[FactValue, ...], *, is_wanted: bool) -> Predicate:
    return partial(operator.contains, members) if is_wanted else lambda value: value not in members


def _equal(leaf: Compare, kind: type, *, is_wanted: bool) -> Predicate:
    literal = leaf.value
    if is_wanted:
        return lambda value: value == literal if type(value) is kind else holds(leaf, value)
    return lambda value: value != literal if type(value) is kind else holds(leaf, value)


def _type_of(name: str) -> FactType | None:
    spec = VOCABULARY.get(name)
    return None if spec is None else spec.type
