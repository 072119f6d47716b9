"""Distances from one sort, and from a stored profile, against scipy, against Evidently and against bounds."""

import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from validation.adapters import drift_compiled, drift_files, drift_loops
from validation.adapters.drift_files import (
    compare_file_with_profile,
    compare_files,
    profile_file,
    read_profile,
    write_profile,
)
from validation.adapters.evidently_adapter import compare_columns
from validation.domain.inputs import FloatArray, UnusableInputError
from validation.stats import library_conventions
from validation.stats.distances import (
    CategoryDistance,
    NumericDistance,
    compare_categories,
    compare_numeric,
    tally,
)
from validation.stats.pooled import STRETCH, Count, Grid, Pooled, count_places, find_grid, pool, pool_tagged
from validation.stats.profiles import PLAIN, Bounded, build_profile, compare_with_profile
from validation.stats.stability import bin_counts, psi_from_counts, quantile_edges

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=64)
SMALL = st.integers(-4, 4).map(float)
SAMPLES = st.lists(st.one_of(SMALL, FINITE), min_size=1, max_size=40)
DECIMALS = st.tuples(st.integers(0, 5), st.sampled_from([30, 10**6, 10**11])).flatmap(
    lambda kind: st.lists(
        st.integers(-kind[1], kind[1]).map(lambda whole: whole / 10 ** kind[0]), min_size=1, max_size=40
    )
)
COLUMNS = st.one_of(SAMPLES, DECIMALS)
ROWS = 3_000


