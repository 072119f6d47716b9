"""Trees in the form in which SHAP takes trees of any origin, exact whatever the thresholds are.

SHAP keeps a threshold as float32 where it explains against a background (``Node`` in its
``tree_shap.h``), and the rows as they are: a row at a threshold, or within float32 of it, goes to
the wrong side. So thresholds are given by their place among those of their feature, rows by how
many of these they have passed, and both are small whole numbers.
"""

from typing import Any

import numpy as np

from validation.domain.inputs import FloatArray
from validation.stats.tree_model import LEAF, TreeEnsemble


class ShapTrees:
    """``model`` is what ``shap.TreeExplainer`` takes; it explains what ``places`` returns."""

    def __init__(self, *, ensemble: TreeEnsemble) -> None:
        self._ensemble = ensemble
        feature = np.concatenate([np.where(tree.left == LEAF, LEAF, tree.feature) for tree in ensemble.trees])
        threshold = np.concatenate([tree.threshold for tree in ensemble.trees])
        place = np.zeros(len(feature))
        self._thresholds = []
        for column in range(ensemble.width):
            here = feature == column
            distinct, place[here] = np.unique(threshold[here], return_inverse=True)
            self._thresholds.append(distinct)
        ends = np.cumsum([len(tree.left) for tree in ensemble.trees])[:-1]
        self.model = _described(ensemble, np.split(feature, ends), np.split(place, ends))

    def places(self, *, rows: FloatArray) -> FloatArray:
        """Return how many thresholds of its feature each value has reached, NaN where it is missing."""
        values = self._ensemble.readable(rows=rows)
        passed = np.empty(values.shape)
        for column, thresholds in enumerate(self._thresholds):
            passed[:, column] = np.searchsorted(thresholds, values[:, column], side="right")
        return np.where(np.isnan(values), np.nan, passed)


def _described(ensemble: TreeEnsemble, features: list[Any], places: list[FloatArray]) -> dict[str, Any]:
    """Return the trees: a row goes left where it has passed at most as many as come before the threshold."""
    trees = [
        {
            "children_left": tree.left,
            "children_right": tree.right,
            "children_default": np.where(tree.missing_left, tree.left, tree.right),
            "features": feature,
            "thresholds": place,
            "values": tree.value.reshape(-1, 1),
            # SHAP writes into it: weights of the background in place of the training's.
            "node_sample_weight": tree.cover.copy(),
        }
        for tree, feature, place in zip(ensemble.trees, features, places, strict=True)
    ]
    return {"trees": trees, "base_offset": ensemble.base, "tree_output": "raw_value", "objective": ""}
