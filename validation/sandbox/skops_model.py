"""Models of scikit-learn in skops' file, read as data: forests, boosted trees, logistic regressions, pipelines.

What the arrays say is believed only after the model's own scores agree with it,
because a schema may hold more than it shows (see ``validation.adapters.mlflow_box``).
Everything is for two classes and gives the second; whatever else a file holds is refused.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validation.sandbox.skops_file import Node, SkopsFile, class_of, list_of, opened, state_of, value_of
from validation.sandbox.skops_steps import Step, read_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_TREES, MAX_COLUMNS = 10_000, 10_000
MAX_RATE = 1e100
PIPELINE = "sklearn.pipeline.Pipeline"
CLASSES, NO_CHILD = 2, -1
_FLOAT32_EPSILON = 2.0**-23
_TREES = frozenset(
    {"sklearn.tree._classes.DecisionTreeClassifier", "sklearn.tree._classes.ExtraTreeClassifier"}
)
_NOTHING: Node = {"content": "null"}
_STAGE = "sklearn.tree._classes.DecisionTreeRegressor"
_DUMMY = "sklearn.dummy.DummyClassifier"
_PREDICTOR = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
_COLUMNS = {
    "left_child": ("children_left", "<i8"),
    "right_child": ("children_right", "<i8"),
    "feature": ("feature", "<i8"),
    "threshold": ("threshold", "<f8"),
    "weighted_n_node_samples": ("weighted_n_node_samples", "<f8"),
    "missing_go_to_left": ("missing_go_to_left", "|u1"),
}
_HIST_COLUMNS = {
    "left": ("children_left", "<u4"),
    "right": ("children_right", "<u4"),
    "feature_idx": ("feature", "<i8"),
    "num_threshold": ("threshold", "<f8"),
    "count": ("weighted_n_node_samples", "<u4"),
    "missing_go_to_left": ("missing_go_to_left", "|u1"),
    "value": ("value", "<f8"),
    "is_leaf": ("is_leaf", "|u1"),
    "is_categorical": ("is_categorical", "|u1"),
}

Arrays = Mapping[str, "NDArray[Any]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkopsModel:
    """A model over ``width`` columns, each of which ``steps`` change first.

    ``form`` is ``forest`` (``trees`` whose ``value`` holds a weight of each class, averaged as
    probabilities), ``boosted`` (trees whose ``value`` is added to ``base``, in log-odds), or
    ``linear`` (``weights`` and ``base``, in log-odds). Trees go by the names of
    ``sklearn.tree._tree.Tree``; ``rounds`` says that they compare rows as float32.
    """

    form: str
    width: int
    steps: tuple[Step, ...] = ()
    trees: tuple[Arrays, ...] = ()
    base: float = 0.0
    rounds: bool = True
    weights: "NDArray[Any] | None" = None


def read_skops(path: Path) -> SkopsModel:
    """Read what can be read exactly. Raises ``ValueError`` for whatever else the file holds."""
    with opened(path) as file:
        before, last = _members(file.schema)
        name, state = class_of(last), state_of(last)
        if name not in _READERS:
            raise ValueError("the skops file holds no model that is read as data")
        width = _whole(state["n_features_in_"])
        steps = tuple(step for node in before for step in read_step(file, node, width=width))
        return _READERS[name](file, last, width, steps)


def _members(schema: Node) -> tuple[list[Node], Node]:
    """Return the steps before the model, and the model."""
    if class_of(schema) != PIPELINE:
        return [], schema
    named = [list_of(pair) for pair in list_of(state_of(schema)["steps"])]
    *before, last = (estimator for _name, estimator in named)
    return before, last


def _forest(file: SkopsFile, node: Node, width: int, steps: tuple[Step, ...]) -> SkopsModel:
    return _of_classifiers(file, list_of(state_of(node)["estimators_"]), width, steps)


def _tree(file: SkopsFile, node: Node, width: int, steps: tuple[Step, ...]) -> SkopsModel:
    return _of_classifiers(file, [node], width, steps)


def _of_classifiers(file: SkopsFile, members: list[Any], width: int, steps: tuple[Step, ...]) -> SkopsModel:
    _ensure_number(members)
    if not all(class_of(member) in _TREES for member in members):
        raise ValueError("a member of the forest is no tree for classes")
    trees = tuple(_arrays(file, member, CLASSES) for member in members)
    return SkopsModel(form="forest", width=width, steps=steps, trees=trees)


def _boosted(file: SkopsFile, node: Node, width: int, steps: tuple[Step, ...]) -> SkopsModel:
    state = state_of(node)
    _ensure_log_loss(state)
    rate = _number(state["learning_rate"])
    members = _only_ones(state["estimators_"])
    if not all(class_of(member) == _STAGE for member in members):
        raise ValueError("a member of the boosted trees is no tree for numbers")
    trees = []
    for member in members:
        arrays = _arrays(file, member, 1)
        trees.append({**arrays, "value": rate * arrays["value"][:, 0, 0]})
    base = _first_guess(file, state["init_"])
    return SkopsModel(form="boosted", width=width, steps=steps, trees=tuple(trees), base=base)


def _first_guess(file: SkopsFile, node: Node) -> float:
    """Return the log-odds that the trees start from: nothing, or the share of the second class in training."""
    if node["__loader__"] == "JsonNode":
        if value_of(node) != "zero":
            raise ValueError("boosted trees that start from something else")
        return 0.0
    state = state_of(node)
    if class_of(node) != _DUMMY or value_of(state["strategy"]) != "prior":
        raise ValueError("boosted trees that start from another model")
    share = float(file.numbers(state["class_prior_"], shape=(CLASSES,))[1])
    share = min(max(share, _FLOAT32_EPSILON), 1.0 - _FLOAT32_EPSILON)
    return math.log(share / (1.0 - share))


def _by_bins(file: SkopsFile, node: Node, width: int, steps: tuple[Step, ...]) -> SkopsModel:
    state = state_of(node)
    _ensure_log_loss(state)
    if state.get("_preprocessor", _NOTHING)["content"] != _NOTHING["content"]:
        raise ValueError("boosted trees that encode categories first")
    trees = tuple(_predictor(file, member) for member in _only_ones(state["_predictors"]))
    base = float(file.numbers(state["_baseline_prediction"], shape=(1, 1))[0, 0])
    return SkopsModel(form="boosted", width=width, steps=steps, trees=trees, base=base, rounds=False)


def _predictor(file: SkopsFile, node: Node) -> Arrays:
    import numpy as np

    if class_of(node) != _PREDICTOR:
        raise ValueError("a member of the boosted trees is no tree")
    columns = _columns(file.array(state_of(node)["nodes"]), _HIST_COLUMNS)
    if columns.pop("is_categorical").any():
        raise ValueError("a split by category")
    is_leaf = columns.pop("is_leaf").astype(bool)
    for side in ("children_left", "children_right"):
        columns[side] = np.where(is_leaf, NO_CHILD, columns[side].astype(np.int64))
    return columns


def _logistic(file: SkopsFile, node: Node, width: int, steps: tuple[Step, ...]) -> SkopsModel:
    state = state_of(node)
    weights = file.numbers(state["coef_"], shape=(1, width))[0]
    base = float(file.numbers(state["intercept_"], shape=(1,))[0])
    return SkopsModel(form="linear", width=width, steps=steps, base=base, weights=weights)


_Reader = Callable[[SkopsFile, Node, int, tuple[Step, ...]], SkopsModel]
_READERS: Mapping[str, _Reader] = {
    "sklearn.ensemble._forest.RandomForestClassifier": _forest,
    "sklearn.ensemble._forest.ExtraTreesClassifier": _forest,
    "sklearn.tree._classes.DecisionTreeClassifier": _tree,
    "sklearn.ensemble._gb.GradientBoostingClassifier": _boosted,
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier": _by_bins,
    "sklearn.linear_model._logistic.LogisticRegression": _logistic,
}


def _arrays(file: SkopsFile, member: Node, outputs: int) -> Arrays:
    state = state_of(state_of(member)["tree_"])
    columns, values = _columns(file.array(state["nodes"]), _COLUMNS), file.array(state["values"])
    if min(columns["children_left"].min(), columns["children_right"].min()) < NO_CHILD:
        raise ValueError("a child of a tree has a number that none has")
    if values.dtype.str != "<f8" or values.shape != (len(columns["feature"]), 1, outputs):
        raise ValueError("the values of a tree are not those of two classes")
    return {**columns, "value": values}


def _columns(nodes: "NDArray[Any]", wanted: Mapping[str, tuple[str, str]]) -> dict[str, "NDArray[Any]"]:
    if nodes.dtype.names is None or nodes.ndim != 1 or not len(nodes):
        raise ValueError("the nodes of a tree have no columns, or there are none")
    if any(nodes.dtype[name].str != kind for name, (_to, kind) in wanted.items()):
        raise ValueError("a column of the nodes of a tree is of another kind")
    return {to: nodes[name] for name, (to, _kind) in wanted.items()}


def _only_ones(node: Node) -> list[Any]:
    """Return the trees of a model with one output, one for every round."""
    rounds = list_of(node)
    _ensure_number(rounds)
    members = [list_of(one) if isinstance(one, dict) else one for one in rounds]
    if any(len(one) != 1 for one in members):
        raise ValueError("boosted trees with more than one output")
    return [one[0] for one in members]


def _ensure_number(members: list[Any]) -> None:
    if not 0 < len(members) <= MAX_TREES:
        raise ValueError("a model without trees, or with too many")


def _ensure_log_loss(state: Mapping[str, Node]) -> None:
    if value_of(state["loss"]) != "log_loss":
        raise ValueError("boosted trees of another loss than the log loss")


def _whole(node: Node) -> int:
    value = value_of(node)
    if not isinstance(value, int) or not 0 < value <= MAX_COLUMNS:
        raise ValueError("not a number of columns")
    return value


def _number(node: Node) -> float:
    value = value_of(node)
    if not isinstance(value, int | float) or not abs(value) < MAX_RATE:
        raise ValueError("not a finite number")
    return float(value)
