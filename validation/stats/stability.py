"""Population stability index and the two-sample Kolmogorov-Smirnov comparison.

Bins are quantiles of the reference. When any bin of either batch is empty,
half a count is added to every bin of both: the result says so.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, kolmogorov, ndtri

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import ks_separation


@dataclass(frozen=True, kw_only=True)
class Psi:
    """Index, interval, shares per bin, and the bound that chance alone reaches in 5 % of cases."""

    estimate: float
    lower: float
    upper: float
    confidence: float
    sampling_bound: float
    expected: FloatArray
    actual: FloatArray
    smoothed: bool


@dataclass(frozen=True, kw_only=True)
class KsComparison:
    """Greatest gap of two distribution functions and its asymptotic p-value."""

    statistic: float
    p_value: float


def quantile_edges(*, reference: FloatArray, bins: int) -> FloatArray:
    """Return the distinct inner quantiles of the reference; ties can leave fewer than asked for."""
    # Edges are observed values: an edge between two tied values would leave a bin empty.
    inner = np.quantile(reference, np.linspace(0.0, 1.0, bins + 1)[1:-1], method="inverted_cdf")
    edges = np.unique(inner)
    return np.asarray(edges[edges > reference.min()], dtype=np.float64)


def bin_counts(*, values: FloatArray, edges: FloatArray) -> FloatArray:
    """Return how many values fall between the edges; a value on an edge belongs above it."""
    index = np.searchsorted(edges, values, side="right")
    return np.bincount(index, minlength=len(edges) + 1).astype(np.float64)


def psi_from_counts(*, reference: FloatArray, current: FloatArray, confidence: float) -> Psi:
    """Return the index of two count vectors over the same bins (at least two bins).

    The interval is the delta method for two multinomials around the estimate
    less what chance alone adds to it, (1/n + 1/m) (bins - 1), cut at zero and
    widened to hold the estimate. Where little has moved it is conservative. The
    bound is (1/n + 1/m) times the 95 % quantile of chi-square with bins - 1.
    """
    smoothed = bool((reference == 0).any() or (current == 0).any())
    extra = 0.5 if smoothed else 0.0
    expected = (reference + extra) / (reference + extra).sum()
    actual = (current + extra) / (current + extra).sum()
    logs = np.log(actual / expected)
    estimate = float(((actual - expected) * logs).sum())
    n, m = float(reference.sum()), float(current.sum())
    variance = _spread(actual, logs + 1.0 - expected / actual) / m
    variance += _spread(expected, -logs + 1.0 - actual / expected) / n
    reach = -float(ndtri((1.0 - confidence) / 2.0)) * variance**0.5
    noise = 1.0 / n + 1.0 / m
    centre = max(0.0, estimate - noise * (len(reference) - 1))
    return Psi(
        estimate=estimate,
        lower=max(0.0, centre - reach),
        upper=max(estimate, centre + reach),
        confidence=confidence,
        sampling_bound=float(noise * chdtri(len(reference) - 1, 0.05)),
        expected=expected,
        actual=actual,
        smoothed=smoothed,
    )


def ks_comparison(*, reference: FloatArray, current: FloatArray) -> KsComparison:
    """Return the gap and Smirnov's asymptotic p-value, which ties make too large, never too small."""
    statistic = ks_separation(first=reference, second=current)
    n, m = len(reference), len(current)
    return KsComparison(statistic=statistic, p_value=float(kolmogorov(np.sqrt(n * m / (n + m)) * statistic)))


def _spread(shares: FloatArray, gradient: FloatArray) -> float:
    return max(0.0, float((shares * gradient**2).sum() - (shares * gradient).sum() ** 2))
