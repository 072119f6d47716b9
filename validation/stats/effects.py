"""What one feature does to the output: partial dependence, accumulated local effects, and steps against a sign.

Partial dependence (Friedman, 2001) sets a feature to a value in every row and
so asks about rows that may not exist where inputs are correlated; accumulated
local effects (Apley and Zhu, 2020) move each row only to the ends of its own
interval. Both are centred over the same rows, so that their gap is comparable.
"""

from dataclasses import dataclass

import numpy as np

from validation.domain.inputs import FloatArray
from validation.stats.faithfulness import Predict

# A step that is smaller than this share of all movement is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Centred curves of one feature over ``grid``; ``counts`` are the rows of each interval between its points."""

    grid: FloatArray
    counts: FloatArray
    partial: FloatArray
    accumulated: FloatArray

    @property
    def gap(self) -> float:
        """Return the largest distance of the two curves."""
        return float(np.abs(self.partial - self.accumulated).max())

    @property
    def reach(self) -> float:
        """Return the highest less the lowest accumulated effect."""
        return float(np.ptp(self.accumulated))


@dataclass(frozen=True, kw_only=True)
class Violations:
    """Steps of a curve against a sign: as a share of all steps, and of all movement."""

    steps: float
    mass: float


def quantile_grid(*, values: FloatArray, intervals: int) -> FloatArray:
    """Return the distinct quantiles from least to greatest; each is an observed value, so no interval is empty."""
    shares = np.linspace(0.0, 1.0, intervals + 1)
    return np.asarray(np.unique(np.quantile(values, shares, method="inverted_cdf")), dtype=np.float64)


def feature_effect(
    *, predict: Predict, rows: FloatArray, background: FloatArray, feature: int, grid: FloatArray
) -> Effect:
    """Return both curves of one feature, from one call of ``predict``.

    ``grid`` rises and spans the feature's values in ``rows``, from which the
    local effects come; ``background`` rows give the partial dependence. A grid
    of one point has no effect.
    """
    place = np.clip(np.searchsorted(grid, rows[:, feature]), 1, max(len(grid) - 1, 1))
    counts = np.bincount(place - 1, minlength=len(grid) - 1)[: len(grid) - 1].astype(np.float64)
    if len(grid) == 1:
        return Effect(grid=grid, counts=counts, partial=np.zeros(1), accumulated=np.zeros(1))
    asked = np.vstack(
        [
            _with(np.tile(background, (len(grid), 1)), feature, np.repeat(grid, len(background))),
            _with(rows, feature, grid[place - 1]),
            _with(rows, feature, grid[place]),
        ]
    )
    outputs = predict(asked)
    partial, low, high = np.split(outputs, [len(grid) * len(background), len(asked) - len(rows)])
    sums = np.bincount(place - 1, weights=high - low, minlength=len(counts))
    steps = np.divide(sums, counts, out=np.zeros(len(counts)), where=counts > 0.0)
    return Effect(
        grid=grid,
        counts=counts,
        partial=_centred(partial.reshape(len(grid), -1).mean(axis=1), counts),
        accumulated=_centred(np.concatenate([[0.0], np.cumsum(steps)]), counts),
    )


def sign_violations(*, curve: FloatArray, sign: int) -> Violations:
    """Return the steps against ``sign``, 1 for a curve that should rise and -1 for one that should fall."""
    steps = np.diff(curve)
    moved = float(np.abs(steps).sum())
    if moved == 0.0:
        return Violations(steps=0.0, mass=0.0)
    against = np.maximum(-sign * steps, 0.0)
    is_against = against > _ROUNDING * moved
    return Violations(steps=float(is_against.mean()), mass=float(against[is_against].sum()) / moved)


def _with(rows: FloatArray, feature: int, values: FloatArray) -> FloatArray:
    changed = rows.copy()
    changed[:, feature] = values
    return changed


def _centred(curve: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the curve less its mean over the rows, which lie between the points of the grid."""
    mean = float((counts * (curve[1:] + curve[:-1])).sum() / (2.0 * counts.sum()))
    return np.asarray(curve - mean, dtype=np.float64)
