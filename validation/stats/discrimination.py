"""Area under the curve, Gini and Kolmogorov-Smirnov separation, with intervals.

DeLong, DeLong and Clarke-Pearson (1988) by the midrank method of Sun and Xu
(2014): one sort, whatever the number of pairs. Ties count one half; variances
divide by n - 1. Scores rise with risk; label 1 is the default.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from validation.domain.inputs import FloatArray


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Ends of an interval at ``confidence``; None where none can be stated honestly."""

    lower: float | None
    upper: float | None
    confidence: float
    method: str


@dataclass(frozen=True, kw_only=True)
class Auc:
    """An area under the curve with DeLong's variance and the placement values behind it."""

    estimate: float
    variance: float
    positives: int
    negatives: int
    positive_placements: FloatArray
    negative_placements: FloatArray

    @property
    def gini(self) -> float:
        """Return 2 AUC - 1."""
        return 2.0 * self.estimate - 1.0

    def interval(self, *, confidence: float) -> Interval:
        """Return an interval that stays inside 0 and 1.

        On the logit scale; under perfect separation the exact bound from
        min(n1, n0) independent pairs; none where every score is the same.
        """
        tail = (1.0 - confidence) / 2.0
        if self.estimate in (0.0, 1.0):
            edge = tail ** (1.0 / min(self.positives, self.negatives))
            lower, upper = (edge, 1.0) if self.estimate == 1.0 else (0.0, 1.0 - edge)
            method = "DeLong variance is zero; exact bound over independent pairs"
            return Interval(lower=lower, upper=upper, confidence=confidence, method=method)
        if self.variance <= 0.0:
            method = "DeLong variance is zero; no interval"
            return Interval(lower=None, upper=None, confidence=confidence, method=method)
        centre = float(np.log(self.estimate / (1.0 - self.estimate)))
        reach = -float(ndtri(tail)) * self.variance**0.5 / (self.estimate * (1.0 - self.estimate))
        return Interval(
            lower=_expit(centre - reach),
            upper=_expit(centre + reach),
            confidence=confidence,
            method="DeLong, logit scale",
        )


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """Difference of two areas measured on the same obligors."""

    estimate: float
    standard_error: float
    covariance: float
    z: float
    p_two_sided: float

    def interval(self, *, confidence: float) -> Interval:
        """Return the normal interval; where both models rank alike it has no width."""
        reach = -float(ndtri((1.0 - confidence) / 2.0)) * self.standard_error
        return Interval(
            lower=self.estimate - reach,
            upper=self.estimate + reach,
            confidence=confidence,
            method="paired DeLong, normal",
        )


def midranks(values: FloatArray) -> FloatArray:
    """Return ranks from 1, ties sharing their mean rank."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    counts = np.diff(np.append(starts, len(values)))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(starts + (counts + 1) / 2.0, counts)
    return ranks


def auc(*, labels: FloatArray, scores: FloatArray) -> Auc:
    """Return the area with DeLong's variance. Needs two of each class."""
    positive = labels == 1.0
    n1, n0 = int(positive.sum()), int((~positive).sum())
    overall = midranks(scores)
    v10 = (overall[positive] - midranks(scores[positive])) / n0
    v01 = 1.0 - (overall[~positive] - midranks(scores[~positive])) / n1
    estimate = float(v10.mean())
    variance = float(v10.var(ddof=1) / n1 + v01.var(ddof=1) / n0)
    return Auc(
        estimate=estimate,
        variance=variance,
        positives=n1,
        negatives=n0,
        positive_placements=v10,
        negative_placements=v01,
    )


def paired_difference(*, first: Auc, second: Auc) -> PairedDifference:
    """Return first minus second; both must be measured on the same rows in the same order."""
    covariance = _cov(first.positive_placements, second.positive_placements) / first.positives
    covariance += _cov(first.negative_placements, second.negative_placements) / first.negatives
    estimate = first.estimate - second.estimate
    variance = first.variance + second.variance - 2.0 * covariance
    error = max(variance, 0.0) ** 0.5
    z = estimate / error if error > 0.0 else 0.0
    return PairedDifference(
        estimate=estimate,
        standard_error=error,
        covariance=covariance,
        z=z,
        p_two_sided=float(2.0 * ndtr(-abs(z))),
    )


def ks_separation(*, first: FloatArray, second: FloatArray) -> float:
    """Return the greatest gap between two empirical distribution functions, ties included."""
    points = np.concatenate([first, second])
    left = np.searchsorted(np.sort(first), points, side="right") / len(first)
    right = np.searchsorted(np.sort(second), points, side="right") / len(second)
    return float(np.abs(left - right).max())


def ks_interval(*, estimate: float, n_first: int, n_second: int, confidence: float) -> Interval:
    """Return a conservative interval from two Dvoretzky-Kiefer-Wolfowitz bands (Massart's constant)."""
    share = (1.0 - confidence) / 2.0
    reach = sum(float(np.sqrt(np.log(2.0 / share) / (2.0 * n))) for n in (n_first, n_second))
    return Interval(
        lower=max(0.0, estimate - reach),
        upper=min(1.0, estimate + reach),
        confidence=confidence,
        method="two Dvoretzky-Kiefer-Wolfowitz bands, conservative",
    )


def _cov(first: FloatArray, second: FloatArray) -> float:
    return float(((first - first.mean()) * (second - second.mean())).sum() / (len(first) - 1))


def _expit(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value)))
