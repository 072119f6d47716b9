"""Rows as they might have been: inputs a little off, at the ends of their range and beyond, and what that costs.

A jitter is normal, in shares of a column's robust scale; the cost in
discrimination is a paired DeLong difference whose kernel is the mean over the
repetitions, so repetitions steady the figure and never count as more obligors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import Auc, auc

_WIDE = (0.05, 0.95)
_QUARTILES = (0.25, 0.75)
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One input: its robust scale, the range seen, whether all are whole numbers, and its codes if it holds any."""

    scale: float
    low: float
    high: float
    is_whole: bool
    codes: FloatArray | None = None


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What a change costs in Gini, with the ends of its interval and a two-sided p-value against no cost."""

    estimate: float
    lower: float
    upper: float
    p_two_sided: float


def describe_column(*, training: FloatArray, rows: FloatArray, is_code: bool) -> Column:
    """Return how a column may move, from the values of the training sample and those that will be moved.

    The scale is the distance of the quartiles or, where more than half of the
    values are one, that of the 5th and 95th percentile; it may be zero.
    """
    with np.errstate(over="ignore"):
        narrow, wide = (float(np.ptp(_quantiles(training, shares))) for shares in (_QUARTILES, _WIDE))
    both = np.concatenate([training, rows])
    return Column(
        scale=min(narrow or wide, _LARGEST),
        low=float(both.min()),
        high=float(both.max()),
        is_whole=bool((np.floor(both) == both).all()),
        codes=np.sort(training) if is_code else None,
    )


def move_values(
    *, column: Column, values: FloatArray, jitter: float, redrawn: float, rng: np.random.Generator
) -> FloatArray:
    """Return the values moved by normal noise of ``jitter`` scales, inside the range seen.

    Whole numbers are rounded up or down by chance, in proportion, so that
    small counts move too and by no more on average. Codes are not moved: each
    is redrawn with the chance ``redrawn`` from the codes of the training sample.
    """
    if column.codes is not None:
        is_drawn = rng.random(len(values)) < redrawn
        return np.where(is_drawn, rng.choice(column.codes, size=len(values)), values)
    noise = rng.normal(size=len(values)) * (jitter * column.scale)
    moved = np.clip(values + noise, column.low, column.high)
    return np.floor(moved + rng.random(len(values))) if column.is_whole else moved


def stress_points(*, training: FloatArray, column: Column, tail: float, beyond: float) -> FloatArray:
    """Return four values: beyond the range, the tails of the training sample (``tail`` and its mirror), beyond.

    Beyond is by ``beyond`` widths of the range; whole numbers are rounded outwards.
    """
    low, high = _quantiles(training, (tail, 1.0 - tail))
    half = column.high / 2.0 - column.low / 2.0
    reach = np.clip(2.0 * beyond * half, 0.0, _LARGEST)
    with np.errstate(over="ignore"):
        ends = np.clip([column.low - reach, column.high + reach], -_LARGEST, _LARGEST)
    if column.is_whole:
        ends = np.array([np.floor(ends[0]), np.ceil(ends[1])])
    return np.array([ends[0], low, high, ends[1]])


def gini_loss(*, labels: FloatArray, base: Auc, moved: Sequence[FloatArray], confidence: float) -> Loss:
    """Return the Gini of ``base`` less the mean Gini of the moved scores of the same obligors, row by row.

    The mean of several areas is a U-statistic whose kernel is the mean of
    theirs, so DeLong's variance holds with the placements averaged.
    """
    areas = [auc(labels=labels, scores=scores) for scores in moved]
    gaps = [
        base.placements[side] - np.mean([area.placements[side] for area in areas], axis=0) for side in (0, 1)
    ]
    estimate = 2.0 * float(gaps[0].mean())
    error = 2.0 * sum(float(gap.var(ddof=1)) / len(gap) for gap in gaps) ** 0.5
    reach = -float(ndtri((1.0 - confidence) / 2.0)) * error
    z = estimate / error if error > 0.0 else 0.0
    return Loss(
        estimate=estimate,
        lower=estimate - reach,
        upper=estimate + reach,
        p_two_sided=float(2.0 * ndtr(-abs(z))),
    )


def mean_interval(*, values: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the normal interval of the mean of values that are not negative."""
    reach = -float(ndtri((1.0 - confidence) / 2.0)) * float(values.std(ddof=1)) / len(values) ** 0.5
    return max(0.0, float(values.mean()) - reach), float(values.mean()) + reach


def _quantiles(values: FloatArray, shares: Sequence[float]) -> FloatArray:
    return np.asarray(np.quantile(values, shares, method="inverted_cdf"), dtype=np.float64)
