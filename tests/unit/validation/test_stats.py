"""Statistics beyond the published values: edges, degenerate data, agreement with other formulas."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from validation.domain.inputs import CheckInputs, NotApplicableError, UnusableInputError
from validation.stats import sampling, shapley
from validation.stats.attribution import additivity_errors, convergence_ratio
from validation.stats.calibration import brier, grades, holm, hosmer_lemeshow
from validation.stats.discrimination import auc, ks_interval, ks_separation, midranks, paired_difference
from validation.stats.outcomes import ensure_probabilities, read_outcomes
from validation.stats.ranks import kendall, spearman, top_overlap
from validation.stats.sampling import pick_rows, rising_order, sample_rows
from validation.stats.shapley import Predict, permutation_values, sample_values
from validation.stats.stability import bin_counts, ks_comparison, psi_from_counts, quantile_edges

TIED = st.lists(st.integers(0, 6), min_size=2, max_size=30)
LABELS = np.array([1.0] * 4 + [0.0] * 6)


@given(TIED)
def test_midranks_agree_with_scipy(values: list[int]) -> None:
    array = np.array(values, dtype=float)
    assert midranks(array).tolist() == stats.rankdata(array).tolist()


@given(TIED, TIED)
def test_area_and_gap_agree_with_counting_pairs(bad: list[int], good: list[int]) -> None:
    labels = np.r_[np.ones(len(bad)), np.zeros(len(good))]
    area = auc(labels=labels, scores=np.array(bad + good, dtype=float))
    pairs = [1.0 if b > g else 0.5 if b == g else 0.0 for b in bad for g in good]
    assert area.estimate == pytest.approx(sum(pairs) / len(pairs))
    gap = ks_separation(first=np.array(bad, dtype=float), second=np.array(good, dtype=float))
    assert gap == pytest.approx(stats.ks_2samp(bad, good, method="asymp").statistic)


def test_perfect_separation_has_the_exact_bound_of_independent_pairs() -> None:
    up = auc(labels=LABELS, scores=LABELS).interval(confidence=0.95)
    down = auc(labels=LABELS, scores=-LABELS).interval(confidence=0.95)
    # Four independent pairs, all in order: the rate p with p^4 = 0.025.
    assert (up.lower, up.upper) == (pytest.approx(0.025**0.25), 1.0)
    assert (down.lower, down.upper) == (0.0, pytest.approx(1.0 - 0.025**0.25))


def test_constant_scores_have_no_interval() -> None:
    area = auc(labels=LABELS, scores=np.zeros(10))
    assert area.estimate == 0.5
    assert area.interval(confidence=0.95).lower is None


def test_the_same_ranking_differs_by_nothing() -> None:
    area = auc(labels=LABELS, scores=np.arange(10.0))
    difference = paired_difference(first=area, second=area)
    assert (difference.estimate, difference.standard_error, difference.z) == (0.0, 0.0, 0.0)


def test_gap_interval_stays_between_zero_and_one() -> None:
    wide = ks_interval(estimate=0.5, n_first=3, n_second=3, confidence=0.95)
    assert (wide.lower, wide.upper) == (0.0, 1.0)


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.03, 0.04 times 3, 2, 1, then running maximum: 0.03, 0.06, 0.06.
    assert holm(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.06, 0.03, 0.06])
    assert holm(np.array([0.9, 0.8])).max() == 1.0


def test_grades_leave_out_empty_ones_and_put_an_edge_into_the_riskier() -> None:
    table = grades(labels=np.array([1.0, 0.0]), scores=np.array([0.1, 0.9]), edges=(0.1, 0.5, 0.6))
    assert table.obligors.tolist() == [1.0, 1.0]
    assert table.pds.tolist() == [0.1, 0.9]
    assert table.defaults.tolist() == [1.0, 0.0]


def test_two_grades_leave_no_degree_for_the_fitting_data() -> None:
    table = grades(labels=np.array([1.0, 0.0]), scores=np.array([0.2, 0.6]), edges=(0.5,))
    assert hosmer_lemeshow(table=table).p_in_sample is None


def test_brier_parts_add_up_when_scores_vary_within_grades() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(500)
    labels = (rng.random(500) < scores).astype(float)
    parts = brier(labels=labels, scores=scores, edges=(0.3, 0.6))
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within_grades
    assert total == pytest.approx(parts.score)
    assert parts.score == pytest.approx(np.mean((scores - labels) ** 2))


def test_psi_smooths_every_bin_when_one_is_empty() -> None:
    found = psi_from_counts(reference=np.array([2.0, 2.0]), current=np.array([4.0, 0.0]), confidence=0.95)
    # Shares 2.5/5, 2.5/5 and 4.5/5, 0.5/5: 0.4 ln 1.8 - 0.4 ln 0.2 = 0.4 ln 9.
    assert found.smoothed
    assert found.estimate == pytest.approx(0.4 * np.log(9.0))
    assert found.lower == pytest.approx(max(0.0, found.lower))


def test_psi_under_no_change_stays_below_its_bound_in_95_of_100() -> None:
    rng, above = np.random.default_rng(5), 0
    for _ in range(400):
        counts = [rng.multinomial(1000, np.full(10, 0.1)).astype(float) for _ in range(2)]
        found = psi_from_counts(reference=counts[0], current=counts[1], confidence=0.95)
        above += found.estimate > found.sampling_bound
    assert 0.02 <= above / 400 <= 0.08


def test_ties_leave_fewer_bins_and_a_constant_none() -> None:
    values = np.array([0.0] * 60 + [1.0] * 40)
    assert quantile_edges(reference=values, bins=10).tolist() == [1.0]
    assert len(quantile_edges(reference=np.zeros(10), bins=10)) == 0
    assert bin_counts(values=values, edges=np.array([1.0])).tolist() == [60.0, 40.0]


def test_comparison_agrees_with_the_asymptotic_p_of_market_risk_rules() -> None:
    # MAR32: a gap of 0.12 between 250 and 250 days; the asymptotic p-value is 0.0546463.
    shift = np.arange(250.0) + 30.0
    found = ks_comparison(reference=np.arange(250.0), current=shift)
    assert found.statistic == pytest.approx(0.12)
    assert found.p_value == pytest.approx(0.05464633011)


def test_rank_agreement_by_hand() -> None:
    first = np.array([0.40, 0.30, 0.20, 0.10, 0.05])
    second = np.array([0.35, 0.25, 0.05, 0.30, 0.01])
    # Ranks 1 2 3 4 5 against 1 3 4 2 5: squared distance 6, rho = 1 - 36/120; two of ten pairs cross.
    assert spearman(first=first, second=second) == pytest.approx(0.7)
    assert kendall(first=first, second=second) == pytest.approx(0.6)
    assert top_overlap(first=first, second=second, k=3) == pytest.approx(0.5)
    assert spearman(first=first, second=np.zeros(5)) == 0.0
    assert kendall(first=first, second=np.zeros(5)) == 0.0


def test_completeness_gap_by_hand() -> None:
    # f = 1.5 and 0.5 around base 1; contributions off by 0.1 in the first row; spread 0.5.
    errors = additivity_errors(
        outputs=np.array([1.5, 0.5]), base=1.0, values=np.array([[0.3, 0.3], [-0.25, -0.25]])
    )
    assert errors == pytest.approx([0.2, 0.0])
    assert additivity_errors(outputs=np.ones(2), base=1.0, values=np.zeros((2, 2))).tolist() == [0.0, 0.0]


def test_convergence_by_hand() -> None:
    runs = np.array([[[1.0, -1.0], [0.0, 0.0], [1.0, 0.0]], [[3.0, -1.0], [0.0, 0.0], [-1.0, 0.0]]])
    # Row 1: sd sqrt 2, se 1, spread 2 - (-1) = 3. Row 2 never moves. Row 3 averages to nothing but moves.
    assert convergence_ratio(runs=runs).tolist() == [pytest.approx(1 / 3), 0.0, np.inf]


def test_permutation_values_by_hand() -> None:
    def product(rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows[:, 0] * rows[:, 1])

    row = np.array([[2.0, 3.0]])
    alone, base = permutation_values(predict=product, rows=row, background=np.zeros((1, 2)), pairs=1, seed=0)
    assert (alone.tolist(), base) == ([[3.0, 3.0]], 0.0)
    # Background of mean one, without interaction: v() 1, v(1) 2, v(2) 3, v(12) 6.
    background = np.array([[0.0, 1.0], [2.0, 1.0], [1.0, 0.0], [1.0, 2.0]])
    against, base = permutation_values(predict=product, rows=row, background=background, pairs=3, seed=0)
    assert (against.tolist(), base) == ([[2.0, 3.0]], 1.0)


def test_permutation_values_of_a_sum_are_its_terms() -> None:
    weights = np.array([1.0, -2.0, 0.5, 4.0])
    rows, background = np.random.default_rng(2).normal(size=(2, 3, 4))
    found, _ = permutation_values(
        predict=lambda block: np.asarray(block @ weights), rows=rows, background=background, pairs=1, seed=1
    )
    assert found == pytest.approx((rows - background.mean(axis=0)) * weights)


def all_or_nothing(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows.prod(axis=1))


def test_errors_of_sampled_contributions_by_hand() -> None:
    # Whichever of three features comes last takes all: forwards and backwards half each to the two ends.
    found = sample_values(
        predict=all_or_nothing, rows=np.ones((1, 3)), background=np.zeros((1, 3)), pairs=5, seed=4
    )
    at_an_end = 2.0 * found.values[0]
    assert found.values.sum() == pytest.approx(1.0)
    assert (at_an_end * 5.0).round() == pytest.approx(at_an_end * 5.0)
    assert 0.0 < at_an_end.min() < at_an_end.max()
    # Standard deviation of 0 or 1/2, over the root of the pairs.
    assert found.errors[0] == pytest.approx(np.sqrt(at_an_end * (1.0 - at_an_end) / 4.0) / 2.0)
    single = sample_values(
        predict=all_or_nothing, rows=np.ones((1, 3)), background=np.zeros((1, 3)), pairs=1, seed=4
    )
    assert np.isnan(single.errors).all()


@pytest.mark.parametrize(("pairs", "most"), [(1, 1.0), (2, 0.965)])
def test_errors_of_sampled_contributions_cover_the_truth(pairs: int, most: float) -> None:
    generator = np.random.default_rng(0)
    row, background = generator.normal(size=(1, 5)) + 1.0, generator.normal(size=(100, 5))

    def predict(rows: np.ndarray) -> np.ndarray:
        return np.asarray(np.tanh(rows).prod(axis=1) + np.maximum(rows.sum(axis=1), 0.0))

    truth = shapley_by_definition(predict, row[0], background)
    found = [
        sample_values(predict=predict, rows=row, background=background, pairs=pairs, seed=seed)
        for seed in range(300)
    ]
    inside = [np.abs(one.values[0] - truth) <= 1.96 * one.errors[0] for one in found]
    assert 0.935 <= np.mean(inside) <= most
    assert np.mean([one.values[0] for one in found], axis=0) == pytest.approx(truth, abs=0.004)


def shapley_by_definition(predict: Predict, row: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return the mean gain over all orders, each against the whole background."""
    orders = list(permutations(range(len(row))))
    values = np.zeros(len(row))
    for order in orders:
        rows, before = background.copy(), predict(background).mean()
        for feature in order:
            rows[:, feature] = row[feature]
            after = predict(rows).mean()
            values[feature] += after - before
            before = after
    return values / len(orders)


