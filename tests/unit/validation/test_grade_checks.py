"""Migration between grades and default rates that rise with them: by hand, by simulation, by refusal."""

import numpy as np
import pytest
from scipy import stats

from registry.domain.vocab import Verdict
from tests.unit.validation.builders import EDGES, estimates, execute, inputs
from validation.domain.results import CheckResult
from validation.stats.migration import bandwidths, migration_counts, neighbour_gaps
from validation.stats.rates import difference_interval, fall_p, monotonicity, share_interval

# One score inside each of the four grades.
INSIDE = np.array([0.05, 0.15, 0.3, 0.6])


def rows(result: CheckResult, name: str) -> tuple[tuple[str, ...], ...]:
    return next(one.rows for one in result.tables if one.id == name)


def moved(counts: np.ndarray) -> CheckResult:
    """The check on obligors who moved between grades as the matrix says; the other inputs stay away."""
    start, end = np.nonzero(counts)
    times = counts[start, end].astype(int)
    before, after = (INSIDE[np.repeat(side, times)] for side in (start, end))
    given = inputs(test_scores_before=before, test_scores=after)
    return execute("stability.migrations", given)


def graded(defaults: tuple[int, ...], size: int = 100) -> CheckResult:
    """The check on four grades of equal size with so many defaults, safest first."""
    labels = np.concatenate([np.r_[np.ones(d), np.zeros(size - d)] for d in defaults])
    scores = np.repeat(INSIDE[: len(defaults)], size)
    return execute("calibration.monotone_grades", inputs(test_labels=labels, test_scores=scores))


def test_obligors_are_counted_by_the_grades_of_both_dates() -> None:
    before, after = np.array([0.05, 0.1, 0.1, 0.9]), np.array([0.05, 0.05, 0.4, 0.9])
    found = migration_counts(before=before, after=after, edges=EDGES)
    # A score on an edge belongs to the riskier grade.
    assert np.argwhere(found).tolist() == [[0, 0], [1, 0], [1, 3], [3, 3]]
    assert found.sum() == 4


def test_the_published_matrix_gives_the_published_figures_through_the_check() -> None:
    counts = np.array([[80, 15, 4, 1], [10, 70, 15, 5], [2, 13, 70, 15], [1, 4, 20, 75]], dtype=float)
    result = moved(counts)
    figures = estimates(result)
    assert figures["upper_bandwidth"] == pytest.approx(66 / 130)
    assert figures["lower_bandwidth"] == pytest.approx(58 / 125)
    assert figures["share_moved"] == pytest.approx(105 / 400)
    assert figures["cells_rising"] == 0
    assert [row[1:] for row in rows(result, "matrix")] == [
        ("80", "15", "4", "1"),
        ("10", "70", "15", "5"),
        ("2", "13", "70", "15"),
        ("1", "4", "20", "75"),
    ]
    assert len(rows(result, "cells")) == 12


def test_a_jump_over_a_grade_is_found_and_named() -> None:
    result = moved(np.array([[150, 5, 90, 0], [0, 200, 0, 0], [0, 0, 200, 0], [0, 0, 0, 200]], dtype=float))
    assert estimates(result)["cells_rising"] == 1
    smallest = min(rows(result, "cells"), key=lambda row: float(row[-1]))
    assert smallest[:2] == ("1", "3")


def test_where_nobody_moves_the_bandwidths_are_zero_and_nothing_rises() -> None:
    still = moved(np.diag([100.0, 100.0, 100.0, 100.0]))
    figures = estimates(still)
    assert (figures["upper_bandwidth"], figures["lower_bandwidth"], figures["share_moved"]) == (0.0, 0.0, 0.0)
    assert figures["min_p_adjusted"] == 1.0
    assert {row[4] for row in rows(still, "cells")} == {"inf"}


def test_a_grade_that_left_as_a_whole_past_its_neighbour_leaves_no_doubt() -> None:
    first, *_ = neighbour_gaps(np.array([[0.0, 0.0, 9.0], [0.0, 5.0, 0.0], [0.0, 0.0, 5.0]]))
    assert (first.start, first.end, first.z, first.p_value) == (0, 2, -np.inf, 0.0)


