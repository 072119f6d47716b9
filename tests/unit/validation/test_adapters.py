"""The real libraries behind the tools: SHAP, XGBoost, Evidently, scikit-learn."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from registry.domain.clock import SystemClock
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import NAMES, WEIGHTS, estimates, inputs, plan, sample
from validation.adapters.evidently_adapter import build_drift
from validation.adapters.separator import build_separator
from validation.adapters.shap_adapter import build_explainer
from validation.catalog import load_catalog
from validation.domain.inputs import CheckInputs, UnusableInputError
from validation.domain.results import CheckResult
from validation.domain.tools import ExplainerTool, Tools
from validation.engine.core import execute_check
from validation.stats.discrimination import auc

TRAIN, TEST = sample(2400, 1), sample(1200, 2)
CARD = {
    "kind": "scorecard",
    "link": "logit",
    "intercept": -1.0,
    "characteristics": [
        {"name": "age", "edges": [0.0], "points": [0.5, -0.5]},
        {"name": "income", "edges": [-1.0, 1.0], "points": [-1.0, 0.0, 2.0]},
    ],
}
LINEAR = {"intercept": -1.5, "coefficients": dict(zip(NAMES, WEIGHTS.tolist(), strict=True))}


def chance(margins: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-margins))


def predict(rows: np.ndarray) -> np.ndarray:
    return chance(rows @ WEIGHTS - 1.5)


def booster(path: Path, **parameters: Any) -> np.ndarray:
    """Train on columns in another order than the inputs', save as JSON, return test scores."""
    order, names = [2, 0], ["age", "income"]
    matrix = xgboost.DMatrix(TRAIN["features"][:, order], TRAIN["labels"], feature_names=names)
    model = xgboost.train(
        {"max_depth": 3, "objective": "binary:logistic", "nthread": 1, **parameters}, matrix, 20
    )
    model.save_model(path / "booster.json")
    return np.asarray(
        model.predict(xgboost.DMatrix(TEST["features"][:, order], feature_names=names)), dtype=float
    )


def explain(explainer: ExplainerTool | None, given: CheckInputs, **params: Any) -> CheckResult:
    (request,) = plan("explain.shap", params={"local_rows": 12, **params}).requests
    return execute_check(
        check=load_catalog()["explain.shap"],
        request=request,
        inputs=given,
        tools=lambda _spec, seed: Tools(seed=seed, explainer=explainer),
        seed=1,
        clock=SystemClock(),
    )


def build(path: Path, given: Callable[[np.ndarray], np.ndarray] | None = None) -> ExplainerTool | None:
    return build_explainer(model_dir=path, names=NAMES, predict=given)


def test_trees_are_explained_from_their_json_whatever_the_order_of_columns(tmp_path: Path) -> None:
    scores = booster(tmp_path)
    opaque = inputs().artifact
    assert opaque is not None
    given = replace(inputs(test_scores=scores), artifact=replace(opaque, family="tree_ensemble"))
    # Against few background rows the contributions are as often unsettled as not: their ratio lies at the bound.
    result = explain(build(tmp_path), given, local_rows=200, background=2000)
    assert result.verdict is Verdict.PASS, result.detail
    figures = estimates(result)
    assert figures["additivity_error"] < 1e-5
    assert figures["explainability_level"] == 3
    assert figures["reproduction_error"] < 1e-6
    importances = {row[0]: float(row[1]) for row in result.tables[0].rows}
    assert importances["income"] > importances["age"] > importances["debt"] == 0.0


def test_tree_attributions_agree_with_brute_force_shapley_values(tmp_path: Path) -> None:
    booster(tmp_path)
    explainer = build(tmp_path)
    assert explainer is not None
    rows, background = TEST["features"][:5], TRAIN["features"][:30]

    def value(row: np.ndarray, known: list[int]) -> float:
        mixed = background.copy()
        mixed[:, known] = row[known]
        return float(explainer.outputs(rows=mixed).mean())

    found = explainer.attribute(rows=rows, background=background, seed=0)
    for row, values in zip(rows, found.values, strict=True):
        # Two players: income (0) and age (2); debt is not in the model.
        none, income, age, both = (value(row, known) for known in ([], [0], [2], [0, 2]))
        assert values[0] == pytest.approx((income - none + both - age) / 2, abs=1e-5)
        assert values[2] == pytest.approx((age - none + both - income) / 2, abs=1e-5)
        assert found.base == pytest.approx(none, abs=1e-5)


@pytest.mark.parametrize("form", [CARD, LINEAR], ids=["scorecard", "linear"])
def test_a_declared_sum_is_its_own_explanation(tmp_path: Path, form: dict[str, Any]) -> None:
    name = "scorecard.json" if form is CARD else "linear.json"
    (tmp_path / name).write_text(json.dumps(form))
    explainer = build(tmp_path)
    assert explainer is not None
    scores = chance(explainer.outputs(rows=TEST["features"]))
    result = explain(explainer, inputs(test_scores=scores))
    assert result.verdict is Verdict.PASS, result.detail
    assert estimates(result)["explainability_level"] == 4
    assert estimates(result)["additivity_error"] < 1e-9


