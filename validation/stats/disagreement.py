"""How far two explanations of one output agree: the six measures of Krishna et al. (2022).

Ranks are of absolute contributions, ties to the lower index. Each measure is
1 where both agree. None of them says which of the two is right.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from validation.domain.inputs import FloatArray
from validation.stats.ranks import spearman


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Six measures over the ``k`` largest (the first four) or over all features (the last two)."""

    feature: float
    rank: float
    sign: float
    signed_rank: float
    rank_correlation: float
    pairwise_rank: float


def agreement(*, first: FloatArray, second: FloatArray, k: int) -> Agreement:
    """Return the six measures for two vectors of contributions."""
    left, right = _leading(first, k), _leading(second, k)
    common = set(left) & set(right)
    signs = np.sign(first) == np.sign(second)
    places = [(a, b) for a, b in zip(left, right, strict=True) if a == b]
    one, other = np.abs(first), np.abs(second)
    pairs = list(combinations(range(len(first)), 2))
    ordered = sum(np.sign(one[i] - one[j]) == np.sign(other[i] - other[j]) for i, j in pairs)
    return Agreement(
        feature=len(common) / k,
        rank=len(places) / k,
        sign=sum(bool(signs[i]) for i in common) / k,
        signed_rank=sum(bool(signs[a]) for a, _b in places) / k,
        rank_correlation=spearman(first=one, second=other),
        pairwise_rank=float(ordered) / len(pairs),
    )


def _leading(values: FloatArray, k: int) -> list[int]:
    return [int(i) for i in np.argsort(-np.abs(values), kind="stable")[:k]]