@pytest.mark.parametrize(
    ("moves", "ends"),
    [
        # Nobody is seen to move two grades: with chance c for it the three movers keep (1 - c)^3 of their likelihood,
        # which may fall to exp(-3.8415 / 2), so c <= 0.47282, and the bandwidth is (1 - c + 2 c) / 2.
        ([(0, 1, 3)], (0.5, (1 + 0.472820) / 2)),
        # The mirror of it: all three moved as far as can be, and one grade would have been possible.
        ([(0, 2, 3)], (1 - 0.472820 / 2, 1.0)),
        # From the middle grade one step is the furthest: all movers there are at the upper end. For the lower one c
        # of them move one of two grades, and a chance of c there weighs twice: (1 - c + c) / (1 - c + 2 c).
        ([(1, 2, 3)], (1 / (1 + 0.472820), 1.0)),
        ([], (0.0, 1.0)),
    ],
)
def test_the_ends_of_a_bandwidth_admit_moves_that_nobody_made(
    moves: list[tuple[int, int, int]], ends: tuple[float, float]
) -> None:
    counts = np.diag([9.0, 9.0, 9.0])
    for start, end, movers in moves:
        counts[start, end] = movers
    for found in (
        bandwidths(counts=counts, confidence=0.95)[0],
        bandwidths(counts=counts[::-1, ::-1], confidence=0.95)[1],
    ):
        assert (found.lower, found.upper) == pytest.approx(ends, abs=1e-5)


def test_the_ends_of_a_bandwidth_of_one_grade_s_moves_are_a_share_s() -> None:
    # Of 10 movers from the safest of three grades 3 moved two of two: (7 + 2 * 3) / 20. Moves from the middle grade
    # say less than theirs at either end, so the ends are those of the likelihood of a share of 3 in 10.
    counts = np.array([[50.0, 7.0, 3.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]])
    upper, _lower = bandwidths(counts=counts, confidence=0.95)
    assert upper.estimate == pytest.approx(0.65)
    for end in (upper.lower, upper.upper):
        share = 2 * end - 1
        lost = 3 * np.log(0.3 / share) + 7 * np.log(0.7 / (1 - share))
        assert 2 * lost == pytest.approx(3.841459, abs=1e-5)
    assert upper.lower < 0.65 < upper.upper


def test_between_two_grades_a_mover_can_only_move_as_far_as_can_be() -> None:
    upper, lower = bandwidths(counts=np.array([[5.0, 2.0], [1.0, 5.0]]), confidence=0.95)
    assert (upper.lower, upper.upper, lower.lower, lower.upper) == (1.0, 1.0, 1.0, 1.0)


def test_the_bandwidth_interval_covers_the_truth() -> None:
    rng, hits, trials = np.random.default_rng(4), 0, 400
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.7, 0.2], [0.1, 0.2, 0.7]])
    # Up from grade 1: 0.2 one step and 0.1 two of at most 2; up from grade 2: 0.2 one step of at most 1.
    truth = (0.2 + 0.2 + 0.2) / (2 * 0.3 + 0.2)
    for _ in range(trials):
        counts = np.array([rng.multinomial(300, row) for row in shares], dtype=float)
        upper, _lower = bandwidths(counts=counts, confidence=0.95)
        hits += upper.lower <= truth <= upper.upper
    assert 0.92 <= hits / trials <= 0.98


def test_two_dates_of_different_obligors_are_refused_and_few_are_not_judged() -> None:
    given = inputs(test_scores_before=np.full(1199, 0.2))
    assert execute("stability.migrations", given).reason == "malformed_input"
    few = inputs(test_scores_before=np.full(50, 0.2), test_scores=np.full(50, 0.2))
    result = execute("stability.migrations", few)
    assert (result.verdict, result.reason, result.n_needed) == (
        Verdict.NOT_APPLICABLE,
        "insufficient_data",
        200,
    )


def test_an_obligor_who_was_not_rated_before_is_left_out_and_counted() -> None:
    before, after = np.repeat(INSIDE[:2], 150), np.repeat(INSIDE[1:3], 150)
    before[:40] = np.nan
    result = execute("stability.migrations", inputs(test_scores_before=before, test_scores=after))
    assert sum(int(cell) for row in rows(result, "matrix") for cell in row[1:]) == 260
    assert "40 obligors without a score before are left out" in result.notes
    before[:] = np.nan
    result = execute("stability.migrations", inputs(test_scores_before=before, test_scores=after))
    assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "insufficient_data")


