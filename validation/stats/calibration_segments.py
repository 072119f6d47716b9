"""Calibration inside segments: PDs that are too low, and whether one shift of the log-odds fits all segments.

Formulas: Jeffreys as in ECB, Instructions for reporting the validation results
of internal models (2019), 2.5.3.1; Rao's (1948) score test in a logistic
regression whose offset is the log-odds of the PD (Cox 1958).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, expit, logit

from validation.domain.inputs import FloatArray
from validation.stats.calibration import Grades, binomial_p, jeffreys_interval, jeffreys_p

ENOUGH_EXPECTED = 5.0
"""Expected defaults from which a posterior probability and a chi-square may stand for a p-value (Cochran 1954)."""

_FARTHEST = 1_000.0
_CLOSE = 1e-10


@dataclass(frozen=True, kw_only=True)
class Heterogeneity:
    """Score test that one ``shift`` of the log-odds fits every segment; chi-square with ``segments`` - 1 degrees."""

    statistic: float
    segments: int
    shift: float
    p_value: float


def tally(*, labels: FloatArray, scores: FloatArray, codes: FloatArray, segments: int) -> Grades:
    """Return rows, defaults and mean PD of every segment, also of those without rows, whose PD is 0."""
    places = codes.astype(np.int64)
    rows = np.bincount(places, minlength=segments).astype(np.float64)
    return Grades(
        obligors=rows,
        defaults=np.bincount(places, weights=labels, minlength=segments).astype(np.float64),
        pds=np.bincount(places, weights=scores, minlength=segments) / np.maximum(rows, 1.0),
    )


def underestimation_p(*, table: Grades) -> FloatArray:
    """Return for each segment a p-value that is small where the PD is too low.

    Jeffreys where the PDs expect at least five defaults. Where they expect
    fewer its posterior falls to a limit far more often than the limit says; there the binomial
    tail stands in, which holds for any number, and also for unlike PDs (Hoeffding 1956).
    """
    jeffreys = jeffreys_p(pd=table.pds, obligors=table.obligors, defaults=table.defaults)
    exact = binomial_p(pd=table.pds, obligors=table.obligors, defaults=table.defaults)
    return np.where(table.obligors * table.pds >= ENOUGH_EXPECTED, jeffreys, exact)


def gap_interval(*, table: Grades, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return the interval of default rate minus mean PD, the PD taken as given.

    Jeffreys' interval, from 0 where nothing defaulted and to 1 where everything did (Brown, Cai and DasGupta 2001).
    """
    lower, upper = jeffreys_interval(obligors=table.obligors, defaults=table.defaults, confidence=confidence)
    lower = np.where(table.defaults <= 0.0, 0.0, lower)
    upper = np.where(table.defaults >= table.obligors, 1.0, upper)
    return lower - table.pds, upper - table.pds


def heterogeneity(*, labels: FloatArray, scores: FloatArray, codes: FloatArray) -> Heterogeneity | None:
    """Return the test over the segments whose defaults have a variance of at least five under one shift.

    Then at least five rows of either class are expected. None where fewer than two
    segments do, or where no shift fits the number of defaults.
    """
    places = np.unique(codes, return_inverse=True)[1]
    shift = common_shift(scores=scores, defaults=float(labels.sum()))
    if shift is None:
        return None
    is_large = _fit(scores, places, shift)[1] >= ENOUGH_EXPECTED
    taken, count = is_large[places], int(is_large.sum())
    shift = common_shift(scores=scores[taken], defaults=float(labels[taken].sum()))
    if count < 2 or shift is None:
        return None
    among = np.unique(places[taken], return_inverse=True)[1]
    expected, spread = _fit(scores[taken], among, shift)
    statistic = float(((np.bincount(among, weights=labels[taken]) - expected) ** 2 / spread).sum())
    return Heterogeneity(
        statistic=statistic, segments=count, shift=shift, p_value=float(chdtrc(count - 1, statistic))
    )


def _fit(scores: FloatArray, places: NDArray[np.intp], shift: float) -> tuple[FloatArray, FloatArray]:
    """Return expected defaults of each segment under a shift, and their variance."""
    fitted = expit(logit(scores) + shift)
    parts = (np.bincount(places, weights=one) for one in (fitted, fitted * (1.0 - fitted)))
    expected, spread = (part.astype(np.float64) for part in parts)
    return expected, spread


def common_shift(*, scores: FloatArray, defaults: float) -> float | None:
    """Return what to add to all log-odds so that the PDs sum to ``defaults``; None where nothing does.

    A PD of 0 or 1 stays what it is. Newton's steps, halved brackets where one leads astray.
    """
    if not int((scores >= 1.0).sum()) < defaults < int((scores > 0.0).sum()):
        return None
    odds, shift, following = logit(scores), np.inf, 0.0
    low, high = -_FARTHEST, _FARTHEST
    while abs(following - shift) > _CLOSE:
        shift = following
        fitted = expit(odds + shift)
        gap = float(fitted.sum()) - defaults
        low, high = (low, shift) if gap > 0.0 else (shift, high)
        slope = float((fitted * (1.0 - fitted)).sum())
        following = shift - gap / max(slope, 1e-300)
        if not low < following < high:
            following = (low + high) / 2.0
    return float(following)
