"""Tree ensembles through the real preparation and the real engine: trees where the bytes are data, else the box."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xgboost
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.builders.run_folder import (
    FEATURES,
    MLMODEL,
    credit_rows,
    write_artifact,
    write_order,
    write_samples,
)
from tests.builders.tree_artifacts import fitted, grow, write_lightgbm, write_model
from validation.adapters.shap_adapter import build_explainer
from validation.domain.results import CheckResult
from validation.domain.share import Share
from validation.engine.inputs import read_inputs
from validation.engine.supervise import Listener, supervise
from validation.runs.prepared import prepare_folder

SAMPLES = ("train", "test", "recent")
pytestmark = pytest.mark.flow


def prepare(folder: Path, *, checks: tuple[str, ...] = ("integrity.artifact",), gaps: bool = False) -> Any:
    """Return what a run over the artefact in the folder has: its inputs, its explainer, its declared form."""
    extra = {name: {"limit_bal": limits_with_gaps(name)} for name in SAMPLES} if gaps else {}
    write_order(folder, checks=checks, samples=write_samples(folder, extra=extra))
    prepare_folder(run_dir=folder, on_event=lambda _event: None, ensure_going=lambda: None)
    inputs = read_inputs(run_dir=folder)
    assert inputs.artifact is not None
    explainer = build_explainer(model_dir=folder / "model", names=FEATURES, predict=lambda rows: rows[:, 0])
    assert explainer is not None
    return SimpleNamespace(inputs=inputs, explainer=explainer, form=inputs.artifact.declarative)


def limits_with_gaps(sample: str) -> np.ndarray:
    values = credit_rows(seed=SAMPLES.index(sample) + 1, rows=400)["limit_bal"].to_numpy(dtype=float)
    return np.where(np.arange(400) % 7 == 0, np.nan, values)


def chances(prepared: Any) -> np.ndarray:
    outputs = prepared.explainer.outputs(rows=prepared.inputs.array("test.features"))
    return np.asarray(1 / (1 + np.exp(-outputs)) if prepared.explainer.space == "log_odds" else outputs)


def write_ubj(folder: Path) -> None:
    write_artifact(folder, mlmodel=MLMODEL.replace("model.json", "model.ubj").replace(": json", ": ubj"))
    booster = xgboost.Booster(model_file=str(folder / "model.json"))
    booster.save_model(folder / "model.ubj")
    (folder / "model.json").unlink()


@pytest.mark.parametrize(
    ("write", "form", "space"),
    [
        (write_ubj, "booster", "log_odds"),
        (write_lightgbm, "lightgbm", "log_odds"),
        (lambda folder: write_model(folder, model=grow()), "forest", "probability"),
        (lambda folder: write_model(folder, model=grow(ExtraTreesClassifier)), "forest", "probability"),
        (lambda folder: write_model(folder, model=grow(DecisionTreeClassifier)), "forest", "probability"),
        (lambda folder: write_model(folder, model=grow(GradientBoostingClassifier)), "boosted", "log_odds"),
        (
            lambda folder: write_model(folder, model=grow(HistGradientBoostingClassifier)),
            "boosted",
            "log_odds",
        ),
        (lambda folder: write_model(folder, model=scaled(grow())), "forest", "probability"),
    ],
    ids=[
        *("XGBoost's UBJSON", "LightGBM", "random forest", "extra trees", "tree"),
        *("boosted trees", "boosted trees by bins", "a scaler before a forest"),
    ],
)
def test_trees_that_are_data_reach_the_explainer_and_give_the_box_s_scores(
    tmp_path: Path, write: Any, form: str, space: str
) -> None:
    write(tmp_path / "artifact")
    prepared = prepare(tmp_path)
    assert (prepared.form, prepared.explainer.route, prepared.explainer.space) == (form, "tree", space)
    scores = prepared.inputs.array("test.scores")
    assert len(np.unique(scores)) > 4
    assert np.abs(chances(prepared) - scores).max() < 1e-6


def scaled(model: Any) -> Any:
    return fitted(make_pipeline(StandardScaler(), model))


@pytest.mark.parametrize(
    ("model", "form", "route"),
    [
        (make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), "linear", "additive"),
        (make_pipeline(SimpleImputer(), GradientBoostingClassifier(n_estimators=5)), "boosted", "tree"),
        (HistGradientBoostingClassifier(max_iter=5), "boosted", "tree"),
    ],
    ids=["weights", "boosted trees", "boosted trees by bins"],
)
def test_missing_values_of_models_read_as_data_give_the_box_s_scores(
    tmp_path: Path, model: Any, form: str, route: str
) -> None:
    write_model(tmp_path / "artifact", model=fitted(model))
    prepared = prepare(tmp_path, gaps=True)
    assert (prepared.form, prepared.explainer.route, prepared.explainer.space) == (form, route, "log_odds")
    assert np.isnan(prepared.inputs.array("test.features")).any()
    scores = prepared.inputs.array("test.scores")
    assert np.abs(chances(prepared) - scores).max() < 1e-9


def hooked() -> Any:
    """A forest that another model answers for: skops keeps the method among the forest's attributes."""
    forest = grow()
    forest.predict_proba = grow(random_state=2).predict_proba
    return forest


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: write_model(folder, model=grow(), form="cloudpickle"),
        lambda folder: write_model(folder, model=fitted(AdaBoostClassifier())),
        lambda folder: write_model(folder, model=grow(GradientBoostingClassifier, loss="exponential")),
        lambda folder: write_model(folder, model=hooked()),
    ],
    ids=["a pickle is code", "other trees", "another loss", "a forest that another model answers for"],
)
def test_whatever_is_not_known_to_be_the_trees_stays_a_black_box(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "artifact")
    prepared = prepare(tmp_path)
    assert (prepared.form, prepared.explainer.route) == ("none", "black_box")
    assert not list((tmp_path / "model").iterdir())


@pytest.mark.parametrize(
    "write",
    [
        write_lightgbm,
        lambda folder: write_model(folder, model=grow()),
        lambda folder: write_model(folder, model=grow(HistGradientBoostingClassifier)),
    ],
    ids=["LightGBM", "random forest", "boosted trees by bins"],
)
def test_the_check_of_explanations_takes_the_trees_and_hears_a_second_opinion(
    tmp_path: Path, write: Any
) -> None:
    write(tmp_path / "artifact")
    prepare(tmp_path, checks=("explain.shap",))
    found: list[CheckResult] = []
    supervise(run_dir=tmp_path, listener=Listener(on_result=found.append))
    (result,) = found
    text = json.dumps(result.to_json())
    assert result.verdict.value in ("pass", "warn", "fail"), text[:500]
    assert "route tree" in text
    assert "shap.TreeExplainer" in text
    levels = [metric.estimate for metric in result.metrics if metric.name == "explainability_level"]
    assert levels[0] >= 3


def test_a_long_check_tells_how_far_it_has_come(tmp_path: Path) -> None:
    write_model(tmp_path / "artifact", model=grow(), form="cloudpickle")
    prepare(tmp_path, checks=("explain.shap",))
    shares: list[Share] = []
    supervise(
        run_dir=tmp_path,
        listener=Listener(
            on_result=lambda _result: None, on_advance=lambda _check, share: shares.append(share)
        ),
    )
    assert {share.of for share in shares} == {"rows explained"}
    assert all(0 < share.done <= share.total for share in shares)
