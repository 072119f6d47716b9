"""Shares and default rates: how sure one is, and whether one of two really is lower.

Jeffreys' interval (Brown, Cai and DasGupta 2001) closed at 0 and 1; the
difference of two rates by the method of variance estimates recovery (Newcombe
1998; Donner and Zou 2012) from their Jeffreys ends; Fisher's exact test, one-sided and
two-sided.
"""

import numpy as np
from scipy.special import gammaln

from validation.domain.inputs import FloatArray
from validation.stats.calibration import jeffreys_interval

_TIE = 1e-7


def share_interval(*, count: float, n: float, confidence: float) -> tuple[float, float]:
    """Return Jeffreys' interval of a share; it always holds the share itself."""
    ends = jeffreys_interval(obligors=np.array([n]), defaults=np.array([count]), confidence=confidence)
    lower, upper = (float(end[0]) for end in ends)
    return 0.0 if count == 0 else lower, 1.0 if count == n else upper


def difference_interval(
    *, first: tuple[float, float], second: tuple[float, float], confidence: float
) -> tuple[float, float]:
    """Return the interval of the first rate minus the second; each is a count and its rows."""
    (a, n), (b, m) = first, second
    a_low, a_high = share_interval(count=a, n=n, confidence=confidence)
    b_low, b_high = share_interval(count=b, n=m, confidence=confidence)
    p, q = a / n, b / m
    return (
        p - q - float(np.hypot(p - a_low, b_high - q)),
        p - q + float(np.hypot(a_high - p, q - b_low)),
    )


def change_p(*, first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return Fisher's exact two-sided p that two rates are equal; each is a count and its rows.

    It adds up all tables with the same margins that are no more likely than
    the one seen (Freeman and Halton 1951). Exact and conservative; one where
    none or every row counts.
    """
    (a, n), (b, m) = first, second
    counts, weights = _table_weights(n, m, a + b)
    # Tables that are equally likely differ by rounding.
    is_no_likelier = weights <= weights[counts == b] * (1.0 + _TIE)
    return min(1.0, float(weights[is_no_likelier].sum() / weights.sum()))


def fall_p(*, obligors: FloatArray, defaults: FloatArray) -> FloatArray:
    """Return for each neighbour Fisher's one-sided p that its rate is no lower than that of the one before.

    Small means that the rate falls. Exact and conservative; one where there are no defaults.
    """
    pairs = zip(obligors, obligors[1:], defaults, defaults[1:], strict=False)
    return np.asarray([_lower_tail(*pair) for pair in pairs], dtype=np.float64)


def monotonicity(rates: FloatArray) -> tuple[float, float]:
    """Return the share of steps that fall, and the share of all movement that is downwards; needs two rates."""
    steps = np.diff(rates)
    moved = float(np.abs(steps).sum())
    return float((steps < 0.0).mean()), float(-steps[steps < 0.0].sum()) / moved if moved else 0.0


def _lower_tail(n: float, m: float, a: float, b: float) -> float:
    """Return the chance of at most ``b`` defaults among ``m``, given all ``a + b`` of ``n + m``."""
    k, weights = _table_weights(n, m, a + b)
    return float(weights[k <= b].sum() / weights.sum())


def _table_weights(n: float, m: float, total: float) -> tuple[FloatArray, FloatArray]:
    """Return the counts possible among ``m`` when ``total`` of ``n + m`` count, and how likely they are to a factor."""
    k = np.arange(max(0.0, total - n), min(total, m) + 1.0)
    logs = _log_choose(m, k) + _log_choose(n, total - k)
    return k, np.exp(logs - logs.max())


def _log_choose(n: float, k: FloatArray) -> FloatArray:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0), dtype=np.float64)
