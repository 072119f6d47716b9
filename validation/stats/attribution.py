"""Quality of attributions: do they add up, have they settled, and which ranks can the rows tell apart?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from validation.domain.inputs import FloatArray


def additivity_errors(*, outputs: FloatArray, base: float, values: FloatArray) -> FloatArray:
    """Return per row |f - base - sum of contributions| over the spread of the outputs.

    The spread is the largest |f - base| over the rows, so a row whose output
    lies near the base does not blow up rounding.
    """
    gaps = np.abs(outputs - base - values.sum(axis=1))
    scale = float(np.abs(outputs - base).max())
    return np.asarray(gaps / scale if scale > 0.0 else gaps, dtype=np.float64)


def convergence_ratio(*, runs: FloatArray) -> FloatArray:
    """Return per row max_j se_j / (max phi - min phi) over repeated runs (Covert and Lee, 2021).

    ``runs`` is runs x rows x features; a row without any contribution has ratio 0
    when its runs agree.
    """
    errors = (runs.std(axis=0, ddof=1) / np.sqrt(runs.shape[0])).max(axis=1)
    mean = runs.mean(axis=0)
    spread = mean.max(axis=1) - mean.min(axis=1)
    flat = np.where(errors > 0.0, np.inf, 0.0)
    return np.asarray(np.divide(errors, spread, out=flat, where=spread > 0.0), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Mean |contribution| per feature with its interval, and the first and last rank that the rows allow it.

    ``rows`` is how many rows it rests on.
    """

    rows: int
    mean: FloatArray
    lower: FloatArray
    upper: FloatArray
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def rank_importance(*, parts: Iterable[FloatArray], confidence: float) -> Ranking:
    """Rank features by mean |contribution|; each part is rows x features, and there are two rows at least in all.

    Intervals are normal, over the rows. Neighbours in the order are tied unless
    the mean of their paired difference exceeds its own reach, at a level shared
    among all neighbours (Bonferroni), so that all ranks printed as settled hold
    together with ``confidence``. Ties run on from neighbour to neighbour.
    """
    rows, mean, covariance = _moments(parts)
    variance = np.diag(covariance)
    reach = _reach(confidence) * np.sqrt(variance / rows)
    order = np.argsort(-mean, kind="stable")
    larger, smaller = order[:-1], order[1:]
    of_gap = variance[larger] + variance[smaller] - 2.0 * covariance[larger, smaller]
    shared = 1.0 - (1.0 - confidence) / max(1, len(order) - 1)
    is_apart = mean[larger] - mean[smaller] > _reach(shared) * np.sqrt(np.maximum(of_gap, 0.0) / rows)
    group = np.concatenate([[0], np.cumsum(is_apart)]).astype(np.int64)
    first, last = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=np.int64)
    first[order] = 1 + np.searchsorted(group, group, side="left")
    last[order] = np.searchsorted(group, group, side="right")
    return Ranking(
        rows=rows,
        mean=mean,
        lower=np.maximum(mean - reach, 0.0),
        upper=mean + reach,
        first=first,
        last=last,
    )


def _moments(parts: Iterable[FloatArray]) -> tuple[int, FloatArray, FloatArray]:
    """Return the number of rows, and mean and covariance (sample form) of |contribution|.

    Part by part, for all contributions of a large portfolio are larger than
    everything else here; parts are joined by their means (Chan, Golub and LeVeque, 1983).
    """
    rows, mean, scatter = 0, np.zeros(1), np.zeros((1, 1))
    for part in parts:
        size = np.abs(part)
        own = size.mean(axis=0)
        size -= own
        step, both = own - mean, rows + len(size)
        scatter = scatter + size.T @ size + np.outer(step, step) * (rows * len(size) / both)
        mean = mean + step * (len(size) / both)
        rows = both
    return rows, np.asarray(mean), np.asarray(scatter / (rows - 1))


def _reach(confidence: float) -> float:
    return -float(ndtri((1.0 - confidence) / 2.0))
