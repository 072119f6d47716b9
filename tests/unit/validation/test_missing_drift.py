"""Missing values in the drift of inputs: counted, tested in one family with the distances, and never guessed at."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.unit.validation.builders import NAMES, at_least, estimates, execute, inputs
from validation.adapters.evidently_adapter import build_drift
from validation.domain.inputs import FloatArray
from validation.domain.results import CheckResult, Metric
from validation.domain.rows import HeldRows
from validation.stats.alarms import MISSING, null_p_values
from validation.stats.column_shift import Settings, compare_columns
from validation.stats.missing import largest_change, missing_change
from validation.stats.rates import change_p


def rows(sample: str, **shares: float) -> FloatArray:
    """Features of a sample in which each named column lacks this share of its values, at its first rows."""
    values = inputs().array(f"{sample}.features").copy()
    for name, share in shares.items():
        values[: round(share * len(values)), NAMES.index(name)] = np.nan
    return values


def drift(before: FloatArray, after: FloatArray, **params: str) -> CheckResult:
    return execute("drift.data", inputs(test_features=before, recent_features=after), params=params)


def table(result: CheckResult, name: str) -> tuple[tuple[str, ...], ...]:
    return next((one.rows for one in result.tables if one.id == name), ())


def metric(result: CheckResult, name: str) -> Metric:
    return next(one for one in result.metrics if one.name == name)


@pytest.mark.parametrize(
    ("a", "n", "b", "m"), [(0, 7, 0, 9), (7, 7, 9, 9), (1, 10, 11, 14), (3, 400, 19, 300), (40, 50, 60, 90)]
)
def test_the_p_of_a_change_is_fisher_s(a: int, n: int, b: int, m: int) -> None:
    expected = stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue
    assert change_p(first=(a, n), second=(b, m)) == pytest.approx(expected, rel=1e-9)
    assert change_p(first=(b, m), second=(a, n)) == pytest.approx(expected, rel=1e-9)


def test_data_without_missing_values_have_one_test_for_each_column() -> None:
    result = drift(rows("test"), rows("recent"))
    assert table(result, "missing") == ()
    assert "3 columns" in metric(result, "min_p_adjusted").method
    assert [row[-2:] for row in table(result, "columns")] == [("0", "0")] * 3
    change = metric(result, "largest_missing_change")
    assert (change.estimate, change.lower) == (0.0, 0.0)
    assert change.upper is not None
    assert 0.0 < change.upper < 0.01


def test_a_column_that_lost_values_drifts_by_its_missing_rate_though_what_is_left_has_not_moved() -> None:
    result = drift(rows("test", debt=0.05, age=0.1), rows("recent", debt=0.3, age=0.1))
    figures = estimates(result)
    assert [row[2] for row in table(result, "columns")] == ["no", "yes", "no"]
    assert figures["share_drifted"] == figures["share_significant"] == pytest.approx(1 / 3)
    assert figures["disagreements"] == 0
    assert figures["largest_missing_change"] == pytest.approx(0.25)
    assert figures["min_p_adjusted"] == pytest.approx(float(table(result, "missing")[0][-1]))
    assert metric(result, "largest_missing_change").method.startswith("debt, from 0.05 to 0.3")
    (debt, age) = table(result, "missing")
    assert debt[:4] == ("debt", "0.05", "0.3", "0.25")
    assert float(debt[4]) < 0.25 < float(debt[5])
    # Adjusted for five tests, but no smaller than the draws can tell.
    assert float(debt[7]) < 0.005
    assert age[0] == "age"
    assert float(age[6]) > 0.9
    assert "5 tests" in metric(result, "min_p_adjusted").method


def test_a_move_of_the_missing_rate_that_is_small_is_significant_and_no_drift() -> None:
    before, after = rows("test", debt=0.05), rows("recent", debt=0.3)
    figures = estimates(drift(before, after, missing_threshold="0.26"))
    assert figures["share_significant"] > figures["share_drifted"] == 0.0
    chance = estimates(drift(rows("test", debt=0.1), rows("recent", debt=0.11), missing_threshold="0.001"))
    assert chance["share_significant"] == chance["share_drifted"] == 0.0


@pytest.mark.parametrize("way", ["rises", "falls"])
def test_the_largest_move_counts_either_way_within_an_interval_that_each_end_keeps(way: str) -> None:
    few, many = np.array([np.nan] * 10 + [1.0] * 190), np.array([np.nan] * 30 + [1.0] * 170)
    before, after = (many, few) if way == "falls" else (few, many)
    one = missing_change(before=before, after=after)
    assert one.change == pytest.approx(-0.1 if way == "falls" else 0.1)
    found = largest_change(names=("x",), changes=(one,))
    low, high = one.interval(confidence=0.975)
    assert (found.lower, found.upper) == pytest.approx((-high, -low) if way == "falls" else (low, high))
    assert (found.estimate, found.confidence, found.n) == (pytest.approx(0.1), 0.95, 400)


def test_distances_are_those_of_the_values_that_are_there() -> None:
    before, after = rows("test", debt=0.5), rows("recent", debt=0.5)
    settings = Settings(categories=(), bins=10, level=0.05, seed=1, method="wasserstein")
    with_gaps = compare_columns(
        before=HeldRows(before), after=HeldRows(after), names=NAMES, settings=settings
    )
    there = compare_columns(
        before=HeldRows(before[600:]), after=HeldRows(after[500:]), names=NAMES, settings=settings
    )
    assert with_gaps.columns[1].distance == there.columns[1].distance
    assert with_gaps.columns[1].psi.estimate == there.columns[1].psi.estimate
    assert with_gaps.verdicts.p_values[1] == there.verdicts.p_values[1]


@pytest.mark.parametrize("method", ["psi", "ks"])
def test_a_column_with_nothing_in_a_batch_drifts_by_its_missing_rate_alone(method: str) -> None:
    result = drift(rows("test"), rows("recent", age=1.0), method=method, attach_report="1")
    (_, _, age) = table(result, "columns")
    assert age[1:4] == ("no values", "yes", "no values")
    assert age[7:] == ("not asked", "not asked", "0", "1")
    assert metric(result, "disagreements").n == 2
    assert any(note.endswith("rows read: age") for note in result.notes)
    assert result.figures[0].ticks == ("income", "debt")
    assert table(result, "attachments")


def test_a_column_that_never_had_a_value_has_not_drifted() -> None:
    result = drift(rows("test", age=1.0), rows("recent", age=1.0))
    assert [row[2] for row in table(result, "columns")] == ["no"] * 3
    assert estimates(result)["largest_missing_change"] == 0.0


def test_where_no_column_can_be_compared_there_is_no_second_opinion_to_pass_by() -> None:
    emptied = rows("recent", income=1.0, debt=1.0, age=1.0)
    result = execute(
        "drift.data",
        inputs(recent_features=emptied),
        params={"attach_report": "1"},
        thresholds=[at_least("disagreements", "0", direction="at_most")],
    )
    assert "disagreements" not in estimates(result)
    assert estimates(result)["share_drifted"] == 1.0
    assert result.verdict.value != "pass"
    assert result.figures == ()
    assert any("Evidently made no report" in note for note in result.notes)


def test_bins_of_a_column_with_gaps_are_judged_given_what_is_there() -> None:
    rng = np.random.default_rng(8)
    codes = rng.integers(0, 4, 5_000)
    codes[rng.random(5_000) < 0.3] = MISSING
    null = null_p_values(codes=[codes], draws=4_000, seed=2, partial=[0])
    assert null.shape == (4_000, 2)
    for fallen in null.T:
        assert stats.kstest(fallen, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(null.T)[0, 1]) < 0.05


@pytest.mark.parametrize("codes", [np.full(100, MISSING), np.zeros(100, dtype=int), np.arange(100) % 2])
def test_a_test_of_which_the_sample_of_rows_shows_nothing_still_counts(codes: Any) -> None:
    null = null_p_values(codes=[codes, np.arange(100) % 3], draws=2_000, seed=2, partial=[0])
    assert stats.kstest(null[:, 0], "uniform").pvalue > 0.01
    assert stats.kstest(null[:, 2], "uniform").pvalue > 0.01


def test_missing_values_that_go_together_are_drawn_together() -> None:
    gone = np.random.default_rng(3).random(2_000) < 0.2
    codes = [np.where(gone, MISSING, np.arange(2_000) % 3), np.where(gone, MISSING, np.arange(2_000) % 5)]
    null = null_p_values(codes=codes, draws=1_000, seed=1, partial=[0, 1])
    assert null[:, 2] == pytest.approx(null[:, 3], abs=1e-3)


def test_gaps_that_are_no_news_raise_no_more_alarms_than_the_budget_says() -> None:
    rng, level, trials, alarms = np.random.default_rng(12), 0.10, 250, 0
    settings = Settings(categories=(), bins=5, level=level, seed=1)
    names = ("a", "b", "c", "d", "e", "f")
    for _ in range(trials):
        before, after = (batch_with_gaps(rng) for _ in range(2))
        found = compare_columns(
            before=HeldRows(before), after=HeldRows(after), names=names, settings=settings
        )
        alarms += found.smallest_p <= level
    # Three standard errors of 250 trials at 10 % are 5.7 points; Fisher's test may make it fewer.
    assert 0.02 <= alarms / trials <= 0.157


def batch_with_gaps(rng: np.random.Generator) -> FloatArray:
    """Six columns that share a factor; half of them lack values where another one is high."""
    values = 0.6 * rng.normal(size=(800, 1)) + 0.8 * rng.normal(size=(800, 6))
    for column in range(3):
        values[(values[:, 5] > 0.5) & (rng.random(800) < 0.4), column] = np.nan
    return np.asarray(values)


@pytest.mark.parametrize("method", ["psi", "ks", "wasserstein", "jensenshannon"])
def test_evidently_compares_the_values_that_are_there(method: str) -> None:
    before, after = rows("test", debt=0.5), rows("recent", debt=0.25)
    given: dict[str, Any] = {"method": method, "threshold": 0.1}
    found = build_drift()(names=NAMES, reference=before, current=after, **given)
    (alone,) = build_drift()(names=("debt",), reference=before[600:, 1:2], current=after[250:, 1:2], **given)
    assert found[1] == alone
    assert np.isfinite([one.value for one in found]).all()
