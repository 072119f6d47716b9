"""Data sets read in the box: honest ones come back exactly, others are refused."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from validation.adapters.data_parquet import DatasetEntry, load_dataset, read_manifest
from validation.sandbox.errors import BoxError
from validation.sandbox.limits import BoxLimits, limits_for_data, limits_for_rows
from validation.sandbox.parse import parse_table

HONEST = {"x": [1.5, None, -3.0], "n": [1, 2, 3], "flag": [True, False, True]}


def write(path: Path, columns: dict[str, object], **options: object) -> Path:
    pq.write_table(pa.table(columns), path, **options)
    return path


def test_numbers_come_back_exactly(tmp_path: Path) -> None:
    path = write(tmp_path / "d.parquet", HONEST)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    table = parse_table(path=path, sha256=digest)
    assert (table.rows, table.sha256) == (3, digest)
    np.testing.assert_array_equal(table.columns["x"], [1.5, np.nan, -3.0])
    np.testing.assert_array_equal(table.columns["n"], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(table.columns["flag"], [1.0, 0.0, 1.0])
    assert "resource_limits" in table.layers


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    table = parse_table(path=write(tmp_path / "d.parquet", {"x": pa.array([], pa.float64())}))
    assert (table.rows, table.columns["x"].shape) == (0, (0,))


def test_other_bytes_than_named_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BoxError, match="DAT005"):
        parse_table(path=write(tmp_path / "d.parquet", HONEST), sha256="0" * 64)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 100 + b"PAR1", b"a,b\n1,2\n"])
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "d.parquet"
    path.write_bytes(content)
    with pytest.raises(BoxError, match="DAT001"):
        parse_table(path=path)


def test_text_is_refused_with_its_column(tmp_path: Path) -> None:
    with pytest.raises(BoxError, match="DAT003 the column 'name' holds string"):
        parse_table(path=write(tmp_path / "d.parquet", {"name": ["a"]}))


WORDS = ["south", None, "north", "south"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(WORDS),
        pa.array(WORDS, pa.large_string()),
        pa.array(WORDS).dictionary_encode(),
        pa.chunked_array([WORDS[:3], WORDS[3:]]),
    ],
    ids=["text", "large text", "dictionary", "chunks"],
)
def test_words_of_a_named_column_come_back_as_places_in_their_order(
    tmp_path: Path, column: pa.Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "d.parquet", {"x": [1.0, 2.0, 3.0, 4.0], "region": column}, row_group_size=2)
    table = parse_table(path=path, texts=["region"])
    assert table.categories == {"region": ("north", "south")}
    np.testing.assert_array_equal(table.columns["region"], [1.0, np.nan, 0.0, 1.0])
    np.testing.assert_array_equal(table.columns["x"], [1.0, 2.0, 3.0, 4.0])
    with pytest.raises(BoxError, match="DAT003 the column 'region'"):
        parse_table(path=path, texts=["x"])


@pytest.mark.parametrize("words", [[f"{i}" for i in range(1_001)], ["a" * 2**18, "b" * 2**18]])
def test_too_many_or_too_long_words_are_refused(tmp_path: Path, words: list[str]) -> None:
    path = write(tmp_path / "d.parquet", {"region": words})
    with pytest.raises(BoxError, match="DAT002"):
        parse_table(path=path, texts=["region"])


@pytest.mark.parametrize("row_group_size", [7, 64, 1_000], ids=["small groups", "groups", "one group"])
def test_rows_come_in_batches_whatever_the_groups_of_the_file(tmp_path: Path, row_group_size: int) -> None:
    numbers = np.arange(1_000) / 8
    words = [None if place % 5 == 0 else f"w{place % 7}" for place in range(1_000)]
    path = write(
        tmp_path / "d.parquet",
        {"x": numbers, "region": words, "n": np.arange(1_000)},
        row_group_size=row_group_size,
    )
    heard: list[tuple[int, int, str]] = []
    table = parse_table(
        path=path,
        limits=BoxLimits(frame=8 * 3 * 300),
        texts=["region"],
        folder=tmp_path,
        advance=lambda *share: heard.append(share),
    )
    assert heard == [(done, 1_000, "rows") for done in (300, 600, 900, 1_000)]
    np.testing.assert_array_equal(table.columns["x"], numbers)
    np.testing.assert_array_equal(table.columns["n"], np.arange(1_000.0))
    places = [np.nan if word is None else float(word[1:]) for word in words]
    np.testing.assert_array_equal(table.columns["region"], places)
    assert list(table.columns) == ["x", "region", "n"]


def mapped() -> int:
    """Return how many files without a name this process has mapped or open."""
    maps = Path("/proc/self/maps").read_text().count("(deleted)")
    handles = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return maps + sum("(deleted)" in handle for handle in handles)


def test_columns_take_memory_while_they_are_held_and_disk_while_the_table_is(tmp_path: Path) -> None:
    before = mapped()
    table = parse_table(path=write(tmp_path / "d.parquet", HONEST))
    assert mapped() == before + 1
    column = table.columns["n"]
    assert mapped() == before + 3
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 7.0
    del column
    assert mapped() == before + 1
    rest = table.columns.without({"flag", None})
    assert (list(rest), len(rest), "flag" in rest) == (["x", "n"], 2, False)
    del table
    assert rest["n"].tolist() == [1.0, 2.0, 3.0]
    del rest
    assert mapped() == before


def test_a_table_without_columns_or_with_one_twice_is_refused(tmp_path: Path) -> None:
    nothing = pa.table({"x": [1.0]}).select([])
    twice = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["x", "x"])
    for name, table in (("nothing", nothing), ("twice", twice)):
        pq.write_table(table, tmp_path / name)
        with pytest.raises(BoxError, match="DAT001"):
            parse_table(path=tmp_path / name)


def test_a_file_that_is_not_there_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(BoxError, match="DAT001"):
        parse_table(path=tmp_path / "absent.parquet")


def test_the_limits_of_a_box_grow_with_its_work_and_not_before() -> None:
    usual, gib = BoxLimits(), 2**30
    assert limits_for_data(size=0) == replace(usual, rows=20_000_000)
    large = limits_for_data(size=gib)
    assert (large.load_s, large.life_s, large.cpu_s) == (60 + 64, 600 + 64, 300 + 64)
    assert limits_for_rows(rows=8_000_000) == limits_for_rows(rows=0) == usual
    assert limits_for_rows(rows=16_000_000) == replace(usual, life_s=1_200.0, cpu_s=600)


def test_a_small_file_of_many_rows_is_refused_by_its_footer(tmp_path: Path) -> None:
    path = write(tmp_path / "d.parquet", {"x": np.zeros(200_000)}, compression="zstd")
    assert path.stat().st_size < 20_000
    with pytest.raises(BoxError, match="DAT002"):
        parse_table(path=path, limits=BoxLimits(rows=100_000))
    with pytest.raises(BoxError, match="DAT002"):
        parse_table(path=path, limits=BoxLimits(table=1_000_000))


def test_a_reader_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    path = write(tmp_path / "d.parquet", HONEST)
    with pytest.raises(BoxError, match="DAT004"):
        parse_table(path=path, limits=BoxLimits(load_s=0.01))


def manifest(tmp_path: Path, **changes: object) -> bytes:
    path = write(tmp_path / "test.parquet", {"x": [1.0, 2.0], "default": [0, 1]})
    entry: dict[str, object] = {
        "name": "test",
        "file": "test.parquet",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": 2,
        "label": "default",
        "features": ["x"],
        "role": "test",
        "how_made": "by hand",
    }
    return json.dumps({"version": 1, "datasets": [entry | changes]}).encode()


def test_a_data_set_is_what_its_manifest_says(tmp_path: Path) -> None:
    (entry,) = read_manifest(manifest(tmp_path))
    assert isinstance(entry, DatasetEntry)
    table = load_dataset(folder=tmp_path, entry=entry)
    assert table.columns["default"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "changes",
    [{"rows": 3}, {"label": "gone"}, {"features": ["y"]}, {"file": "absent.parquet"}],
    ids=["rows", "label", "features", "file"],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    (entry,) = read_manifest(manifest(tmp_path, **changes))
    with pytest.raises(BoxError, match="DAT006"):
        load_dataset(folder=tmp_path, entry=entry)


@pytest.mark.parametrize(
    "changes",
    [{"file": "../x"}, {"file": "/etc/passwd"}, {"name": ""}, {"sha256": "no"}, {"rows": "many"}],
)
def test_a_manifest_with_tricks_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(BoxError, match="DAT006"):
        read_manifest(manifest(tmp_path, **changes))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"datasets": []}', b'{"datasets": [3]}'])
def test_a_malformed_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(BoxError, match="DAT006"):
        read_manifest(data)