def shapes(seed: int, shift: float) -> dict[str, FloatArray]:
    """Columns as credit data have them: amounts, shares, signed scores, counts, mostly zeros, constant."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(6, ROWS)) + shift
    return {
        "amount": np.round(np.exp(8.0 + 0.6 * normal[0]), 2),
        "share": np.round(1.0 / (1.0 + np.exp(-normal[1])), 4),
        "score": normal[2],
        "age": np.floor(20.0 + 12.0 * np.abs(normal[3])),
        "arrears": np.where(rng.random(ROWS) < 0.9, 0.0, np.exp(normal[4])),
        "constant": np.full(ROWS, 7.0 + (shift > 0.5)),
    }


BEFORE, AFTER = shapes(1, 0.0), shapes(2, 0.15)
NUMERIC = sorted(set(BEFORE) - {"constant"})


def is_ranked(pooled: Pooled, first: FloatArray, second: FloatArray) -> None:
    """The order is the one that sorting and searching give."""
    values = np.unique(np.concatenate([first, second]))
    assert np.array_equal(pooled.values, values)
    assert not np.signbit(pooled.values[pooled.values == 0.0]).any()
    assert np.array_equal(pooled.first, np.searchsorted(np.sort(first), values, side="right"))
    assert np.array_equal(pooled.second, np.searchsorted(np.sort(second), values, side="right"))


@given(COLUMNS, COLUMNS)
def test_any_doubles_are_ordered_as_ranking_them_does(first: list[float], second: list[float]) -> None:
    is_ranked(pool(first=np.array(first), second=np.array(second)), np.array(first), np.array(second))


@given(st.lists(st.tuples(COLUMNS, COLUMNS), min_size=1, max_size=3))
@example([([0.0, -0.0, 5e-324], [-5e-324, 0.0]), ([1.7976931348623157e308], [-1.7976931348623157e308])])
@example([([0.5, 1e300], [0.5, 1e300]), ([-0.0, 1e6], [0.0, 0.01]), ([2.0**60, 2.0**60], [2.0**60])])
def test_compiled_loops_order_any_doubles_so_too(columns: list[tuple[list[float], list[float]]]) -> None:
    order = drift_compiled.Pooler()
    for one, other in columns:
        first, second = np.array(one), np.array(other)
        is_ranked(order(first=first, second=second), first, second)


def clustered(seed: int) -> dict[str, FloatArray]:
    """Columns on which one way or another of ordering them has to give up, or nearly so."""
    rng = np.random.default_rng(seed)
    cents = np.round(10.0 * rng.random(ROWS), 2)
    few = np.full(20_224, 3.0)
    # The rows that are glanced at leave out the odd ones, which the leading bits do not part.
    few[1::2] = 1.0 + 1e-13 * rng.permutation(10_112)
    few[::1_000] = np.geomspace(1e-200, 1e200, 21)
    return {
        "cents but for one": np.append(cents, np.pi),
        "cents far apart": np.append(cents, 10_000_000.0),
        "cents far apart but for one": np.append(cents, [10_000_000.0, np.pi]),
        "cents too far apart": np.append(cents, 1e12),
        "close together and one far away": np.append(1.0 + 1e-9 * rng.random(ROWS), [-1e300, 1e300]),
        "close together between the others": few,
        "full digits": rng.normal(size=ROWS),
    }


@pytest.mark.parametrize("name", sorted(clustered(0)))
def test_columns_that_an_easier_way_cannot_order_are_ordered(name: str) -> None:
    first, second = clustered(1)[name], clustered(2)[name][:-1]
    order = drift_compiled.Pooler()
    for one, other in ((first, second), (second, first), (-first, second[:1_000])):
        is_ranked(order(first=one, second=other), one, other)
        is_ranked(pool(first=one, second=other), one, other)


def test_keys_that_few_moves_cannot_order_are_left() -> None:
    assert drift_loops.settle(np.array([1, 3, 2, 4], dtype=np.uint64))
    assert not drift_loops.settle(np.array([5, 4, 3, 2, 1], dtype=np.uint64))


def test_a_grid_is_the_coarsest_that_holds_the_values() -> None:
    cents, tenths = np.array([0.25, 3.07, -1.0]), np.array([4.0, 10.5])
    assert find_grid(cents, tenths) == Grid(scale=100.0, lowest=-100.0, size=1_151)
    assert find_grid(np.array([-0.0, 2.0])) == Grid(scale=1.0, lowest=0.0, size=3)
    assert find_grid(cents, scales=(1.0,)) is None
    assert find_grid(np.array([0.1 + 0.2])) is None
    assert find_grid(np.array([0.0, 2.0**31])) is None
    assert find_grid(np.array([-1e308, 1e308])) is None
    assert Grid(scale=1.0, lowest=0.0, size=3).is_worth_counting(rows=3)
    assert not Grid(scale=1.0, lowest=0.0, size=4).is_worth_counting(rows=3)


@pytest.mark.parametrize("count", [count_places, drift_compiled.count_places])
def test_rows_are_counted_by_place_unless_one_lies_beside_it(count: Count) -> None:
    grid = Grid(scale=100.0, lowest=-25.0, size=60)
    found = count(np.array([0.3, -0.25, 0.3, -0.0, 0.0]), grid)
    assert found is not None
    assert {place: found[place] for place in np.flatnonzero(found)} == {0: 1, 25: 2, 55: 2}
    assert count(np.array([0.1, 0.1 + 0.2]), grid) is None
    codes = tally(np.array([3.0, np.nan, -2.0, 3.0, 0.0]), count=count)
    assert (codes.codes.tolist(), codes.counts.tolist()) == ([-2.0, 0.0, 3.0], [1.0, 1.0, 2.0])
    # Whole where it is glanced at, and not elsewhere.
    values = np.full(1_000, 5.0)
    values[1] = 5.5
    codes = tally(values, count=count)
    assert (codes.codes.tolist(), codes.counts.tolist()) == ([5.0, 5.5], [999.0, 1.0])


def test_gap_and_area_do_not_depend_on_stretches() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=STRETCH), 0.1 + rng.normal(size=STRETCH + 9)
    found = compare_numeric(reference=first, current=second, bins=10)
    assert found.ks == stats.ks_2samp(first, second, method="asymp").statistic
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(first, second), rel=1e-12)
    long = compare_numeric(reference=second, current=first, bins=10)
    assert long.spread == pytest.approx(float(second.std()), rel=1e-13)


def test_loops_say_as_they_stand_what_they_say_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: getattr(drift_loops, name) for name in drift_compiled.LOOPS}
    monkeypatch.setattr(drift_compiled, "_compiled", lambda: kept)
    order = drift_compiled.Pooler()
    for values in (
        np.array([3.0, -0.0, -2.5, 0.0, 3.0, 1e300]),
        np.array([3.0, -0.0, -2.5, 0.0, 3.0, 1e6]),
        np.array([3.0, -0.0, 2.0, 0.0, 3.0]),
        np.array([1.0, 1.0 + 1e-15, -1e300]),
    ):
        is_ranked(order(first=values, second=-values), values, -values)
    with np.errstate(all="ignore"):
        both_ways(np.arange(40.0) % 5.0, np.array([1.0, np.nan, 2.5, 9.0, -1.0, 4.0]), 4)


def test_many_rows_are_ordered_alike() -> None:
    order = drift_compiled.Pooler()
    for name in BEFORE:
        for first, second in ((BEFORE[name], AFTER[name][:2_000]), (-BEFORE[name][:100], AFTER[name])):
            is_ranked(order(first=first, second=second), first, second)


def test_numbers_too_far_apart_to_be_packed_are_ranked() -> None:
    values = np.array([1e300, -1e-300, 0.0, 5e-324, 1e300])
    tiny = pool(first=np.array([4.0, 0.0]), second=np.array([2.2250738585e-313, 0.0]))
    assert tiny.values.tolist() == [0.0, 2.2250738585e-313, 4.0]
    for tags in (np.array([False, True, False, True, True]), slice(3, None)):
        pooled = pool_tagged(values=values, tags=tags)
        assert pooled.values.tolist() == [-1e-300, 0.0, 5e-324, 1e300]
        assert pooled.sizes == ((2, 3) if isinstance(tags, np.ndarray) else (3, 2))


def test_a_negative_zero_ties_with_zero() -> None:
    pooled = pool(first=np.array([-0.0, 1.0]), second=np.array([0.0, -1.0]))
    assert pooled.values.tolist() == [-1.0, 0.0, 1.0]


@pytest.mark.parametrize("name", NUMERIC)
def test_gap_and_area_are_those_of_scipy(name: str) -> None:
    found = compare_numeric(reference=BEFORE[name], current=AFTER[name], bins=10)
    theirs = stats.ks_2samp(BEFORE[name], AFTER[name], method="asymp")
    assert found.ks == pytest.approx(theirs.statistic, rel=1e-9)
    area = stats.wasserstein_distance(BEFORE[name], AFTER[name])
    assert found.wasserstein == pytest.approx(area, rel=1e-9)


@pytest.mark.parametrize("name", sorted(BEFORE))
def test_house_bins_are_quantiles_of_the_reference(name: str) -> None:
    edges = quantile_edges(reference=BEFORE[name], bins=10)
    if not len(edges):
        smallest = BEFORE[name].min()
        assert name in {"constant", "arrears"}
        edges = np.array([smallest, np.nextafter(smallest, np.inf)])
    before, after = (bin_counts(values=values[name], edges=edges) for values in (BEFORE, AFTER))
    found = compare_numeric(reference=BEFORE[name], current=AFTER[name], bins=10)
    expected = psi_from_counts(reference=before, current=after, confidence=0.95).estimate
    assert found.psi == pytest.approx(expected, rel=1e-12, abs=1e-15)
    theirs = distance.jensenshannon(before / ROWS, after / ROWS, base=2)
    assert found.jensen_shannon == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_categories_agree_with_the_table_test_of_scipy() -> None:
    before, after = np.repeat([1.0, 2.0, 7.0], [50, 30, 20]), np.repeat([1.0, 2.0, 9.5], [20, 60, 40])
    found = compare_categories(reference=tally(before), current=tally(after))
    theirs = stats.chi2_contingency([[50, 30, 20, 0], [20, 60, 0, 40]], correction=False)
    assert (found.chi_square, found.degrees) == (pytest.approx(theirs.statistic), theirs.dof)
    assert found.p_value == pytest.approx(theirs.pvalue)
    shares = (np.array([50, 30, 20, 0]) / 100, np.array([20, 60, 0, 40]) / 120)
    assert found.jensen_shannon == pytest.approx(distance.jensenshannon(*shares, base=2))
    one = compare_categories(reference=tally(np.ones(5)), current=tally(np.ones(7)))
    assert (one.chi_square, one.degrees, one.p_value, one.psi) == (0.0, 0, 1.0, 0.0)


def test_missing_values_are_counted_and_enter_no_distance() -> None:
    holes = np.where(np.arange(ROWS) % 4 == 0, np.nan, AFTER["score"])
    found = compare_numeric(reference=BEFORE["score"], current=holes, bins=10)
    assert (found.reference.missing_rate, found.current.missing_rate) == (0.0, 0.25)
    kept = compare_numeric(reference=BEFORE["score"], current=holes[~np.isnan(holes)], bins=10)
    assert (found.ks, found.psi) == (kept.ks, kept.psi)
    assert tally(np.array([1.0, np.nan])).rows.missing == 1


@pytest.mark.parametrize("method", ["wasserstein", "jensenshannon", "psi"])
def test_under_its_own_conventions_evidently_gives_our_figure(method: str) -> None:
    names = [*NUMERIC, "few"]
    before = np.column_stack([*(BEFORE[name] for name in NUMERIC), np.minimum(BEFORE["age"], 30.0)])
    after = np.column_stack([*(AFTER[name] for name in NUMERIC), np.minimum(AFTER["age"], 31.0)])
    theirs = compare_columns(names=names, reference=before, current=after, method=method, threshold=0.1)
    for place, one in enumerate(theirs):
        pooled = pool(first=before[:, place], second=after[:, place])
        first, second = library_conventions.binned(pooled=pooled)
        ours = {
            "wasserstein": library_conventions.normed_wasserstein(
                pooled=pooled, spread=float(before[:, place].std())
            ),
            "jensenshannon": library_conventions.jensen_shannon(reference=first, current=second),
            "psi": library_conventions.psi(reference=first, current=second),
        }[method]
        assert ours == pytest.approx(one.value, rel=1e-6), one.column


def test_a_library_bin_that_is_nearly_empty_fills_the_empty_ones_with_less() -> None:
    ours = library_conventions.psi(
        reference=np.array([19_999.0, 1.0, 0.0]), current=np.array([5.0, 5.0, 10.0])
    )
    expected = np.array([0.99995, 0.00005, 0.00005 / 10**6])
    assert ours == pytest.approx(
        ((expected - [0.25, 0.25, 0.5]) * np.log(expected / [0.25, 0.25, 0.5])).sum()
    )


def certain(found: Any, exact: NumericDistance) -> None:
    for figure in ("ks", "wasserstein", "psi", "jensen_shannon"):
        bounded, truth = getattr(found, figure), getattr(exact, figure)
        room = 1e-12 + 1e-9 * abs(truth)
        assert bounded.lower - room <= truth <= bounded.upper + room, figure
        assert bounded.lower - room <= bounded.estimate <= bounded.upper + room, figure


def both_ways(before: FloatArray, after: FloatArray, bins: int) -> None:
    """The compiled passes give the counts, the figures and the bounds of the plain ones."""
    profile, fast = build_profile(values=before, bins=bins), drift_compiled.slot_loops()
    plain, quick = PLAIN.count(profile, after), fast.count(profile, after)
    assert quick.held.tolist() == plain.held.tolist()
    assert (quick.known.tolist(), quick.rows) == (plain.known.tolist(), plain.rows)
    one, other = (
        compare_with_profile(profile=profile, current=after, loops=loops) for loops in (PLAIN, fast)
    )
    for figure in ("ks", "wasserstein", "psi", "jensen_shannon"):
        ends = [getattr(getattr(one, figure), end) for end in ("estimate", "lower", "upper")]
        theirs = [getattr(getattr(other, figure), end) for end in ("estimate", "lower", "upper")]
        assert theirs == pytest.approx(ends, rel=1e-12, abs=1e-300, nan_ok=True), figure


@given(SAMPLES, SAMPLES)
@example([0.0, 3.3961781399106494e38], [0.0])
@example([0.0, -3.4028234663852886e38], [-0.0, 1e300])
def test_compiled_passes_over_rows_and_slots_say_the_same(first: list[float], second: list[float]) -> None:
    with np.errstate(all="ignore"):
        both_ways(np.array(first), np.array(second), 4)


@pytest.mark.parametrize("shift", [0.0, 0.15, 3.0, -3.0])
@pytest.mark.parametrize("name", sorted(BEFORE))
def test_compiled_passes_over_many_rows_say_the_same(name: str, shift: float) -> None:
    holes = np.where(np.arange(ROWS) % 7 == 0, np.nan, shapes(2, shift)[name])
    both_ways(BEFORE[name], holes, 10)
    both_ways(BEFORE[name], -holes, 10)


@pytest.mark.parametrize("shift", [0.0, 0.15, 3.0, -3.0])
@pytest.mark.parametrize("name", sorted(BEFORE))
def test_a_profile_bounds_every_exact_figure(name: str, shift: float) -> None:
    after = shapes(2, shift)[name]
    found = compare_with_profile(profile=build_profile(values=BEFORE[name], bins=10), current=after)
    certain(found, compare_numeric(reference=BEFORE[name], current=after, bins=10))


@given(SAMPLES, SAMPLES)
@example([0.0, 3.3961781399106494e38], [0.0])
@example([0.0, -3.4028234663852886e38], [0.0])
def test_a_profile_bounds_the_figures_of_any_samples(first: list[float], second: list[float]) -> None:
    before, after = np.array(first), np.array(second)
    with np.errstate(all="ignore"):
        exact = compare_numeric(reference=before, current=after, bins=4)
        found = compare_with_profile(profile=build_profile(values=before, bins=4), current=after)
    if np.isfinite([exact.wasserstein, found.wasserstein.estimate]).all():
        certain(found, exact)


def test_a_profile_in_which_no_value_returns_bounds_the_figures_too() -> None:
    before, after = np.linspace(0.0, 1.0, 8_000), np.linspace(0.1, 1.2, 500)
    profile = build_profile(values=before, bins=10)
    assert not len(profile.ties)
    found = compare_with_profile(profile=profile, current=after)
    certain(found, compare_numeric(reference=before, current=after, bins=10))


def test_the_bounds_of_a_profile_are_narrow() -> None:
    for name in ("amount", "age"):
        found = compare_with_profile(profile=build_profile(values=BEFORE[name], bins=10), current=AFTER[name])
        assert found.ks.upper - found.ks.lower <= 0.005
        assert found.wasserstein.upper - found.wasserstein.lower <= 0.003 * BEFORE[name].std()
        assert found.psi.upper - found.psi.lower <= 0.005
    # Whole numbers fall alone into their slots: nothing is hidden at the edges of the bins.
    assert found.psi.upper == pytest.approx(found.psi.lower)


def test_a_bin_that_may_be_empty_leaves_the_index_open() -> None:
    before = np.r_[np.zeros(50), 1.0 + 1e-9 * np.arange(50)]
    after = np.r_[np.zeros(50), np.full(50, 1.0 + 1e-9)]
    found = compare_with_profile(profile=build_profile(values=before, bins=4), current=after)
    assert found.psi.upper == np.inf
    assert not found.psi.decides(threshold=0.1)
    assert Bounded(estimate=0.2, lower=0.1, upper=0.3).decides(threshold=0.1)
    assert Bounded(estimate=0.05, lower=0.0, upper=0.09).decides(threshold=0.1)


def write_parquet(path: Path, columns: dict[str, FloatArray]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path, compression="zstd")
    return path


def alike(one: Any, other: Any) -> None:
    """Two profiles hold the same, to the bit and the type."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            alike(one[name], other[name])
    elif is_dataclass(one):
        for field in fields(one):
            alike(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other


def test_files_are_compared_column_by_column(tmp_path: Path) -> None:
    codes = {"branch": np.arange(ROWS) % 7.0}
    before = write_parquet(tmp_path / "before.parquet", {**BEFORE, **codes})
    after = write_parquet(tmp_path / "after.parquet", {**codes, **AFTER})
    exact = compare_files(reference=before, current=after, categories={"branch"}, bins=10)
    assert exact["amount"] == compare_numeric(reference=BEFORE["amount"], current=AFTER["amount"], bins=10)
    branch = exact["branch"]
    assert isinstance(branch, CategoryDistance)
    assert (branch.psi, branch.degrees) == (0.0, 6)
    write_profile(profile=profile_file(path=before, categories={"branch"}, bins=10), folder=tmp_path / "kept")
    kept = read_profile(folder=tmp_path / "kept")
    alike(kept, profile_file(path=before, categories={"branch"}, bins=10))
    found = compare_file_with_profile(profile=kept, current=after, method="ks", threshold=0.5)
    assert found.exact == {}
    assert found.categories["branch"] == branch
    for name, one in found.numeric.items():
        column = exact[name]
        assert isinstance(column, NumericDistance)
        certain(one, column)


def test_large_files_are_compared_by_compiled_loops_to_the_same_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = write_parquet(tmp_path / "before.parquet", BEFORE)
    after = write_parquet(tmp_path / "after.parquet", AFTER)
    used: list[int] = []
    found = []
    for is_compiled in (False, True):
        monkeypatch.setattr(
            drift_files, "_is_compiled", lambda values, answer=is_compiled: used.append(values) or answer
        )
        profile = profile_file(path=before, categories=(), bins=10)
        near = compare_file_with_profile(
            profile=profile, current=after, method="ks", threshold=0.1, reference=before
        )
        found.append((compare_files(reference=before, current=after, categories=(), bins=10), near.exact))
    assert found[0] == found[1]
    assert used == [len(BEFORE) * ROWS, 2 * len(BEFORE) * ROWS] * 2
    monkeypatch.undo()
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert [drift_files._is_compiled(values) for values in (9_999_999, 10_000_000)] == [False, True]


@pytest.mark.parametrize("method", ["ks", "psi", "wasserstein", "jensenshannon"])
def test_a_column_near_its_threshold_is_computed_exactly(tmp_path: Path, method: str) -> None:
    rng = np.random.default_rng(3)
    before = write_parquet(tmp_path / "before.parquet", {"amount": np.exp(rng.normal(size=90_000))})
    after = write_parquet(tmp_path / "after.parquet", {"amount": np.exp(rng.normal(size=90_000) + 0.1)})
    profile = profile_file(path=before, categories=(), bins=10)
    (exact,) = compare_files(reference=before, current=after, categories=(), bins=10).values()
    assert isinstance(exact, NumericDistance)
    threshold = {
        "ks": exact.ks,
        "psi": exact.psi,
        "wasserstein": exact.wasserstein / exact.spread,
        "jensenshannon": exact.jensen_shannon,
    }[method]
    # Just above the figure, where no interval can tell.
    near = {"profile": profile, "current": after, "method": method, "threshold": threshold * (1.0 + 1e-9)}
    assert compare_file_with_profile(reference=before, **near).exact == {"amount": exact}
    for other in (None, after):
        with pytest.raises(UnusableInputError) as refusal:
            compare_file_with_profile(reference=other, **near)
        assert refusal.value.reason == "reference_needed"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"amount": np.array([1.0, np.inf])}, "non_finite_input"),
        ({"amount": np.array([np.nan, np.nan])}, "non_finite_input"),
        ({"amount": np.zeros(0)}, "malformed_input"),
        ({"other": np.ones(2)}, "malformed_input"),
    ],
)
def test_a_batch_that_cannot_be_compared_is_refused(
    tmp_path: Path, columns: dict[str, FloatArray], reason: str
) -> None:
    before = write_parquet(tmp_path / "before.parquet", {"amount": BEFORE["amount"]})
    after = write_parquet(tmp_path / "after.parquet", columns)
    with pytest.raises(UnusableInputError) as refusal:
        compare_files(reference=before, current=after, categories=(), bins=10)
    assert refusal.value.reason == reason
