"""The days on which time alone changes a decision: worked by hand, and against every single day."""

from datetime import date, timedelta
from random import Random

import pytest

from registry.domain.vocab import Stage
from registry.policy.conditions import ALWAYS, All, AnyOf, Compare, Condition, FactRef, Not, Op
from registry.policy.engine import decide
from registry.policy.facts import Fact, known
from registry.policy.rules import Pack
from registry.policy.timeline import DayCount, turning_days
from tests.unit.policy.making import BLOCK, DAY, REFER, floor_rules, make_pack, make_rule

LAST = DAY + timedelta(days=400)
LEFT, AGE, TERM = "permit.days_left", "validation.age_days", "trade_off.expires_in_days"
COUNTS = {
    LEFT: DayCount(zero_on=DAY + timedelta(days=100), is_growing=False),
    AGE: DayCount(zero_on=DAY - timedelta(days=10), is_growing=True),
    TERM: DayCount(zero_on=DAY + timedelta(days=300), is_growing=False),
}
STILL = {
    "version.has_signature": known(name="version.has_signature", value=True),
    "findings.open_high": known(name="findings.open_high", value=40),
}


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def turns(*conditions: Condition, last: date = LAST) -> tuple[date, ...]:
    rules = [make_rule(f"r{i}", BLOCK, when, stage=Stage.GATE_USE) for i, when in enumerate(conditions)]
    pack = make_pack(*rules, effective_from=DAY)
    return turning_days(packs=[pack], facts=STILL, counts=COUNTS, first=DAY, last=last)


def test_a_count_grows_or_shrinks_and_stops_at_zero() -> None:
    assert [COUNTS[LEFT].on(day=after(days)) for days in (0, 99, 100, 101)] == [100, 1, 0, 0]
    assert [COUNTS[AGE].on(day=after(days)) for days in (-11, -10, 0, 355)] == [0, 0, 10, 365]


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        (Compare(LEFT, Op.LE, 0), {100}),
        (Compare(LEFT, Op.LT, 30), {71}),
        (Compare(AGE, Op.GT, 365), {356}),
        (Compare(AGE, Op.GE, 365), {355}),
        (Compare(AGE, Op.IN, (20, 31)), {10, 11, 21, 22}),
        (Compare(AGE, Op.GT, FactRef("findings.open_high")), {31}),
        (Compare("findings.open_high", Op.LT, FactRef(AGE)), {31}),
        (Compare(AGE, Op.GT, FactRef(LEFT)), {46}),
        (Compare(TERM, Op.LE, FactRef(AGE)), {145}),
        (Not(All((Compare(TERM, Op.GE, 1), Compare(TERM, Op.LE, 365)))), {300}),
        (AnyOf((Compare(AGE, Op.GT, FactRef("tier")), Compare(LEFT, Op.EQ, 0))), {100}),
        (Compare(AGE, Op.GT, FactRef("checks.failed")), set()),
        (Compare("findings.open_high", Op.GE, 1), set()),
        (ALWAYS, set()),
    ],
)
def test_a_comparison_turns_where_the_two_sides_meet(condition: Condition, days: set[int]) -> None:
    found = turns(condition)
    assert {after(day) for day in days} <= set(found)
    assert len(found) <= 2 * max(1, len(days)) + 2


def test_only_days_ahead_and_within_reach_are_named() -> None:
    assert turns(Compare(LEFT, Op.LE, 0), last=after(99)) == ()
    assert turns(Compare(AGE, Op.GT, 5)) == ()


def test_what_the_calendar_does_not_reach_never_turns() -> None:
    counts = {LEFT: DayCount(zero_on=date.max, is_growing=False)}
    when = AnyOf((Compare(LEFT, Op.LE, 0), Compare(AGE, Op.GT, 10**9)))
    pack = make_pack(make_rule("r", BLOCK, when, stage=Stage.GATE_USE))
    found = turning_days(
        packs=[pack], facts={}, counts=COUNTS | counts, first=DAY, last=date.max - timedelta(1)
    )
    assert found == ()


def test_a_pack_turns_where_it_comes_and_where_it_ends() -> None:
    packs = [
        make_pack(effective_from=after(-5), effective_to=after(20)),
        make_pack(instrument="next", effective_from=after(20), supersedes=("test/1",)),
        make_pack(instrument="late", effective_from=after(900)),
    ]
    assert turning_days(packs=packs, facts={}, counts={}, first=DAY, last=LAST) == (after(20),)


def _facts(day: date) -> dict[str, Fact]:
    return {**STILL, **{name: known(name=name, value=count.on(day=day)) for name, count in COUNTS.items()}}


def _random_condition(random: Random) -> Condition:
    fact = random.choice((*COUNTS, "findings.open_high"))
    other = FactRef(random.choice((*COUNTS, "findings.open_high", "tier")))
    value = other if random.random() < 0.5 else random.choice((0, 1, 29, 30, 60, 365))
    leaf = Compare(fact, random.choice((Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ, Op.NE)), value)
    return random.choice((leaf, Not(leaf), All((leaf, Compare(LEFT, Op.LE, 90)))))


def _random_packs(random: Random) -> list[Pack]:
    rules = [
        make_rule(f"r{i}", random.choice((BLOCK, REFER)), _random_condition(random), stage=Stage.GATE_USE)
        for i in range(3)
    ]
    later = after(random.randrange(1, 300))
    new = make_pack(*floor_rules(), *rules[:1], version="2", effective_from=later, supersedes=("test/1",))
    return [make_pack(*floor_rules(), *rules, effective_to=random.choice((None, after(250)))), new]


@pytest.mark.parametrize("seed", range(12))
def test_between_two_turning_days_no_decision_changes(seed: int) -> None:
    """The reference is the engine itself, asked on every day of more than a year."""
    packs = _random_packs(Random(seed))
    days = turning_days(packs=packs, facts=STILL, counts=COUNTS, first=DAY, last=LAST)

    def outcome(day: date) -> tuple[str, tuple[str, ...]]:
        decision = decide(packs=packs, facts=_facts(day), stage=Stage.GATE_USE, as_of=day)
        return decision.outcome, tuple(reason.rule for reason in decision.reasons)

    changed, before = set(), outcome(DAY)
    for number in range(1, 401):
        now = outcome(after(number))
        if now != before:
            changed.add(after(number))
        before = now
    assert changed <= set(days)
    assert len(days) < 80
