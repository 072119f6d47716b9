"""Calibration by segment and by vintage: what is found, what is named and not judged, what is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from registry.domain.vocab import Verdict
from tests.unit.validation.builders import estimates, execute, inputs
from validation.domain.inputs import CheckInputs
from validation.stats.calibration import Grades, holm
from validation.stats.calibration_segments import (
    common_shift,
    gap_interval,
    heterogeneity,
    underestimation_p,
)
from validation.stats.segments import natural_key

CHECK = "calibration.segments"
QUARTERS = ("2024-Q10", "2024-Q2", "2023-Q4")


def low_in(code: float, **changed: Any) -> CheckInputs:
    """Three groups of rows; in one of them the PDs are a third of what they should be."""
    codes = (np.arange(1200) % 3).astype(float)
    scores = inputs().array("test.scores").copy()
    scores[codes == code] /= 3.0
    return inputs(test_scores=scores, test_segments=codes, test_vintages=codes, **changed)


def shown(given: CheckInputs, **params: str) -> tuple[tuple[str, ...], ...]:
    return execute(CHECK, given, params=params).tables[0].rows


def test_a_segment_whose_pds_are_too_low_is_found_and_named() -> None:
    result = execute(CHECK, replace(low_in(1.0), segment_names=("north", "south", "west")))
    figures = estimates(result)
    assert figures["segments_underestimated"] == 1
    assert figures["min_p_adjusted"] < 1e-6
    assert figures["heterogeneity_p"] < 1e-6
    gap = next(metric for metric in result.metrics if metric.name == "largest_gap")
    assert "south" in gap.method
    assert gap.lower is not None
    assert gap.lower > 0.05
    assert result.figures[0].kind == "bar"


def test_vintages_stand_in_their_natural_order_and_rows_of_none_come_last() -> None:
    given = low_in(0.0)
    vintages = given.array("test.vintages").copy()
    vintages[:150] = np.nan
    named = replace(given, arrays={**given.arrays, "test.vintages": vintages}, vintage_names=QUARTERS)
    result = execute(CHECK, named, params={"by": "vintages"})
    order = ["2023-Q4", "2024-Q2", "2024-Q10"]
    assert [row[0] for row in result.tables[0].rows] == [*order, "no vintage stated"]
    assert (result.figures[0].kind, result.figures[0].ticks) == ("line", tuple(order))
    assert max(result.tables[0].rows[:3], key=lambda row: float(row[5]))[0] == "2024-Q10"
    numbers = replace(given, arrays={**given.arrays, "test.vintages": vintages + 20240330})
    assert [row[0] for row in shown(numbers, by="vintages")][:2] == ["vintage 20240330", "vintage 20240331"]


def test_words_are_ordered_by_the_value_of_their_digits() -> None:
    words = ["2024-10", "2024-9", "2024-010b", "2023-12", "new"]
    assert sorted(words, key=natural_key) == ["2023-12", "2024-9", "2024-10", "2024-010b", "new"]


def test_segments_too_small_are_named_and_not_judged() -> None:
    codes = np.r_[np.zeros(60), np.ones(1140)]
    result = execute(CHECK, inputs(test_segments=codes))
    assert estimates(result)["segments_too_small"] == 1
    assert "heterogeneity_p" not in estimates(result)
    assert result.tables[0].rows[0][8:] == ("too few to judge", "", "")
    assert result.figures[0].ticks == ("segment 1",)
    none = execute(CHECK, inputs(test_segments=codes), params={"min_rows": "2000"})
    assert (none.verdict, none.reason, none.n_needed) == (Verdict.NOT_APPLICABLE, "insufficient_data", 2106)


@pytest.mark.parametrize(
    ("changed", "params", "reason"),
    [
        ({}, {"by": "vintages"}, "missing_input"),
        ({"test_vintages": np.zeros(1200)}, {"by": "vintages", "column": "age"}, "column_of_vintages"),
        ({"test_vintages": np.zeros(7)}, {"by": "vintages"}, "malformed_input"),
        ({"test_vintages": np.arange(1200.0)}, {"by": "vintages"}, "too_many_vintages"),
        ({"test_scores": np.full(1200, 1.5)}, {}, "not_a_probability"),
        ({"test_features": np.full((1200, 3), np.nan)}, {"column": "age"}, "non_finite_input"),
    ],
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], params: dict[str, str], reason: str) -> None:
    assert execute(CHECK, inputs(**changed), params=params).reason == reason


def one(obligors: float, defaults: float, pd: float) -> Grades:
    return Grades(obligors=np.array([obligors]), defaults=np.array([defaults]), pds=np.array([pd]))


def test_where_few_defaults_are_expected_the_exact_tail_is_taken() -> None:
    assert underestimation_p(table=one(100, 2, 0.001))[0] == pytest.approx(stats.binom.sf(1, 100, 0.001))
    assert underestimation_p(table=one(100, 9, 0.05))[0] == pytest.approx(stats.beta.cdf(0.05, 9.5, 91.5))


def test_the_interval_reaches_0_and_1_where_none_or_all_defaulted() -> None:
    assert gap_interval(table=one(50, 0, 0.25), confidence=0.95)[0][0] == -0.25
    assert gap_interval(table=one(50, 50, 0.25), confidence=0.95)[1][0] == 0.75


def test_a_shift_is_found_from_afar_and_where_there_is_none_nothing_is() -> None:
    scores = np.array([0.0, 1e-200, 1e-200, 1.0])
    assert common_shift(scores=scores, defaults=2.0) == pytest.approx(200 * np.log(10), rel=1e-6)
    for defaults in (1.0, 3.0):
        assert common_shift(scores=scores, defaults=defaults) is None
    codes, labels = np.repeat([0.0, 1.0], 50), np.tile([0.0, 1.0], 50)
    assert heterogeneity(labels=labels, scores=np.zeros(100), codes=codes) is None
    assert heterogeneity(labels=labels, scores=np.full(100, 0.2), codes=np.zeros(100)) is None


def test_right_pds_alarm_no_more_often_than_the_level() -> None:
    rng, alarms, trials = np.random.default_rng(7), np.zeros(2), 300
    codes = np.repeat(np.arange(6.0), 200)
    pds = rng.uniform(0.02, 0.2, 1200)
    sums = np.bincount(codes.astype(int), weights=pds) / 200
    for _ in range(trials):
        labels = (rng.random(1200) < pds).astype(float)
        defaults = np.bincount(codes.astype(int), weights=labels)
        table = Grades(obligors=np.full(6, 200.0), defaults=defaults, pds=sums)
        found = heterogeneity(labels=labels, scores=pds, codes=codes)
        assert found is not None
        alarms += [holm(underestimation_p(table=table)).min() <= 0.05, found.p_value <= 0.05]
    # Three standard errors of 300 trials above 5 %, and for chi-square not far below it either.
    assert (alarms / trials <= 0.088).all()
    assert alarms[1] / trials >= 0.015
