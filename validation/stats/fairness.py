"""Outcomes of two groups: ratio of approval rates, distance of scores, gap of error rates.

A protected group is compared with a control group. Nothing here says what
difference is too large: that is law, and differs between jurisdictions.
"""

from dataclasses import dataclass
from math import ceil, exp

import numpy as np
from scipy.special import gammaln, ndtri

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import Interval

# Probabilities that differ by less than this share are equal, and sums by less than this are rounding.
_ROUNDING = 1e-7


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
class Impact:
    """Approval rates of two groups, each of at least one row and the control's above zero."""

    protected: Approvals
    control: Approvals

    @property
    def ratio(self) -> float:
        """Return the adverse impact ratio: the protected rate over the control rate."""
        return self.protected.rate / self.control.rate

    def interval(self, *, confidence: float) -> Interval:
        """Return the interval on the log scale (Katz and others, 1978); none where nobody protected is approved."""
        if not self.protected.approved:
            return Interval(
                lower=None, upper=None, confidence=confidence, method="no interval: nobody approved"
            )
        variance = sum((1.0 - one.rate) / one.approved for one in (self.protected, self.control))
        reach = exp(-float(ndtri((1.0 - confidence) / 2.0)) * variance**0.5)
        return Interval(
            lower=self.ratio / reach, upper=self.ratio * reach, confidence=confidence, method="log scale"
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


def equalised_odds(*, hits: tuple[float, float], alarms: tuple[float, float]) -> float:
    """Return the larger gap between two groups, of the rates among defaults and among non-defaults.

    Whether the rates are of denials or of approvals makes no difference.
    """
    return max(abs(hits[0] - hits[1]), abs(alarms[0] - alarms[1]))


def _log_choose(n: int, k: FloatArray) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)
