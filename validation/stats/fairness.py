"""Outcomes of groups: ratio of approval rates, distance of scores, gap of error rates.

A protected group is compared with a control group; of several protected groups
the worst speaks for all. Nothing here says what difference is too large: that
is policy, and differs between jurisdictions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp

import numpy as np
from scipy.special import gammaln, ndtri

from validation.domain.inputs import FloatArray
from validation.stats.rates import difference_interval

# Probabilities that differ by less than this share are equal, and sums by less than this are rounding.
_ROUNDING = 1e-7

Counts = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """How many of a group were approved."""

    approved: int
    n: int

    @property
    def rate(self) -> float:
        """Return the approval rate."""
        return self.approved / self.n


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Both ends of an interval of a ratio, and how they were found."""

    lower: float
    upper: float
    method: str


@dataclass(frozen=True, kw_only=True)
class Impact:
    """Approval rates of two groups, each of at least one row and the control's above zero."""

    protected: Approvals
    control: Approvals

    @property
    def ratio(self) -> float:
        """Return the adverse impact ratio: the protected rate over the control rate."""
        return self.protected.rate / self.control.rate

    def interval(self, *, confidence: float) -> Ends:
        """Return the interval on the log scale (Katz and others, 1978).

        Where a group is approved wholly or not at all, that method takes its
        rate for certain: there half an approval and half a denial are added to
        either group, and the interval is widened to hold the ratio.
        """
        both = (self.protected, self.control)
        is_extreme = any(one.approved in (0, one.n) for one in both)
        half = 0.5 if is_extreme else 0.0
        (a, n), (b, m) = ((one.approved + half, one.n + 2.0 * half) for one in both)
        variance = 1.0 / a - 1.0 / n + 1.0 / b - 1.0 / m
        reach = exp(-float(ndtri((1.0 - confidence) / 2.0)) * variance**0.5)
        middle = (a / n) / (b / m)
        return Ends(
            lower=min(self.ratio, middle / reach) if self.protected.approved else 0.0,
            upper=max(self.ratio, middle * reach),
            method="log scale, half an approval and half a denial added" if is_extreme else "log scale",
        )

    def z(self) -> float:
        """Return the difference of rates in pooled standard errors; 0 where everybody fares alike."""
        both = self.protected.n + self.control.n
        pooled = (self.protected.approved + self.control.approved) / both
        variance = pooled * (1.0 - pooled) * (1.0 / self.protected.n + 1.0 / self.control.n)
        return (self.protected.rate - self.control.rate) / variance**0.5 if variance > 0.0 else 0.0

    def fisher_p(self) -> float:
        """Return Fisher's two-sided exact p-value: all tables with these margins that are no likelier than this."""
        n, m = self.protected.n, self.control.n
        approved = self.protected.approved + self.control.approved
        first = max(0, approved - m)
        cells = np.arange(first, min(n, approved) + 1, dtype=np.float64)
        logs = _log_choose(n, cells) + _log_choose(m, approved - cells)
        # Over their sum, which needs no third coefficient and loses no digits to one.
        chances = np.exp(logs - logs.max())
        limit = chances[self.protected.approved - first] * (1.0 + _ROUNDING)
        return float(chances[chances <= limit].sum() / chances.sum())

    def shortfall(self, *, target: float) -> int:
        """Return how many more protected approvals bring the ratio to ``target``; 0 where it is there."""
        missing = target * self.control.rate * self.protected.n - self.protected.approved
        return max(0, ceil(missing - _ROUNDING))


@dataclass(frozen=True, kw_only=True)
class MeanDifference:
    """100 times the difference of mean scores over the standard deviation of all, and its normal interval."""

    estimate: float
    lower: float
    upper: float


def standardised_difference(
    *, protected: FloatArray, control: FloatArray, confidence: float
) -> MeanDifference:
    """Return the difference of means, protected less control; 0 where all score alike. At least two rows each.

    The deviation is that of both groups together, divided by n and taken as known.
    """
    scale = float(np.concatenate([protected, control]).std()) / 100.0
    if scale == 0.0:
        return MeanDifference(estimate=0.0, lower=0.0, upper=0.0)
    estimate = float(protected.mean() - control.mean()) / scale
    variance = sum(float(one.var(ddof=1)) / len(one) for one in (protected, control))
    reach = -float(ndtri((1.0 - confidence) / 2.0)) * variance**0.5 / scale
    return MeanDifference(estimate=estimate, lower=estimate - reach, upper=estimate + reach)


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """A figure with both ends of its interval, and which of several it is."""

    estimate: float
    lower: float
    upper: float
    place: int


def widest_gap(*, gaps: Sequence[tuple[Counts, Counts]], confidence: float) -> Bounded:
    """Return the largest absolute difference of rates over pairs of counts and rows, with its interval.

    Of denials among defaults and among non-defaults it is the equalised odds
    difference (Hardt, Price and Srebro 2016); of approvals it is the same.

    Each difference has Newcombe's interval at ``confidence``. If all hold, the
    largest lies between the largest lower and the largest upper end of the
    absolute differences.
    """
    sizes, lows, highs = [], [], []
    for first, second in gaps:
        low, high = difference_interval(first=first, second=second, confidence=confidence)
        sizes.append(abs(first[0] / first[1] - second[0] / second[1]))
        lows.append(max(0.0, low, -high))
        highs.append(max(abs(low), abs(high)))
    place = int(np.argmax(sizes))
    return Bounded(estimate=sizes[place], lower=max(lows), upper=max(highs), place=place)


def lowest_ratio(*, impacts: Sequence[Impact], confidence: float) -> Bounded:
    """Return the lowest ratio of several, its interval from the lowest ends of theirs at ``confidence`` each."""
    ends = [one.interval(confidence=confidence) for one in impacts]
    place = int(np.argmin([one.ratio for one in impacts]))
    return Bounded(
        estimate=impacts[place].ratio,
        lower=min(one.lower for one in ends),
        upper=min(one.upper for one in ends),
        place=place,
    )


def widest_distance(*, distances: Sequence[MeanDifference]) -> Bounded:
    """Return the largest distance of several, its interval from the largest ends of theirs."""
    place = int(np.argmax([one.estimate for one in distances]))
    return Bounded(
        estimate=distances[place].estimate,
        lower=max(one.lower for one in distances),
        upper=max(one.upper for one in distances),
        place=place,
    )


def count_comparisons(*, groups: int, is_control_named: bool) -> int:
    """Return among how many comparisons the level is shared out.

    A control group that is named beforehand is met by every other group. One
    that the rates choose could have been any: then every pair may be looked at.
    """
    return groups - 1 if is_control_named else groups * (groups - 1) // 2


def _log_choose(n: int, k: FloatArray) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)
