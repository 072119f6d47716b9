"""On which days may time alone change a decision? Found from the rules and the dates, not by trying days.

A fact that counts days moves by one a day and stops at zero. A comparison of
such a count with a figure, with another count or with a fact that stands
still changes its truth only where the two meet, so those days are computed.
Packs change on the day that they come into force, and on the day that they end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from registry.policy.conditions import Compare, Condition, FactRef, Not, Operand
from registry.policy.facts import ABSENT, Facts
from registry.policy.rules import Pack
from registry.policy.vocabulary import REQUIRED_EXPLAINABILITY, TIER, VOCABULARY


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """A number of days that is zero on ``zero_on``: it grows afterwards, or shrinks until then."""

    zero_on: date
    is_growing: bool

    def on(self, *, day: date) -> int:
        """Return the count on the day, never below zero."""
        passed = (day - self.zero_on).days
        return max(0, passed if self.is_growing else -passed)


def turning_days(
    *, packs: Sequence[Pack], facts: Facts, counts: Mapping[str, DayCount], first: date, last: date
) -> tuple[date, ...]:
    """Return the days after ``first`` and up to ``last`` on which a rule may change by the passing of days.

    ``facts`` stand still; ``counts`` move. More days than needed may be
    returned, never fewer: between two of them no decision changes.
    """
    days = {day for pack in packs for day in (pack.effective_from, pack.effective_to) if day is not None}
    for leaf in (leaf for pack in packs for rule in pack.rules for leaf in _leaves(rule.when)):
        days.update(_turns(leaf, facts, counts, first))
    return tuple(sorted(day for day in days if first < day <= last))


def _leaves(condition: Condition) -> Iterator[Compare]:
    if isinstance(condition, Compare):
        yield condition
        return
    for member in (condition.member,) if isinstance(condition, Not) else condition.members:
        yield from _leaves(member)


Side = DayCount | int


def _turns(leaf: Compare, facts: Facts, counts: Mapping[str, DayCount], first: date) -> set[date]:
    left, right = _sides(leaf.fact, facts, counts), _others(leaf.value, facts, counts)
    return {day for one in left for other in right for day in _meetings(one, other, first)}


def _others(value: Operand, facts: Facts, counts: Mapping[str, DayCount]) -> tuple[Side, ...]:
    if isinstance(value, FactRef):
        return _sides(value.fact, facts, counts)
    members = value if isinstance(value, tuple) else (value,)
    return tuple(item for item in members if isinstance(item, int))


def _sides(name: str, facts: Facts, counts: Mapping[str, DayCount]) -> tuple[Side, ...]:
    if name in counts:
        return (counts[name],)
    spec = VOCABULARY[name]
    if name in (TIER, REQUIRED_EXPLAINABILITY) and spec.minimum is not None and spec.maximum is not None:
        return tuple(range(int(spec.minimum), int(spec.maximum) + 1))
    value = facts.get(name, ABSENT).value
    return (value,) if isinstance(value, int) else ()


def _meetings(one: Side, other: Side, first: date) -> Iterable[date]:
    """Where the difference of the two, a line between its bends, reaches zero, and the day after."""
    bends = [first, *(side.zero_on for side in (one, other) if isinstance(side, DayCount))]
    if len(bends) == 1:
        return
    for bend in bends:
        room = (date.max - bend).days
        gap = _value(one, bend) - _value(other, bend)
        slope = (
            _value(one, bend + timedelta(min(1, room))) - _value(other, bend + timedelta(min(1, room))) - gap
        )
        if slope and 0 <= -gap // slope < room:
            meeting = bend + timedelta(-gap // slope)
            yield from (meeting, meeting + timedelta(1))


def _value(side: Side, day: date) -> int:
    return side.on(day=day) if isinstance(side, DayCount) else side
