"""Behind challengers: monotone bins, folds, selection, books of accepted obligors. By hand and by simulation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.oracle.validation.values import challenger_values
from tests.unit.validation.builders import EDGES, capital
from validation.domain.challengers import EBM, FAMILIES, MONOTONE_GBM, MOST_SETTINGS, SCORECARD, setting_text
from validation.domain.inputs import FloatArray, UnusableInputError
from validation.domain.tools import Challenger
from validation.stats import contest
from validation.stats.book import bootstrap_interval, rank_rows, replicate, shift_to_rate
from validation.stats.calibration import grades
from validation.stats.contest import Gain, Resampling, default_rate_gains, rwa_gains
from validation.stats.monotone_bins import Binning, monotone_binning, pool_violators, risk_direction
from validation.stats.portfolio import declared_number, rwa_of_rows
from validation.stats.sampling import deal_folds, draw_stratified
from validation.stats.selection import Budget, Trial, best_trial, cross_validate

COUNTS = ((2, 18), (6, 14), (4, 16), (10, 10))
FIRST, SECOND = np.array([0.1, 0.2, 0.2, 0.4, 0.9]), np.array([0.9, 0.1, 0.2, 0.3, 0.4])
DEFAULTS = np.array([0.0, 1.0, 0.0, 0.0, 1.0])
RESAMPLING = Resampling(replicates=200, seed=1, confidence=0.95)


def counted(values: Sequence[float]) -> tuple[FloatArray, FloatArray]:
    """Values with the defaults and non-defaults of ``COUNTS`` at each."""
    labels = np.concatenate([np.r_[np.ones(bad), np.zeros(good)] for bad, good in COUNTS])
    return np.repeat(np.array(values), 20), labels


@pytest.mark.parametrize("direction", [1, -1])
def test_bins_against_the_direction_are_pooled_as_by_hand(direction: int) -> None:
    values, labels = counted([1.0, 2.0, 3.0, 4.0])
    found = monotone_binning(values=direction * values, labels=labels, bins=8)
    by_hand = [challenger_values("bins 2/18 6/14 4/16 10/10 rising", f"weight {i}")[0] for i in (1, 2, 3)]
    assert found.evidence == pytest.approx(by_hand[::direction], abs=1e-9)
    # A value on a limit belongs above it.
    assert found.edges.tolist() == ([2.0, 4.0] if direction == 1 else [-3.0, -1.0])


def test_a_bin_pooled_late_is_held_against_all_before_it() -> None:
    bad, good = np.array([1.0, 5.0, 5.0, 0.0]), np.array([9.0, 5.0, 5.0, 90.0])
    # The last bin pulls the second and third with it below the first.
    assert pool_violators(bad=bad, good=good, direction=1).tolist() == [0]
    assert pool_violators(bad=bad, good=good, direction=0).tolist() == [0]
    assert pool_violators(bad=bad[:3], good=good[:3], direction=1).tolist() == [0, 1]


def test_smoothing_turns_no_order_round() -> None:
    # By the plain rate the last bin is the riskiest; with half a case it is not.
    assert pool_violators(bad=np.array([99.0, 1.0]), good=np.array([1.0, 0.0]), direction=1).tolist() == [0]


def test_a_weight_belongs_to_its_bin() -> None:
    binning = Binning(edges=np.array([2.0]), evidence=np.array([-1.0, 1.0]))
    assert binning.weigh(np.array([1.9, 2.0, 5.0])).tolist() == [-1.0, 1.0, 1.0]


def test_the_direction_is_that_of_ranks() -> None:
    labels = np.array([0.0, 0.0, 1.0, 1.0])
    # The mean says down, the ranks say up.
    assert risk_direction(values=np.array([1.0, 900.0, 2.0, 901.0]), labels=labels) == 1
    assert risk_direction(values=np.array([4.0, 3.0, 2.0, 1.0]), labels=labels) == -1
    assert risk_direction(values=np.ones(4), labels=labels) == 0
    flat = monotone_binning(values=np.ones(4), labels=labels, bins=5)
    assert (flat.edges.tolist(), flat.evidence.tolist()) == ([], [0.0])


@pytest.mark.parametrize(
    ("scores", "share", "case"),
    [
        (FIRST, 0.6, "scores .1 .2 .2 .4 .9, defaults 2nd and 5th"),
        (FIRST, 0.4, "scores .1 .2 .2 .4 .9, defaults 2nd and 5th"),
        (SECOND, 0.4, "scores .9 .1 .2 .3 .4, defaults 2nd and 5th"),
    ],
)
def test_the_accepted_are_the_safest_and_a_tie_counts_in_part(
    scores: FloatArray, share: float, case: str
) -> None:
    ranking = rank_rows(scores=scores, labels=DEFAULTS)
    (expected,) = challenger_values(case, f"default rate at .{10 * share:.0f}")
    assert ranking.default_rate(counts=np.ones((1, 5)), share=share)[0] == pytest.approx(expected)


def test_rows_that_are_not_drawn_take_no_place() -> None:
    ranking = rank_rows(scores=FIRST, labels=DEFAULTS)
    counts = np.array([[0.0, 0.0, 0.0, 3.0, 2.0], [5.0, 0.0, 0.0, 0.0, 0.0]])
    assert ranking.default_rate(counts=counts, share=0.8).tolist() == [pytest.approx(0.25), 0.0]


def test_defaults_and_capital_saved_are_as_by_hand() -> None:
    (defaults,) = default_rate_gains(
        labels=DEFAULTS, candidate=FIRST, challengers=[SECOND], share=0.4, resampling=RESAMPLING
    )
    assert [defaults.estimate] == challenger_values("first score against second", "default rate saved at .4")
    by_row = [np.array([1.0, 1.0, 2.0]), np.array([2.0, 2.0, 1.0])]
    (capital_saved,) = rwa_gains(by_row=by_row, resampling=RESAMPLING)
    (expected,) = challenger_values("RWA 1 1 2 against 2 2 1", "share saved")
    assert capital_saved.estimate == pytest.approx(expected)


def test_a_resampled_mean_spreads_as_theory_says() -> None:
    values = np.random.default_rng(1).exponential(size=400)
    replicated = replicate(
        statistics=[lambda counts: counts @ values / 400, lambda counts: counts.sum(axis=1)],
        rows=400,
        replicates=4000,
        seed=2,
    )
    assert (replicated[:, 1] == 400.0).all()
    assert replicated[:, 0].std() == pytest.approx(values.std() / 20.0, rel=0.05)
    interval = bootstrap_interval(estimate=1.0, replicated=replicated[:, 0], confidence=0.95)
    assert interval.lower is not None
    assert 1.0 - interval.lower == pytest.approx(1.959964 * replicated[:, 0].std(ddof=1))


def test_replicates_do_not_depend_on_how_many_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {"rows": 30, "replicates": 7, "seed": 3}
    statistics = [lambda counts: counts @ np.arange(30.0)]
    whole = replicate(statistics=statistics, **given)
    monkeypatch.setattr("validation.stats.book._CELLS", 60)
    assert replicate(statistics=statistics, **given).tolist() == whole.tolist()


def test_the_paired_interval_of_saved_defaults_covers_as_it_should() -> None:
    rng, hits, trials, share = np.random.default_rng(4), 0, 200, 0.7

    def draw(size: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Labels, and the truth with little and with much noise as scores."""
        odds = rng.normal(-1.5, 1.2, size)
        labels = (rng.random(size) < 1.0 / (1.0 + np.exp(-odds))).astype(float)
        return labels, odds + rng.normal(0, 0.3, size), odds + rng.normal(0, 1.5, size)

    labels, *pair = draw(400_000)
    good, bad = (
        rank_rows(scores=one, labels=labels).default_rate(counts=np.ones((1, 400_000)), share=share)[0]
        for one in pair
    )
    assert bad - good > 0.02
    for _ in range(trials):
        labels, first, second = draw(400)
        (found,) = default_rate_gains(
            labels=labels,
            candidate=first,
            challengers=[second],
            share=share,
            resampling=Resampling(replicates=100, seed=5, confidence=0.95),
        )
        assert found.interval.lower is not None
        assert found.interval.upper is not None
        hits += bool(found.interval.lower <= bad - good <= found.interval.upper)
    # Four standard errors of a share of 200 around 95 %.
    assert abs(hits / trials - 0.95) < 4 * (0.95 * 0.05 / trials) ** 0.5


