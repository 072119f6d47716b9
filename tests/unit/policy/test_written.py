"""Decisions written from prepared packs are, to the byte, those of the reference engine."""

from collections import ChainMap
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.errors import InvalidInput
from registry.domain.vocab import Outcome, Stage
from registry.policy.conditions import All, AnyOf, Compare, Condition, FactRef, Not, Op
from registry.policy.decision import Ruling
from registry.policy.engine import decide
from registry.policy.facts import Fact, Facts, facts_digest
from registry.policy.rules import Pack, SetTier
from registry.policy.written import write
from tests.benchmarks.sixty_rules import facts_at, sixty_rules
from tests.unit.policy.making import BLOCK, DAY, REFER, complete_pack, make_facts, make_pack, make_rule
from tests.unit.policy.shipped import PACKS
from tests.unit.policy.strategies import ANY_PACKS, CHANGES, GOOD, SAMPLE, facts_of, marked


def assert_alike(packs: Sequence[Pack], facts: Facts, stage: Stage, as_of: date = DAY) -> None:
    written = write(packs=packs, facts=facts, stage=stage, as_of=as_of)
    decision = decide(packs=packs, facts=facts, stage=stage, as_of=as_of)
    assert written.body == decision.to_bytes()
    assert written.digest == decision.digest()
    assert written.ruling == Ruling(**{item.name: getattr(decision, item.name) for item in fields(Ruling)})


@settings(max_examples=60)
@given(
    good=st.sampled_from(GOOD),
    changes=CHANGES,
    stage=st.sampled_from(list(Stage)),
    as_of=st.sampled_from([DAY, DAY, date(2026, 10, 31)]),
)
def test_decisions_of_the_shipped_packs_are_written_alike(
    good: Facts, changes: list[dict[str, Fact]], stage: Stage, as_of: date
) -> None:
    assert_alike(PACKS, dict(ChainMap(*changes, dict(good))), stage, as_of)


@settings(max_examples=300)
@given(packs=ANY_PACKS, facts=marked(facts_of(SAMPLE)), stage=st.sampled_from(list(Stage)))
def test_any_decision_is_written_alike(packs: list[Pack], facts: Facts, stage: Stage) -> None:
    assert_alike(packs, facts, stage)


@pytest.mark.parametrize("seed", range(20))
def test_sixty_rules_are_written_alike(seed: int) -> None:
    assert_alike([sixty_rules()], facts_at(seed=seed), Stage.GATE_USE)


AUC, GINI = "evidence.auc", "evidence.gini"
SELF = Compare(AUC, Op.GE, FactRef(AUC))


@pytest.mark.parametrize(
    "when",
    [
        SELF,
        Not(SELF),
        All(()),
        AnyOf(()),
        Compare(AUC, Op.LT, FactRef(GINI)),
        All((Compare(AUC, Op.LT, Decimal("0.5")), Compare(AUC, Op.LT, Decimal("0.50")))),
        AnyOf((Compare("tier", Op.EQ, 1), Compare("tier", Op.EQ, True), Compare("tier", Op.IN, (1, True)))),
        All((Compare("tier", Op.CONTAINS, "1"), Compare("no.such_fact", Op.LT, 1), SELF)),
    ],
)
@pytest.mark.parametrize("value", [None, "0.5", "0.3"])
def test_conditions_that_are_seldom_written_are_written_alike(when: Condition, value: str | None) -> None:
    facts = make_facts(version__has_signature=True, evidence__gini="0.4", tier=1)
    facts |= {} if value is None else make_facts(evidence__auc=value)
    rules = [make_rule("a", BLOCK, when), make_rule("b", REFER, when, cites=("gone/1#C1", "lost/1#C1"))]
    assert_alike([complete_pack(*rules)], facts, Stage.GATE_REGISTER)


def test_what_is_prepared_belongs_to_the_very_packs() -> None:
    """Equal names must not be enough: a pack of other content gives its own decision."""
    facts = make_facts(version__has_signature=True)
    for pack, outcome in (
        (complete_pack(), Outcome.ALLOW),
        (complete_pack(make_rule("a", BLOCK)), Outcome.DENY),
        (complete_pack(make_rule("a", REFER)), Outcome.REFER),
    ):
        for _ in range(2):
            found = write(packs=[pack], facts=facts, stage=Stage.GATE_REGISTER, as_of=DAY)
            assert found.ruling.outcome is outcome
            assert_alike([pack], facts, Stage.GATE_REGISTER)


@pytest.mark.parametrize("how", [decide, write])
def test_what_cannot_be_decided_is_refused_alike(how: Callable[..., object]) -> None:
    packs = [complete_pack()]
    with pytest.raises(InvalidInput, match="FAC001"):
        how(packs=packs, facts={"no.such": Fact(value=1)}, stage=Stage.GATE_USE, as_of=DAY)
    with pytest.raises(InvalidInput, match="FAC002"):
        how(packs=packs, facts={"tier": Fact(value=9)}, stage=Stage.GATE_USE, as_of=DAY)
    with pytest.raises(InvalidInput, match="POL001"):
        how(packs=[*packs, make_pack()], facts={}, stage=Stage.GATE_USE, as_of=DAY)


def test_a_tiering_rule_sees_the_tier_given_and_a_gate_the_tier_derived() -> None:
    rules = [
        make_rule("t", SetTier(tier=2), Compare("tier", Op.GE, 4), stage=Stage.TIERING),
        make_rule("g", BLOCK, Compare("tier", Op.LE, 2)),
    ]
    for given_tier, tier, outcome in ((4, 2, Outcome.DENY), (3, 3, Outcome.ALLOW)):
        facts = make_facts(version__has_signature=True, tier=given_tier)
        assert_alike([complete_pack(*rules)], facts, Stage.GATE_REGISTER)
        found = write(packs=[complete_pack(*rules)], facts=facts, stage=Stage.GATE_REGISTER, as_of=DAY)
        assert (found.ruling.outcome, found.ruling.tier) == (outcome, tier)


def test_the_digest_of_the_facts_is_that_of_their_canonical_json() -> None:
    facts = {"model.family": Fact(value="linear", source='a "b"\n'), "evidence.auc": Fact(value=None)}
    found = write(packs=[complete_pack()], facts=facts, stage=Stage.GATE_REGISTER, as_of=DAY)
    assert found.ruling.facts_digest == facts_digest(facts=facts)
