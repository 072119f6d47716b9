"""Do the features that an explanation names move the output? Deletion, insertion, infidelity, sensitivity.

Deletion and insertion curves follow Petsiuk, Das and Saenko (2018, RISE), taken
over mean outputs with the other features from a background instead of over
pixels; infidelity is that of Yeh et al. (2019), the ratios those of
Alvarez-Melis and Jaakkola (2018) and Agarwal et al. (2022).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray

Predict = Callable[[FloatArray], FloatArray]


def insertion_curves(
    *, predict: Predict, row: FloatArray, background: FloatArray, orders: NDArray[np.int64]
) -> FloatArray:
    """Return, for each order, the mean output after the first 0, 1, … all of its features took the row's values.

    The others keep the values of each background row. A curve begins at the
    base and ends at the row's own output; one call of ``predict`` serves all.
    """
    places = np.argsort(orders, axis=1)
    known = places[:, None, :] < np.arange(len(row) + 1)[None, :, None]
    mixed = np.where(known[:, :, None, :], row, background)
    outputs = predict(mixed.reshape(-1, len(row)))
    return np.asarray(outputs.reshape(mixed.shape[:3]).mean(axis=2), dtype=np.float64)


def deletion_curves(
    *, predict: Predict, row: FloatArray, background: FloatArray, orders: NDArray[np.int64]
) -> FloatArray:
    """Return the same as the first 0, 1, … all features of each order are given up to the background."""
    backwards = insertion_curves(predict=predict, row=row, background=background, orders=orders[:, ::-1])
    return np.asarray(backwards[:, ::-1], dtype=np.float64)


def curve_area(*, curve: FloatArray) -> float:
    """Return the area under a curve over the share of features, by trapezia."""
    return float((curve[1:] + curve[:-1]).sum() / (2.0 * (len(curve) - 1)))


def distance_area(*, curve: FloatArray) -> float:
    """Return the area under a deletion curve's distance from its end, the base: small where it gets there early."""
    return curve_area(curve=np.abs(curve - curve[-1]))


def infidelity(*, shifts: FloatArray, values: FloatArray, falls: FloatArray) -> float:
    """Return the mean of (shift · contributions - fall in output) squared; 0 for a linear model's gradient.

    ``shifts`` are what is taken from the row, one a line; ``falls`` f(x) - f(x - shift).
    """
    return float(((shifts @ values - falls) ** 2).mean())


def lipschitz_ratio(
    *, row: FloatArray, near: FloatArray, values: FloatArray, near_values: FloatArray
) -> float:
    """Return the change of the contributions over the change of the row, both Euclidean."""
    return float(np.linalg.norm(values - near_values) / np.linalg.norm(row - near))


def relative_stability(
    *, row: FloatArray, near: FloatArray, values: FloatArray, near_values: FloatArray, least: float = 1e-12
) -> float:
    """Return the relative change of the contributions over that of the row; entries near zero count as ``least``."""
    moved = np.linalg.norm((values - near_values) / _away_from_zero(values, least))
    step = np.linalg.norm((row - near) / _away_from_zero(row, least))
    return float(moved / max(float(step), least))


def occlusion(*, predict: Predict, row: FloatArray, background: FloatArray) -> FloatArray:
    """Return per feature the fall in mean output when it alone is given up: a second opinion that shares no sum."""
    others = ~np.eye(len(row), dtype=bool)
    mixed = np.where(others[:, None, :], row, background[None, :, :])
    without = predict(mixed.reshape(-1, len(row))).reshape(len(row), len(background)).mean(axis=1)
    return np.asarray(float(predict(row[None, :])[0]) - without, dtype=np.float64)


def _away_from_zero(values: FloatArray, least: float) -> FloatArray:
    return np.where(np.abs(values) < least, least, values)
