"""Outcomes of groups: the worked example, counts by hand, several groups, and what cannot be compared."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

from registry.domain.vocab import Verdict
from tests.oracle.validation.values import fairness_value
from tests.unit.validation.builders import at_least, estimates, execute, inputs
from validation.domain.inputs import CheckInputs
from validation.domain.results import CheckResult
from validation.stats.fairness import (
    Approvals,
    Impact,
    MeanDifference,
    count_comparisons,
    lowest_ratio,
    standardised_difference,
    widest_distance,
    widest_gap,
)

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


def test_a_group_approved_wholly_or_not_at_all_is_not_taken_for_certain() -> None:
    none = Impact(protected=Approvals(approved=0, n=20), control=Approvals(approved=10, n=20))
    interval = none.interval(confidence=0.95)
    # (.5 / 21) / (10.5 / 21) = 1 / 21; variance 1/.5 - 1/21 + 1/10.5 - 1/21 = 2.
    assert (none.ratio, interval.lower) == (0.0, 0.0)
    assert interval.upper == pytest.approx(np.exp(1.959963984540054 * 2.0**0.5) / 21.0)
    assert interval.method == "log scale, half an approval and half a denial added"
    everybody = Impact(protected=Approvals(approved=20, n=20), control=Approvals(approved=20, n=20))
    assert (everybody.z(), everybody.fisher_p(), everybody.shortfall(target=1.0)) == (0.0, 1.0, 0)
    # Both rates are 20.5 of 21: variance 2 (1/20.5 - 1/21) = 1 / 430.5.
    reach = np.exp(1.959963984540054 / 430.5**0.5)
    ends = everybody.interval(confidence=0.95)
    assert (ends.lower, ends.upper) == pytest.approx((1.0 / reach, reach))


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
    found = widest_gap(gaps=[((70, 100), (80, 100)), ((12, 100), (10, 100))], confidence=0.95)
    assert (found.estimate, found.place) == (pytest.approx(expected), 0)
    # Of approvals instead of denials: one less each rate.
    same = widest_gap(gaps=[((88, 100), (90, 100)), ((30, 100), (20, 100))], confidence=0.95)
    assert (same.estimate, same.place) == (pytest.approx(expected), 1)
    assert same.upper == pytest.approx(found.upper)


def test_a_gap_that_may_be_none_starts_at_none_and_one_that_is_sure_does_not() -> None:
    unsure = widest_gap(gaps=[((70, 100), (80, 100)), ((12, 100), (10, 100))], confidence=0.95)
    assert unsure.lower == 0.0
    sure = widest_gap(gaps=[((10, 100), (90, 100)), ((50, 100), (50, 100))], confidence=0.95)
    # Jeffreys' ends of 10 of 100 are .0526 and .1701; Newcombe's reach is the root of twice their squared distance.
    assert (sure.estimate, sure.lower, sure.upper) == pytest.approx((0.8, 0.7008, 0.8671), abs=1e-4)
    # The other way round it is the same gap.
    turned = widest_gap(gaps=[((90, 100), (10, 100))], confidence=0.95)
    assert (turned.lower, turned.upper) == pytest.approx((sure.lower, sure.upper))


def test_of_several_ratios_and_distances_the_worst_stands_with_the_worst_ends() -> None:
    control = Approvals(approved=400, n=500)
    few = Impact(protected=Approvals(approved=14, n=20), control=control)
    worst = lowest_ratio(impacts=[few, WORKED], confidence=0.95)
    assert (worst.estimate, worst.place) == (pytest.approx(0.75), 1)
    # The small group is less sure and its ratio of .875 may lie lower than that of the worst.
    assert worst.lower == pytest.approx(few.interval(confidence=0.95).lower)
    assert worst.upper == pytest.approx(fairness_value(CASE, "upper"), abs=1e-9)
    distances = [
        MeanDifference(estimate=10.0, lower=-15.0, upper=35.0),
        MeanDifference(estimate=20.0, lower=12.0, upper=28.0),
    ]
    found = widest_distance(distances=distances)
    assert (found.estimate, found.lower, found.upper, found.place) == (20.0, 12.0, 35.0, 1)


@pytest.mark.parametrize(
    ("groups", "is_named", "shared_by"), [(2, True, 1), (2, False, 1), (4, True, 3), (4, False, 6)]
)
def test_a_control_that_the_rates_choose_pays_for_every_pair(
    *, groups: int, is_named: bool, shared_by: int
) -> None:
    assert count_comparisons(groups=groups, is_control_named=is_named) == shared_by


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
        ("1", "approved", "120", "200"),
        ("1", "denied among defaults", "40", "50"),
        ("1", "denied among non-defaults", "40", "150"),
        ("0, control", "approved", "400", "500"),
        ("0, control", "denied among defaults", "70", "100"),
        ("0, control", "denied among non-defaults", "30", "400"),
    ]
    assert [row[:2] for row in table(result, "impact")] == [("1", "0.75")]
    title = next(one.title for one in result.tables if one.id == "impact")
    assert (
        title
        == "Each group beside 0, the group approved most often; highest score approved 0.5, given by the plan"
    )
    assert result.figures[0].series[0].points == ((1.0, 0.6), (2.0, 0.8))
    assert result.facts == {
        "evidence.adverse_impact_ratio": "0.75",
        "evidence.adverse_impact_ratio_lower": "0.664293557",
        "evidence.standardised_mean_difference": "45.7604"
        + result.facts["evidence.standardised_mean_difference"][7:],
        "evidence.equalised_odds_difference": "0.1916666667",
    }


def test_the_plan_may_name_the_control_group() -> None:
    result = execute(CHECK, worked(), params={"cutoff": "0.5", "control": "1"})
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


def three_groups() -> CheckInputs:
    """The worked example with the control split: 100 of 100 and 300 of 400 approved, and six rows of a fourth."""
    given = worked()
    segments = given.array("test.segments").copy()
    segments[320:420], segments[694:] = 2.0, 3.0
    labels = given.array("test.labels").copy()
    labels[320:340] = 1.0
    return replace(
        given,
        segment_names=("red", "blue", "green", "grey"),
        arrays={
            **given.arrays,
            "test.segments": segments,
            "test.labels": labels,
        },
    )


def test_each_group_stands_beside_the_one_approved_most_often() -> None:
    result = execute(CHECK, three_groups(), params={"cutoff": "0.5"})
    found = {metric.name: metric for metric in result.metrics}
    ratio = found["adverse_impact_ratio"]
    # 120 of 200 beside 100 of 100; the other group has 300 of 394.
    assert ratio.estimate == pytest.approx(0.6)
    assert "blue beside green, the worst of 2; Bonferroni over 3" in ratio.method
    impact = Impact(protected=Approvals(approved=120, n=200), control=Approvals(approved=100, n=100))
    ends = impact.interval(confidence=1.0 - 0.05 / 3.0)
    assert (ratio.lower, ratio.upper) == pytest.approx((ends.lower, ends.upper))
    assert found["impact_p_value"].estimate == pytest.approx(3.0 * impact.fisher_p())
    assert found["groups_too_small"].estimate == 1
    assert found["approvals_short"].estimate == 80 + 94
    rows = [row[0] for row in table(result, "rates")][::3]
    assert rows == ["red", "blue", "green, control", "grey, too small to compare"]
    # None of the six grey rows defaults: there is no rate among defaults.
    assert table(result, "rates")[-2][2:] == ("0", "0", "", "", "")


def test_a_control_that_is_named_shares_the_level_among_fewer() -> None:
    result = execute(CHECK, three_groups(), params={"cutoff": "0.5", "control": "red"})
    ratio = next(one for one in result.metrics if one.name == "adverse_impact_ratio")
    assert "blue beside red, the worst of 2; Bonferroni over 2" in ratio.method
    assert ratio.estimate == pytest.approx(0.6 / (300 / 394))


def test_who_states_no_group_is_a_group() -> None:
    segments = np.arange(1200) % 3.0
    segments[segments == 2.0] = np.nan
    result = execute(CHECK, replace(inputs(test_segments=segments), segment_names=("north", "south")))
    shown = {row[0].removesuffix(", control") for row in table(result, "rates")}
    assert shown == {"north", "south", "no segment stated"}
    assert result.verdict is Verdict.PASS


SINGLE: dict[str, Any] = {"test_segments": np.zeros(1200)}
RARE: dict[str, Any] = {"test_segments": np.r_[np.ones(6), np.zeros(1194)]}
SHORT: dict[str, Any] = {"test_segments": np.arange(600) % 2}


@pytest.mark.parametrize(
    ("changed", "params", "verdict", "reason"),
    [
        ({"test_segments": None}, {}, Verdict.NOT_APPLICABLE, "missing_input"),
        (SINGLE, {}, Verdict.NOT_APPLICABLE, "single_group"),
        (RARE, {}, Verdict.NOT_APPLICABLE, "insufficient_data"),
        (SHORT, {}, Verdict.ERROR, "malformed_input"),
        ({}, {"control": "2"}, Verdict.ERROR, "malformed_input"),
        (RARE, {"control": "1"}, Verdict.NOT_APPLICABLE, "insufficient_data"),
        (RARE, {"control": "0"}, Verdict.NOT_APPLICABLE, "insufficient_data"),
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
