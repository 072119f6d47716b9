"""Intervals of a share."""

from scipy.special import ndtri


def wilson_interval(*, hits: int, n: int, confidence: float) -> tuple[float, float]:
    """Return the ends of Wilson's (1927) score interval of ``hits`` among ``n``, at least one.

    They stay inside 0 and 1, also where every one or none is a hit.
    """
    z = -float(ndtri((1.0 - confidence) / 2.0))
    share, scale = hits / n, 1.0 + z * z / n
    middle = share + z * z / (2.0 * n)
    reach = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)) ** 0.5
    # Rounding must not move an end past a share of exactly 0 or 1, nor out of 0 to 1.
    low, high = (min(1.0, max(0.0, end / scale)) for end in (middle - reach, middle + reach))
    return min(share, low), max(share, high)
