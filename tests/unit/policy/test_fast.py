"""Verdicts on many fact sets at once are those of the traced engine."""

import operator
from collections import ChainMap
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.errors import InvalidInput
from registry.domain.vocab import Outcome, Stage
from registry.policy.columns import Columns
from registry.policy.conditions import Compare, FactRef, Not, Op
from registry.policy.engine import decide
from registry.policy.facts import Fact, Facts
from registry.policy.fast import judge
from registry.policy.rules import (
    Effect,
    Pack,
    Rule,
    SetExplainability,
    SetTier,
)
from tests.unit.policy.making import BLOCK, DAY, REFER, complete_pack, make_facts, make_pack, make_rule
from tests.unit.policy.shipped import PACKS
from tests.unit.policy.strategies import ANY_PACKS, CHANGES, GOOD, LIMIT, SAMPLE, check, facts_of


def assert_alike(packs: Sequence[Pack], rows: Sequence[Facts], stage: Stage, as_of: date = DAY) -> None:
    found = judge(packs=packs, rows=rows, stage=stage, as_of=as_of)
    traced = [decide(packs=packs, facts=row, stage=stage, as_of=as_of) for row in rows]
    assert found.outcomes == tuple(item.outcome for item in traced)
    assert found.tiers == tuple(item.tier for item in traced)


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(st.sampled_from(GOOD), CHANGES), min_size=1, max_size=10),
    stage=st.sampled_from(list(Stage)),
    as_of=st.sampled_from([DAY, DAY, date(2026, 10, 31)]),
)
def test_the_shipped_packs_rule_alike(
    rows: list[tuple[Facts, list[dict[str, Fact]]]], stage: Stage, as_of: date
) -> None:
    changed = [dict(ChainMap(*changes, dict(good))) for good, changes in rows]
    assert_alike(PACKS, changed, stage, as_of)


@settings(max_examples=120)
@given(
    packs=ANY_PACKS,
    rows=st.lists(facts_of(SAMPLE), min_size=1, max_size=5),
    stage=st.sampled_from(list(Stage)),
)
def test_any_packs_rule_alike(packs: list[Pack], rows: list[Facts], stage: Stage) -> None:
    assert_alike(packs, rows, stage)


def test_columns_of_many_values_are_compared_row_by_row() -> None:
    rows = [
        {
            **make_facts(validation__age_days=day, evidence__auc=f"0.{day:03}", evidence__gini="0.1"),
            "evidence.psi": Fact(value=None if day % 7 == 0 else Decimal(day)),
        }
        for day in range(300)
    ]
    whens = [
        Compare("validation.age_days", Op.GT, 250),
        Compare("validation.age_days", Op.EQ, 7),
        Compare("validation.age_days", Op.GE, FactRef("findings.open_high")),
        Compare("use.required_explainability", Op.GT, FactRef("validation.age_days")),
        Compare("evidence.auc", Op.LT, FactRef("evidence.gini")),
        Compare("evidence.psi", Op.LE, FactRef("evidence.auc")),
    ]
    effects: tuple[Effect, ...] = (BLOCK, LIMIT, REFER) * 2
    rules = (
        make_rule(f"r{index}", effect, when, stage=Stage.GATE_APPROVE)
        for index, (effect, when) in enumerate(zip(effects, whens, strict=True))
    )
    assert_alike([complete_pack(*rules)], rows, Stage.GATE_APPROVE)


@pytest.mark.parametrize(
    ("given_level", "given_tier", "level", "tier"), [(None, None, 3, 2), (1, 4, 3, 2), (4, 1, 4, 1)]
)
def test_the_strictest_level_and_tier_hold(
    given_level: int | None, given_tier: int | None, level: int, tier: int
) -> None:
    known = {"use__required_explainability": given_level, "tier": given_tier}
    facts = make_facts(
        version__has_signature=True, **{name: value for name, value in known.items() if value is not None}
    )
    rules = [
        make_rule("a", SetExplainability(level=3), stage=Stage.TIERING),
        make_rule("b", SetExplainability(level=1), stage=Stage.TIERING),
        make_rule("c", SetTier(tier=2), stage=Stage.TIERING),
        make_rule("d", REFER, Compare("use.required_explainability", Op.GE, level)),
        make_rule("e", BLOCK, Compare("use.required_explainability", Op.GT, level)),
    ]
    packs = [complete_pack(*rules)]
    assert_alike(packs, [facts], Stage.GATE_REGISTER)
    found = judge(packs=packs, rows=[facts], stage=Stage.GATE_REGISTER, as_of=DAY)
    assert (found.outcomes, found.tiers) == ((Outcome.REFER,), (tier,))


