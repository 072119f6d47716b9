"""The page about checks says what the catalogue says."""

from pathlib import Path

import pytest

from validation.catalog import BUILT_INS, list_specs
from validation.engine.describe import render

PAGE = (Path(__file__).parents[3] / "docs" / "checks.md").read_text(encoding="utf-8")

FACTS = {
    "data.quality": set(),
    "data.leakage": set(),
    "data.representativeness": set(),
    "discrimination.auc": {"evidence.auc", "evidence.gini", "evidence.gini_lower"},
    "discrimination.ks": {"evidence.ks"},
    "discrimination.partial_auc": set(),
    "discrimination.decline": set(),
    "discrimination.segments": set(),
    "calibration.jeffreys": {"evidence.calibration_min_p"},
    "calibration.hosmer_lemeshow": {"evidence.hosmer_lemeshow_p"},
    "calibration.brier": {"evidence.brier_skill"},
    "calibration.low_default": set(),
    "calibration.spiegelhalter": set(),
    "calibration.monotone_grades": set(),
    "calibration.segments": set(),
    "stability.psi": {"evidence.psi"},
    "stability.concentration": set(),
    "stability.migrations": set(),
    "robustness.inputs": {
        "evidence.perturbation_gini_loss",
        "evidence.perturbation_gini_loss_upper",
        "evidence.impossible_outputs",
    },
    "drift.data": {"evidence.data_drift_share"},
    "drift.domain": set(),
    "drift.score": {"evidence.score_drift_ks"},
    "explain.shap": {
        "evidence.explanation_additivity",
        "evidence.explanation_stability",
        "evidence.explainability_achieved",
    },
    "explain.certificate": {"evidence.explanation_faithfulness_lower", "evidence.explanation_unsupported"},
    "explain.effects": set(),
    "explain.reasons": set(),
    "fairness.outcomes": {
        "evidence.adverse_impact_ratio",
        "evidence.adverse_impact_ratio_lower",
        "evidence.standardised_mean_difference",
        "evidence.equalised_odds_difference",
    },
    "challenger.advantage": {"evidence.advantage_gini", "evidence.advantage_gini_lower"},
    "capital.rwa_effect": {"capital.model_share_of_benchmark", "capital.entity_floor_binding"},
    "integrity.artifact": {"evidence.artifact_verified"},
    "integrity.self_report": {"evidence.self_report_gap"},
}


def test_the_page_is_the_catalogue() -> None:
    assert render() == PAGE


def test_each_check_feeds_the_facts_that_policy_reads() -> None:
    fed = {check: {feed.fact for feed in spec.feeds} for check, spec in list_specs().items()}
    assert fed == FACTS
    assert len(BUILT_INS) == len(FACTS)


@pytest.mark.parametrize("check", sorted(FACTS))
def test_a_specification_is_complete_and_consistent(check: str) -> None:
    spec = list_specs()[check]
    parts = (
        *(spec.doc.purpose, spec.doc.mechanism, spec.doc.signs_of_high_risk),
        *(spec.doc.strengths, spec.doc.limitations),
    )
    assert all(len(part) > 40 and part.endswith(".") for part in parts)
    assert {feed.metric.split(".")[0] for feed in spec.feeds} <= set(spec.metrics)
    assert {threshold.metric for threshold in spec.inherent} <= set(spec.metrics)
    assert len(spec.parse_params(given={})) == len(spec.params)
