"""How obligors move between rating grades from one date to another.

ECB, Instructions for reporting the validation results of internal models
(2019): migration matrix bandwidth (2.5.5.1), and the test that a matrix falls
away from its diagonal (2.5.5.2).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, ndtr

from validation.domain.inputs import FloatArray
from validation.stats.calibration import grade_index

_CLOSE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Bandwidth:
    """Mean distance moved by those who moved in one direction, as a share of the furthest grade; its interval.

    The ends are those of the profile likelihood of the multinomial over all cells, also those
    that nobody moved to: few movers show no far move, and are no evidence that there is none.
    Where nobody moved the interval says that nothing is known.
    """

    estimate: float
    lower: float
    upper: float
    movers: int


@dataclass(frozen=True, kw_only=True)
class NeighbourGap:
    """Whether a cell holds no more than its neighbour towards the diagonal; grades count from 0.

    A small ``p_value`` says that migration rises away from the diagonal.
    """

    start: int
    end: int
    share: float
    nearer_share: float
    z: float
    p_value: float


def migration_counts(*, before: FloatArray, after: FloatArray, edges: tuple[float, ...]) -> FloatArray:
    """Return how many obligors moved from each grade (row) to each grade (column), safest first."""
    size = len(edges) + 1
    start, end = (grade_index(scores=one, edges=edges).astype(np.int64) for one in (before, after))
    counts = np.bincount(start * size + end, minlength=size * size)
    return counts.reshape(size, size).astype(np.float64)


def bandwidths(*, counts: FloatArray, confidence: float) -> tuple[Bandwidth, Bandwidth]:
    """Return the bandwidth of moves to riskier grades (upper) and to safer ones (lower)."""
    return _upper(counts, confidence), _upper(counts[::-1, ::-1], confidence)


def neighbour_gaps(counts: FloatArray) -> tuple[NeighbourGap, ...]:
    """Return the comparison of every cell off the diagonal of which anything is known, row by row."""
    size, found = len(counts), []
    for start in range(size):
        n = float(counts[start].sum())
        for end in range(size):
            nearer = end - 1 if end > start else end + 1
            if end == start or counts[start, end] + counts[start, nearer] == 0.0:
                continue
            p, q = counts[start, end] / n, counts[start, nearer] / n
            spread = (p * (1.0 - p) + q * (1.0 - q) + 2.0 * p * q) / n
            # All obligors of the grade in one of the two cells: no spread, and no doubt.
            z = float((q - p) / np.sqrt(spread)) if spread > 0.0 else float(np.copysign(np.inf, q - p))
            found.append(
                NeighbourGap(start=start, end=end, share=p, nearer_share=q, z=z, p_value=float(ndtr(z)))
            )
    return tuple(found)


def _upper(counts: FloatArray, confidence: float) -> Bandwidth:
    size = len(counts)
    start, end = np.triu_indices(size, k=1)
    moved, distance = counts[start, end], (end - start).astype(np.float64)
    furthest = np.maximum(size - 1.0 - start, start)
    movers = int(moved.sum())
    if not movers:
        return Bandwidth(estimate=0.0, lower=0.0, upper=1.0, movers=0)
    estimate = float(moved @ distance) / float(moved @ furthest)

    def beyond(share: float) -> float:
        return _deviance(moved, distance - share * furthest) - float(chdtri(1, 1.0 - confidence))

    shares = distance / furthest
    lower, upper = (_crossing(beyond, estimate, float(limit)) for limit in (shares.min(), shares.max()))
    return Bandwidth(estimate=estimate, lower=lower, upper=upper, movers=movers)


def _deviance(moved: FloatArray, excess: FloatArray) -> float:
    """Return twice the log-likelihood that the movers lose if the mean of ``excess`` over all moves is zero.

    The best such chances of the cells are the observed ones over 1 + tilt * excess (Owen 1988, Biometrika 75,
    237), all of them at least zero; what they leave out of one is that of a cell that nobody moved to.
    """

    def slope(tilt: float) -> float:
        return float((moved * excess / (1.0 + tilt * excess)).sum())

    # Just inside the tilts that leave every cell a chance: there a cell with movers has a steep slope of either sign.
    low, high = (-(1.0 - _CLOSE) / excess.max(), -(1.0 - _CLOSE) / excess.min())
    if slope(low) <= 0.0:
        tilt = low
    elif slope(high) >= 0.0:
        tilt = high
    else:
        tilt = float(brentq(slope, low, high))
    return 2.0 * float(moved @ np.log1p(tilt * excess))


def _crossing(beyond: Callable[[float], float], estimate: float, limit: float) -> float:
    """Return where ``beyond`` turns positive on the way to the limit of what a share can be."""
    way = limit - estimate
    if abs(way) <= _CLOSE:
        return limit
    # At either end of the way all excess may have one sign, and no tilt makes its mean zero.
    return float(brentq(beyond, estimate + _CLOSE * way, limit - _CLOSE * way))