def test_the_spread_over_a_large_sample_follows_from_the_obligors_that_are_resampled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gains(seed: int) -> list[Gain]:
        rng = np.random.default_rng(seed)
        labels = (rng.random(3000) < 0.2).astype(np.float64)
        first, second = (labels + rng.normal(0.0, noise, 3000) for noise in (1.0, 1.5))
        euros = [rng.exponential(size=3000), rng.exponential(1.2, size=3000)]
        resampling = Resampling(replicates=600, seed=5, confidence=0.95)
        (saved,) = default_rate_gains(
            labels=labels, candidate=first, challengers=[second], share=0.8, resampling=resampling
        )
        return [saved, *rwa_gains(by_row=euros, resampling=resampling)]

    def widths(found: list[list[Gain]]) -> FloatArray:
        ends = [[(one.interval.lower, one.interval.upper) for one in gains_] for gains_ in found]
        return np.diff(np.asarray(ends, dtype=np.float64), axis=2)[:, :, 0]

    whole = [gains(seed) for seed in range(10)]
    monkeypatch.setattr(contest, "RESAMPLED_ROWS", 1000)
    fewer = [gains(seed) for seed in range(10)]
    assert [[one.estimate for one in found] for found in whole] == [
        [one.estimate for one in found] for found in fewer
    ]
    # Ratios of two estimated spreads scatter by 3 % for the defaults and 7 % for the capital.
    ratios = (widths(fewer) / widths(whole)).mean(axis=0)
    assert np.abs(ratios - 1.0).max() < 4 * 0.07 / 10**0.5
    assert "resampled" not in whole[0][0].interval.method
    assert fewer[0][0].interval.method.endswith(
        "; resampled 1000 of 3000 obligors, the spread brought to all of them"
    )


