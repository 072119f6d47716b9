"""Area under the curve, Gini and Kolmogorov-Smirnov separation, with intervals.

DeLong, DeLong and Clarke-Pearson (1988): one sort of scores that carry their
label, whatever the number of pairs (pooled.py). Ties count one half;
variances divide by n - 1. Scores rise with risk; label 1 is the default.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import ndtr, stdtrit

from validation.domain.inputs import FloatArray
from validation.stats.pooled import Pooled, pool, pool_tagged

_ASSUMED_ROWS = 20.0
_FURTHEST, _HALVINGS = 100.0, 60


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Ends of an interval at ``confidence``; None where none can be stated honestly."""

    lower: float | None
    upper: float | None
    confidence: float
    method: str


@dataclass(frozen=True, kw_only=True)
class Auc:
    """An area under the curve with DeLong's variance, its degrees of freedom, and the rows in one order."""

    estimate: float
    variance: float
    degrees: float
    positives: int
    negatives: int
    order: Pooled = field(repr=False)
    labels: FloatArray = field(repr=False)
    scores: FloatArray = field(repr=False)

    @cached_property
    def placements(self) -> tuple[FloatArray, FloatArray]:
        """Return for each default the share of non-defaults below it, and for each of these its mirror, by row."""
        is_default = self.labels == 1.0
        place = np.searchsorted(self.order.values, self.scores)
        defaults, others = _placements(self.order)
        return defaults[place[is_default]], others[place[~is_default]]

    @property
    def gini(self) -> float:
        """Return 2 AUC - 1."""
        return 2.0 * self.estimate - 1.0

    def interval(self, *, confidence: float) -> Interval:
        """Return an interval that stays inside 0 and 1.

        On the logit scale, with Student's t. Towards one half the variance is joined with Hanley and McNeil's at
        that end, as if it had been seen in 20 rows more: the variance of few defaults that are ordered well is too
        small, and most so when they look better than they are. Under perfect separation the exact bound from
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
        strength = max(self.estimate, 1.0 - self.estimate)
        centre = float(np.log(strength / (1.0 - strength)))
        seen = self.variance / (strength * (1.0 - strength)) ** 2
        outer = _expit(centre - float(stdtrit(self.degrees, tail)) * seen**0.5)
        inner = _expit(centre - self._inner_reach(centre=centre, seen=seen, tail=tail))
        is_mirrored = self.estimate < 0.5
        return Interval(
            lower=1.0 - outer if is_mirrored else inner,
            upper=1.0 - inner if is_mirrored else outer,
            confidence=confidence,
            method="DeLong, logit scale, Student's t; towards 1/2 joined with Hanley and McNeil's as 20 rows",
        )

    def _inner_reach(self, *, centre: float, seen: float, tail: float) -> float:
        """Return how far the interval reaches towards one half, on the logit scale."""
        together = self.degrees + _ASSUMED_ROWS
        quantile = -float(stdtrit(together, tail))
        low, high = 0.0, _FURTHEST
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            assumed = _assumed_variance(max(_expit(centre - middle), 0.5), self.positives, self.negatives)
            error = ((self.degrees * seen + _ASSUMED_ROWS * assumed) / together) ** 0.5
            low, high = (middle, high) if middle < quantile * error else (low, middle)
        return high


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """Difference of two areas measured on the same obligors."""

    estimate: float
    standard_error: float
    degrees: float
    covariance: float
    z: float
    p_two_sided: float

    def interval(self, *, confidence: float) -> Interval:
        """Return Student's interval; where both models rank alike it has no width."""
        reach = -float(stdtrit(self.degrees, (1.0 - confidence) / 2.0)) * self.standard_error
        return Interval(
            lower=self.estimate - reach,
            upper=self.estimate + reach,
            confidence=confidence,
            method="paired DeLong, Student's t",
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
    order = pool_tagged(values=scores, tags=labels == 1.0)
    n0, n1 = order.sizes
    v10, v01 = _placements(order)
    k0, k1 = (np.diff(side, prepend=0).astype(np.float64) for side in (order.first, order.second))
    estimate = float((k1 * v10).sum()) / n1
    v10 -= estimate
    v01 -= estimate
    part_1 = float((k1 * v10 * v10).sum()) / (n1 - 1) / n1
    part_0 = float((k0 * v01 * v01).sum()) / (n0 - 1) / n0
    return Auc(
        estimate=estimate,
        variance=part_1 + part_0,
        degrees=_degrees((part_1, n1), (part_0, n0)),
        positives=n1,
        negatives=n0,
        order=order,
        labels=labels,
        scores=scores,
    )


def _placements(order: Pooled) -> tuple[FloatArray, FloatArray]:
    """Return, at each distinct score, the share of non-defaults below it and of defaults above it; ties half."""
    n0, n1 = order.sizes
    v10 = order.first - np.diff(order.first, prepend=0) / 2.0
    v01 = n1 - order.second + np.diff(order.second, prepend=0) / 2.0
    return v10 / n0, v01 / n1


def paired_difference(*, first: Auc, second: Auc) -> PairedDifference:
    """Return first minus second; both must be measured on the same rows in the same order."""
    pairs = zip(first.placements, second.placements, (first.positives, first.negatives), strict=True)
    covariance, parts = 0.0, []
    for one, other, n in pairs:
        covariance += _cov(one, other) / n
        parts.append((_cov(one - other, one - other) / n, n))
    estimate = first.estimate - second.estimate
    error = sum(part for part, _ in parts) ** 0.5
    z = estimate / error if error > 0.0 else 0.0
    return PairedDifference(
        estimate=estimate,
        standard_error=error,
        degrees=_degrees(*parts),
        covariance=covariance,
        z=z,
        p_two_sided=float(2.0 * ndtr(-abs(z))),
    )


def ks_separation(*, first: FloatArray, second: FloatArray) -> float:
    """Return the greatest gap between two empirical distribution functions, ties included."""
    return pool(first=first, second=second).ks()


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


def _degrees(*parts: tuple[float, int]) -> float:
    """Return Satterthwaite's (1946) degrees of freedom of a sum of variances, each of a mean of n rows."""
    doubt = sum(part**2 / (n - 1) for part, n in parts)
    return sum(part for part, _ in parts) ** 2 / doubt if doubt > 0.0 else min(n for _, n in parts) - 1.0


def _assumed_variance(area: float, positives: int, negatives: int) -> float:
    """Return Hanley and McNeil's (1982) variance of an area, on the logit scale."""
    spread = (positives - 1) * (1.0 - area) / (2.0 - area) + (negatives - 1) * area / (1.0 + area)
    return (1.0 + spread) / (positives * negatives * area * (1.0 - area))


def _cov(first: FloatArray, second: FloatArray) -> float:
    return float(((first - first.mean()) * (second - second.mean())).sum() / (len(first) - 1))


def _expit(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value)))
