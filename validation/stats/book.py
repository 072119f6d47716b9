"""What a book of loans does that is chosen, or graded, by a score: defaults among the accepted, capital by row.

Two scores of the same obligors are compared by resampling obligors, both
scores of one obligor together (Efron and Tibshirani 1993, chapter 6): what the
two have in common then leaves the difference.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import Interval
from validation.stats.reasons import log_odds

_CELLS = 4_000_000
"""Counts held at a time: 32 MB."""

_FURTHEST = 60.0
_HALVINGS = 80

Statistic = Callable[[FloatArray], FloatArray]
"""From counts of each row (replicates by rows) to one figure per replicate."""


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Rows from the safest to the riskiest by one score; tied rows stand in one group, which starts at a place."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    labels: FloatArray

    def default_rate(self, *, counts: FloatArray, share: float) -> FloatArray:
        """Return, for each row of counts, the default rate among the safest ``share`` of what is counted.

        Where the share ends within a group of ties, the group counts with the
        part that fits: the mean over all ways to break the tie.
        """
        ordered = counts[:, self.order]
        sizes = np.add.reduceat(ordered, self.starts, axis=1)
        defaults = np.add.reduceat(ordered * self.labels, self.starts, axis=1)
        wanted = share * sizes.sum(axis=1, keepdims=True)
        taken = np.clip(wanted - (np.cumsum(sizes, axis=1) - sizes), 0.0, sizes)
        parts = np.divide(taken, sizes, out=np.zeros_like(taken), where=sizes > 0.0)
        return np.asarray((defaults * parts).sum(axis=1) / wanted[:, 0], dtype=np.float64)


def rank_rows(*, scores: FloatArray, labels: FloatArray) -> Ranking:
    """Return the rows from the lowest score to the highest."""
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return Ranking(order=order, starts=starts, labels=labels[order])


def replicate(*, statistics: Sequence[Statistic], rows: int, replicates: int, seed: int) -> FloatArray:
    """Return each statistic on resampled rows: replicates by statistics, the same rows for all in one replicate."""
    parts = [
        np.column_stack([statistic(counts) for statistic in statistics])
        for counts in _resampled(rows=rows, replicates=replicates, seed=seed)
    ]
    return np.concatenate(parts)


def _resampled(*, rows: int, replicates: int, seed: int) -> Iterator[FloatArray]:
    rng, step = np.random.default_rng(seed), max(1, _CELLS // rows)
    for first in range(0, replicates, step):
        size = min(step, replicates - first)
        drawn = rng.integers(0, rows, size=(size, rows)) + np.arange(size)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float64)


def bootstrap_interval(*, estimate: float, replicated: FloatArray, confidence: float) -> Interval:
    """Return the normal interval from the standard deviation of at least two replicates."""
    reach = -float(ndtri((1.0 - confidence) / 2.0)) * float(replicated.std(ddof=1))
    return Interval(
        lower=estimate - reach,
        upper=estimate + reach,
        confidence=confidence,
        method=f"paired bootstrap of obligors, {len(replicated)} replicates, normal",
    )


def shift_to_rate(*, scores: FloatArray, rate: float) -> FloatArray:
    """Return probabilities moved by one constant in log-odds so that their mean is ``rate``, between 0 and 1.

    Ranks stay; optimism or caution over all obligors goes.
    """
    odds, low, high = log_odds(chances=scores), -_FURTHEST, _FURTHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if float(expit(odds + middle).mean()) < rate:
            low = middle
        else:
            high = middle
    return np.asarray(expit(odds + (low + high) / 2.0), dtype=np.float64)
