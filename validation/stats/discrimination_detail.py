"""Discrimination in part of the curve, against an earlier figure, and by segment.

Partial area: McClish (1989), standardised so that chance is one half and
perfection one; its variance by the placement values, as DeLong's, with the
estimated cut-off allowed for. Decline: ECB, Instructions for reporting the
validation results of internal models (2019), 2.5.4.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import Auc, Interval
from validation.stats.pooled import Pooled


@dataclass(frozen=True, kw_only=True)
class PartialAuc:
    """The standardised area over the non-default rates up to a limit, with its standard error."""

    estimate: float
    standard_error: float

    def interval(self, *, confidence: float) -> Interval:
        """Return the normal interval, cut to between 0 and 1."""
        reach = -float(ndtri((1.0 - confidence) / 2.0)) * self.standard_error
        return Interval(
            lower=max(0.0, self.estimate - reach),
            upper=min(1.0, self.estimate + reach),
            confidence=confidence,
            method="placement values, normal",
        )


@dataclass(frozen=True, kw_only=True)
class Decline:
    """How far an area lies below an earlier one, in its standard errors, and the one-sided p-value."""

    statistic: float
    p_value: float


def partial_auc(*, area: Auc, most_alarms: float) -> PartialAuc:
    """Return the area over non-default rates between 0 and ``most_alarms``."""
    order = area.order
    n0, n1 = order.sizes
    k0, k1 = (np.diff(side, prepend=0).astype(np.float64) for side in (order.first, order.second))
    # The share of non-defaults at or above each score, ties half; and of defaults.
    alarms = (n0 - order.first + k0 / 2.0) / n0
    hits = (n1 - order.second + k1 / 2.0) / n1
    earned = np.maximum(most_alarms - alarms, 0.0)
    raw = float((k1 * earned).sum()) / n1
    cut = int(np.flatnonzero(alarms <= most_alarms)[0]) if alarms[-1] <= most_alarms else len(alarms) - 1
    earned_0 = np.where(alarms <= most_alarms, hits - hits[cut], 0.0)
    mean_0 = float((k0 * earned_0).sum()) / n0
    variance = float((k1 * (earned - raw) ** 2).sum()) / (n1 - 1) / n1
    variance += float((k0 * (earned_0 - mean_0) ** 2).sum()) / (n0 - 1) / n0
    by_chance, perfect = most_alarms**2 / 2.0, most_alarms
    return PartialAuc(
        estimate=0.5 * (1.0 + (raw - by_chance) / (perfect - by_chance)),
        standard_error=0.5 * variance**0.5 / (perfect - by_chance),
    )


def decline(*, initial: float, current: float, standard_error: float) -> Decline:
    """Return S = (initial - current) / s and p = 1 - Phi(S); small means materially worse. s is above zero."""
    statistic = (initial - current) / standard_error
    return Decline(statistic=statistic, p_value=float(ndtr(-statistic)))


def below_floor_p(*, area: Auc, floor: float) -> float:
    """Return the one-sided p-value that the area is at least ``floor``; small means it lies below.

    On the logit scale. An area of 1 is never below; one without variance says nothing.
    """
    if area.estimate == 1.0:
        return 1.0
    if area.variance <= 0.0:
        return 1.0 if area.estimate >= floor else 0.0
    gap = np.log(area.estimate / (1.0 - area.estimate)) - np.log(floor / (1.0 - floor))
    return float(ndtr(gap * area.estimate * (1.0 - area.estimate) / area.variance**0.5))


def by_segment(*, segments: FloatArray) -> Iterator[tuple[float, NDArray[np.intp]]]:
    """Yield every segment with the places of its rows, in rising order of segment."""
    small = segments.astype(np.int16) if np.abs(segments).max() < 32_000 else segments
    # Small whole numbers are sorted by counting.
    keys = small if (small == segments).all() else segments
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    for start, end in zip(starts, [*starts[1:], len(ordered)], strict=True):
        yield float(ordered[start]), order[start:end]


def roc_points(*, order: Pooled, points: int) -> tuple[FloatArray, FloatArray]:
    """Return the default rate flagged at evenly spaced non-default rates."""
    alarms, hits = _flagged(order)
    grid = np.linspace(0.0, 1.0, points)
    return grid, np.interp(grid, alarms, hits)


def cap_points(*, order: Pooled, points: int) -> tuple[FloatArray, FloatArray]:
    """Return the share of defaults among the riskiest shares of all rows."""
    alarms, hits = _flagged(order)
    n0, n1 = order.sizes
    grid = np.linspace(0.0, 1.0, points)
    return grid, np.interp(grid, (alarms * n0 + hits * n1) / (n0 + n1), hits)


def _flagged(order: Pooled) -> tuple[FloatArray, FloatArray]:
    """Return the shares of non-defaults and defaults at or above each score, from the riskiest down."""
    n0, n1 = order.sizes
    alarms = np.concatenate([n0 - order.first[::-1], [n0]]) / n0
    hits = np.concatenate([n1 - order.second[::-1], [n1]]) / n1
    return alarms, hits
