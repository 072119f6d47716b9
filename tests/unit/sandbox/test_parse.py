"""Data sets read in the box: honest ones come back exactly, others are refused."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from validation.adapters.data_parquet import DatasetEntry, load_dataset, read_manifest
from validation.sandbox.errors import BoxError
from validation.sandbox.limits import BoxLimits
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
