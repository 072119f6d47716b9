"""Conditions in Kleene's three-valued logic, with a trace of every observation.

A condition over an unknown fact is unknown unless the rest decides it:
``false and unknown`` is false, ``true or unknown`` is true. Nothing is
short-circuited, so the trace holds every fact that a rule looked at.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from registry.domain.canonical import Json, to_json
from registry.domain.errors import InvalidInput
from registry.policy.facts import ABSENT, Fact, Facts, FactValue
from registry.policy.vocabulary import VOCABULARY, FactType


class Truth(StrEnum):
    """Kleene's three values."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class Op(StrEnum):
    """What a comparison may ask."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not_in"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    CONTAINS = "contains"


ORDER_OPS = (Op.GT, Op.GE, Op.LT, Op.LE)
SET_OPS = (Op.IN, Op.NOT_IN)
UNARY_OPS = (Op.IS_TRUE, Op.IS_FALSE)

_EQUALITY = (Op.EQ, Op.NE, *SET_OPS)
OPS_BY_TYPE: Mapping[FactType, tuple[Op, ...]] = {
    FactType.BOOL: UNARY_OPS,
    FactType.INT: (*_EQUALITY, *ORDER_OPS),
    FactType.DECIMAL: ORDER_OPS,
    FactType.ENUM: _EQUALITY,
    FactType.TEXT: (*_EQUALITY, Op.CONTAINS),
}


@dataclass(frozen=True, slots=True)
class FactRef:
    """The other side of a comparison is a fact."""

    fact: str


Operand = FactValue | tuple[FactValue, ...] | FactRef | None


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison of one fact."""

    fact: str
    op: Op
    value: Operand = None


@dataclass(frozen=True, slots=True)
class All:
    """True when every member is true; ``All(())`` is always true."""

    members: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when some member is true."""

    members: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """True when the member is false."""

    member: "Condition"


Condition = Compare | All | AnyOf | Not

ALWAYS = All(())


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceNode:
    """What one condition saw. ``kind`` is all, any, not or compare."""

    kind: str
    truth: Truth
    children: "tuple[TraceNode, ...]" = ()
    fact: str = ""
    op: str = ""
    value: Json = None
    observed: Mapping[str, Fact] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """Return the node as canonical JSON values."""
        if self.kind != "compare":
            children: list[Json] = [child.to_json() for child in self.children]
            return {"kind": self.kind, "truth": self.truth.value, "children": children}
        seen: list[Json] = [
            {
                "fact": name,
                "value": to_json(fact.value),
                "provenance": to_json(fact.provenance),
                "source": fact.source,
                "reason": fact.reason,
            }
            for name, fact in self.observed.items()
        ]
        return {
            "kind": self.kind,
            "truth": self.truth.value,
            "fact": self.fact,
            "op": self.op,
            "value": self.value,
            "observed": seen,
        }


def evaluate(*, condition: Condition, facts: Facts) -> TraceNode:
    """Return truth and trace; raises ``InvalidInput`` ``CON001`` where the types do not fit."""
    if isinstance(condition, Compare):
        return _compare(condition, facts)
    if isinstance(condition, Not):
        inner = evaluate(condition=condition.member, facts=facts)
        return TraceNode(kind="not", truth=_NEGATED[inner.truth], children=(inner,))
    children = tuple(evaluate(condition=member, facts=facts) for member in condition.members)
    if isinstance(condition, All):
        return TraceNode(kind="all", truth=_combine(children, Truth.FALSE, Truth.TRUE), children=children)
    return TraceNode(kind="any", truth=_combine(children, Truth.TRUE, Truth.FALSE), children=children)


def facts_read(*, condition: Condition) -> frozenset[str]:
    """Return the names of all facts that the condition looks at."""
    return frozenset(name for leaf in comparisons(condition=condition) for name in names_of(leaf))


def comparisons(*, condition: Condition) -> tuple[Compare, ...]:
    """Return the condition's leaves, left to right."""
    if isinstance(condition, Compare):
        return (condition,)
    if isinstance(condition, Not):
        return comparisons(condition=condition.member)
    return tuple(leaf for member in condition.members for leaf in comparisons(condition=member))


