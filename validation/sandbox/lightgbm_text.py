"""LightGBM's text read and scored inside the box, without LightGBM.

The library needs the system's libgomp, and its parser in C++ trusts the text. This
reading is written apart from that of the explainers (``validation.adapters.tree_formats``),
whose outputs the checks hold against the box's scores: an error in either shows.
Format: ``src/boosting/gbdt_model_text.cpp`` and ``include/LightGBM/tree.h`` of LightGBM.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

OBJECTIVES = ("binary", "binary sigmoid:1")
ZERO_UP_TO = 1e-35
MAX_TREES = 100_000
_BY_CATEGORY, _MISSING_GOES_LEFT = 1, 2
_NOTHING_MISSING, _ZERO_IS_MISSING, _NAN_IS_MISSING = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTree:
    """One tree: inner nodes by number; a negative child ``c`` is the leaf ``-c - 1``."""

    features: tuple[int, ...]
    thresholds: tuple[float, ...]
    decisions: tuple[int, ...]
    lefts: tuple[int, ...]
    rights: tuple[int, ...]
    leaves: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextModel:
    """The trees of a binary classifier, and its columns in order."""

    trees: tuple[TextTree, ...]
    features: tuple[str, ...]


def read_model(data: bytes) -> TextModel:
    """Read the text. Raises ``ValueError`` for anything but trees of numbers with one logistic output."""
    head, *sections = data.decode().split("\nTree=")
    header = _pairs(head)
    if header.get("objective") not in OBJECTIVES or header.get("num_tree_per_iteration") != "1":
        raise ValueError("LightGBM's text is read for one logistic output only")
    if "average_output" in head.splitlines() or not 0 < len(sections) <= MAX_TREES:
        raise ValueError("LightGBM's trees are averaged, none, or too many")
    names = tuple(header.get("feature_names", "").split())
    if not names or len(set(names)) != len(names) or int(header["max_feature_idx"]) + 1 != len(names):
        raise ValueError("the columns of LightGBM's trees are not named one by one")
    trees = tuple(_tree(_pairs(part.partition("\nend of trees")[0]), len(names)) for part in sections)
    return TextModel(trees=trees, features=names)


def scorer(model: TextModel) -> Callable[[Mapping[str, Any]], "NDArray[Any]"]:
    """Return the model as a function from columns to probabilities."""
    import numpy as np

    trees = [_Arrays(tree, np) for tree in model.trees]

    def predict(columns: Mapping[str, Any]) -> "NDArray[Any]":
        rows = np.column_stack([np.asarray(columns[name], dtype=np.float64) for name in model.features])
        total = np.zeros(len(rows))
        for tree in trees:
            total += tree.outputs(rows)
        return np.asarray(1.0 / (1.0 + np.exp(-total)))

    return predict


class _Arrays:
    """A tree as columns, so that all rows go down it together."""

    def __init__(self, tree: TextTree, np: Any) -> None:  # noqa: ANN401  imported in the box only
        self._np = np
        self._features, self._lefts, self._rights = (
            np.array(values, dtype=np.int64) for values in (tree.features, tree.lefts, tree.rights)
        )
        self._thresholds, self._leaves = np.array(tree.thresholds), np.array(tree.leaves)
        decisions = np.array(tree.decisions, dtype=np.int64)
        self._missing, self._missing_left = decisions >> 2, (decisions & _MISSING_GOES_LEFT) != 0

    def outputs(self, rows: "NDArray[Any]") -> "NDArray[Any]":
        """Return the leaf of each row."""
        np = self._np
        if not len(self._features):
            return np.full(len(rows), self._leaves[0])  # type: ignore[no-any-return]
        at, going = np.zeros(len(rows), dtype=np.int64), np.arange(len(rows))
        while len(going):
            node = at[going]
            value, kind = rows[going, self._features[node]], self._missing[node]
            is_nan = np.isnan(value)
            value = np.where(is_nan & (kind != _NAN_IS_MISSING), 0.0, value)
            is_missing = ((kind == _ZERO_IS_MISSING) & (np.abs(value) <= ZERO_UP_TO)) | (
                (kind == _NAN_IS_MISSING) & is_nan
            )
            left = np.where(is_missing, self._missing_left[node], value <= self._thresholds[node])
            at[going] = np.where(left, self._lefts[node], self._rights[node])
            going = going[at[going] >= 0]
        return self._leaves[-at - 1]  # type: ignore[no-any-return]


def _tree(part: Mapping[str, str], width: int) -> TextTree:
    if part.get("num_cat") != "0" or part.get("is_linear", "0") != "0":
        raise ValueError("a split by category, or a leaf that holds a linear model")
    leaves = int(part.get("num_leaves", "0"))
    if leaves < 1:
        raise ValueError("a tree without leaves")
    inner = leaves - 1
    tree = TextTree(
        features=_whole(part, "split_feature", inner),
        thresholds=_numbers(part, "threshold", inner),
        decisions=_whole(part, "decision_type", inner),
        lefts=_whole(part, "left_child", inner),
        rights=_whole(part, "right_child", inner),
        leaves=_numbers(part, "leaf_value", leaves),
    )
    _ensure_tree(tree, width)
    return tree


def _ensure_tree(tree: TextTree, width: int) -> None:
    # The root is no child and every other node one child's, so each way down ends.
    inner, leaves = len(tree.features), len(tree.leaves)
    children = sorted([0, *tree.lefts, *tree.rights])
    if inner and children != [*range(-leaves, 0), *range(inner)]:
        raise ValueError("a child of LightGBM's trees is missing, or has two parents")
    if any(not 0 <= feature < width for feature in tree.features):
        raise ValueError("a node tests a feature that is not there")
    if any(kind & _BY_CATEGORY or kind >> 2 > _NAN_IS_MISSING or kind < 0 for kind in tree.decisions):
        raise ValueError("a split by category, or a missing value of an unknown kind")
    if any(map(math.isnan, tree.thresholds)) or not all(map(math.isfinite, tree.leaves)):
        raise ValueError("a threshold or a leaf is no number")


def _pairs(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in text.splitlines())}


def _numbers(part: Mapping[str, str], name: str, size: int) -> tuple[float, ...]:
    return tuple(map(float, _items(part, name, size)))


def _whole(part: Mapping[str, str], name: str, size: int) -> tuple[int, ...]:
    return tuple(map(int, _items(part, name, size)))


def _items(part: Mapping[str, str], name: str, size: int) -> Sequence[str]:
    items = part.get(name, "").split() if size else []
    if len(items) != size:
        raise ValueError(f"{name} holds {len(items)} numbers, not {size}")
    return items
