"""A tree ensemble in one neutral form, whatever library grew it.

A row goes left where its value is below the threshold, as float64. Formats that
compare with <= are read with the next larger threshold, which is the same test.
A missing value (NaN) goes where ``missing_left`` says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray, UnusableInputError

LEAF = -1
ZERO_IS_MISSING_UP_TO = 1e-35  # LightGBM's own bound for a zero, include/LightGBM/meta.h, kZeroThreshold
# Rows that are walked together: what one tree needs of them stays within the processor's cache.
_STRETCH = 4_096

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One tree, node 0 its root. A leaf has ``LEAF`` for both children.

    ``cover`` is the weight of the training rows that reached a node; path-dependent
    values rest on it, interventional ones do not.
    """

    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    missing_left: BoolArray
    value: FloatArray
    cover: FloatArray


class Joined(NamedTuple):
    """All nodes of all trees in one array each; children are absolute, a leaf's are ``LEAF``."""

    roots: IntArray
    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    missing_left: BoolArray
    value: FloatArray
    cover: FloatArray


def walk(values: FloatArray, trees: Joined, total: FloatArray) -> None:
    """Add to each row's total the leaf that it reaches in each tree, tree after tree."""
    every = np.arange(len(values))
    for root in trees.roots[:-1]:
        node = np.full(len(values), root)
        while (inner := trees.left[node] != LEAF).any():
            value = values[every, np.where(inner, trees.feature[node], 0)]
            goes_left = np.where(np.isnan(value), trees.missing_left[node], value < trees.threshold[node])
            node = np.where(inner, np.where(goes_left, trees.left[node], trees.right[node]), node)
        total += trees.value[node]


@dataclass(frozen=True, kw_only=True)
class TreeEnsemble:
    """The sum of trees and a base, over ``width`` features.

    ``rounds`` says that rows are compared as float32. ``nan_is_zero`` and
    ``zero_is_missing`` name, feature by feature, what a library does to values first.
    """

    trees: tuple[Tree, ...]
    width: int
    base: float
    rounds: bool
    nan_is_zero: BoolArray
    zero_is_missing: BoolArray

    def __post_init__(self) -> None:
        """Refuse what is no forest. Raises ``UnusableInputError`` ``malformed_model``."""
        if not self.trees or not np.isfinite(self.base):
            raise malformed("it has no trees, or its base is no finite number")
        for tree in self.trees:
            _ensure_tree(tree, self.width)

    def readable(self, *, rows: FloatArray) -> FloatArray:
        """Return the rows as the trees compare them, NaN where a value counts as missing.

        Raises ``UnusableInputError`` ``malformed_input`` for an infinite value or another number of columns.
        """
        if rows.ndim != 2 or rows.shape[1] != self.width or np.isinf(rows).any():
            raise UnusableInputError(
                reason="malformed_input",
                detail=f"trees are explained on rows of {self.width} values without infinite ones",
            )
        values = rows.astype(np.float32).astype(np.float64) if self.rounds else rows.astype(np.float64)
        if self.nan_is_zero.any():
            values = np.where(np.isnan(values) & self.nan_is_zero, 0.0, values)
        if self.zero_is_missing.any():
            values = np.where(
                (np.abs(values) <= ZERO_IS_MISSING_UP_TO) & self.zero_is_missing, np.nan, values
            )
        return np.ascontiguousarray(values)

    @cached_property
    def joined(self) -> Joined:
        """Return all nodes of all trees in one array each."""
        roots = np.cumsum([0, *(len(tree.left) for tree in self.trees)]).astype(np.int64)
        firsts = np.repeat(roots[:-1], np.diff(roots))

        def together(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(tree, name) for tree in self.trees])

        left, right = together("left"), together("right")
        return Joined(
            roots=roots,
            feature=together("feature").astype(np.int64),
            threshold=together("threshold").astype(np.float64),
            left=np.where(left == LEAF, LEAF, left + firsts).astype(np.int64),
            right=np.where(right == LEAF, LEAF, right + firsts).astype(np.int64),
            missing_left=together("missing_left").astype(np.bool_),
            value=together("value").astype(np.float64),
            cover=together("cover").astype(np.float64),
        )

    def outputs(self, *, rows: FloatArray, walk: Callable[..., Any] = walk) -> FloatArray:
        """Return the sum of the leaves that each row reaches, and the base; ``walk`` may be a compiled one."""
        total = np.full(len(rows), float(self.base))
        for begin in range(0, len(rows), _STRETCH):
            stretch = slice(begin, begin + _STRETCH)
            walk(self.readable(rows=rows[stretch]), self.joined, total[stretch])
        return total


def plain_missing(width: int) -> BoolArray:
    """Return the flags of a library that changes no value."""
    return np.zeros(width, dtype=np.bool_)


def malformed(detail: str) -> UnusableInputError:
    """Return the refusal of trees that cannot be."""
    return UnusableInputError(reason="malformed_model", detail=f"the trees cannot be read: {detail}")


def _ensure_tree(tree: Tree, width: int) -> None:
    size = len(tree.left)
    columns: Sequence[NDArray[np.generic]] = (
        *(tree.feature, tree.threshold, tree.right, tree.missing_left),
        *(tree.value, tree.cover),
    )
    if size == 0 or any(column.shape != (size,) for column in columns):
        raise malformed("the columns of a tree differ in length")
    leaf = tree.left == LEAF
    if ((tree.right == LEAF) != leaf).any():
        raise malformed("a node has one child")
    reached = _reached(tree, size)
    inner, ends = reached & ~leaf, reached & leaf
    if ((tree.feature[inner] < 0) | (tree.feature[inner] >= width)).any():
        raise malformed("a node tests a feature that is not there")
    if np.isnan(tree.threshold[inner]).any() or not np.isfinite(tree.value[ends]).all():
        raise malformed("a threshold or a leaf is no finite number")
    if not (np.isfinite(tree.cover[reached]) & (tree.cover[reached] >= 0.0)).all():
        raise malformed("a cover is no weight")


def _reached(tree: Tree, size: int) -> BoolArray:
    reached, level = np.zeros(size, dtype=np.bool_), np.zeros(1, dtype=np.int64)
    while len(level):
        if (
            ((level < 0) | (level >= size)).any()
            or len(np.unique(level)) < len(level)
            or reached[level].any()
        ):
            raise malformed("a child is missing, or a node has two parents")
        reached[level] = True
        inner = level[tree.left[level] != LEAF]
        level = np.concatenate([tree.left[inner], tree.right[inner]])
    return reached
