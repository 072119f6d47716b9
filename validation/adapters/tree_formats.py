"""Tree ensembles from declarative bytes and from arrays. Nothing is unpickled, and no library of trees is loaded."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from registry.domain.booster import booster_document
from validation.domain.inputs import UnusableInputError
from validation.stats.tree_model import LEAF, Tree, TreeEnsemble, malformed, plain_missing

LOGISTIC = frozenset({"binary:logistic", "reg:logistic"})
LIGHTGBM_LOGISTIC = frozenset({"binary sigmoid:1", "binary"})
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_AT = 1, 2, 2
_NEVER_MISSING, _ZERO_MISSING, _NAN_MISSING = range(3)


def read_xgboost(*, declared: bytes) -> tuple[TreeEnsemble, tuple[str, ...]]:
    """Return the trees of XGBoost's JSON or UBJSON, with log-odds as their outputs, and the columns if it names them.

    XGBoost compares rows and thresholds as float32, and a row goes left where it is
    smaller. Raises ``UnusableInputError``: ``malformed_model``, or
    ``unsupported_model`` for another objective or booster, splits by category, or
    leaves that hold vectors.
    """
    try:
        learner = booster_document(data=declared)["learner"]
        objective, booster = learner["objective"]["name"], learner["gradient_booster"]
        if objective not in LOGISTIC or booster["name"] != "gbtree":
            raise _unsupported(f"{booster['name']} with the objective {objective}")
        width = int(learner["learner_model_param"]["num_feature"])
        base = _logit(_first_number(learner["learner_model_param"]["base_score"]))
        trees = tuple(_xgboost_tree(tree) for tree in booster["model"]["trees"])
        names = tuple(str(name) for name in learner.get("feature_names", ()))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise malformed("they are not the JSON of an XGBoost model") from error
    plain = plain_missing(width)
    ensemble = TreeEnsemble(
        trees=trees, width=width, base=base, rounds=True, nan_is_zero=plain, zero_is_missing=plain
    )
    return ensemble, names


def _unsupported(detail: str) -> UnusableInputError:
    """Return the refusal of trees that are sound, and that nobody explains exactly here."""
    return UnusableInputError(reason="unsupported_model", detail=f"{detail} is not explained here")


def _xgboost_tree(tree: Mapping[str, Any]) -> Tree:
    if any(tree.get("split_type", ())) or tree.get("categories_nodes"):
        raise _unsupported("a split by category")
    if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise _unsupported("a leaf that holds a vector")
    left = _whole(tree["left_children"])
    conditions = np.asarray(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    return Tree(
        feature=_whole(tree["split_indices"]),
        threshold=conditions,
        left=left,
        right=_whole(tree["right_children"]),
        missing_left=np.asarray(tree["default_left"]).astype(np.bool_),
        # A leaf keeps its value where an inner node keeps its threshold.
        value=np.where(left == LEAF, conditions, 0.0),
        cover=np.asarray(tree["sum_hessian"], dtype=np.float32).astype(np.float64),
    )


def _whole(values: Sequence[int]) -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64)


def _first_number(text: object) -> float:
    # Releases since 3.1 write one number per output, in brackets.
    numbers = str(text).strip("[]").split(",")
    if len(numbers) != 1:
        raise _unsupported("a model with more than one output")
    return float(np.float32(numbers[0]))


def _logit(chance: float) -> float:
    if not 0.0 < chance < 1.0:
        raise malformed("the base score is no probability between 0 and 1")
    return float(np.float32(-math.log(1.0 / chance - 1.0)))


def read_lightgbm(*, declared: bytes) -> tuple[TreeEnsemble, tuple[str, ...]]:
    """Return the trees of LightGBM's text, with log-odds as their outputs, and their columns.

    LightGBM compares doubles, and a row goes left where it is at most the
    threshold. What it takes for missing is said node by node, and must agree
    within a feature. Raises as ``read_xgboost`` does.
    """
    try:
        head, *sections = declared.decode().split("\nTree=")
        header = _pairs(head)
        if header["objective"] not in LIGHTGBM_LOGISTIC or "average_output" in head.splitlines():
            raise _unsupported(f"LightGBM with the objective {header['objective']}, or averaged,")
        if header["num_tree_per_iteration"] != "1":
            raise _unsupported("a model with more than one output")
        width = int(header["max_feature_idx"]) + 1
        parts = [_pairs(section.partition("\nend of trees")[0]) for section in sections]
        missing = np.full(width, -1)
        trees = tuple(_lightgbm_tree(part, missing) for part in parts)
    except (ValueError, KeyError, IndexError) as error:
        raise malformed("they are not the text of a LightGBM model") from error
    ensemble = TreeEnsemble(
        trees=trees,
        width=width,
        base=0.0,
        rounds=False,
        nan_is_zero=(missing == _NEVER_MISSING) | (missing == _ZERO_MISSING),
        zero_is_missing=missing == _ZERO_MISSING,
    )
    return ensemble, tuple(header["feature_names"].split())


def _lightgbm_tree(part: Mapping[str, str], missing: NDArray[np.int64]) -> Tree:
    """Return a tree, inner nodes before leaves, and note in ``missing`` what its features take for missing."""
    if part["num_cat"] != "0" or part.get("is_linear", "0") != "0":
        raise _unsupported("a split by category, or a leaf that holds a linear model,")
    leaves = int(part["num_leaves"])
    inner = leaves - 1
    values = _numbers(part, "leaf_value", leaves)
    feature, decision = (
        _numbers(part, name, inner).astype(np.int64) for name in ("split_feature", "decision_type")
    )
    if (decision & _CATEGORICAL).any():
        raise _unsupported("a split by category")
    for column, kind in zip(feature, decision >> _MISSING_AT, strict=True):
        if missing[column] not in (-1, kind) or kind > _NAN_MISSING:
            raise _unsupported("a feature whose missing values are read in two ways")
        missing[column] = kind
    left, right = (_numbers(part, name, inner).astype(np.int64) for name in ("left_child", "right_child"))
    no_test, no_child = np.zeros(leaves), np.full(leaves, LEAF)
    covers = [
        _numbers(part, name, size) for name, size in (("internal_count", inner), ("leaf_count", leaves))
    ]
    return Tree(
        feature=np.concatenate([feature, no_child]),
        # x <= t and x < the next double are the same test.
        threshold=np.concatenate([np.nextafter(_numbers(part, "threshold", inner), np.inf), no_test]),
        # A leaf k is written as -k - 1.
        left=np.concatenate([np.where(left < 0, inner - left - 1, left), no_child]),
        right=np.concatenate([np.where(right < 0, inner - right - 1, right), no_child]),
        missing_left=np.concatenate([decision & _DEFAULT_LEFT != 0, no_test != 0]),
        value=np.concatenate([np.zeros(inner), values]),
        cover=np.concatenate(covers) if inner else np.ones(1),
    )


def _pairs(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in text.splitlines())}


def _numbers(part: Mapping[str, str], name: str, size: int) -> NDArray[np.float64]:
    numbers = np.asarray(part.get(name, "").split(), dtype=np.float64) if size else np.empty(0)
    if len(numbers) != size and not (name == "leaf_count" and size == 1):
        raise ValueError(f"{name} holds {len(numbers)} numbers, not {size}")
    return numbers


def read_forest(*, trees: Sequence[Mapping[str, NDArray[Any]]], width: int, outcome: int) -> TreeEnsemble:
    """Return a scikit-learn forest from the arrays of its trees, with the probability of class ``outcome``.

    The arrays are those of ``sklearn.tree._tree.Tree``, by its names. Rows are
    compared as float32 with thresholds in double, and go left where they are at
    most the threshold; the trees' probabilities are averaged. Raises ``UnusableInputError``.
    """
    number = len(trees)

    def leaves(values: NDArray[Any]) -> NDArray[np.float64]:
        if values.ndim != 3 or values.shape[1] != 1:
            raise _unsupported("a forest with more than one output")
        weights = np.asarray(values[:, 0], dtype=np.float64)
        return np.asarray(weights[:, outcome] / weights.sum(axis=1) / number, dtype=np.float64)

    return _of_arrays(trees, leaves, width=width, base=0.0, rounds=True)


def read_boosted(
    *, trees: Sequence[Mapping[str, NDArray[Any]]], width: int, base: float, rounds: bool
) -> TreeEnsemble:
    """Return scikit-learn's boosted trees, whose values are added to ``base``, as log-odds.

    The arrays go by the names of ``sklearn.tree._tree.Tree``, with one value a node.
    ``rounds`` says that rows are compared as float32. Raises ``UnusableInputError``.
    """
    return _of_arrays(trees, np.asarray, width=width, base=base, rounds=rounds)


def _of_arrays(
    trees: Sequence[Mapping[str, NDArray[Any]]],
    leaves: Callable[[NDArray[Any]], NDArray[np.float64]],
    *,
    width: int,
    base: float,
    rounds: bool,
) -> TreeEnsemble:
    try:
        read = tuple(_sklearn_tree(tree, leaves(tree["value"])) for tree in trees)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise malformed("they are not the arrays of trees") from error
    plain = plain_missing(width)
    return TreeEnsemble(
        trees=read, width=width, base=base, rounds=rounds, nan_is_zero=plain, zero_is_missing=plain
    )


def _sklearn_tree(tree: Mapping[str, NDArray[Any]], leaves: NDArray[np.float64]) -> Tree:
    left = tree["children_left"].astype(np.int64)
    return Tree(
        feature=tree["feature"].astype(np.int64),
        threshold=np.nextafter(np.asarray(tree["threshold"], dtype=np.float64), np.inf),
        left=left,
        right=tree["children_right"].astype(np.int64),
        missing_left=tree["missing_go_to_left"].astype(np.bool_),
        value=np.where(left == LEAF, leaves, 0.0),
        cover=np.asarray(tree["weighted_n_node_samples"], dtype=np.float64),
    )