def test_probabilities_move_to_the_observed_rate_and_keep_their_order() -> None:
    found = shift_to_rate(scores=np.array([0.25, 0.75]), rate=0.3)
    assert found == pytest.approx(challenger_values("PDs .25 .75 to a mean of .3", "PDs"), abs=1e-9)
    edges = shift_to_rate(scores=np.array([0.0, 0.4, 1.0]), rate=0.9)
    assert edges.mean() == pytest.approx(0.9)
    assert np.isfinite(edges).all()


def test_a_row_has_the_capital_of_its_grade() -> None:
    scores = np.array([0.5, 0.02, 0.04, 0.15])
    found = rwa_of_rows(scores=scores, edges=EDGES, portfolio={"ead_eur": "400"}, tool=capital)
    pds = grades(labels=scores * 0, scores=scores, edges=EDGES).pds
    assert pds.tolist() == pytest.approx([0.03, 0.15, 0.5])
    assert found.tolist() == pytest.approx([250.0, 15.0, 15.0, 75.0])


@pytest.mark.parametrize("declared", [{}, {"ead_eur": "much"}, {"ead_eur": "NaN"}])
def test_a_portfolio_without_a_figure_is_refused(declared: dict[str, str]) -> None:
    with pytest.raises(UnusableInputError) as refusal:
        declared_number(portfolio=declared, name="ead_eur")
    assert refusal.value.reason == "malformed_portfolio"


