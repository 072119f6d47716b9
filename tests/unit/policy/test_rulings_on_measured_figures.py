"""What the shipped packs rule on figures as a run over real credit data measured them."""

import pytest

from registry.domain.vocab import Outcome, Stage
from registry.policy.explain import sentence
from registry.policy.facts import Facts
from tests.unit.policy.making import make_facts
from tests.unit.policy.shipped import APPROVE, REGISTER, USE, flips, having, ruling, without

KINDS = {
    "scorecard": make_facts(
        model__family="scorecard",
        model__complexity="low",
        version__is_interpretable=True,
        evidence__auc="0.7656926354",
        evidence__gini="0.5313852708",
        evidence__gini_lower="0.5005457466",
        evidence__ks="0.4023651695",
        evidence__brier_skill="0.2033649925",
        evidence__hosmer_lemeshow_p="0.184304014",
        evidence__calibration_min_p="0.03851153106",
        evidence__psi="0.001722235866",
        evidence__score_drift_ks="0.0615",
        evidence__explainability_achieved=4,
        evidence__explanation_additivity="3e-16",
        evidence__explanation_stability="0.963",
        evidence__self_report_gap="0",
        evidence__perturbation_gini_loss="0.02574007541",
        evidence__perturbation_gini_loss_upper="0.0371501572",
        evidence__impossible_outputs=0,
        evidence__adverse_impact_ratio="0.9220644037",
        evidence__adverse_impact_ratio_lower="0.8969994664",
        evidence__standardised_mean_difference="16.48124939",
        evidence__equalised_odds_difference="0.05742201514",
        capital__model_share_of_benchmark="0.98",
    ),
    "boosted": make_facts(
        model__family="tree_ensemble",
        model__complexity="high",
        version__is_interpretable=False,
        evidence__auc="0.780593542",
        evidence__gini="0.561187084",
        evidence__gini_lower="0.5313239828",
        evidence__ks="0.4296359446",
        evidence__brier_skill="0.2199185512",
        evidence__hosmer_lemeshow_p="0.9904228777",
        evidence__calibration_min_p="1",
        evidence__psi="0.003524433904",
        evidence__score_drift_ks="0.05816666667",
        evidence__explainability_achieved=3,
        evidence__explanation_additivity="4.550941353e-07",
        evidence__explanation_stability="0.9733859649",
        evidence__explanation_unsupported="0",
        evidence__self_report_gap="1.110223025e-16",
        evidence__perturbation_gini_loss="0.02337999882",
        evidence__perturbation_gini_loss_upper="0.03695254503",
        evidence__impossible_outputs=0,
        evidence__adverse_impact_ratio="0.9209802598",
        evidence__adverse_impact_ratio_lower="0.8959016202",
        evidence__standardised_mean_difference="16.71857615",
        evidence__equalised_odds_difference="0.0471905469",
        evidence__advantage_gini="0.02117805668",
        evidence__advantage_gini_lower="0.007743788563",
        capital__model_share_of_benchmark="0.9816908204",
    ),
}
SHARED = make_facts(
    model__is_vendor=False,
    model__is_generative=False,
    use__jurisdiction="EU",
    version__artifact_hashed=True,
    version__has_signature=True,
    version__has_data_lineage=True,
    evidence__artifact_verified=True,
    evidence__data_drift_share="0",
    capital__entity_floor_binding=False,
    output_floor__factor="0.55",
    output_floor__factor_verified=True,
    checks__failed=0,
    checks__errored=0,
    findings__open_critical=0,
    findings__open_high=0,
    validation__completed=True,
    validation__report_signed=True,
    validation__opinion="fit",
    validation__age_days=0,
    monitoring__breach_open=False,
)
OUTSIDE_CAPITAL = {
    "use__regulatory_capital": False,
    "capital__risk_category": "none",
    "capital__exposure_class": "none",
    "capital__approach": "none",
    "capital__parameter": "none",
}
INSIDE_CAPITAL = {
    "use__archetype": "regulatory_capital",
    "use__customer_facing": False,
    "use__decides_on_individuals": False,
    "use__materiality": "high",
    "use__regulatory_capital": True,
    "capital__risk_category": "credit",
    "capital__approach": "A-IRB",
    "capital__parameter": "PD",
}
USES: dict[str, dict[str, object]] = {
    "collections": {
        **OUTSIDE_CAPITAL,
        "use__archetype": "collections",
        "use__customer_facing": False,
        "use__decides_on_individuals": False,
        "use__materiality": "low",
    },
    "underwriting": {
        **OUTSIDE_CAPITAL,
        "use__archetype": "credit_underwriting",
        "use__customer_facing": True,
        "use__decides_on_individuals": True,
        "use__materiality": "high",
    },
    "capital": {**INSIDE_CAPITAL, "capital__exposure_class": "retail_qrre_revolver"},
    "large corporates": {**INSIDE_CAPITAL, "capital__exposure_class": "corporate_large"},
    "equity": {**INSIDE_CAPITAL, "capital__exposure_class": "equity"},
}
SAFEGUARDS = ("validation", "monitoring", "data_governance", "human_oversight", "circuit_breaker")
TRADED_OFF = {
    **{f"safeguard__{name}": True for name in SAFEGUARDS},
    "trade_off__economic_statement": True,
    "trade_off__expires_in_days": 180,
}
CONDITIONS, OVERSIGHT = Outcome.ALLOW_WITH_CONDITIONS, "safeguard.human_oversight"


