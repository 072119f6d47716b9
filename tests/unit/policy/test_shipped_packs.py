"""The rulings that the shipped packs must give, on facts such as the program measures."""

from datetime import date

import pytest

from registry.domain.vocab import Outcome
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import Facts
from registry.policy.pack import check_packs
from tests.unit.policy.shipped import APPROVE, PACKS, REGISTER, USE, flips, having, ruling, without

EXAMPLES = {example.title: example.facts for pack in PACKS for example in pack.examples}
SCORECARD = EXAMPLES["A good scorecard for underwriting"]
BOOSTED = EXAMPLES["A boosted model for underwriting that earns its place"]
COLLECTIONS = EXAMPLES["A boosted model for collections explains enough"]
CAPITAL = EXAMPLES["A boosted model for regulatory capital"]


def kinds(decision: Decision) -> set[str]:
    return {item.kind for item in decision.conditions}


def test_the_shipped_packs_are_sound() -> None:
    assert [str(defect) for defect in check_packs(packs=PACKS)] == []


@pytest.mark.parametrize("facts", [SCORECARD, BOOSTED, COLLECTIONS, CAPITAL])
def test_good_evidence_is_allowed_with_conditions_at_every_gate(facts: Facts) -> None:
    assert ruling(facts, REGISTER).outcome is Outcome.ALLOW
    assert ruling(facts, APPROVE).outcome is Outcome.ALLOW_WITH_CONDITIONS
    assert ruling(facts, USE).outcome is Outcome.ALLOW_WITH_CONDITIONS
    assert "expiry" in kinds(ruling(facts))


def test_metadata_alone_may_be_validated_and_gives_the_plan() -> None:
    early = ("model", "use", "version")
    decision = ruling({name: fact for name, fact in BOOSTED.items() if name.startswith(early)}, REGISTER)
    assert decision.outcome is Outcome.ALLOW
    assert [entry.check for entry in decision.plan] == [
        "calibration.brier",
        "calibration.hosmer_lemeshow",
        "calibration.jeffreys",
        "challenger.advantage",
        "discrimination.auc",
        "discrimination.ks",
        "drift.data",
        "drift.score",
        "explain.certificate",
        "explain.shap",
        "fairness.outcomes",
        "integrity.artifact",
        "integrity.self_report",
        "robustness.inputs",
        "stability.psi",
    ]
    assert {item.name for item in decision.requirements if item.kind == "safeguard"} == {
        "validation",
        "monitoring",
        "data_governance",
        "human_oversight",
        "circuit_breaker",
    }


def test_metadata_alone_is_referred_at_approval() -> None:
    early = ("model", "use", "version")
    decision = ruling({name: fact for name, fact in SCORECARD.items() if name.startswith(early)})
    assert decision.outcome is Outcome.REFER
    assert {"evidence.auc", "validation.report_signed"} <= set(decision.missing)


def test_collections_need_less_explanation_than_underwriting() -> None:
    assert ruling(COLLECTIONS).required_explainability == 1
    assert ruling(BOOSTED).required_explainability == 4


def test_an_unknown_safeguard_refers_and_settling_it_flips() -> None:
    facts = without(BOOSTED, "safeguard.human_oversight")
    decision = ruling(facts)
    assert (decision.outcome, decision.missing) == (Outcome.REFER, ("safeguard.human_oversight",))
    found = flips(facts, Outcome.ALLOW_WITH_CONDITIONS)
    assert [[(item.fact, item.now, item.then) for item in changes] for changes in found.sets] == [
        [("safeguard.human_oversight", None, True)]
    ]
    settled = having(facts, safeguard__human_oversight=True)
    assert ruling(settled).outcome is Outcome.ALLOW_WITH_CONDITIONS
    assert ruling(having(facts, safeguard__human_oversight=False)).outcome is Outcome.DENY


def test_an_advantage_within_the_margin_is_denied() -> None:
    facts = having(BOOSTED, evidence__advantage_gini_lower="0.001")
    assert ruling(facts).outcome is Outcome.DENY
    (changes,) = flips(facts, Outcome.ALLOW_WITH_CONDITIONS).sets
    assert [(item.fact, item.now, item.then) for item in changes] == [
        ("evidence.advantage_gini_lower", "0.001", "0.005")
    ]


def test_capital_on_revolving_exposures_carries_a_model_level_floor() -> None:
    assert "model_output_floor" in kinds(ruling(CAPITAL))
    assert "model_output_floor" not in kinds(ruling(BOOSTED))
    assert "capital.rwa_effect" in [entry.check for entry in ruling(CAPITAL).plan]


def test_a_complex_model_in_capital_stands_under_both_floors() -> None:
    """At the level of the model a share of the benchmark's RWA; at the level of the entity the schedule's factor."""
    decision = ruling(CAPITAL)
    params = {one.kind: one.params for one in decision.conditions if one.kind != "monitoring"}
    assert params["model_output_floor"]["minimum_share_of_benchmark"] == "0.80"
    assert {"subject": "entity_output_floor", "every": "quarter"} in [
        one.params for one in decision.conditions
    ]
    for fact in ("capital.model_share_of_benchmark", "capital.entity_floor_binding"):
        unknown = ruling(without(CAPITAL, fact))
        assert (unknown.outcome, fact in unknown.missing) == (Outcome.REFER, True)
    assert ruling(having(CAPITAL, capital__model_share_of_benchmark="0.49")).outcome is Outcome.REFER


def test_an_unverified_factor_of_the_output_floor_gates_nothing() -> None:
    read, unread = ruling(CAPITAL), ruling(having(CAPITAL, output_floor__factor_verified=False))
    assert unread.outcome is read.outcome is Outcome.ALLOW_WITH_CONDITIONS
    assert "entity_output_floor" not in [one.params.get("subject") for one in unread.conditions]


def test_large_corporates_are_closed_to_the_advanced_approach() -> None:
    facts = having(CAPITAL, capital__exposure_class="corporate_large")
    decision = ruling(facts, REGISTER)
    assert decision.outcome is Outcome.DENY
    assert [str(decision.citations[cite]["citation"]) for cite in decision.reasons[0].cites] == [  # type: ignore[index, call-overload]
        "Basel Framework CRE30.34",
        "Basel Framework CRE30.35",
    ]
    (changes,) = flips(facts, Outcome.ALLOW, REGISTER).sets
    assert [(item.fact, item.then) for item in changes] == [("capital.approach", "F-IRB")]


@pytest.mark.parametrize("approach", ["A-IRB", "F-IRB", "slotting", "SA", "none"])
def test_nothing_admits_a_model_for_equity(approach: str) -> None:
    facts = having(CAPITAL, capital__exposure_class="equity", capital__approach=approach)
    assert ruling(facts, REGISTER).outcome is Outcome.DENY
    found = flips(facts, Outcome.ALLOW, REGISTER)
    assert (found.sets, found.statement) == ((), "none up to 3")


def test_before_the_house_policy_nothing_is_allowed() -> None:
    decision = decide(packs=PACKS, facts=SCORECARD, stage=APPROVE, as_of=date(2026, 10, 31))
    assert decision.outcome is Outcome.REFER


def test_a_permit_that_ended_or_names_other_bytes_is_no_permission() -> None:
    for change in ({"permit__days_left": 0}, {"permit__digest_matches": False}, {"permit__suspended": True}):
        assert ruling(having(SCORECARD, **change), USE).outcome is Outcome.DENY
        assert ruling(having(SCORECARD, **change), APPROVE).outcome is Outcome.ALLOW_WITH_CONDITIONS
