"""A stored decision is replayed by the engine that made it, also when newer engines decide otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from registry.domain.errors import IntegrityMismatch
from registry.domain.vocab import ConditionKind, Outcome, Provenance, Stage, Verdict
from registry.policy.conditions import Compare, Op
from registry.policy.decision import Decision
from registry.policy.engine import ENGINE_VERSION, decide
from registry.policy.facts import Fact, Facts, known
from registry.policy.rules import Direction, Impose, Pack, Require, RequirementKind, Threshold
from registry.policy.versions import ENGINES, replay
from registry.policy.written import write
from tests.unit.policy.making import BLOCK, DAY, complete_pack, make_facts, make_rule

HASHED = Compare("version.artifact_hashed", Op.IS_FALSE)
LIMIT = Impose(kind=ConditionKind.EXPIRY, text="Ends.", expires_in_days=90)
THRESHOLD = Threshold(
    metric="auc",
    direction=Direction.AT_LEAST,
    inclusive=True,
    value=Decimal("0.60"),
    verdict=Verdict.FAIL,
    cites=("test/1#C1",),
)
CHECK = Require(
    kind=RequirementKind.CHECK, name="discrimination.auc", params={"seed": "7"}, thresholds=(THRESHOLD,)
)
SIGNED = make_facts(version__has_signature=True)


def decide_harshly(*, packs: Sequence[Pack], facts: Facts, stage: Stage, as_of: date) -> Decision:
    """An engine of another version, which denies whatever the first would refer."""
    decision = decide(packs=packs, facts=facts, stage=stage, as_of=as_of)
    outcome = Outcome.DENY if decision.outcome is Outcome.REFER else decision.outcome
    return replace(decision, outcome=outcome, engine_version="2")


BOTH = {**ENGINES, "2": decide_harshly}


def test_a_decision_replays_to_the_same_bytes() -> None:
    facts = {
        "version.has_signature": known(name="version.has_signature", value=True),
        "version.artifact_hashed": Fact(value=None, provenance=Provenance.MEASURED, reason="unreadable"),
    }
    packs = [complete_pack(make_rule("b", BLOCK, HASHED), make_rule("q", CHECK), make_rule("l", LIMIT))]
    decision = decide(packs=packs, facts=facts, stage=Stage.GATE_APPROVE, as_of=DAY)
    stored = Decision.from_json(decision.to_json())
    assert stored == decision
    assert replay(decision=stored, packs=packs, facts=facts).to_bytes() == decision.to_bytes()
    assert stored.digest() == decision.digest()


def test_a_replay_that_differs_says_in_what() -> None:
    packs = [complete_pack()]
    decision = decide(packs=packs, facts=SIGNED, stage=Stage.GATE_REGISTER, as_of=DAY)
    with pytest.raises(IntegrityMismatch, match="POL002"):
        replay(decision=decision, packs=packs, facts={})
    with pytest.raises(IntegrityMismatch, match="POL003"):
        replay(decision=decision, packs=[complete_pack(make_rule("x", LIMIT))], facts=SIGNED)
    with pytest.raises(IntegrityMismatch, match="POL004"):
        replay(decision=replace(decision, engine_version="0"), packs=packs, facts=SIGNED)
    with pytest.raises(IntegrityMismatch, match="POL005"):
        replay(decision=replace(decision, outcome=Outcome.DENY), packs=packs, facts=SIGNED)


def test_two_engines_replay_each_its_own_decisions() -> None:
    inputs = {"packs": [complete_pack(make_rule("b", BLOCK, HASHED))], "facts": SIGNED}
    for engine, version, outcome in ((decide, "1", Outcome.REFER), (decide_harshly, "2", Outcome.DENY)):
        made = engine(**inputs, stage=Stage.GATE_REGISTER, as_of=DAY)
        assert (made.engine_version, made.outcome) == (version, outcome)
        assert replay(decision=made, **inputs, engines=BOTH) == made
    claimed = replace(made, engine_version="1")
    with pytest.raises(IntegrityMismatch, match="POL005"):
        replay(decision=claimed, **inputs, engines=BOTH)
    with pytest.raises(IntegrityMismatch, match="POL004"):
        replay(decision=made, **inputs)


def test_what_is_written_names_an_engine_that_is_here() -> None:
    found = write(packs=[complete_pack()], facts=SIGNED, stage=Stage.GATE_REGISTER, as_of=DAY)
    assert found.ruling.engine_version == ENGINE_VERSION
    for version, engine in ENGINES.items():
        made = engine(packs=[complete_pack()], facts=SIGNED, stage=Stage.GATE_REGISTER, as_of=DAY)
        assert made.engine_version == version
