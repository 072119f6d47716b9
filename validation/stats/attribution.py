"""Quality of attributions: do they add up, have they settled, and which ranks can the rows tell apart?"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

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
    """Mean |contribution| per feature with its interval, and the first and last rank that the rows allow it."""

    mean: FloatArray
    lower: FloatArray
    upper: FloatArray
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def rank_importance(*, values: FloatArray, confidence: float) -> Ranking:
    """Rank features by mean |contribution|; ``values`` is rows x features, at least two rows.

    Intervals are normal, over the rows. Neighbours in the order are tied unless
    the mean of their paired difference exceeds its own reach, at a level shared
    among all neighbours (Bonferroni), so that all ranks printed as settled hold
    together with ``confidence``. Ties run on from neighbour to neighbour.
    """
    # Column by column: a copy of all contributions of a large portfolio is larger than everything else here.
    rows = len(values)
    mean, spread = _moments(np.abs(column) for column in values.T)
    reach = _reach(confidence) * spread / rows**0.5
    order = np.argsort(-mean, kind="stable")
    gap, gap_spread = _moments(
        np.abs(values[:, larger]) - np.abs(values[:, smaller]) for larger, smaller in pairwise(order)
    )
    shared = 1.0 - (1.0 - confidence) / max(1, len(order) - 1)
    is_apart = gap > _reach(shared) * gap_spread / rows**0.5
    group = np.concatenate([[0], np.cumsum(is_apart)]).astype(np.int64)
    first, last = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=np.int64)
    first[order] = 1 + np.searchsorted(group, group, side="left")
    last[order] = np.searchsorted(group, group, side="right")
    return Ranking(mean=mean, lower=np.maximum(mean - reach, 0.0), upper=mean + reach, first=first, last=last)


def _moments(columns: Iterable[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the standard deviation (sample form) of each column."""
    found = np.asarray([(column.mean(), column.std(ddof=1)) for column in columns]).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _reach(confidence: float) -> float:
    return -float(ndtri((1.0 - confidence) / 2.0))
