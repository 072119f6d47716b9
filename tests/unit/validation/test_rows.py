"""Rows that are read in part: every view says what the whole says, and what is drawn hangs on values alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from validation.domain.inputs import CheckInputs, UnusableInputError
from validation.domain.rows import HeldRows, Rows, as_rows
from validation.engine.inputs import StoredRows, read_inputs, write_inputs
from validation.stats.attribution import rank_importance
from validation.stats.sampling import mix_rows, pick_rows, sample_rows

WHOLE = np.random.default_rng(1).normal(size=(50, 4))


def stored(folder: Path, values: np.ndarray, *, order: str = "F") -> StoredRows:
    np.save(folder / "rows.npy", np.asarray(values, order=order))  # type: ignore[call-overload]
    return StoredRows(path=folder / "rows.npy")


def views(folder: Path) -> list[Rows]:
    held = HeldRows(WHOLE)
    shuffled = np.random.default_rng(2).permutation(50)
    return [
        held,
        stored(folder, WHOLE),
        HeldRows(WHOLE[np.argsort(shuffled)]).only(shuffled),
        HeldRows(WHOLE[:, :3]).beside(WHOLE[:, 3]),
        HeldRows(WHOLE[:20]).above(HeldRows(WHOLE[20:])),
    ]


def test_every_view_says_what_the_whole_says(tmp_path: Path) -> None:
    places = np.array([49, 3, 3, 20, 19, 0])
    for rows in views(tmp_path):
        assert (rows.shape, len(rows)) == ((50, 4), 50)
        assert np.array_equal(rows.whole(), WHOLE)
        assert np.array_equal(np.column_stack(list(rows.columns())), WHOLE)
        assert np.array_equal(rows.take(places), WHOLE[places])
        for begin, end in ((0, 7), (15, 25), (20, 30), (45, 60)):
            assert np.array_equal(rows.stretch(begin, end), WHOLE[begin:end])
        assert [len(part) for part in rows.stretches(20)] == [20, 20, 10]
        assert np.array_equal(rows.map(lambda part: part[:, 1]), WHOLE[:, 1])
    assert as_rows(rows) is rows
    assert HeldRows(WHOLE[:0]).map(lambda part: part[:, 1]).shape == (0,)


@pytest.mark.parametrize(
    ("odd", "seen"),
    [
        ((), (False, False)),
        ((np.nan,), (True, False)),
        ((np.inf,), (False, True)),
        ((np.nan, -np.inf), (True, True)),
    ],
)
def test_missing_and_infinite_values_are_found_in_any_column(
    tmp_path: Path, odd: tuple[float, ...], seen: tuple[bool, bool]
) -> None:
    values = np.full((10, 3), 1.7e308)
    for place, value in enumerate(odd):
        values[4 + place, 2 - place] = value
    for rows in (HeldRows(values), stored(tmp_path, values)):
        assert (rows.has_missing, rows.has_infinite) == seen


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_file_is_read_in_part_whatever_its_order(tmp_path: Path, order: str) -> None:
    rows = stored(tmp_path, WHOLE.astype(np.float32), order=order)
    assert rows.column(2).dtype == rows.take(np.array([1])).dtype == rows.stretch(0, 1).dtype == np.float64
    assert np.array_equal(rows.whole(), WHOLE.astype(np.float32))
    assert stored(tmp_path, WHOLE[:0]).whole().shape == (0, 4)


def test_features_of_a_run_folder_are_read_in_part_and_others_kept(tmp_path: Path) -> None:
    given = {"test.features": WHOLE, "test.scores": WHOLE[:, 0]}
    write_inputs(run_dir=tmp_path, inputs=CheckInputs(feature_names=("a", "b", "c", "d"), arrays=given))
    found = read_inputs(run_dir=tmp_path)
    assert np.array_equal(found.rows("test").column(1), WHOLE[:, 1])
    assert found.rows("test") is found.rows("test")
    assert np.array_equal(found.array("test.features"), WHOLE)
    assert found.arrays["test.scores"] is found.arrays["test.scores"]
    with (tmp_path / "arrays" / "test.features.npy").open("rb") as file:
        assert np.lib.format.read_magic(file) == (1, 0)
        assert np.lib.format.read_array_header_1_0(file)[1:] == (True, np.dtype("<f8"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no array"),
        lambda path: path.write_bytes(path.read_bytes()[:200]),
        lambda path: np.save(path, WHOLE[:, 0]),
        lambda path: np.save(path, WHOLE.astype("U5")),
    ],
    ids=["no array", "cut off", "one dimension", "words"],
)
def test_a_file_that_holds_no_table_of_numbers_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    given = {"test.features": WHOLE, "test.scores": WHOLE[:, 0]}
    write_inputs(run_dir=tmp_path, inputs=CheckInputs(feature_names=("a", "b", "c", "d"), arrays=given))
    spoil(tmp_path / "arrays" / "test.features.npy")
    for ask in (
        lambda: read_inputs(run_dir=tmp_path).rows("test"),
        lambda: read_inputs(run_dir=tmp_path).array("test.features"),
    ):
        with pytest.raises(UnusableInputError, match=r"test\.features is not an array of numbers"):
            ask()


def test_what_is_drawn_hangs_on_values_and_the_seed_and_not_on_the_order() -> None:
    shuffled = WHOLE[np.random.default_rng(3).permutation(50)]
    for seed in (1, 2):
        first, other = (sample_rows(rows=rows, size=10, seed=seed) for rows in (WHOLE, shuffled))
        assert np.array_equal(first, other)
        assert np.array_equal(
            WHOLE[mix_rows(rows=HeldRows(WHOLE), seed=seed)],
            shuffled[mix_rows(rows=HeldRows(shuffled), seed=seed)],
        )
    drawn = [set(pick_rows(rows=WHOLE, size=10, seed=seed).tolist()) for seed in range(200)]
    times = np.bincount([place for places in drawn for place in places], minlength=50)
    # 200 draws of 10 in 50: a row is drawn 40 times, with a standard deviation of 5.7.
    assert times.min() > 40 - 5 * 5.7
    assert times.max() < 40 + 5 * 5.7


def test_rows_that_hold_the_same_are_not_drawn_all_or_none() -> None:
    # Three kinds of rows; a draw of half must hold about half of each.
    values = np.repeat(np.eye(3), 400, axis=0)
    for seed in range(20):
        kinds = values[pick_rows(rows=values, size=600, seed=seed)].sum(axis=0)
        assert kinds.sum() == 600
        assert np.abs(kinds - 200).max() < 60


def test_a_ranking_does_not_hang_on_how_its_rows_are_parted() -> None:
    values = np.random.default_rng(4).normal(size=(1000, 6)) * np.array([3.0, 3.0, 1.0, 0.0, 2.0, 1e-6])
    whole = rank_importance(parts=[values], confidence=0.95)
    parted = rank_importance(
        parts=(values[begin : begin + 7] for begin in range(0, 1000, 7)), confidence=0.95
    )
    assert whole.rows == parted.rows == 1000
    assert np.allclose(whole.mean, np.abs(values).mean(axis=0), rtol=1e-12)
    spread = np.abs(values).std(axis=0, ddof=1) / 1000**0.5
    assert np.allclose(whole.upper - whole.mean, 1.959963984540054 * spread, rtol=1e-9)
    for name in ("mean", "lower", "upper"):
        assert np.allclose(getattr(whole, name), getattr(parted, name), rtol=1e-12, atol=1e-15)
    assert whole.first.tolist() == parted.first.tolist()
    assert whole.last.tolist() == parted.last.tolist()
