"""What single checks add to the statistics: refusals, levels, second opinions."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from registry.domain.vocab import Verdict
from tests.unit.validation import builders
from tests.unit.validation.builders import at_least, drift, estimates, execute, inputs, sample
from validation.domain.inputs import CheckInputs
from validation.domain.results import CheckResult
from validation.domain.tools import ColumnDrift

DRIFT = {
    "drift.data": ("share_drifted", "0.1"),
    "drift.score": ("ks", "0.1"),
    "stability.psi": ("psi", "0.1"),
    "discrimination.auc": ("gini", "0.9"),
    "calibration.jeffreys": ("grades_underestimated", "0"),
}


def batch(shift: float) -> CheckInputs:
    """Inputs whose recent batch has moved; the model scores it as it is."""
    moved = sample(1000, 3)["features"] + np.array([shift, 0.0, 0.0])
    scores = 1.0 / (1.0 + np.exp(-(moved @ np.array([1.0, -0.8, 0.4]) - 1.5)))
    return inputs(recent_features=moved, recent_scores=scores)


def verdicts(given: CheckInputs) -> dict[str, Verdict]:
    return {
        check: execute(check, given, thresholds=[at_least(metric, limit, direction="at_most")]).verdict
        for check, (metric, limit) in DRIFT.items()
    }


def table(result: CheckResult, name: str) -> tuple[tuple[str, ...], ...]:
    return next(one.rows for one in result.tables if one.id == name)


def test_on_a_shifted_batch_exactly_the_drift_checks_fail() -> None:
    assert set(verdicts(batch(0.0)).values()) == {Verdict.PASS}
    moved = verdicts(batch(0.8))
    assert {check for check, verdict in moved.items() if verdict is Verdict.FAIL} == {
        "drift.data",
        "drift.score",
    }


def test_a_column_drifts_when_it_moved_far_and_not_by_chance() -> None:
    result = execute("drift.data", batch(0.8))
    figures = estimates(result)
    assert figures["columns_drifted"] == 1
    assert figures["share_drifted"] == figures["share_significant"] == pytest.approx(1 / 3)
    assert figures["disagreements"] == 0
    assert [row[2] for row in table(result, "columns")] == ["yes", "no", "no"]
    near = execute("drift.data", batch(0.8), params={"column_threshold": "5"})
    assert estimates(near)["share_significant"] > estimates(near)["share_drifted"] == 0.0


def test_a_smaller_budget_of_false_alarms_raises_the_line() -> None:
    lines = []
    for budget in ("6", "0.1"):
        result = execute("drift.data", params={"false_alarms_per_year": budget})
        lines.append(max(float(row[4]) for row in table(result, "columns")))
    assert lines[0] < lines[1]
    # One column of ten bins at 1 in 120: (1/1200 + 1/1000) times the chi-square quantile of 9 degrees.
    assert lines[1] == pytest.approx((1 / 1200 + 1 / 1000) * 25.5, rel=0.15)


@pytest.mark.parametrize("method", ["psi", "ks", "wasserstein", "jensenshannon"])
def test_codes_without_order_are_compared_as_they_are(method: str) -> None:
    before, after = inputs().array("test.features").copy(), inputs().array("recent.features").copy()
    before[:, 2], after[:, 2] = np.arange(1200) % 2 * 2.0, np.arange(1000) % 2 * 2.0 + 1.0
    params = {"method": method, "categories": "age", "column_threshold": "0.3"}
    result = execute("drift.data", inputs(test_features=before, recent_features=after), params=params)
    assert [row[2] for row in table(result, "columns")] == ["no", "no", "yes"]
    if method in {"ks", "wasserstein"}:
        # No code is shared: the Jensen-Shannon distance is at its greatest.
        assert float(table(result, "columns")[2][1]) == pytest.approx(1.0)
    assert execute("drift.data", params={"categories": "height"}).reason == "unknown_column"


def test_a_column_that_is_constant_everywhere_has_no_line_to_cross() -> None:
    before, after = inputs().array("test.features").copy(), inputs().array("recent.features").copy()
    before[:, 2] = after[:, 2] = 7.0
    result = execute("drift.data", inputs(test_features=before, recent_features=after))
    assert [row[4] for row in table(result, "columns")][2] == "0"
    assert estimates(result)["columns_drifted"] == 0


@pytest.mark.parametrize("now", [6.9, 7.1])
def test_a_column_that_left_its_only_value_is_found_either_way(now: float) -> None:
    before, after = inputs().array("test.features").copy(), inputs().array("recent.features").copy()
    before[:, 2], after[:, 2] = 7.0, now
    result = execute("drift.data", inputs(test_features=before, recent_features=after))
    psi = {row[0]: float(row[3]) for row in table(result, "columns")}
    assert psi["age"] > 1.0 > psi["income"]


def test_a_batch_that_moved_can_be_told_apart_and_the_column_is_named() -> None:
    still, moved = execute("drift.domain"), execute("drift.domain", batch(0.8))
    assert estimates(still)["p_value"] > 0.01
    (area, _) = moved.metrics
    assert area.lower is not None
    assert area.lower > 0.6
    assert estimates(moved)["p_value"] < 1e-6
    assert table(moved, "columns")[0][0] == "income"


@pytest.mark.parametrize(("answer", "p_value"), [(0.0, 1.0), (float("nan"), None)])
def test_a_classifier_that_says_nothing_is_no_news(
    monkeypatch: pytest.MonkeyPatch, answer: float, p_value: float | None
) -> None:
    def mute(**given: Any) -> Any:
        return lambda rows: np.full(len(rows), answer)

    monkeypatch.setattr(builders, "separator", mute)
    result = execute("drift.domain")
    if p_value is None:
        assert result.reason == "not_measured"
    else:
        assert estimates(result) == {"domain_auc": 0.5, "p_value": p_value}


def test_rows_that_are_told_apart_without_fail_leave_no_doubt() -> None:
    moved = inputs().array("recent.features") + 100.0
    assert estimates(execute("drift.domain", inputs(recent_features=moved))) == {
        "domain_auc": 1.0,
        "p_value": 0.0,
    }


def test_a_library_that_gives_no_figure_is_no_good_news(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(**given: Any) -> tuple[ColumnDrift, ...]:
        return tuple(replace(one, value=float("nan"), drifted=False) for one in drift(**given))

    monkeypatch.setattr(builders, "drift", silent)
    assert execute("drift.data").reason == "not_measured"


def test_underestimated_grades_are_found() -> None:
    given = inputs()
    halved = execute("calibration.jeffreys", inputs(test_scores=given.array("test.scores") / 2.0))
    assert estimates(halved)["grades_underestimated"] >= 2
    assert estimates(halved)["min_p_adjusted"] < 1e-6
    assert execute("calibration.hosmer_lemeshow", inputs(test_scores=given.array("test.scores") / 2.0)).facts[
        "evidence.hosmer_lemeshow_p"
    ]


def test_both_degrees_of_freedom_are_stored_and_the_plan_names_one() -> None:
    outside = estimates(execute("calibration.hosmer_lemeshow"))
    inside = estimates(execute("calibration.hosmer_lemeshow", params={"degrees": "in_sample"}))
    assert (outside["p_value"], outside["p_value_other_df"]) == (
        inside["p_value_other_df"],
        inside["p_value"],
    )


@pytest.mark.parametrize(
    ("edges", "scores", "reason"),
    [
        ((0.5,), None, "insufficient_data"),
        ((0.001, 0.5), None, "insufficient_data"),
        ((0.1, 0.2), 0.0, "degenerate_pd"),
    ],
)
def test_hosmer_lemeshow_refuses_what_the_formula_cannot_bear(
    edges: tuple[float, ...], scores: float | None, reason: str
) -> None:
    given = inputs() if scores is None else inputs(test_scores=np.full(1200, scores))
    assert execute("calibration.hosmer_lemeshow", replace(given, grade_edges=edges)).reason == reason


def test_a_grade_that_expects_too_few_defaults_names_the_rows_needed() -> None:
    result = execute("calibration.hosmer_lemeshow", params={"min_expected": "1000"})
    assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "insufficient_data")
    assert result.n_needed is not None
    assert result.n_needed > 1200


@pytest.mark.parametrize("check", ["calibration.jeffreys", "calibration.brier", "capital.rwa_effect"])
def test_scores_that_are_no_probabilities_are_not_calibrated(check: str) -> None:
    scores = inputs().array("test.scores") * 700
    assert execute(check, inputs(test_scores=scores)).reason == "not_a_probability"


@pytest.mark.parametrize("check", ["stability.psi", "drift.score"])
def test_a_reference_without_spread_has_no_bins(check: str) -> None:
    flat = inputs(train_scores=np.full(2400, 0.2), test_scores=np.full(1200, 0.2))
    assert execute(check, flat).reason == "degenerate_reference"


def test_level_four_needs_an_interpretable_family_and_a_declared_form() -> None:
    declared = execute("explain.shap")
    assert declared.facts["evidence.explainability_achieved"] == 4
    assert [row[:2] for row in table(declared, "levels")] == [
        ("1", "yes"),
        ("2", "yes"),
        ("3", "yes"),
        ("4", "yes"),
    ]
    artifact = inputs().artifact
    assert artifact is not None
    opaque = replace(inputs(), artifact=replace(artifact, family="tree_ensemble"))
    assert execute("explain.shap", opaque).facts["evidence.explainability_achieved"] == 3
    assert (
        execute("explain.shap", replace(inputs(), artifact=None)).facts["evidence.explainability_achieved"]
        == 3
    )


@pytest.mark.parametrize(
    "params", [{"stability_bound": "1"}, {"convergence_bound": "0"}, {"additivity_bound": "0"}]
)
def test_level_three_needs_every_bound(params: dict[str, str]) -> None:
    artifact = inputs().artifact
    assert artifact is not None
    opaque = replace(inputs(), artifact=replace(artifact, family="opaque"))
    result = execute("explain.shap", opaque, params={**params, "background": 10, "runs": 3})
    assert result.facts["evidence.explainability_achieved"] == 2


def test_an_explanation_of_another_model_is_refused() -> None:
    other = inputs().array("test.scores") * 0.99
    result = execute("explain.shap", inputs(test_scores=other))
    assert (result.verdict, result.reason, result.facts) == (Verdict.ERROR, "explains_another_model", {})


@pytest.mark.parametrize("check", ["explain.shap", "drift.data", "drift.domain", "challenger.advantage"])
def test_columns_must_match_their_names(check: str) -> None:
    assert execute(check, replace(inputs(), feature_names=("one",))).reason == "malformed_input"


def test_capital_shows_the_assumptions_behind_it() -> None:
    result = execute("capital.rwa_effect")
    assert table(result, "assumptions")[0] == ("ead_eur", "1000", "assumed")
    figures = estimates(result)
    assert figures["rwa_standardised"] == pytest.approx(750)
    assert figures["share_of_benchmark"] == pytest.approx(figures["rwa_model"] / figures["rwa_benchmark"])
    assert result.facts["capital.entity_floor_binding"] is True
    undeclared = replace(inputs(), portfolio={"lgd": "0.5"})
    assert execute("capital.rwa_effect", undeclared).reason == "malformed_portfolio"
    assert execute("capital.rwa_effect", inputs(test_scores=np.zeros(1200))).reason == "degenerate_capital"


def test_the_rows_that_drive_the_model_level_floor_are_listed_in_a_stable_order() -> None:
    """The stand-in engine weighs at 5 x PD; 1 000 of exposure over 20 rows are 50 a row.

    Features of zero give every row the benchmark PD 1 / (1 + e^1.5) = 0.1824255238, hence 45.60638095 of RWA.
    Ten rows of mean PD 0.05 weigh 12.5 each on the model, ten of 0.30 weigh 75.
    """
    scores = np.array([0.05] * 10 + [0.30] * 10)
    scores[2], scores[6] = 0.06, 0.04
    given = inputs(test_scores=scores, test_features=np.zeros((20, 3)))

    result = execute("capital.rwa_effect", given, params={"min_rows": 20, "drivers": 3})

    drivers = table(result, "floor_drivers")
    assert [row[0] for row in drivers] == ["7", "1", "2"]
    assert drivers[0] == ("7", "0.04", "0.1824255238", "12.5", "45.60638095", "-33.10638095")
    assert table(result, "floor_pairs") == (
        ("1", "1", "10", "125", "456.0638095", "-331.0638095"),
        ("2", "1", "10", "750", "456.0638095", "293.9361905"),
    )
    (figure,) = result.figures
    assert [[y for _, y in one.points] for one in figure.series] == [
        pytest.approx([125, 750]),
        pytest.approx([456.0638095, 456.0638095]),
    ]
    assert estimates(result)["share_of_benchmark"] == pytest.approx(875 / 912.127619)


def test_what_drives_the_model_level_floor_adds_up_to_the_totals_and_is_bounded() -> None:
    result = execute("capital.rwa_effect")
    figures, pairs = estimates(result), table(result, "floor_pairs")
    assert sum(float(row[3]) for row in pairs) == pytest.approx(figures["rwa_model"])
    assert sum(float(row[4]) for row in pairs) == pytest.approx(figures["rwa_benchmark"])
    assert sum(int(row[2]) for row in pairs) == 1200
    cuts = [float(row[5]) for row in table(result, "floor_drivers")]
    assert len(cuts) == 20
    assert cuts == sorted(cuts)


def test_without_a_floor_in_force_the_fact_about_the_entity_stays_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = builders.capital

    def floorless(**given: Any) -> dict[str, str]:
        return {name: value for name, value in engine(**given).items() if name.startswith("rwa_")}

    monkeypatch.setattr(builders, "capital", floorless)
    result = execute("capital.rwa_effect")
    assert "entity_rwa_floored" not in estimates(result)
    assert result.facts.get("capital.entity_floor_binding") is None
    assert "capital.model_share_of_benchmark" in result.facts


@pytest.mark.parametrize(
    ("field", "changed"),
    [("digest_seen", "b" * 64), ("digest_recorded", "")],
)
def test_other_bytes_fail_whatever_the_plan_says(field: str, changed: str) -> None:
    artifact = inputs().artifact
    assert artifact is not None
    result = execute("integrity.artifact", replace(inputs(), artifact=replace(artifact, **{field: changed})))
    assert result.verdict is Verdict.FAIL
    assert result.facts["evidence.artifact_verified"] is False


def test_predictions_that_do_not_repeat_fail() -> None:
    again = inputs().array("test.scores").copy()
    again[7] += 1e-6
    given = inputs(test_scores_repeat=again)
    assert execute("integrity.artifact", given).verdict is Verdict.FAIL
    assert execute("integrity.artifact", given, params={"tolerance": "0.00001"}).verdict is Verdict.PASS


def test_a_flattered_claim_shows_as_a_gap() -> None:
    recomputed = estimates(execute("discrimination.auc"))["auc"]
    result = execute("integrity.self_report", replace(inputs(), claims={"auc": "0.93", "f1": "0.5"}))
    assert estimates(result)["self_report_gap"] == pytest.approx(0.93 - recomputed)
    assert result.notes == ("claimed f1 is not recomputed here",)
    modest = execute("integrity.self_report", replace(inputs(), claims={"brier": "0.9"}))
    assert estimates(modest)["overstatement"] < 0 < estimates(modest)["self_report_gap"]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"auc": "high"}, "malformed_claim"),
        ({"auc": "NaN"}, "malformed_claim"),
        ({"f1": "0.5"}, "no_claim"),
        ({}, "missing_input"),
    ],
)
def test_a_claim_that_cannot_be_compared(claims: dict[str, str], reason: str) -> None:
    assert execute("integrity.self_report", replace(inputs(), claims=claims)).reason == reason