def test_nobody_is_asked_about_a_mixture_that_changes_nothing() -> None:
    asked: list[int] = []

    def predict(rows: np.ndarray) -> np.ndarray:
        asked.append(len(rows))
        return all_or_nothing(rows)

    row = np.array([[1.0, 2.0, 3.0, 4.0]])
    background = np.array([[1.0, 2.0, 3.0, 9.0], [1.0, 2.0, 3.0, 4.0]])
    found = sample_values(predict=predict, rows=row, background=background, pairs=3, seed=0)
    assert found.values.tolist() == [[0.0, 0.0, 0.0, (24.0 - 54.0) / 2.0]]
    # Both rows of the background, the row itself, and a feature that is not the last to become known.
    assert asked[:2] == [1, 2]
    assert sum(asked[2:]) <= 2 * 3
    only = sample_values(
        predict=predict, rows=row[:, :1], background=background[:, :1] + 1.0, pairs=1, seed=0
    )
    assert (only.values.tolist(), only.base) == ([[-1.0]], 2.0)


def test_many_mixtures_are_asked_about_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, background = np.random.default_rng(5).normal(size=(2, 6, 4))
    asked: list[int] = []

    def predict(given: np.ndarray) -> np.ndarray:
        asked.append(len(given))
        return all_or_nothing(given)

    def sampled() -> np.ndarray:
        asked.clear()
        return sample_values(predict=predict, rows=rows, background=background, pairs=2, seed=5).values

    whole = sampled()
    assert max(asked) == 2 * 2 * 6 * 3
    monkeypatch.setattr(shapley, "_MIXTURES_AT_ONCE", 10)
    assert sampled().tolist() == whole.tolist()
    assert max(asked) == 9