def measured(kind: str, use: str) -> Facts:
    return having({**SHARED, **KINDS[kind]}, **USES[use])


def said(facts: Facts, stage: Stage) -> str:
    return sentence(decision=ruling(facts, stage), version="pd-cards/1", use="card underwriting")


@pytest.mark.parametrize(
    ("kind", "use", "outcome", "tier"),
    [
        ("scorecard", "collections", CONDITIONS, 4),
        ("boosted", "collections", CONDITIONS, 3),
        ("scorecard", "underwriting", Outcome.REFER, 2),
        ("scorecard", "capital", CONDITIONS, 2),
        ("scorecard", "large corporates", Outcome.DENY, 2),
        ("boosted", "large corporates", Outcome.DENY, 1),
        ("boosted", "equity", Outcome.DENY, 1),
    ],
)
def test_outcome_and_tier(kind: str, use: str, outcome: Outcome, tier: int) -> None:
    decision = ruling(measured(kind, use))
    assert (decision.outcome, decision.tier) == (outcome, tier)


def test_underwriting_is_referred_for_want_of_oversight_and_settling_it_flips() -> None:
    facts = measured("scorecard", "underwriting")
    decision = ruling(facts)
    assert decision.missing == (OVERSIGHT,)
    assert said(facts, APPROVE) == (
        "A person must decide whether pd-cards/1 may be approved for card underwriting: it is not known "
        "whether human oversight is evidenced and dated (House policy, Human oversight); name who oversees, "
        "with the right to override, and date the evidence."
    )
    ((change,),) = flips(facts, CONDITIONS).sets
    assert (change.fact, change.now, change.then) == (OVERSIGHT, None, True)
    assert ruling(having(facts, safeguard__human_oversight=change.then)).outcome is CONDITIONS
    assert ruling(having(facts, safeguard__human_oversight=False)).outcome is Outcome.DENY
    needed = {item.name: item.status for item in ruling(facts, REGISTER).requirements}
    assert needed["human_oversight"] == "unknown"


@pytest.mark.parametrize("use", ["underwriting", "capital"])
def test_a_boosted_model_is_denied_by_an_advantage_below_the_margin(use: str) -> None:
    facts = having(measured("boosted", use), evidence__advantage_gini_lower="0.004999")
    assert ruling(facts).outcome is Outcome.DENY
    assert flips(facts, CONDITIONS).statement == "none up to 3"
    argued = having(facts, **TRADED_OFF)
    assert ruling(argued).outcome is Outcome.DENY
    ((change,),) = flips(argued, CONDITIONS).sets
    assert (change.fact, change.then) == ("evidence.advantage_gini_lower", "0.005")