def missing_facts(*, node: TraceNode) -> tuple[str, ...]:
    """Return the unknown facts that keep an unknown condition unknown, sorted."""
    return tuple(sorted(set(_missing(node))))


def names_of(leaf: Compare) -> tuple[str, ...]:
    """Return the one or two facts of a comparison."""
    return (leaf.fact, leaf.value.fact) if isinstance(leaf.value, FactRef) else (leaf.fact,)


def condition_to_json(*, condition: Condition) -> dict[str, Json]:
    """Return the condition in the form in which packs write it."""
    if isinstance(condition, Compare):
        plain: dict[str, Json] = {"fact": condition.fact, "op": condition.op.value}
        value = operand_to_json(condition.value)
        return plain if value is None else {**plain, "value": value}
    if isinstance(condition, Not):
        return {"not": condition_to_json(condition=condition.member)}
    key = "all" if isinstance(condition, All) else "any"
    return {key: [condition_to_json(condition=member) for member in condition.members]}


def operand_to_json(value: Operand) -> Json:
    """Return an operand as canonical JSON; a fact reference is ``{"fact": name}``."""
    return {"fact": value.fact} if isinstance(value, FactRef) else to_json(value)


def _missing(node: TraceNode) -> list[str]:
    if node.truth is not Truth.UNKNOWN:
        return []
    if node.kind == "compare":
        return [name for name, fact in node.observed.items() if fact.value is None]
    return [name for child in node.children for name in _missing(child)]


def _combine(children: tuple[TraceNode, ...], decisive: Truth, otherwise: Truth) -> Truth:
    truths = {child.truth for child in children}
    if decisive in truths:
        return decisive
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else otherwise


_NEGATED = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


def _compare(leaf: Compare, facts: Facts) -> TraceNode:
    observed = {name: facts.get(name, ABSENT) for name in names_of(leaf)}
    if any(fact.value is None for fact in observed.values()):
        truth = Truth.UNKNOWN
    else:
        truth = Truth.TRUE if holds(leaf, *(fact.value for fact in observed.values())) else Truth.FALSE
    return TraceNode(
        kind="compare",
        truth=truth,
        fact=leaf.fact,
        op=leaf.op.value,
        value=operand_to_json(leaf.value),
        observed=observed,
    )


ORDER: Mapping[Op, Callable[[Decimal | int, Decimal | int], bool]] = {
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.LT: operator.lt,
    Op.LE: operator.le,
}


def holds(leaf: Compare, value: FactValue | None, *others: FactValue | None) -> bool:
    """Return whether the comparison holds for known values; raises ``InvalidInput`` ``CON001``.

    A comparison of two facts takes the other fact's value besides.
    """
    other = (others or (value,))[0] if isinstance(leaf.value, FactRef) else leaf.value
    spec = VOCABULARY.get(leaf.fact)
    if spec is None or leaf.op not in OPS_BY_TYPE[spec.type]:
        raise _misfit(leaf)
    if leaf.op in ORDER and _is_number(value) and _is_number(other):
        return ORDER[leaf.op](value, other)  # type: ignore[arg-type]
    if leaf.op in UNARY_OPS:
        return value is (leaf.op is Op.IS_TRUE)
    if leaf.op in SET_OPS and isinstance(other, tuple):
        return (value in other) is (leaf.op is Op.IN)
    if leaf.op in (Op.EQ, Op.NE) and type(other) is type(value):
        return (value == other) is (leaf.op is Op.EQ)
    if leaf.op is Op.CONTAINS and isinstance(value, str) and isinstance(other, str):
        return other in value
    raise _misfit(leaf)


def _is_number(value: object) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def _misfit(leaf: Compare) -> InvalidInput:
    return InvalidInput(
        "CON001",
        f"`{leaf.fact}` cannot be compared by `{leaf.op}` with {operand_to_json(leaf.value)!r}",
        remedy="Use an operator and a value that fit the fact's type.",
        fact=leaf.fact,
    )
