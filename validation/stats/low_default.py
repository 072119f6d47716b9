"""Calibration when defaults are few or fall together, and of single obligors.

Correlated binomial: one common factor (Vasicek 2002), the obligors of a grade
independent given it. Prudent bounds: Pluto and Tasche (2005), each grade
pooled with all riskier ones. Spiegelhalter (1986): the Brier score against
its expectation under the PDs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc, betaincinv, ndtr, ndtri

from validation.domain.inputs import FloatArray

_NODES = 128


@dataclass(frozen=True, kw_only=True)
class Spiegelhalter:
    """The Brier score, what the PDs promise, and the gap in standard deviations with its two-sided p."""

    score: float
    expected: float
    z: float
    p_value: float


def conditional_pd(*, pd: FloatArray, correlation: float, stress: float) -> FloatArray:
    """Return the default rate of a large grade in a year as bad as the ``stress`` quantile."""
    shifted = ndtri(pd) + np.sqrt(correlation) * ndtri(stress)
    return np.asarray(ndtr(shifted / np.sqrt(1.0 - correlation)), dtype=np.float64)


def correlated_p(
    *, pd: FloatArray, obligors: FloatArray, defaults: FloatArray, correlation: float
) -> FloatArray:
    """Return P(X >= defaults) by grade when one factor moves all obligors; small means PD too low.

    Gauss-Hermite quadrature over the factor. PDs lie strictly between 0 and 1.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    shifted = (ndtri(pd)[:, None] + np.sqrt(correlation) * nodes) / np.sqrt(1.0 - correlation)
    tails = bdtrc(np.maximum(defaults - 1.0, 0.0)[:, None], obligors.astype(np.int64)[:, None], ndtr(shifted))
    mixed = np.asarray(tails * (weights / weights.sum())).sum(axis=1)
    return np.where(defaults <= 0.0, 1.0, np.minimum(mixed, 1.0))


def prudent_bounds(*, obligors: FloatArray, defaults: FloatArray, confidence: float) -> FloatArray:
    """Return for each grade, safest first, the highest PD that the defaults of it and all riskier ones allow."""
    pooled_n, pooled_d = (np.cumsum(side[::-1])[::-1] for side in (obligors, defaults))
    survivors = pooled_n - pooled_d
    bounds = betaincinv(pooled_d + 1.0, np.maximum(survivors, 1.0), confidence)
    return np.where(survivors > 0.0, bounds, 1.0)


def spiegelhalter(*, labels: FloatArray, scores: FloatArray) -> Spiegelhalter | None:
    """Return the statistic; None where the PDs leave nothing to chance (all 0, 1/2 or 1)."""
    spread = scores * (1.0 - scores)
    variance = float(((1.0 - 2.0 * scores) ** 2 * spread).sum()) / len(scores) ** 2
    if variance <= 0.0:
        return None
    score, expected = float(((labels - scores) ** 2).mean()), float(spread.mean())
    z = (score - expected) / variance**0.5
    return Spiegelhalter(score=score, expected=expected, z=z, p_value=float(2.0 * ndtr(-abs(z))))
