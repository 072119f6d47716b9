"""Outcomes of two groups: the worked example, counts by hand, and what cannot be compared."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

from registry.domain.vocab import Verdict
from tests.oracle.validation.values import fairness_value
from tests.unit.validation.builders import at_least, estimates, execute, inputs
from validation.domain.inputs import CheckInputs
from validation.domain.results import CheckResult
from validation.stats.fairness import Approvals, Impact, equalised_odds, standardised_difference

CHECK = "fairness.outcomes"
WORKED = Impact(protected=Approvals(approved=120, n=200), control=Approvals(approved=400, n=500))
CASE = "120 of 200 v 400 of 500"


def table(result: CheckResult, name: str) -> tuple[tuple[str, ...], ...]:
    return next(one.rows for one in result.tables if one.id == name)


def worked() -> CheckInputs:
    """The worked example as rows: protected 120 of 200 and control 400 of 500 score .1, the others .6.

    Defaults: of the protected, 40 denied and 10 approved; of the control, 70 denied and 30 approved.
    """
    segments = np.r_[np.ones(200), np.zeros(500)]
    scores = np.r_[np.full(120, 0.1), np.full(80, 0.6), np.full(400, 0.1), np.full(100, 0.6)]
    labels = np.zeros(700)
    for start, defaults in ((0, 10), (120, 40), (200, 30), (600, 70)):
        labels[start : start + defaults] = 1.0
    return inputs(test_segments=segments, test_scores=scores, test_labels=labels)


def test_the_worked_ratio_with_interval_tests_and_shortfall() -> None:
    interval = WORKED.interval(confidence=0.95)
    assert WORKED.ratio == pytest.approx(fairness_value(CASE, "ratio"))
    assert interval.lower == pytest.approx(fairness_value(CASE, "lower"), abs=1e-9)
    assert interval.upper == pytest.approx(fairness_value(CASE, "upper"), abs=1e-9)
    assert WORKED.z() == pytest.approx(fairness_value(CASE, "z"), abs=1e-8)
    assert WORKED.fisher_p() == pytest.approx(fairness_value(CASE, "Fisher p"), rel=1e-8)
    assert WORKED.shortfall(target=0.8) == fairness_value(CASE, "shortfall to 0.80")
    assert (WORKED.shortfall(target=1.0), WORKED.shortfall(target=0.7)) == (40, 0)


@pytest.mark.parametrize(
    "counts", [(3, 10, 7, 12), (0, 5, 4, 9), (8, 8, 2, 6), (50, 100, 50, 100), (1, 2, 1, 2)]
)
def test_fishers_p_is_that_of_scipy(counts: tuple[int, int, int, int]) -> None:
    a, n, b, m = counts
    impact = Impact(protected=Approvals(approved=a, n=n), control=Approvals(approved=b, n=m))
    expected = fisher_exact([[a, n - a], [b, m - b]]).pvalue
    assert impact.fisher_p() == pytest.approx(expected, rel=1e-9)


def test_nobody_approved_has_a_ratio_of_zero_without_interval() -> None:
    none = Impact(protected=Approvals(approved=0, n=20), control=Approvals(approved=10, n=20))
    interval = none.interval(confidence=0.95)
    assert (none.ratio, interval.lower, interval.upper) == (0.0, None, None)
    everybody = Impact(protected=Approvals(approved=20, n=20), control=Approvals(approved=20, n=20))
    assert (everybody.z(), everybody.fisher_p(), everybody.shortfall(target=1.0)) == (0.0, 1.0, 0)


def test_the_worked_distance_of_scores() -> None:
    # Half of each group at its mean plus a, half at minus a: the deviation of all is sqrt(a^2 + 12.5^2) = 60.
    a = (60.0**2 - 12.5**2) ** 0.5
    ends = np.r_[np.full(50, a), np.full(50, -a)]
    found = standardised_difference(protected=640.0 + ends, control=665.0 + ends, confidence=0.95)
    assert found.estimate == pytest.approx(fairness_value("means 640 and 665", "standardised difference"))
    # The standard error of the difference is sqrt(2 x a^2 x 100 / 99 / 100).
    reach = 100.0 * 1.959963984540054 * a * (2.0 / 99.0) ** 0.5 / 60.0
    assert (found.lower, found.upper) == pytest.approx((found.estimate - reach, found.estimate + reach))


def test_the_worked_gap_of_error_rates() -> None:
    expected = fairness_value("TPR .70/.80 FPR .12/.10", "equalised odds")
    assert equalised_odds(hits=(0.70, 0.80), alarms=(0.12, 0.10)) == pytest.approx(expected)
    # Of approvals instead of denials: one less each rate.
    assert equalised_odds(hits=(0.88, 0.90), alarms=(0.30, 0.20)) == pytest.approx(expected)


def test_the_check_counts_the_worked_example() -> None:
    result = execute(CHECK, worked(), params={"cutoff": "0.5", "target_ratio": "0.8"})
    found = estimates(result)
    assert found["adverse_impact_ratio"] == pytest.approx(0.75)
    assert found["impact_p_value"] == pytest.approx(fairness_value(CASE, "Fisher p"), rel=1e-6)
    assert found["approvals_short"] == 8
    # Denied among defaults: 40 of 50 v 70 of 100; among the others: 40 of 150 v 30 of 400.
    assert found["equalised_odds_difference"] == pytest.approx(40 / 150 - 30 / 400)
    # Mean scores .3 and .2; 180 of 700 at .6: deviation .5 sqrt(p (1 - p)).
    deviation = 0.5 * (180 / 700 * 520 / 700) ** 0.5
    assert found["standardised_mean_difference"] == pytest.approx(100 * 0.1 / deviation)
    assert [row[:4] for row in table(result, "rates")] == [
        ("protected", "approved", "120", "200"),
        ("protected", "denied among defaults", "40", "50"),
        ("protected", "denied among non-defaults", "40", "150"),
        ("control", "approved", "400", "500"),
        ("control", "denied among defaults", "70", "100"),
        ("control", "denied among non-defaults", "30", "400"),
    ]
    assert dict(table(result, "impact"))["cut-off, highest score approved"] == "0.5, given by the plan"
    assert result.figures[0].series[0].points == ((1.0, 0.6), (2.0, 0.8))


def test_the_other_group_may_be_the_protected_one() -> None:
    result = execute(CHECK, worked(), params={"cutoff": "0.5", "protected": "0"})
    found = estimates(result)
    assert found["adverse_impact_ratio"] == pytest.approx(4.0 / 3.0)
    assert found["standardised_mean_difference"] < 0.0
    assert found["approvals_short"] == 0


def test_groups_that_differ_in_nothing_are_not_told_apart() -> None:
    result = execute(CHECK)
    ratio, distance = (
        next(one for one in result.metrics if one.name == name)
        for name in ("adverse_impact_ratio", "standardised_mean_difference")
    )
    assert ratio.lower is not None
    assert ratio.upper is not None
    assert ratio.lower < 1.0 < ratio.upper
    assert distance.lower is not None
    assert distance.upper is not None
    assert distance.lower < 0.0 < distance.upper
    # A share of .8 of all is approved, so the cut-off is the quantile .8.
    rates = table(result, "rates")
    assert int(rates[0][2]) + int(rates[3][2]) == 960


def test_a_bar_is_the_plans_alone() -> None:
    bar = at_least("adverse_impact_ratio.lower", "0.8")
    assert execute(CHECK, worked(), params={"cutoff": "0.5"}).verdict is Verdict.PASS
    assert execute(CHECK, worked(), params={"cutoff": "0.5"}, thresholds=[bar]).verdict is Verdict.FAIL


def test_scores_that_are_all_alike_are_no_distance_apart() -> None:
    found = estimates(execute(CHECK, inputs(test_scores=np.full(1200, 0.2))))
    assert (found["standardised_mean_difference"], found["adverse_impact_ratio"]) == (0.0, 1.0)


SINGLE: dict[str, Any] = {"test_segments": np.zeros(1200)}
RARE: dict[str, Any] = {"test_segments": np.r_[np.ones(6), np.zeros(1194)]}
THREE: dict[str, Any] = {"test_segments": np.arange(1200) % 3}
SHORT: dict[str, Any] = {"test_segments": np.arange(600) % 2}


@pytest.mark.parametrize(
    ("changed", "params", "verdict", "reason"),
    [
        ({"test_segments": None}, {}, Verdict.NOT_APPLICABLE, "missing_input"),
        (SINGLE, {}, Verdict.NOT_APPLICABLE, "single_group"),
        (RARE, {}, Verdict.NOT_APPLICABLE, "insufficient_data"),
        (THREE, {}, Verdict.ERROR, "malformed_input"),
        (SHORT, {}, Verdict.ERROR, "malformed_input"),
        ({}, {"protected": "2"}, Verdict.ERROR, "malformed_input"),
        ({}, {"cutoff": "0.000001"}, Verdict.NOT_APPLICABLE, "nobody_approved"),
    ],
)
def test_what_cannot_be_compared_says_why(
    changed: dict[str, Any], params: dict[str, str], verdict: Verdict, reason: str
) -> None:
    result = execute(CHECK, inputs(**changed), params=params)
    assert (result.verdict, result.reason) == (verdict, reason)
    assert result.metrics == ()


def test_too_small_a_group_is_told_how_many_rows_are_needed() -> None:
    result = execute(CHECK, inputs(**RARE))
    assert result.n_needed is not None
    assert result.n_needed >= 2000
