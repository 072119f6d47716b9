"""Bins whose default rate only rises or only falls, and their weights of evidence.

Quantile bins of one input are merged by pooling adjacent violators (Ayer and
others 1955; Barlow and others 1972): two neighbours that stand against the
input's direction become one bin, until none are left. Half a case is added to
either class of a bin, before comparing as after, so that an empty class gives
no infinite weight and smoothing turns no order round.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import midranks
from validation.stats.stability import quantile_edges

_HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Binning:
    """The inner limits of the bins, rising, and each bin's weight of evidence: the log of bad over good shares.

    A value on a limit belongs to the bin above it.
    """

    edges: FloatArray
    evidence: FloatArray

    def weigh(self, values: FloatArray) -> FloatArray:
        """Return the weight of evidence of each value."""
        return self.evidence[np.searchsorted(self.edges, values, side="right")]


def risk_direction(*, values: FloatArray, labels: FloatArray) -> int:
    """Return 1 where defaults have the higher values by rank, -1 where the lower, 0 where neither (ties half)."""
    ranks = midranks(values)
    return int(np.sign(float(ranks[labels == 1.0].mean() - ranks[labels == 0.0].mean())))


def monotone_binning(*, values: FloatArray, labels: FloatArray, bins: int) -> Binning:
    """Return at most ``bins`` bins whose default rate follows the input's direction. Needs both classes."""
    edges = quantile_edges(reference=values, bins=bins)
    index = np.searchsorted(edges, values, side="right")
    size = len(edges) + 1
    bad, good = (
        np.bincount(index, weights=weights, minlength=size).astype(np.float64)
        for weights in (labels, 1.0 - labels)
    )
    starts = pool_violators(bad=bad, good=good, direction=risk_direction(values=values, labels=labels))
    bad, good = np.add.reduceat(bad, starts) + _HALF, np.add.reduceat(good, starts) + _HALF
    return Binning(edges=edges[starts[1:] - 1], evidence=np.log((bad / bad.sum()) / (good / good.sum())))


def pool_violators(*, bad: FloatArray, good: FloatArray, direction: int) -> NDArray[np.intp]:
    """Return the places at which merged bins start: their smoothed odds rise, or fall where ``direction`` is -1.

    Bins of equal odds are merged too; direction 0 merges all into one.
    """
    starts: list[int] = []
    pooled: list[tuple[float, float]] = []
    for place, counts in enumerate(zip(bad.tolist(), good.tolist(), strict=True)):
        starts.append(place)
        pooled.append(counts)
        while len(pooled) > 1 and direction * (_log_odds(pooled[-1]) - _log_odds(pooled[-2])) <= 0.0:
            last = pooled.pop()
            pooled[-1] = (pooled[-1][0] + last[0], pooled[-1][1] + last[1])
            starts.pop()
    return np.array(starts, dtype=np.intp)


def _log_odds(counts: tuple[float, float]) -> float:
    return float(np.log((counts[0] + _HALF) / (counts[1] + _HALF)))