@pytest.mark.parametrize(
    ("score", "reason"), [(-0.1, "malformed_input"), (1.2, "malformed_input"), (np.inf, "non_finite_input")]
)
def test_a_score_before_that_is_no_probability_is_refused(score: float, reason: str) -> None:
    before, after = np.repeat(INSIDE[:2], 150), np.repeat(INSIDE[1:3], 150)
    before[3] = score
    result = execute("stability.migrations", inputs(test_scores_before=before, test_scores=after))
    assert result.reason == reason


def test_the_share_of_nothing_and_of_all_touches_its_end() -> None:
    assert share_interval(count=0.0, n=30.0, confidence=0.95)[0] == 0.0
    assert share_interval(count=30.0, n=30.0, confidence=0.95)[1] == 1.0
    lower, upper = share_interval(count=15.0, n=500.0, confidence=0.95)
    assert (lower, upper) == pytest.approx((0.0176404639, 0.0477679168))


def test_the_test_of_a_fall_is_fishers() -> None:
    obligors, defaults = np.array([40.0, 60.0, 50.0]), np.array([9.0, 3.0, 0.0])
    expected = [
        stats.fisher_exact([[3, 57], [9, 31]], alternative="less")[1],
        stats.fisher_exact([[0, 50], [3, 57]], alternative="less")[1],
    ]
    assert fall_p(obligors=obligors, defaults=defaults) == pytest.approx(expected)
    assert fall_p(obligors=obligors, defaults=np.zeros(3)).tolist() == [1.0, 1.0]


def test_the_interval_of_a_difference_covers_it() -> None:
    rng, hits, trials = np.random.default_rng(6), 0, 800
    for a, b in zip(rng.binomial(200, 0.04, trials), rng.binomial(150, 0.08, trials), strict=True):
        low, high = difference_interval(first=(float(a), 200.0), second=(float(b), 150.0), confidence=0.95)
        hits += low <= -0.04 <= high
    assert 0.93 <= hits / trials <= 0.98


def test_rates_that_do_not_move_do_not_fall() -> None:
    assert monotonicity(np.array([0.03, 0.03])) == (0.0, 0.0)


def test_a_planted_reversal_is_found_and_rising_rates_are_left_alone() -> None:
    rising, fallen = graded((2, 8, 20, 45)), graded((2, 30, 5, 45))
    assert estimates(rising)["reversals"] == 0
    assert estimates(rising)["largest_reversal"] == pytest.approx(-0.06)
    assert estimates(rising)["min_p_adjusted"] == 1.0
    figures = estimates(fallen)
    assert (figures["reversals"], figures["reversals_beyond_chance"]) == (1, 1)
    assert figures["largest_reversal"] == pytest.approx(0.25)
    assert figures["steps_falling_share"] == pytest.approx(1 / 3)
    # 0.25 down of 0.28 + 0.25 + 0.40 in all.
    assert figures["mass_falling_share"] == pytest.approx(0.25 / 0.93)
    largest = next(metric for metric in fallen.metrics if metric.name == "largest_reversal")
    assert largest.lower is not None
    assert largest.lower > 0.0
    assert rows(fallen, "pairs")[1][0] == "2 and 3"


def test_a_reversal_that_chance_explains_is_counted_and_not_held_against_the_grades() -> None:
    figures = estimates(graded((4, 3, 10, 20)))
    assert (figures["reversals"], figures["reversals_beyond_chance"]) == (1, 0)


def test_one_grade_cannot_be_compared() -> None:
    result = graded((20,), size=400)
    assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "degenerate_grades")


def test_equal_rates_alarm_no_more_often_than_allowed() -> None:
    from validation.stats.calibration import holm

    rng, alarms, trials = np.random.default_rng(8), 0, 400
    for _ in range(trials):
        p_values = fall_p(obligors=np.full(8, 250.0), defaults=rng.binomial(250, 0.05, 8).astype(float))
        alarms += holm(p_values).min() <= 0.05
    # Two and a half standard errors of 400 trials above 5 %.
    assert alarms / trials <= 0.0775
