"""Two segments of 100 rows at a PD of 10 %, with 10 and with 20 defaults: worked by hand.

One rate of 15 % fits both, so the shift is ln(15/85) - ln(10/90), and chi-square is
2 times 5 squared over 100 times 0.15 times 0.85, which is 200/51. With one degree of freedom its p is
erfc(sqrt(100/51)). Probabilities and quantiles of Beta(10.5, 90.5) and Beta(20.5, 80.5) come from scipy.stats.
"""

import math

import numpy as np
import pytest
from scipy import stats

from validation.stats.calibration_segments import gap_interval, heterogeneity, tally, underestimation_p

LABELS = np.concatenate([np.r_[np.ones(d), np.zeros(100 - d)] for d in (10, 20)])
SCORES = np.full(200, 0.1)
CODES = np.repeat([0.0, 1.0], 100)
TABLE = tally(labels=LABELS, scores=SCORES, codes=CODES, segments=2)


def test_segments_are_counted() -> None:
    assert TABLE.obligors.tolist() == [100, 100]
    assert TABLE.defaults.tolist() == [10, 20]
    assert TABLE.pds == pytest.approx([0.1, 0.1])


def test_the_p_value_of_each_segment() -> None:
    expected = [stats.beta.cdf(0.1, 10.5, 90.5), stats.beta.cdf(0.1, 20.5, 80.5)]
    assert underestimation_p(table=TABLE) == pytest.approx(expected, rel=1e-9)


def test_the_interval_of_the_gap() -> None:
    lower, upper = gap_interval(table=TABLE, confidence=0.975)
    assert lower[1] == pytest.approx(stats.beta.ppf(0.0125, 20.5, 80.5) - 0.1, rel=1e-9)
    assert upper[1] == pytest.approx(stats.beta.ppf(0.9875, 20.5, 80.5) - 0.1, rel=1e-9)


def test_one_shift_and_what_it_leaves() -> None:
    found = heterogeneity(labels=LABELS, scores=SCORES, codes=CODES)
    assert found is not None
    assert found.shift == pytest.approx(math.log(15 / 85) - math.log(10 / 90), rel=1e-9)
    assert found.statistic == pytest.approx(200 / 51, rel=1e-9)
    assert found.p_value == pytest.approx(math.erfc(math.sqrt(100 / 51)), rel=1e-9)
    assert found.segments == 2