@pytest.mark.parametrize("use", ["underwriting", "capital"])
def test_an_advantage_above_the_margin_still_needs_its_case_and_its_safeguards(use: str) -> None:
    facts = measured("boosted", use)
    assert ruling(facts).outcome is Outcome.REFER
    assert {f"safeguard.{name}" for name in SAFEGUARDS} < set(ruling(facts).missing)
    assert ruling(having(facts, **TRADED_OFF)).outcome is CONDITIONS
    assert (
        ruling(having(facts, **{**TRADED_OFF, "trade_off__economic_statement": False})).outcome
        is Outcome.DENY
    )


@pytest.mark.parametrize("use", ["underwriting", "capital"])
def test_the_last_safeguard_that_is_not_shown_is_the_one_fact_that_flips(use: str) -> None:
    facts = without(having(measured("boosted", use), **TRADED_OFF), OVERSIGHT)
    assert (ruling(facts).outcome, ruling(facts).missing) == (Outcome.REFER, (OVERSIGHT,))
    found = flips(facts, CONDITIONS)
    assert [[(item.fact, item.then) for item in changes] for changes in found.sets] == [[(OVERSIGHT, True)]]
    assert found.outcomes == (CONDITIONS,)


HOSTILE = having(
    {**SHARED, **KINDS["boosted"]},
    **USES["collections"],
    model__family="opaque",
    model__complexity="unknown",
)
UNREAD = without(HOSTILE, "version.is_interpretable", "evidence.explainability_achieved")


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (UNREAD, Outcome.REFER),
        (having(UNREAD, checks__errored=9, validation__opinion="fit_with_conditions"), Outcome.REFER),
        (
            having(
                without(UNREAD, *(name for name in UNREAD if name.startswith("evidence."))),
                checks__errored=12,
            ),
            Outcome.REFER,
        ),
        (having(UNREAD, evidence__auc="0.51", evidence__gini_lower="-0.01"), Outcome.DENY),
        (having(UNREAD, evidence__artifact_verified=False), Outcome.DENY),
        (having(UNREAD, checks__failed=7, validation__opinion="not_fit"), Outcome.DENY),
    ],
)
def test_a_model_that_cannot_be_read_is_never_allowed(facts: Facts, outcome: Outcome) -> None:
    assert ruling(facts).outcome is outcome
    assert ruling(facts, USE).outcome is outcome


def test_what_nobody_has_done_yet_is_referred_with_the_next_step() -> None:
    facts = having(measured("scorecard", "underwriting"), safeguard__human_oversight=True)
    unused = having(facts, permit__issued=False)
    assert said(unused, USE) == (
        "A person must decide whether pd-cards/1 may be used for card underwriting: "
        "no permit was issued (House policy, Use); ask for approval."
    )
    unsigned = having(
        without(facts, "validation.opinion", "validation.age_days"), validation__report_signed=False
    )
    assert said(unsigned, APPROVE).startswith(
        "A person must decide whether pd-cards/1 may be approved for card underwriting: "
        "the validation report is not signed (House policy, Validation, opinion and findings); "
        "have a validator sign the report; and "
    )
    fresh = {name: fact for name, fact in facts.items() if name.startswith(("model", "use", "version"))}
    unvalidated = having(fresh, validation__completed=False, safeguard__human_oversight=True)
    assert ruling(unvalidated).outcome is Outcome.REFER
    assert "no validation has completed" in said(unvalidated, APPROVE)


@pytest.mark.parametrize(
    ("kind", "use", "days", "term", "interval"),
    [
        ("scorecard", "collections", 1095, "three years", "quarter"),
        ("boosted", "collections", 730, "two years", "quarter"),
        ("scorecard", "capital", 365, "one year", "month"),
    ],
)
def test_every_allowance_carries_its_term_and_its_monitoring(
    kind: str, use: str, days: int, term: str, interval: str
) -> None:
    decision = ruling(measured(kind, use))
    (expiry,) = [item for item in decision.conditions if item.kind == "expiry"]
    assert (expiry.expires_in_days, expiry.text) == (days, f"The approval ends after {term}.")
    (watch,) = [item for item in decision.conditions if item.params.get("subject") == "performance_and_drift"]
    assert (watch.kind, watch.params["every"]) == ("monitoring", interval)
    assert watch.text.endswith(f"each {interval}.")
