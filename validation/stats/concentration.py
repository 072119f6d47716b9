"""How evenly a rating system spreads its obligors over grades.

ECB, Instructions for reporting the validation results of internal models
(2019), 2.5.5.3: coefficient of variation, Herfindahl index, and the test that
the concentration has not risen since initial validation.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from validation.domain.inputs import FloatArray


@dataclass(frozen=True, kw_only=True)
class Concentration:
    """Coefficient of variation, sum of squared shares, and the index between 0 (even) and 1 (one grade)."""

    variation: float
    herfindahl: float
    index: float


@dataclass(frozen=True, kw_only=True)
class Rise:
    """The statistic of a rise of concentration and its one-sided p-value; small means more concentrated."""

    z: float
    p_value: float


def concentration(counts: FloatArray) -> Concentration:
    """Return the concentration of counts over at least two grades, empty ones included."""
    grades, shares = len(counts), counts / counts.sum()
    variation = float(np.sqrt(grades * ((shares - 1.0 / grades) ** 2).sum()))
    herfindahl = float((shares**2).sum())
    return Concentration(
        variation=variation, herfindahl=herfindahl, index=1.0 + float(np.log(herfindahl) / np.log(grades))
    )


def concentration_rise(*, initial: Concentration, current: Concentration, grades: int) -> Rise:
    """Return the test that the concentration is no higher than it was."""
    square = current.variation**2
    if square == 0.0:
        # An even spread cannot be more concentrated than anything.
        return Rise(z=0.0, p_value=1.0)
    z = (grades - 1) ** 0.5 * (current.variation - initial.variation) / (square * (0.5 + square)) ** 0.5
    return Rise(z=z, p_value=float(ndtr(-z)))
