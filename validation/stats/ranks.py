"""Agreement of two rankings: Kendall's tau-b, Spearman's rho, overlap of the first k."""

import numpy as np

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import midranks


def kendall(*, first: FloatArray, second: FloatArray) -> float:
    """Return tau-b; 0 where one of the two is constant. Quadratic: meant for features, not obligors."""
    left = np.sign(first[:, None] - first[None, :])
    right = np.sign(second[:, None] - second[None, :])
    scale = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum()) / scale if scale > 0.0 else 0.0


def spearman(*, first: FloatArray, second: FloatArray) -> float:
    """Return the correlation of midranks; 0 where one of the two is constant."""
    left, right = midranks(first), midranks(second)
    left, right = left - left.mean(), right - right.mean()
    scale = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum()) / scale if scale > 0.0 else 0.0


def top_overlap(*, first: FloatArray, second: FloatArray, k: int) -> float:
    """Return the Jaccard overlap of the k largest entries; ties go to the lower index."""
    left = set(np.argsort(-first, kind="stable")[:k].tolist())
    right = set(np.argsort(-second, kind="stable")[:k].tolist())
    return len(left & right) / len(left | right)
