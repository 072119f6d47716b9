"""Trees read from XGBoost's JSON, LightGBM's text and scikit-learn's arrays, against what the libraries say."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shap
import xgboost
from sklearn.ensemble import RandomForestClassifier

from validation.adapters.tree_formats import read_forest, read_lightgbm, read_xgboost
from validation.domain.inputs import UnusableInputError
from validation.stats.tree_shap import TreeShap

RNG = np.random.default_rng(8)
ROWS = RNG.normal(size=(3000, 6)).astype(np.float32).astype(float)
LABELS = (ROWS[:, 0] * ROWS[:, 1] + ROWS[:, 2] + RNG.normal(size=len(ROWS)) > 0.5).astype(float)
GAPS = np.where(RNG.random(ROWS.shape) < 0.15, np.nan, ROWS)

# Two leaves, then one: 0.1 where the first feature is at most 0.5, else 0.2; and 0.3 in any case.
LIGHTGBM = """tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=1
objective=binary sigmoid:1
feature_names=income debt
feature_infos=[0:1] [0:1]

Tree=0
num_leaves=2
num_cat=0
split_feature=0
threshold=0.5
decision_type=2
left_child=-1
right_child=-2
leaf_value=0.1 0.2
leaf_count=30 10
internal_count=40
is_linear=0
shrinkage=1


Tree=1
num_leaves=1
num_cat=0
leaf_value=0.3
shrinkage=1


end of trees

