"""A logistic scorecard on weights of evidence over monotone bins.

Each input is cut at quantiles of the training sample, bins are merged until
the default rate only rises or only falls, and a ridge-penalised logistic
regression weighs the inputs. No weight is below zero, so no input works
against its own direction.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from validation.domain.challengers import Setting
from validation.domain.results import decimal_text
from validation.domain.rows import FloatArray, Rows
from validation.domain.tools import Challenger
from validation.stats.monotone_bins import Binning, monotone_binning

_ITERATIONS = 500
_TOLERANCE = 1e-12


def fit_scorecard(
    *,
    setting: Setting,
    names: Sequence[str],
    features: FloatArray,
    labels: FloatArray,
    score_rows: Rows,
    seed: int,  # noqa: ARG001 - nothing here is drawn; families are fitted alike
) -> Challenger:
    """Fit bins and weights; ``setting`` holds ``bins`` and ``ridge``, the penalty of half a squared weight."""
    bins, ridge = int(setting["bins"]), setting["ridge"]
    binnings = [monotone_binning(values=column, labels=labels, bins=bins) for column in features.T]
    intercept, weights = _regress(_weigh(features, binnings), labels, ridge)
    rows = [("(intercept)", "", "", "", decimal_text(intercept))]
    for name, binning, weight in zip(names, binnings, weights, strict=True):
        limits = ["", *(decimal_text(float(edge)) for edge in binning.edges), ""]
        rows += [
            (name, limits[i], limits[i + 1], decimal_text(float(value)), decimal_text(float(weight * value)))
            for i, value in enumerate(binning.evidence)
        ]
    return Challenger(
        title=f"logistic scorecard, weights of evidence on at most {bins} monotone bins, ridge {ridge:g}",
        scores=score_rows.map(lambda given: expit(intercept + _weigh(given, binnings) @ weights)),
        columns=("feature", "from", "to", "weight of evidence", "contribution to log-odds"),
        rows=tuple(rows),
    )


def _weigh(features: FloatArray, binnings: Sequence[Binning]) -> FloatArray:
    return np.column_stack([one.weigh(features[:, i]) for i, one in enumerate(binnings)])


def _regress(evidence: FloatArray, labels: FloatArray, ridge: float) -> tuple[float, FloatArray]:
    """Return intercept and weights of the penalised logistic regression whose weights are never negative."""
    from scipy.optimize import Bounds, minimize

    def loss(point: FloatArray) -> tuple[float, FloatArray]:
        odds = point[0] + evidence @ point[1:]
        value = float((np.logaddexp(0.0, odds) - labels * odds).sum()) + ridge / 2.0 * float(
            point[1:] @ point[1:]
        )
        residual = expit(odds) - labels
        gradient = np.concatenate([[residual.sum()], residual @ evidence + ridge * point[1:]])
        return value / len(labels), gradient / len(labels)

    rate = float(labels.mean())
    start = np.concatenate([[np.log(rate / (1.0 - rate))], np.ones(evidence.shape[1])])
    lowest = np.concatenate([[-np.inf], np.zeros(evidence.shape[1])])
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(lowest, np.inf),
        options={"maxiter": _ITERATIONS, "ftol": _TOLERANCE, "gtol": 1e-9},
    )
    return float(found.x[0]), np.asarray(found.x[1:], dtype=np.float64)
