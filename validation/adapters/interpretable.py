"""The admissible challenger: a logistic scorecard on weights of evidence, fitted by the program.

Each feature is cut at quantiles of the training sample, each bin takes its
weight of evidence (smoothed by half a case), and a ridge-penalised logistic
regression weighs the features. A reader can recompute a score by hand from
its table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from validation.domain.inputs import FloatArray
from validation.domain.results import decimal_text
from validation.domain.tools import Challenger, ChallengerTool
from validation.stats.stability import quantile_edges

_RIDGE_C = 1.0
_ITERATIONS = 500
_TOLERANCE = 1e-8


def build_challenger() -> ChallengerTool:
    """Return the tool; scikit-learn is imported on first use."""
    return fit_scorecard


def fit_scorecard(
    *, names: Sequence[str], features: FloatArray, labels: FloatArray, score_rows: FloatArray, bins: int
) -> Challenger:
    """Fit on ``features`` and ``labels`` (both classes present) and score ``score_rows``."""
    from sklearn.linear_model import LogisticRegression

    binnings = [_bin(features[:, i], labels, bins) for i in range(len(names))]
    regression = LogisticRegression(C=_RIDGE_C, solver="lbfgs", max_iter=_ITERATIONS, tol=_TOLERANCE)
    regression.fit(_weigh(features, binnings), labels)
    weights = np.asarray(regression.coef_[0], dtype=np.float64)
    rows = tuple(
        row
        for name, one, weight in zip(names, binnings, weights, strict=True)
        for row in one.rows(name, weight)
    )
    return Challenger(
        title=f"logistic scorecard, weights of evidence on {bins} quantile bins, ridge C = {_RIDGE_C:g}",
        scores=np.asarray(regression.predict_proba(_weigh(score_rows, binnings))[:, 1], dtype=np.float64),
        columns=("feature", "from", "to", "weight of evidence", "contribution to log-odds"),
        rows=(("(intercept)", "", "", "", decimal_text(float(regression.intercept_[0]))), *rows),
    )


@dataclass(frozen=True, kw_only=True)
class _Binning:
    edges: FloatArray
    evidence: FloatArray

    def rows(self, name: str, weight: float) -> list[tuple[str, ...]]:
        limits = ["", *(decimal_text(float(edge)) for edge in self.edges), ""]
        return [
            (name, limits[i], limits[i + 1], decimal_text(float(value)), decimal_text(float(weight * value)))
            for i, value in enumerate(self.evidence)
        ]


def _bin(values: FloatArray, labels: FloatArray, bins: int) -> _Binning:
    edges = quantile_edges(reference=values, bins=bins)
    index = np.searchsorted(edges, values, side="right")
    size = len(edges) + 1
    bad = np.bincount(index, weights=labels, minlength=size) + 0.5
    good = np.bincount(index, weights=1.0 - labels, minlength=size) + 0.5
    return _Binning(edges=edges, evidence=np.log((bad / bad.sum()) / (good / good.sum())))


def _weigh(features: FloatArray, binnings: Sequence[_Binning]) -> FloatArray:
    columns = [
        one.evidence[np.searchsorted(one.edges, features[:, i], side="right")]
        for i, one in enumerate(binnings)
    ]
    return np.column_stack(columns)