def test_a_scorecard_by_hand(tmp_path: Path) -> None:
    (tmp_path / "scorecard.json").write_text(json.dumps(CARD))
    explainer = build(tmp_path)
    assert explainer is not None
    rows = np.array([[1.0, 9.0, -0.1], [-2.0, 9.0, 0.0]])
    # -1 + 2 + 0.5 and -1 - 1 - 0.5: a value on an edge belongs above it.
    assert explainer.outputs(rows=rows).tolist() == [1.5, -2.5]
    found = explainer.attribute(rows=rows[:1], background=rows, seed=0)
    assert found.values[0].tolist() == pytest.approx([1.5, 0.0, 0.5])
    assert found.base == pytest.approx(-0.5)


def test_a_black_box_is_explained_through_its_predictions_alone(tmp_path: Path) -> None:
    result = explain(build(tmp_path, predict), inputs(), background=15, black_box_rows=5, runs=2)
    assert result.verdict is Verdict.PASS, result.detail
    assert estimates(result)["additivity_error"] < 1e-6
    assert estimates(result)["explainability_level"] <= 3
    assert "route black_box" in result.notes[0]
    assert build(tmp_path) is None
    for answer in (lambda rows: rows, lambda rows: rows[:, 0] * np.nan):
        assert explain(build(tmp_path, answer), inputs()).reason == "malformed_prediction"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("booster.json", "{}"),
        ("booster.json", "not json"),
        ("linear.json", '{"intercept": 0}'),
        ("linear.json", '{"intercept": 0, "coefficients": {"height": 1}}'),
        ("scorecard.json", json.dumps({**CARD, "link": "probit"})),
        (
            "scorecard.json",
            json.dumps({**CARD, "characteristics": [{"name": "age", "edges": [0], "points": [1]}]}),
        ),
    ],
)
def test_a_malformed_declared_form_is_refused(tmp_path: Path, file: str, content: str) -> None:
    (tmp_path / file).write_text(content)
    with pytest.raises(UnusableInputError) as refusal:
        build(tmp_path)
    assert refusal.value.reason == "malformed_model"


def test_trees_that_give_no_probability_are_refused(tmp_path: Path) -> None:
    booster(tmp_path, objective="reg:squarederror")
    with pytest.raises(UnusableInputError) as refusal:
        build(tmp_path)
    assert refusal.value.reason == "unsupported_model"


@pytest.mark.parametrize(("method", "threshold"), [("psi", 0.1), ("ks", 0.01)])
def test_evidently_finds_the_column_that_moved_by_the_method_named(method: str, threshold: float) -> None:
    moved = TEST["features"] + np.array([0.0, 0.6, 0.0])
    found = build_drift()(
        names=NAMES, reference=TRAIN["features"], current=moved, method=method, threshold=threshold
    )
    assert [one.column for one in found if one.drifted] == ["debt"]
    assert {one.method for one in found} == {method}
    still = build_drift()(
        names=NAMES, reference=TRAIN["features"], current=TEST["features"], method=method, threshold=threshold
    )
    assert not any(one.drifted for one in still)


@pytest.mark.parametrize(
    ("method", "used", "threshold"), [("ks", "chisquare", 0.01), ("wasserstein", "jensenshannon", 0.1)]
)
def test_evidently_compares_codes_without_order(method: str, used: str, threshold: float) -> None:
    codes = np.where(TEST["features"][:, 2] > 0.0, 3.0, 1.0)
    before, after = TEST["features"].copy(), TEST["features"].copy()
    before[:, 2], after[:, 2] = codes, np.minimum(codes, 1.0 + 2.0 * (np.arange(len(codes)) % 2))
    found = build_drift()(
        names=NAMES, reference=before, current=after, method=method, threshold=threshold, categories={"age"}
    )
    assert [(one.method, one.drifted) for one in found] == [(method, False), (method, False), (used, True)]


def test_a_changed_relation_that_no_column_shows_is_found() -> None:
    rng = np.random.default_rng(4)
    before, after = rng.normal(size=(2, 4_000, 2))
    # The margins stay normal; only the two columns now go together.
    after[:, 1] = 0.8 * after[:, 0] + 0.6 * after[:, 1]
    rows, labels = np.concatenate([before, after]), np.repeat([0.0, 1.0], 4_000)
    places = rng.permutation(8_000)
    score = build_separator()(features=rows[places[:4_000]], labels=labels[places[:4_000]], seed=1)
    found = auc(labels=labels[places[4_000:]], scores=score(rows[places[4_000:]]))
    interval = found.interval(confidence=0.95)
    assert interval.lower is not None
    assert interval.lower > 0.65