parameters:
[objective: binary]
end of parameters
"""


def train(rows: np.ndarray, **parameters: Any) -> xgboost.Booster:
    given = {"objective": "binary:logistic", "max_depth": 5, "nthread": 1, "base_score": 0.3, **parameters}
    return xgboost.train(given, xgboost.DMatrix(rows, LABELS, nthread=1), 30)


def raw(booster: xgboost.Booster, **changed: Any) -> bytes:
    learner = json.loads(bytes(booster.save_raw("json")))
    learner["learner"] |= changed
    return json.dumps(learner).encode()


@pytest.mark.parametrize("rows", [ROWS, GAPS], ids=["complete", "with missing values"])
def test_xgboost_s_own_and_shap_s_contributions_are_reproduced(rows: np.ndarray) -> None:
    booster = train(rows)
    trees, names = read_xgboost(declared=raw(booster))
    assert names == ()
    some, background = rows[:200], rows[-100:]
    matrix = xgboost.DMatrix(some, nthread=1)
    assert np.abs(trees.outputs(rows=some) - booster.predict(matrix, output_margin=True)).max() < 1e-5
    explained = TreeShap(trees)
    native = booster.predict(matrix, pred_contribs=True)
    along = explained.path_dependent(rows=some)
    assert np.abs(along.values - native[:, :-1]).max() < 1e-5
    assert along.base == pytest.approx(native[0, -1], abs=1e-5)
    other = shap.TreeExplainer(booster, data=background, feature_perturbation="interventional")
    values = other.shap_values(some, check_additivity=False)
    against = explained.interventional(rows=some, background=background)
    assert np.abs(against.values - values).max() < 1e-5
    assert against.base == pytest.approx(float(np.ravel(other.expected_value)[0]), abs=1e-5)


def test_xgboost_compares_in_single_precision_and_goes_left_below_the_threshold() -> None:
    booster = train(ROWS)
    trees, _names = read_xgboost(declared=raw(booster))
    first = trees.trees[0]
    on_edge = np.repeat(ROWS[:1], 3, axis=0)
    on_edge[:, first.feature[0]] = first.threshold[0] + np.array([-1e-12, 0.0, 1e-12])
    margins = booster.predict(xgboost.DMatrix(on_edge, nthread=1), output_margin=True)
    assert np.abs(trees.outputs(rows=on_edge) - margins).max() < 1e-5
    assert len(set(trees.outputs(rows=on_edge).tolist())) == 1


def test_splits_by_category_and_other_outputs_are_refused() -> None:
    categories = (np.abs(ROWS[:, :1]) * 4).astype(int).clip(0, 3).astype(float)
    matrix = xgboost.DMatrix(categories, LABELS, feature_types=["c"], enable_categorical=True, nthread=1)
    by_category = xgboost.train({"objective": "binary:logistic", "max_cat_to_onehot": 1}, matrix, 2)
    squares, linear = train(ROWS, objective="reg:squarederror"), train(ROWS, booster="gblinear")
    many = train(ROWS, objective="multi:softprob", num_class=2, base_score=0.5)
    for booster in (by_category, squares, linear, many, train(ROWS, booster="dart")):
        with pytest.raises(UnusableInputError) as refusal:
            read_xgboost(declared=raw(booster))
        assert refusal.value.reason == "unsupported_model"


@pytest.mark.parametrize("base_score", ["0", "1", "word", "NaN"])
def test_a_base_score_that_is_no_probability_is_refused(base_score: str) -> None:
    document = json.loads(raw(train(ROWS)))
    document["learner"]["learner_model_param"]["base_score"] = base_score
    with pytest.raises(UnusableInputError) as refusal:
        read_xgboost(declared=json.dumps(document).encode())
    assert refusal.value.reason == "malformed_model"


def test_lightgbm_s_text_by_hand() -> None:
    trees, names = read_lightgbm(declared=LIGHTGBM.encode())
    assert names == ("income", "debt")
    # At most 0.5 goes left, in double precision; a missing income counts as 0.
    rows = np.array([[0.5, 0.0], [0.5 + 1e-15, 0.0], [np.nan, 0.0]])
    assert trees.outputs(rows=rows).tolist() == pytest.approx([0.4, 0.5, 0.4])
    found = TreeShap(trees).path_dependent(rows=rows)
    assert found.base == pytest.approx(0.425)  # 0.3 + (30 * 0.1 + 10 * 0.2) / 40
    assert found.values[:, 0].tolist() == pytest.approx([-0.025, 0.075, -0.025])


@pytest.mark.parametrize(
    ("decision", "outputs"), [(4, [0.5, 0.5]), (6, [0.4, 0.4]), (8, [0.5, 0.4]), (10, [0.4, 0.4])]
)
def test_lightgbm_s_missing_values_go_where_the_node_says(decision: int, outputs: list[float]) -> None:
    # Bits 2 and 3: nothing, zero or NaN is missing; bit 1: missing goes left.
    text = LIGHTGBM.replace("decision_type=2", f"decision_type={decision}")
    trees, _names = read_lightgbm(declared=text.encode())
    assert trees.outputs(rows=np.array([[np.nan, 0.0], [0.0, 0.0]])).tolist() == pytest.approx(outputs)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace("num_cat=0", "num_cat=1", 1), "unsupported_model"),
        (lambda text: text.replace("decision_type=2", "decision_type=1"), "unsupported_model"),
        (lambda text: text.replace("decision_type=2", "decision_type=14"), "unsupported_model"),
        (lambda text: text.replace("is_linear=0", "is_linear=1"), "unsupported_model"),
        (lambda text: text.replace("sigmoid:1", "sigmoid:2"), "unsupported_model"),
        (lambda text: text.replace("num_class=1\n", "num_class=1\naverage_output\n"), "unsupported_model"),
        (lambda text: text.replace("iteration=1", "iteration=3"), "unsupported_model"),
        (lambda text: text.replace("leaf_value=0.1 0.2", "leaf_value=0.1"), "malformed_model"),
        (lambda text: text.replace("objective=", "purpose="), "malformed_model"),
        (lambda text: text.replace("left_child=-1", "left_child=9"), "malformed_model"),
        (lambda text: text.replace("split_feature=0", "split_feature=5"), "malformed_model"),
    ],
)
def test_a_lightgbm_model_that_is_not_read_exactly_is_refused(
    change: Callable[[str], str], reason: str
) -> None:
    assert change(LIGHTGBM) != LIGHTGBM
    with pytest.raises(UnusableInputError) as refusal:
        read_lightgbm(declared=change(LIGHTGBM).encode())
    assert refusal.value.reason == reason


def test_a_lightgbm_feature_whose_missing_values_are_read_in_two_ways_is_refused() -> None:
    first = LIGHTGBM.partition("Tree=0\n")[2].partition("\n\n\n")[0]
    second = first.replace("decision_type=2", "decision_type=8")
    text = LIGHTGBM.replace("end of trees", f"Tree=2\n{second}\n\n\nend of trees")
    with pytest.raises(UnusableInputError, match="in two ways"):
        read_lightgbm(declared=text.encode())


def forest_arrays(forest: RandomForestClassifier) -> list[dict[str, np.ndarray]]:
    names = (
        *("children_left", "children_right", "feature", "threshold", "value"),
        *("weighted_n_node_samples", "missing_go_to_left"),
    )
    return [{name: getattr(one.tree_, name) for name in names} for one in forest.estimators_]


def test_a_forest_s_probability_and_shap_s_contributions_are_reproduced() -> None:
    forest = RandomForestClassifier(12, max_depth=5, random_state=1).fit(ROWS, LABELS)
    trees = read_forest(trees=forest_arrays(forest), width=6, outcome=1)
    some, background = ROWS[:100], ROWS[-50:]
    assert np.abs(trees.outputs(rows=some) - forest.predict_proba(some)[:, 1]).max() < 1e-12
    explained = TreeShap(trees)
    along = shap.TreeExplainer(forest).shap_values(some, check_additivity=False)[:, :, 1]
    assert np.abs(explained.path_dependent(rows=some).values - along).max() < 1e-6
    other = shap.TreeExplainer(forest, data=background).shap_values(some, check_additivity=False)[:, :, 1]
    assert np.abs(explained.interventional(rows=some, background=background).values - other).max() < 1e-6


def test_arrays_that_are_no_forest_of_one_output_are_refused() -> None:
    arrays = forest_arrays(RandomForestClassifier(2, max_depth=2, random_state=1).fit(ROWS, LABELS))
    two = [{**one, "value": np.repeat(one["value"], 2, axis=1)} for one in arrays]
    less = [{name: values for name, values in one.items() if name != "value"} for one in arrays]
    for given, outcome, reason in (
        (two, 1, "unsupported_model"),
        (less, 1, "malformed_model"),
        (arrays, 2, "malformed_model"),
    ):
        with pytest.raises(UnusableInputError) as refusal:
            read_forest(trees=given, width=6, outcome=outcome)
        assert refusal.value.reason == reason
