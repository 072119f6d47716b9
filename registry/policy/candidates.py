"""Values worth trying for a fact: one for each region in which no condition can tell values apart."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

from registry.policy.conditions import Compare, Condition, FactRef, comparisons, names_of
from registry.policy.facts import ABSENT, Facts, FactValue
from registry.policy.vocabulary import FactSpec, FactType

_LARGEST_DOMAIN = 20


def candidate_values(
    *, spec: FactSpec, conditions: Iterable[Condition], facts: Facts
) -> tuple[FactValue, ...]:
    """Return the values to try; empty when no condition reads the fact.

    Figures: each threshold, just below, just above, and the middle between
    two. Against another fact: that fact's value now, and its neighbours.
    """
    leaves = [
        leaf
        for condition in conditions
        for leaf in comparisons(condition=condition)
        if spec.name in names_of(leaf)
    ]
    if not leaves:
        return ()
    if spec.type is FactType.BOOL:
        return (False, True)
    if spec.type is FactType.ENUM:
        return spec.options
    literals = {value for leaf in leaves for value in _operands(leaf, spec.name, facts)}
    if spec.type is FactType.TEXT:
        return tuple(sorted(str(value) for value in literals))
    return _figures(spec, {Decimal(value) for value in literals if not isinstance(value, str)})


def distance(facts: Facts, name: str, value: FactValue) -> Decimal:
    """Return how far a figure is from the one known now; 0 for what has no distance."""
    now = facts.get(name, ABSENT).value
    if isinstance(now, bool | str) or isinstance(value, bool | str):
        return Decimal(0)
    return abs(Decimal(value) - Decimal(now)) if now is not None else Decimal(len(str(value)))


def _operands(leaf: Compare, name: str, facts: Facts) -> tuple[FactValue, ...]:
    if isinstance(leaf.value, FactRef):
        other = leaf.value.fact if leaf.fact == name else leaf.fact
        value = facts.get(other, ABSENT).value
        return () if value is None else (value,)
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return tuple(value for value in values if value is not None)


def _figures(spec: FactSpec, thresholds: set[Decimal]) -> tuple[FactValue, ...]:
    low, high = spec.minimum, spec.maximum
    is_whole = spec.type is FactType.INT
    if is_whole and low is not None and high is not None and high - low <= _LARGEST_DOMAIN:
        return tuple(range(int(low), int(high) + 1))
    points = set(thresholds)
    for value in thresholds:
        step = Decimal(1) if is_whole else Decimal(1).scaleb(_exponent(value) - 2)
        points |= {value - step, value + step}
    ordered = sorted(thresholds)
    points |= {(a + b) / 2 for a, b in pairwise(ordered)} if not is_whole else set()
    inside = sorted(
        value for value in points if (low is None or value >= low) and (high is None or value <= high)
    )
    return tuple(int(value) if is_whole else value for value in inside)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0
