"""Files of predictions read in the box: CSV and Parquet say the same, everything else is refused by name."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from validation.sandbox.errors import BoxError
from validation.sandbox.limits import BoxLimits
from validation.sandbox.parse import ParsedPredictions, parse_predictions

CSV = (
    "score,outcome,sample,segment,score_before\n"
    "0.25,0,test,south,0.3\n"
    '"0.5",1,train,"north, far",\n'
    "\n"
    "1e-3, 0 ,test,south,0\n"
)


def parse(folder: Path, content: bytes | str, **options: Any) -> ParsedPredictions:
    data = content.encode() if isinstance(content, str) else content
    path = folder / "file"
    path.write_bytes(data)
    options.setdefault("sha256", hashlib.sha256(data).hexdigest())
    return parse_predictions(path=path, columns=options.pop("columns", {}), **options)


def parquet(folder: Path, columns: dict[str, Any]) -> bytes:
    pq.write_table(pa.table(columns), folder / "made.parquet")
    return (folder / "made.parquet").read_bytes()


def same(first: ParsedPredictions, second: ParsedPredictions) -> None:
    assert first.names == second.names
    assert list(first.columns) == list(second.columns)
    for name, values in first.columns.items():
        np.testing.assert_array_equal(values, second.columns[name])


def test_csv_comes_back_as_numbers_and_names(tmp_path: Path) -> None:
    found = parse(tmp_path, CSV)
    assert {name: values.tolist() for name, values in found.columns.items() if name != "score_before"} == {
        "score": [0.25, 0.5, 0.001],
        "outcome": [0.0, 1.0, 0.0],
        "sample": [0.0, 1.0, 0.0],
        "segment": [1.0, 0.0, 1.0],
    }
    np.testing.assert_array_equal(found.columns["score_before"], [0.3, np.nan, 0.0])
    assert found.names == {
        "score": (),
        "outcome": (),
        "sample": ("test", "train"),
        "segment": ("north, far", "south"),
        "score_before": (),
    }
    assert "resource_limits" in found.layers


def test_parquet_says_the_same(tmp_path: Path) -> None:
    table = {
        "score_before": [0.3, None, 0.0],
        "note": ["not", "asked", "for"],
        "segment": pa.array(["south", "north, far", "south"]).dictionary_encode(),
        "sample": ["test", "train", "test"],
        "outcome": [False, True, False],
        "score": pa.array([0.25, 0.5, 0.001], pa.float64()),
    }
    same(parse(tmp_path, parquet(tmp_path, table)), parse(tmp_path, CSV))


def test_columns_are_found_under_the_names_that_the_sender_gave(tmp_path: Path) -> None:
    text = "\ufeffpd;x,bad,segment\n0.1,1,0.7\n"
    columns = {"score": "pd;x", "outcome": "bad", "score_before": "segment"}
    found = parse(tmp_path, text, columns=columns)
    assert {name: values.tolist() for name, values in found.columns.items()} == {
        "score": [0.1],
        "outcome": [1.0],
        "score_before": [0.7],
    }


def test_vintages_are_words_or_numbers_like_segments(tmp_path: Path) -> None:
    words = parse(
        tmp_path, "score,outcome,opened\n0.1,0,2024-Q2\n0.2,1,2024-Q1\n", columns={"vintage": "opened"}
    )
    assert (words.columns["vintage"].tolist(), words.names["vintage"]) == ([1.0, 0.0], ("2024-Q1", "2024-Q2"))
    numbers = parse(tmp_path, "score,outcome,vintage\n0.1,0,202401\n0.2,1,202402\n")
    assert (numbers.columns["vintage"].tolist(), numbers.names["vintage"]) == ([202401.0, 202402.0], ())


def test_segments_that_are_numbers_stay_numbers(tmp_path: Path) -> None:
    text = "score,outcome,segment\n0.1,0,30\n0.2,1,4.5\n0.2,1,\n"
    from_csv = parse(tmp_path, text)
    np.testing.assert_array_equal(from_csv.columns["segment"], [30.0, 4.5, np.nan])
    assert from_csv.names["segment"] == ()
    table = {"score": [0.1, 0.2, 0.2], "outcome": [0, 1, 1], "segment": [30.0, 4.5, None]}
    same(parse(tmp_path, parquet(tmp_path, table)), from_csv)


def test_a_file_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    assert parse(tmp_path, "score,outcome,sample,segment\n").columns["score"].tolist() == []
    empty = {"score": pa.array([], pa.float64()), "outcome": pa.array([], pa.int64())}
    assert parse(tmp_path, parquet(tmp_path, empty)).columns["outcome"].tolist() == []


NAMES = "score,outcome,segment\n" + "".join(f"0.1,0,town {n}\n" for n in range(201))
REFUSED: list[tuple[bytes | str, str, str]] = [
    (b"score,outcome\n\xff\xfe,1\n", "PRD010", "UTF-8"),
    (b"PAR1" + b"\xff" * 200 + b"PAR1", "PRD010", "cannot be read"),
    ('score,outcome\n"0.1,0\n', "PRD010", "line 2 is not CSV"),
    (f"score,outcome\n{'9' * 1001},0\n", "PRD010", "line 2 is not CSV"),
    ("", "PRD011", "it holds nothing"),
    ("0.1,0\n0.2,1\n", "PRD011", "does not name the column 'score' for score; it holds '0.1', '0'"),
    ("score;outcome\n0.1;0\n", "PRD011", "it holds 'score;outcome'"),
    ("score,bad\n0.1,0\n", "PRD011", "does not name the column 'outcome'"),
    ("score,outcome,score\n0.1,0,0.2\n", "PRD011", "names twice the column 'score'"),
    ("score,outcome\n0.1,0\n0.2\n", "PRD012", "row 2 has 1 cells, the header 2"),
    ("score,outcome\n0.1,0\nhigh,1\n", "PRD012", "row 2: the column 'score' holds 'high', not a number"),
    ("score,outcome\n1_0,1\n", "PRD012", "'1_0'"),
    (NAMES, "PRD015", "holds 201 names"),
]


@pytest.mark.parametrize(("content", "code", "says"), REFUSED)
def test_what_cannot_be_read_is_refused_by_name(
    tmp_path: Path, content: bytes | str, code: str, says: str
) -> None:
    with pytest.raises(BoxError, match=code) as refusal:
        parse(tmp_path, content)
    assert says in refusal.value.message
    assert refusal.value.remedy


def test_parquet_of_the_wrong_type_or_without_the_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BoxError, match="PRD012 the column 'score' holds string, not numbers"):
        parse(tmp_path, parquet(tmp_path, {"score": ["0.1"], "outcome": [1]}))
    with pytest.raises(BoxError, match="PRD011"):
        parse(tmp_path, parquet(tmp_path, {"score": [0.1]}))


def test_more_rows_than_allowed_other_bytes_and_reading_past_its_time_are_refused(tmp_path: Path) -> None:
    table = {"score": np.zeros(50_000), "outcome": np.zeros(50_000)}
    for content in (parquet(tmp_path, table), "score,outcome\n" + "0,0\n" * 11):
        with pytest.raises(BoxError, match="PRD013"):
            parse(tmp_path, content, limits=BoxLimits(rows=10))
    with pytest.raises(BoxError, match="DAT005"):
        parse(tmp_path, CSV, sha256="0" * 64)
    with pytest.raises(BoxError, match="DAT004"):
        parse(tmp_path, CSV, limits=BoxLimits(load_s=0.0))


def test_a_file_that_takes_the_memory_is_refused(tmp_path: Path) -> None:
    table = {
        "score": np.zeros(60_000),
        "outcome": np.zeros(60_000),
        "segment": pa.array(["x" * 60_000] * 60_000),
    }
    content = parquet(tmp_path, table)
    assert len(content) < 2**20
    with pytest.raises(BoxError, match=r"PRD013|DAT004"):
        parse(tmp_path, content, limits=BoxLimits(memory=1 * 2**30))