def test_samples_do_not_depend_on_the_order_of_rows() -> None:
    rows = np.random.default_rng(1).integers(0, 5, size=(50, 3)).astype(float)
    first = sample_rows(rows=rows, size=10, seed=3)
    second = sample_rows(rows=rows[::-1], size=10, seed=3)
    assert first.tolist() == second.tolist()
    assert len(sample_rows(rows=rows, size=500, seed=3)) == 50


ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([-1.0, 0.0, 2.0, float("nan")]), min_size=width, max_size=width),
        min_size=1,
        max_size=30,
    )
)


@given(ROWS)
@example([[1.0, 2.0, 3.0]] * 3)
def test_rows_rise_column_by_column_as_sorting_by_all_columns_says(given_rows: list[list[float]]) -> None:
    rows = np.array(given_rows)
    assert rising_order(rows).tolist() == np.lexsort(rows.T[::-1]).tolist()


def test_rows_are_picked_alike_however_many_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).normal(size=(100, 3))
    whole = pick_rows(rows=rows, size=10, seed=2)
    monkeypatch.setattr(sampling, "_STRETCH", 7)
    assert sorted(pick_rows(rows=rows, size=10, seed=2)) == sorted(whole)


@pytest.mark.parametrize(
    ("labels", "scores", "reason"),
    [([0.0, 1.0, 2.0], [0.1, 0.2, 0.3], "malformed_input"), ([0.0, 1.0], [0.1], "malformed_input")],
)
def test_labels_that_are_no_outcomes_are_refused(
    labels: list[float], scores: list[float], reason: str
) -> None:
    given_inputs = CheckInputs(
        feature_names=(), arrays={"test.labels": np.array(labels), "test.scores": np.array(scores)}
    )
    with pytest.raises(UnusableInputError) as refusal:
        read_outcomes(inputs=given_inputs, sample="test", min_defaults=1)
    assert refusal.value.reason == reason


def test_too_few_defaults_name_the_rows_needed_at_the_observed_rate() -> None:
    arrays = {"test.labels": np.r_[np.ones(2), np.zeros(98)], "test.scores": np.zeros(100)}
    with pytest.raises(NotApplicableError) as refusal:
        read_outcomes(inputs=CheckInputs(feature_names=(), arrays=arrays), sample="test", min_defaults=20)
    assert refusal.value.n_needed == 1000


def test_an_absent_array_is_not_applicable() -> None:
    with pytest.raises(NotApplicableError):
        CheckInputs(feature_names=(), arrays={}).array("test.labels")


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_scores_outside_zero_to_one_are_no_probabilities(value: float) -> None:
    with pytest.raises(UnusableInputError):
        ensure_probabilities(scores=np.array([0.5, value]), sample="test")
