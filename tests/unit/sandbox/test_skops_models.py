"""Boosted trees, logistic regressions and pipelines in skops' file, read as data: what they say, and refusals."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shap
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from validation.adapters.shap_adapter import AdditiveRoute
from validation.adapters.skops_formats import read_skops_linear, read_skops_trees
from validation.adapters.tree_route import TreeRoute
from validation.domain.inputs import UnusableInputError
from validation.sandbox import skops_file
from validation.sandbox.declared import read_skops as declare
from validation.sandbox.skops_model import read_skops

NAMES = ("a", "b", "c")
RANDOM = np.random.default_rng(7)
FULL = RANDOM.normal(size=(500, 3)) * [1.0, 1e5, 1e-3] + [0.0, 3e5, 0.02]
LABELS = (RANDOM.random(500) < 1 / (1 + np.exp(1 - FULL[:, 0] - (FULL[:, 1] > 3e5)))).astype(int)
GAPS = np.where(RANDOM.random(FULL.shape) < 0.15, np.nan, FULL)
# SHAP keeps thresholds as float32: at a threshold of trees over doubles, where rows of the training lie, it errs.
OTHERS = RANDOM.normal(size=(180, 3)) * [1.0, 1e5, 1e-3] + [0.0, 3e5, 0.02]
SOME, BACKGROUND = slice(0, 80), slice(80, 180)


def write(folder: Path, model: Any) -> Path:
    path = folder / "model.skops"
    skops.io.dump(model, path)
    return path


def fitted(model: Any, *, rows: np.ndarray = FULL) -> Any:
    return model.fit(rows, LABELS)


def chance(route: Any, rows: np.ndarray) -> np.ndarray:
    outputs = route.outputs(rows=rows)
    return np.asarray(outputs if route.space == "probability" else 1 / (1 + np.exp(-outputs)))


def boosted(**parameters: Any) -> GradientBoostingClassifier:
    return GradientBoostingClassifier(**{"n_estimators": 20, "max_depth": 3, "random_state": 1, **parameters})


def by_bins(**parameters: Any) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(**{"max_iter": 20, "max_leaf_nodes": 8, **parameters})


def forest() -> RandomForestClassifier:
    return RandomForestClassifier(8, max_depth=4, random_state=1)


TREES = [
    (boosted(), FULL),
    (boosted(init="zero", learning_rate=1, max_leaf_nodes=5), FULL),
    (boosted(subsample=0.5, n_iter_no_change=2), FULL),
    (by_bins(), FULL),
    (by_bins(), GAPS),
    (by_bins(early_stopping=True, class_weight="balanced"), GAPS),
    (make_pipeline(StandardScaler(), boosted()), FULL),
    (make_pipeline(SimpleImputer(), boosted()), GAPS),
    (make_pipeline(SimpleImputer(strategy="median"), RobustScaler(), boosted()), GAPS),
    (make_pipeline(StandardScaler(), by_bins()), GAPS),
    (make_pipeline(SimpleImputer(strategy="constant", fill_value=-1.0), by_bins()), GAPS),
    (make_pipeline(MinMaxScaler(), forest()), FULL),
    (make_pipeline(MaxAbsScaler(), StandardScaler(with_mean=False), forest()), GAPS),
    (make_pipeline(RobustScaler(with_scaling=False), SimpleImputer(), ExtraTreesClassifier(5)), GAPS),
    (make_pipeline(StandardScaler(with_std=False), DecisionTreeClassifier(max_depth=4)), GAPS),
]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("model", "rows"), TREES, ids=[str(index) for index in range(len(TREES))])
def test_trees_give_the_model_s_scores_and_shap_s_contributions(
    tmp_path: Path, model: Any, rows: np.ndarray
) -> None:
    path = write(tmp_path, fitted(model, rows=rows))
    route = TreeRoute.of_skops(path=path, names=NAMES)
    np.testing.assert_allclose(chance(route, rows), model.predict_proba(rows)[:, 1], rtol=0, atol=1e-12)
    others = np.where(RANDOM.random(OTHERS.shape) < np.isnan(rows).mean(), np.nan, OTHERS)
    some, background = others[SOME], others[BACKGROUND]
    # What each step does to a column depends on that column alone, so the game is that of the last step.
    before, last = (model[:-1].transform, model[-1]) if isinstance(model, Pipeline) else (np.asarray, model)
    if getattr(last, "init_", None) == "zero":
        # SHAP knows no other start than a share of the second class; a half is log-odds of zero.
        last.init_ = DummyClassifier(strategy="prior").fit([[0.0], [0.0]], [0, 1])
    explainer = shap.TreeExplainer(last, data=before(background), feature_perturbation="interventional")
    expected = np.asarray(explainer.shap_values(before(some), check_additivity=False))
    found = route.attribute(rows=some, background=background, seed=1)
    expected = expected[:, :, 1] if expected.ndim == 3 else expected
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("model", [boosted(), by_bins()])
def test_shap_s_opinion_holds_where_rows_lie_at_the_thresholds(tmp_path: Path, model: Any) -> None:
    path = write(tmp_path, fitted(model, rows=FULL.round(4)))
    ensemble, _space = read_skops_trees(path=path)
    rows = np.repeat(FULL[:90], 2, axis=0)
    for column in range(3):
        cuts = np.concatenate(
            [tree.threshold[(tree.left >= 0) & (tree.feature == column)] for tree in ensemble.trees]
        )
        # The first double that goes right at a threshold, and the last that goes left.
        rows[::2, column] = RANDOM.choice(cuts, 90)
        rows[1::2, column] = np.nextafter(rows[::2, column], -np.inf)
    opinion = TreeRoute.of_skops(path=path, names=NAMES).second_opinion(rows=rows[:80], background=rows[80:])
    assert opinion is not None
    assert opinion.gap < 1e-5


@pytest.mark.parametrize("model", [forest(), by_bins()], ids=["rounded to float32", "in doubles"])
def test_a_threshold_is_mapped_back_to_the_very_double(tmp_path: Path, model: Any) -> None:
    pipeline = fitted(make_pipeline(StandardScaler(), MinMaxScaler((-1.0, 3.0)), model))
    ensemble, _space = read_skops_trees(path=write(tmp_path, pipeline))
    cuts = [
        (feature, cut)
        for tree in ensemble.trees
        for feature, cut in zip(tree.feature[tree.left >= 0], tree.threshold[tree.left >= 0], strict=True)
    ]
    rows = np.repeat(FULL[:1], 2 * len(cuts), axis=0)
    for place, (feature, cut) in enumerate(cuts):
        rows[2 * place, feature] = np.nextafter(cut, -np.inf)
        rows[2 * place + 1, feature] = cut
    scores = pipeline.predict_proba(rows)[:, 1]
    outputs = ensemble.outputs(rows=rows)
    again = outputs if model.__class__ is RandomForestClassifier else 1 / (1 + np.exp(-outputs))
    np.testing.assert_allclose(again, scores, rtol=0, atol=1e-12)
    assert (scores[::2] != scores[1::2]).sum() > 10


def test_values_that_leave_float32_and_trees_that_no_value_splits_stay_right(tmp_path: Path) -> None:
    pipeline = fitted(make_pipeline(StandardScaler(), by_bins()))
    route = TreeRoute.of_skops(path=write(tmp_path, pipeline), names=NAMES)
    far = np.array([[1e300, -1e300, 1e308], [-1e308, 1e308, 0.0]])
    np.testing.assert_allclose(chance(route, far), pipeline.predict_proba(far)[:, 1], atol=1e-12)


LINEAR = [
    (LogisticRegression(max_iter=500), FULL * [1.0, 1e-5, 1e3]),
    (LogisticRegression(fit_intercept=False, max_iter=500), FULL * [1.0, 1e-5, 1e3]),
    (make_pipeline(StandardScaler(), LogisticRegression()), FULL),
    (make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), GAPS),
    (make_pipeline(MinMaxScaler((-2.0, 1.0)), SimpleImputer(strategy="median"), LogisticRegression()), GAPS),
    (make_pipeline(RobustScaler(), MaxAbsScaler(), SimpleImputer(), LogisticRegression()), GAPS),
]


@pytest.mark.parametrize(("model", "rows"), LINEAR, ids=[str(index) for index in range(len(LINEAR))])
def test_weights_give_the_model_s_scores_and_shap_s_contributions(
    tmp_path: Path, model: Any, rows: np.ndarray
) -> None:
    path = write(tmp_path, fitted(model, rows=rows))
    route = AdditiveRoute(declared=read_skops_linear(path=path, names=NAMES), names=NAMES)
    np.testing.assert_allclose(chance(route, rows), model.predict_proba(rows)[:, 1], rtol=0, atol=1e-12)
    before, last = (model[:-1].transform, model[-1]) if isinstance(model, Pipeline) else (np.asarray, model)
    masker = shap.maskers.Independent(before(rows[BACKGROUND]), max_samples=100)
    expected = shap.LinearExplainer(last, masker).shap_values(before(rows[SOME]))
    found = route.attribute(rows=rows[SOME], background=rows[BACKGROUND], seed=1)
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-5)
    declared = declare(path)
    assert (declared.form, declared.family, declared.parameters) == ("linear", "linear", 4)


def test_weights_by_hand(tmp_path: Path) -> None:
    model = fitted(make_pipeline(StandardScaler(), SimpleImputer(), LogisticRegression()))
    scaler, imputer, last = (step for _name, step in model.steps)
    scaler.mean_[:], scaler.scale_[:] = [1.0, 2.0, 3.0], [2.0, 4.0, 0.5]
    imputer.statistics_[:], last.coef_[:], last.intercept_[:] = [0.5, 0.0, -1.0], [[1.0, 2.0, -3.0]], [0.25]
    form = json.loads(read_skops_linear(path=write(tmp_path, model), names=NAMES))
    # (x - 1) / 2 + 2 (x - 2) / 4 - 3 (x - 3) / 0.5 + 0.25: -0.5 - 1 + 18 + 0.25.
    assert form["coefficients"] == {"a": 0.5, "b": 0.5, "c": -6.0}
    assert form["intercept"] == 16.75
    # A filled 0.5, 0 and -1 on the scale are 1 + 0.5 * 2, 2, and 3 - 0.5 before it.
    assert form["missing"] == {"a": 2.0, "b": 2.0, "c": 2.5}


@pytest.mark.parametrize("model", [boosted(n_estimators=4), by_bins(max_iter=4)])
def test_boosted_trees_are_counted(tmp_path: Path, model: Any) -> None:
    found = declare(write(tmp_path, fitted(model)))
    assert (found.form, found.family, found.trees) == ("boosted", "tree_ensemble", 4)
    if isinstance(model, GradientBoostingClassifier):
        members = [one for (one,) in model.estimators_]
        assert found.parameters == sum(one.tree_.node_count for one in members)
        assert found.max_depth == max(one.get_depth() for one in members)
    else:
        nodes = [one.nodes for (one,) in model._predictors]
        assert found.parameters == sum(map(len, nodes))
        assert found.max_depth == max(one["depth"].max() for one in nodes)


WITH_CATEGORIES = FULL.copy()
WITH_CATEGORIES[:, 0] = RANDOM.integers(0, 5, 500)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (boosted(loss="exponential"), "another loss"),
        (boosted(init=LogisticRegression()), "another model"),
        (boosted(init=DummyClassifier(strategy="uniform")), "another model"),
        (by_bins(categorical_features=[0]), "categories"),
        (make_pipeline(PolynomialFeatures(), LogisticRegression()), "step"),
        (make_pipeline(FunctionTransformer(np.abs), LogisticRegression()), "step"),
        (make_pipeline(MinMaxScaler(clip=True), LogisticRegression()), "cuts values off"),
        (make_pipeline(SimpleImputer(add_indicator=True), LogisticRegression()), "adds columns"),
        (make_pipeline(SimpleImputer(missing_values=0.0), LogisticRegression()), "other values"),
        (make_pipeline(make_pipeline(StandardScaler()), LogisticRegression()), "step"),
        (make_pipeline("passthrough", LogisticRegression()), "not the skops file"),
        (make_pipeline(ColumnTransformer([("s", StandardScaler(), [0])]), LogisticRegression()), "step"),
        (make_pipeline(StandardScaler(), DummyClassifier()), "no model"),
        (StandardScaler(), "no model"),
    ],
)
def test_what_cannot_be_read_exactly_is_refused(tmp_path: Path, model: Any, why: str) -> None:
    path = write(tmp_path, fitted(model, rows=WITH_CATEGORIES))
    with pytest.raises(ValueError, match=why):
        read_skops(path)
    with pytest.raises(UnusableInputError):
        read_skops_trees(path=path)
    with pytest.raises(UnusableInputError):
        read_skops_linear(path=path, names=NAMES)


def test_more_than_two_classes_and_columns_that_are_left_out_are_refused(tmp_path: Path) -> None:
    three = (FULL[:, 0] > 0).astype(int) + (FULL[:, 1] > 3e5)
    for model in (boosted(n_estimators=2), by_bins(max_iter=2), LogisticRegression(), forest()):
        with pytest.raises(ValueError, match=r".+"):
            read_skops(write(tmp_path, model.fit(FULL, three)))
    empty = FULL.copy()
    empty[:, 2] = np.nan
    with pytest.warns(UserWarning, match="Skipping features"):
        model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(empty, LABELS)
    with pytest.raises(ValueError, match="finite"):
        read_skops(write(tmp_path, model))


def test_trees_are_no_weights_and_weights_no_trees(tmp_path: Path) -> None:
    trees, weights = write(tmp_path, fitted(forest())), tmp_path / "w"
    weights.mkdir()
    linear = write(weights, fitted(LogisticRegression()))
    for refused in (
        lambda: read_skops_linear(path=trees, names=NAMES),
        lambda: read_skops_linear(path=linear, names=("a", "b")),
        lambda: read_skops_trees(path=linear),
    ):
        with pytest.raises(UnusableInputError) as refusal:
            refused()
        assert refusal.value.reason == "malformed_model"


def changed(path: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """Write the file again with its schema and its arrays changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts.pop("schema.json"))
    change(schema, parts)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**parts, "schema.json": json.dumps(schema).encode()}.items():
            archive.writestr(name, data)
    return path


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def last(schema: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = schema["content"]["content"]
    return last(state["steps"]["content"][-1]["content"][1]) if "steps" in state else state


def predictor(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = last(schema)["_predictors"]["content"][0]["content"][0]
    return found


def stage(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        last(schema)["estimators_"]["content"][0][0]
        if isinstance(last(schema)["estimators_"]["content"][0], list)
        else last(schema)["estimators_"]["content"][0]["content"][0]
    )
    return found


def of_stage(name: str, column: str, value: object) -> Callable[..., None]:
    """Return a change of a column of the nodes of the first tree, at its root."""

    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        one = predictor(schema) if name == "nodes" else stage(schema)["content"]["content"]["tree_"]
        node = one["content"]["content"]["nodes"]
        nodes = np.load(io.BytesIO(parts[node["file"]])).copy()
        nodes[column][0] = value
        parts[node["file"]] = saved(nodes)

    return change


def plain(name: str, text: str) -> Callable[..., None]:
    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        last(schema)[name]["content"] = text

    return change


def array(name: str, values: np.ndarray) -> Callable[..., None]:
    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        parts[last(schema)[name]["file"]] = saved(values)

    return change


def kinds(**others: str) -> Callable[..., None]:
    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        file = predictor(schema)["content"]["content"]["nodes"]["file"]
        nodes = np.load(io.BytesIO(parts[file]))
        described = [(name, others.get(name, nodes.dtype[name].str)) for name in nodes.dtype.names]
        parts[file] = saved(nodes.astype(described))

    return change


def of_other_class(find: Callable[..., dict[str, Any]]) -> Callable[..., None]:
    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        find(schema)["__class__"] = "Other"

    return change


def scale(values: np.ndarray) -> Callable[..., None]:
    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        scaler = schema["content"]["content"]["steps"]["content"][0]["content"][1]
        parts[scaler["content"]["content"]["scale_"]["file"]] = saved(values)

    return change


def switch(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    scaler = schema["content"]["content"]["steps"]["content"][0]["content"][1]
    scaler["content"]["content"]["with_mean"]["content"] = "1"


SCALED = make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (boosted(), plain("n_features_in_", "0")),
        (boosted(), plain("n_features_in_", str(10**15))),
        (boosted(), plain("learning_rate", "1" + "0" * 400)),
        (boosted(), plain("learning_rate", "NaN")),
        (boosted(), plain("loss", "{}")),
        (boosted(init="zero"), plain("init_", '"other"')),
        (boosted(), of_other_class(stage)),
        (boosted(), of_stage("tree", "left_child", -5)),
        (boosted(), of_stage("tree", "left_child", 10**9)),
        (boosted(), of_stage("tree", "left_child", 0)),
        (by_bins(), of_other_class(predictor)),
        (by_bins(), of_stage("nodes", "is_categorical", 1)),
        (by_bins(), of_stage("nodes", "right", 2**32 - 1)),
        (by_bins(), of_stage("nodes", "left", 0)),
        (by_bins(), kinds(num_threshold="<f4")),
        (by_bins(), kinds(left="<i8")),
        (by_bins(), array("_baseline_prediction", np.array([[np.inf]]))),
        (LogisticRegression(), array("coef_", np.zeros((1, 4)))),
        (LogisticRegression(), array("coef_", np.array([[1.0, np.nan, 0.0]]))),
        (LogisticRegression(), array("coef_", np.array([["1", "2", "3"]]))),
        (LogisticRegression(), array("intercept_", np.array([object()]))),
        (SCALED, scale(np.array([1.0, -1.0, 1.0]))),
        (SCALED, scale(np.array([1.0, 0.0, 1.0]))),
        (SCALED, scale(np.array([1.0, 1.0]))),
        (SCALED, switch),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(
    tmp_path: Path, model: Any, change: Callable[..., None]
) -> None:
    path = write(tmp_path, fitted(model))
    assert declare(path).form in ("boosted", "linear")
    with pytest.raises(ValueError, match=r".+"):
        declare(changed(path, change))


@pytest.mark.parametrize(
    "change",
    [
        of_stage("nodes", "feature_idx", 3),
        of_stage("nodes", "feature_idx", -1),
        of_stage("nodes", "num_threshold", np.nan),
    ],
)
def test_nodes_that_test_what_is_not_there_are_refused_with_and_without_steps(
    tmp_path: Path, change: Callable[..., None]
) -> None:
    for model in (by_bins(), make_pipeline(StandardScaler(), by_bins())):
        path = changed(write(tmp_path, fitted(model)), change)
        with pytest.raises(UnusableInputError) as refusal:
            read_skops_trees(path=path)
        assert refusal.value.reason == "malformed_model"


def test_one_array_that_many_trees_name_is_not_read_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, fitted(by_bins(max_iter=1, max_leaf_nodes=None, min_samples_leaf=1)))

    def repeat(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        rounds = last(schema)["_predictors"]["content"]
        rounds *= 1_000

    changed(path, repeat)
    assert declare(path).trees == 1_000
    # All parts together stay below; a thousand times the nodes do not.
    monkeypatch.setattr(skops_file, "MAX_ALL", 8 * 2**20)
    with zipfile.ZipFile(path) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) < 8 * 2**20
    with pytest.raises(ValueError, match="too large"):
        declare(path)
