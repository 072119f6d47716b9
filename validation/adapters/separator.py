"""A boosted classifier that learns to tell a recent batch from the reference, column relations included."""

from collections.abc import Callable

import numpy as np

from validation.domain.inputs import FloatArray
from validation.domain.tools import SeparatorTool

_TREES = 60
_LEAVES = 15
_SMALLEST_LEAF = 50


def build_separator() -> SeparatorTool:
    """Return the tool; scikit-learn is imported on first use."""
    return learn


def learn(*, features: FloatArray, labels: FloatArray, seed: int) -> Callable[[FloatArray], FloatArray]:
    """Fit on rows of both kinds and return the scorer. The same rows in the same order give the same scores."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=_TREES,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=_SMALLEST_LEAF,
        early_stopping=False,
        random_state=seed % 2**31,
    )
    model.fit(features, labels)

    def score(rows: FloatArray) -> FloatArray:
        return np.asarray(model.decision_function(rows), dtype=np.float64)

    return score
