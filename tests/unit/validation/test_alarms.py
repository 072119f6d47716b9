"""The alarm budget: what is promised for unchanged data is what happens, and changes are still found."""

import numpy as np
import pytest
from scipy import stats

from validation.domain.inputs import FloatArray
from validation.stats.alarms import (
    batch_level,
    homogeneity_p,
    judge_together,
    merge_sparse,
    null_p_values,
)
from validation.stats.calibration import holm
from validation.stats.sampling import pick_rows

COLUMNS, ROWS, BINS = 8, 600, 5


def correlated(rng: np.random.Generator, rows: int, loading: float) -> FloatArray:
    """Normal columns that share one factor."""
    factor = rng.normal(size=(rows, 1))
    return loading * factor + np.sqrt(1.0 - loading**2) * rng.normal(size=(rows, COLUMNS))


def p_and_codes(before: FloatArray, after: FloatArray) -> tuple[FloatArray, list[np.ndarray]]:
    p_values, codes = [], []
    for one, other in zip(before.T, after.T, strict=True):
        edges = np.quantile(one, np.linspace(0, 1, BINS + 1)[1:-1])
        both = [np.searchsorted(edges, values) for values in (one, other)]
        counts = [np.bincount(side, minlength=BINS).astype(float) for side in both]
        p_values.append(homogeneity_p(reference=counts[0], current=counts[1]))
        codes.append(np.concatenate(both))
    return np.array(p_values), codes


def test_the_budget_is_spread_over_the_batches_of_a_year() -> None:
    assert batch_level(alarms_per_year=0.6, batches_per_year=12) == pytest.approx(0.05)
    assert batch_level(alarms_per_year=50, batches_per_year=12) == 0.5


@pytest.mark.parametrize("loading", [0.0, 0.95])
def test_unchanged_batches_raise_as_many_alarms_as_the_budget_says(loading: float) -> None:
    rng, level, trials, alarms, by_holm = np.random.default_rng(4), 0.10, 250, 0, 0
    for trial in range(trials):
        before, after = (correlated(rng, ROWS, loading) for _ in range(2))
        p_values, codes = p_and_codes(before, after)
        null = null_p_values(codes=codes, draws=300, seed=trial)
        alarms += judge_together(p_values=p_values, null=null, level=level).adjusted.min() <= level
        by_holm += holm(p_values).min() <= level
    # Three standard errors of 250 trials at 10 % are 5.7 points.
    assert 0.043 <= alarms / trials <= 0.157
    if loading:
        assert alarms > by_holm


def test_the_columns_that_changed_are_named_and_no_other() -> None:
    rng = np.random.default_rng(15)
    before, after = (correlated(rng, 4_000, 0.5) for _ in range(2))
    after[:, [2, 7]] += 0.25
    p_values, codes = p_and_codes(before, after)
    found = judge_together(
        p_values=p_values, null=null_p_values(codes=codes, draws=1_000, seed=1), level=0.05
    )
    assert np.flatnonzero(found.adjusted <= 0.05).tolist() == [2, 7]
    assert (found.adjusted >= p_values).all()


def test_stepping_down_by_hand() -> None:
    # Columns in order of p: 0.01, 0.2, 0.5. Smallest null p of all three, then of the last two, then of one.
    null = np.array([[0.3, 0.005, 0.9], [0.4, 0.6, 0.7], [0.15, 0.02, 0.8]])
    found = judge_together(p_values=np.array([0.2, 0.01, 0.5]), null=null, level=0.5)
    assert found.adjusted.tolist() == [0.5, 0.5, 0.5]
    assert found.critical_p == 0.02


def test_one_column_is_adjusted_by_nothing_but_chance() -> None:
    codes = [np.repeat(np.arange(4), 250)]
    null = null_p_values(codes=codes, draws=4_000, seed=2)
    assert stats.kstest(null[:, 0], "uniform").pvalue > 0.01
    found = judge_together(p_values=np.array([0.05]), null=null, level=0.05)
    assert found.adjusted[0] == pytest.approx(0.05, abs=0.012)
    assert found.critical_p == pytest.approx(0.05, abs=0.012)


def test_a_constant_column_can_raise_no_alarm() -> None:
    codes = [np.zeros(100, dtype=int), np.repeat([0, 2], 50)]
    null = null_p_values(codes=codes, draws=50, seed=3)
    assert (null[:, 0] == 1.0).all()
    assert homogeneity_p(reference=np.array([5.0]), current=np.array([7.0])) == 1.0


@pytest.mark.parametrize(
    ("reference", "current", "groups"),
    [
        ([50, 40, 60], [50, 60, 40], [0, 1, 2]),
        ([50, 4, 60, 3], [50, 3, 40, 4], [0, 2, 1, 2]),
        ([50, 40, 2], [60, 50, 1], [0, 1, 1]),
        ([1, 2], [2, 1], [0, 0]),
    ],
)
def test_bins_with_too_few_rows_are_joined(
    reference: list[float], current: list[float], groups: list[int]
) -> None:
    found = merge_sparse(reference=np.array(reference, float), current=np.array(current, float))
    assert found.tolist() == groups


def test_rows_are_picked_by_what_they_hold() -> None:
    rows = np.random.default_rng(6).normal(size=(500, 3))
    picked = rows[pick_rows(rows=rows, size=100, seed=1)]
    shuffled = rows[::-1]
    again = shuffled[pick_rows(rows=shuffled, size=100, seed=1)]
    assert len(picked) == 100
    assert sorted(picked.tolist()) == sorted(again.tolist())
    assert abs(picked.mean()) < 0.2
    assert pick_rows(rows=rows, size=500, seed=1).tolist() == list(range(500))