def test_checks_asked_with_different_parameters_are_referred() -> None:
    is_hashed = Compare("version.artifact_hashed", Op.IS_TRUE)
    rows = [
        make_facts(version__artifact_hashed=value, version__has_signature=True) for value in (True, False)
    ]
    others = [check("a", bins="20"), check("a", bins="10"), check("a", grades=True), check("b", bins="20")]
    for other, outcome in zip(others, (Outcome.REFER, *[Outcome.ALLOW] * 3), strict=True):
        packs = [complete_pack(make_rule("r", check("a", bins="10")), make_rule("s", other, is_hashed))]
        assert_alike(packs, rows, Stage.GATE_REGISTER)
        assert judge(packs=packs, rows=rows, stage=Stage.GATE_REGISTER, as_of=DAY).outcomes == (
            outcome,
            Outcome.ALLOW,
        )


def test_nothing_to_judge_and_two_contents_of_one_name() -> None:
    none = judge(packs=PACKS, rows=[], stage=Stage.GATE_USE, as_of=DAY)
    assert (none.outcomes, none.tiers) == ((), ())
    with pytest.raises(InvalidInput, match="POL001"):
        judge(packs=[make_pack(), complete_pack()], rows=[], stage=Stage.GATE_USE, as_of=DAY)


def test_differences_are_found_in_outcome_tier_and_condition() -> None:
    rows = [make_facts(version__has_signature=True, use__materiality=word) for word in ("high", "low")]
    is_high = Compare("use.materiality", Op.EQ, "high")

    def places(*rules: Rule) -> tuple[int, ...]:
        before, after = (
            judge(packs=[complete_pack(*items)], rows=rows, stage=Stage.GATE_REGISTER, as_of=DAY)
            for items in ((), rules)
        )
        assert before.outcomes == (Outcome.ALLOW, Outcome.ALLOW)
        return after.differing(other=before)

    assert places() == ()
    assert places(make_rule("r", BLOCK, is_high)) == (0,)
    assert places(make_rule("r", SetTier(tier=1), is_high, stage=Stage.TIERING)) == (0,)
    assert places(make_rule("r", LIMIT, Not(is_high))) == (1,)


ORDERS = {Op.LT: operator.lt, Op.LE: operator.le, Op.GT: operator.gt, Op.GE: operator.ge}


@pytest.mark.parametrize("name", ["evidence.psi", "validation.age_days"])
def test_columns_kept_and_asked_often_answer_as_the_numbers_stand(name: str) -> None:
    """Each threshold is asked by all four operators: first value by value, then by rank."""
    number = Decimal if name == "evidence.psi" else int
    values = [None if place % 7 == 0 else number(place * 37 % 300) for place in range(400)]
    signed = make_facts(version__has_signature=True)
    columns = Columns(rows=[{**signed, name: Fact(value=value)} for value in values])
    for limit in (number(0), number(1), number(150), number(299), number(300), number(1_000)):
        for op, holds in ORDERS.items():
            packs = [complete_pack(make_rule("r", BLOCK, Compare(name, op, limit)))]
            found = judge(packs=packs, rows=columns, stage=Stage.GATE_REGISTER, as_of=DAY)
            assert found.outcomes == tuple(
                Outcome.REFER if value is None else Outcome.DENY if holds(value, limit) else Outcome.ALLOW
                for value in values
            )


@settings(max_examples=60)
@given(
    several=st.lists(ANY_PACKS, min_size=2, max_size=3),
    rows=st.lists(facts_of(SAMPLE), max_size=4),
    stage=st.sampled_from(list(Stage)),
)
def test_columns_kept_between_packs_rule_as_columns_read_anew(
    several: list[list[Pack]], rows: list[Facts], stage: Stage
) -> None:
    columns = Columns(rows=rows)
    for packs in several:
        kept = judge(packs=packs, rows=columns, stage=stage, as_of=DAY)
        assert kept == judge(packs=packs, rows=rows, stage=stage, as_of=DAY)