def test_folds_share_out_each_class_evenly_and_the_seed_shuffles_them() -> None:
    labels = np.r_[np.ones(10), np.zeros(37)]
    first, second = deal_folds(labels=labels, folds=4, seed=1), deal_folds(labels=labels, folds=4, seed=2)
    for label, sizes in ((1.0, [3, 3, 2, 2]), (0.0, [10, 9, 9, 9])):
        assert np.bincount(first[labels == label]).tolist() == sizes
    assert first.tolist() != second.tolist()
    assert first.tolist() == deal_folds(labels=labels, folds=4, seed=1).tolist()


def test_a_stratified_draw_keeps_shares_and_spares_the_rarer_class() -> None:
    even = np.r_[np.ones(400), np.zeros(600)]
    drawn = draw_stratified(labels=even, size=100, seed=1)
    assert (len(set(drawn.tolist())), even[drawn].sum()) == (100, 40.0)
    assert drawn.tolist() == sorted(drawn.tolist())
    rare = np.r_[np.ones(30), np.zeros(970)]
    assert rare[draw_stratified(labels=rare, size=100, seed=1)].sum() == 20.0
    assert rare[draw_stratified(labels=1.0 - rare, size=100, seed=1)].sum() == 20.0
    assert draw_stratified(labels=rare, size=1000, seed=1).tolist() == list(range(1000))


class Spy:
    """A fit whose scores are better the higher the setting, and which remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int, int]] = []

    def __call__(
        self, *, family: Any, setting: Any, features: Any, labels: Any, score_rows: Any, seed: int
    ) -> Any:
        self.seen.append((family.name, len(features), len(score_rows), seed))
        assert not set(features[:, 0]) & set(score_rows.column(0))
        noise = np.random.default_rng(0).normal(0.0, 10.0 / next(iter(setting.values())), len(score_rows))
        return Challenger(title="", scores=score_rows.column(1) + noise, columns=(), rows=())


def tuned(spy: Spy, budget: Budget) -> tuple[Trial, ...]:
    rng = np.random.default_rng(3)
    signal = rng.normal(size=600)
    labels = (signal + rng.normal(size=600) > 0).astype(float)
    return cross_validate(
        families=(SCORECARD, EBM),
        fit=spy,
        features=np.column_stack([np.arange(600.0), signal]),
        labels=labels,
        budget=budget,
        seed=9,
    )


def test_every_setting_is_tried_on_the_same_folds_and_none_on_rows_that_it_was_fitted_on() -> None:
    spy = Spy()
    trials = tuned(spy, Budget(settings=2, folds=3, rows=300, fit_rows=1000))
    assert [(one.family.name, setting_text(one.setting)) for one in trials] == [
        ("scorecard", "bins 5, ridge 1"),
        ("scorecard", "bins 10, ridge 1"),
        ("ebm", "bins 16"),
        ("ebm", "bins 32"),
    ]
    assert {len(one.fold_ginis) for one in trials} == {3}
    assert {train + held for _, train, held, _ in spy.seen} == {300}
    assert len(spy.seen) == 12
    assert {seed for *_, seed in spy.seen} == {9}
    assert best_trial(trials) is trials[3]
    assert trials[0].gini == pytest.approx(np.mean(trials[0].fold_ginis))


def test_of_equals_the_simplest_wins() -> None:
    trials = [Trial(family=one, setting=one.settings[0], fold_ginis=(0.4, 0.6)) for one in (SCORECARD, EBM)]
    assert best_trial(trials).family is SCORECARD


def test_each_family_may_try_as_many_settings_as_any_other() -> None:
    assert list(FAMILIES) == [SCORECARD.name, EBM.name, MONOTONE_GBM.name]
    assert {len(family.settings) for family in FAMILIES.values()} == {MOST_SETTINGS}
    assert all(
        len({setting_text(one) for one in family.settings}) == MOST_SETTINGS for family in FAMILIES.values()
    )
