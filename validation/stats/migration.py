"""How obligors move between rating grades from one date to another.

ECB, Instructions for reporting the validation results of internal models
(2019): migration matrix bandwidth (2.5.5.1), and the test that a matrix falls
away from its diagonal (2.5.5.2).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from validation.domain.inputs import FloatArray
from validation.stats.calibration import grade_index


@dataclass(frozen=True, kw_only=True)
class Bandwidth:
    """Mean distance moved by those who moved in one direction, as a share of the furthest grade; its interval."""

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
    grade = np.arange(size, dtype=np.float64)
    moved = np.triu(counts, k=1)
    distance = np.maximum(grade[None, :] - grade[:, None], 0.0)
    furthest = np.maximum(size - 1.0 - grade, grade)[:, None]
    norm, movers = float((moved * furthest).sum()), int(moved.sum())
    if not movers:
        return Bandwidth(estimate=0.0, lower=0.0, upper=0.0, movers=0)
    estimate = float((moved * distance).sum()) / norm
    # A ratio of two sums over the movers: its linear part moves with distance - estimate * furthest.
    error = float(np.sqrt((moved * (distance - estimate * furthest) ** 2).sum())) / norm
    lower, upper = _score_ends(estimate, error, -float(stdtrit(max(movers - 1, 1), (1.0 - confidence) / 2.0)))
    return Bandwidth(estimate=estimate, lower=lower, upper=upper, movers=movers)


def _score_ends(share: float, error: float, z: float) -> tuple[float, float]:
    """Return Wilson's ends, ``z`` errors apart, for a share whose error is that of so many independent cases.

    Without an error both are the share.
    """
    if error == 0.0:
        return share, share
    cases = share * (1.0 - share) / error**2
    scale = 1.0 + z * z / cases
    middle = (share + z * z / (2.0 * cases)) / scale
    reach = z * np.sqrt(share * (1.0 - share) / cases + z * z / (4.0 * cases**2)) / scale
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))
