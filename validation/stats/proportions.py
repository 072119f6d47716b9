"""Intervals of a share."""

from scipy.special import ndtri

from validation.stats.discrimination import Interval


def wilson_interval(*, hits: int, n: int, confidence: float) -> Interval:
    """Return Wilson's (1927) score interval of ``hits`` among ``n``, at least one; it stays inside 0 and 1."""
    z = -float(ndtri((1.0 - confidence) / 2.0))
    share, scale = hits / n, 1.0 + z * z / n
    middle = share + z * z / (2.0 * n)
    reach = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)) ** 0.5
    # Rounding must not move an end past a share of exactly 0 or 1.
    return Interval(
        lower=min(share, max(0.0, (middle - reach) / scale)),
        upper=max(share, min(1.0, (middle + reach) / scale)),
        confidence=confidence,
        method="Wilson",
    )
