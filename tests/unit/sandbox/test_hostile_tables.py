"""A box for data that was taken over: whatever it sends, the reader outside gets the table announced, or nothing."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from validation.sandbox import process
from validation.sandbox.errors import BoxError
from validation.sandbox.limits import BoxLimits
from validation.sandbox.parse import ParsedTable, parse_table
from validation.sandbox.protocol import HEAD, MAGIC, encode

LIMITS = BoxLimits(rows=1_000, table=2**16, frame=64, load_s=10.0, call_s=10.0)
"""Four rows of two columns a frame."""
DIGEST = "ab" * 32
TABLE: Mapping[str, Any] = {
    "event": "table",
    "rows": 10,
    "columns": ["x", "region"],
    "sha256": DIGEST,
    "categories": {"region": ["north", "south"]},
}
CONFINED = encode({"event": "confined", "layers": ["resource_limits"], "pid": 1})
END = encode({"event": "end"})


def frame(header: Mapping[str, Any], payload: bytes = b"") -> bytes:
    return encode(header, len(payload)) + payload


def rows(count: int, *, x: float = 0.5, region: float = 1.0) -> bytes:
    return frame({"event": "rows"}, struct.pack(f"<{2 * count}d", *[x] * count, *[region] * count))


def table(**changes: Any) -> bytes:
    return frame({**TABLE, **changes})


HONEST = [CONFINED, table(), rows(4), rows(4, x=2.0, region=float("nan")), rows(2, region=0.0), END]


@pytest.fixture(autouse=True)
def taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SUPERVISOR", Path(__file__).with_name("hostile_supervisor.py"))


def parse(folder: Path, frames: list[bytes], *, limits: BoxLimits = LIMITS) -> ParsedTable:
    path = folder / "data"
    path.write_bytes(b"".join(frames))
    return parse_table(path=path, sha256=DIGEST, limits=limits, texts=["region"], folder=folder)


def test_frames_in_order_are_the_table_and_no_file_is_left(tmp_path: Path) -> None:
    found = parse(tmp_path, HONEST)
    assert (found.rows, found.categories) == (10, {"region": ("north", "south")})
    assert found.columns["x"].tolist() == [0.5] * 4 + [2.0] * 4 + [0.5] * 2
    np.testing.assert_array_equal(found.columns["region"], [1.0] * 4 + [np.nan] * 4 + [0.0] * 2)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_what_follows_the_end_is_never_read(tmp_path: Path) -> None:
    for more in (END, rows(4), b"garbage"):
        assert parse(tmp_path, [*HONEST, more]).rows == 10


WRONG: dict[str, list[bytes]] = {
    "rows before the table": [CONFINED, rows(4), table(), rows(4), rows(2), END],
    "no table": [CONFINED, END],
    "two tables": [CONFINED, table(), table(), rows(4), rows(4), rows(2), END],
    "eleven rows for ten, in the last frame": [CONFINED, table(), rows(4), rows(4), rows(3), END],
    "eleven rows for ten, in one frame more": [*HONEST[:-1], rows(1), END],
    "an end too early": [CONFINED, table(), rows(4), rows(4), END],
    "an end twice, in place of rows": [CONFINED, table(), rows(4), END, END],
    "frames of another size": [CONFINED, table(), rows(2), rows(4), rows(4), END],
    "rows without numbers": [CONFINED, table(), frame({"event": "rows"}), rows(4), rows(2), END],
    "bytes that are no whole numbers": [CONFINED, table(), frame({"event": "rows"}, b"x" * 63)],
    "another event": [CONFINED, table(), frame({"event": "column"}, b"x" * 64), rows(4), rows(2), END],
    "no event": [CONFINED, table(), frame({}, b"x" * 64), rows(4), rows(2), END],
    "a payload beside the table": [CONFINED, frame(TABLE, b"x" * 64), rows(4), rows(4), rows(2), END],
    "a payload beside the end": [*HONEST[:-1], frame({"event": "end"}, b"x")],
    "a payload of 16 EiB": [CONFINED, table(), HEAD.pack(MAGIC, 2, 2**64 - 1) + b"{}" + b"x" * 64],
    "a header of 4 GiB": [CONFINED, table(), HEAD.pack(MAGIC, 2**32 - 1, 64) + b"x" * 64],
    "a header that is no JSON": [CONFINED, table(), HEAD.pack(MAGIC, 2, 64) + b"{{" + b"x" * 64],
    "a header that is no object": [CONFINED, table(), HEAD.pack(MAGIC, 3, 64) + b"NaN" + b"x" * 64],
    "no frame": [CONFINED, table(), b"garbage" * 20],
    "the end of the pipe within a frame": [CONFINED, table(), rows(4)[:-1]],
    "the end of the pipe between frames": [CONFINED, table(), rows(4)],
    "silence": [CONFINED, table(), rows(4), b"hang"],
    "a place beyond the words": [CONFINED, table(), rows(4, region=2.0), rows(4), rows(2), END],
    "a place before the words": [CONFINED, table(), rows(4, region=-1.0), rows(4), rows(2), END],
    "half a place": [CONFINED, table(), rows(4, region=0.5), rows(4), rows(2), END],
    "an endless place": [CONFINED, table(), rows(4, region=float("inf")), rows(4), rows(2), END],
}


@pytest.mark.parametrize("frames", WRONG.values(), ids=WRONG)
def test_anything_else_than_the_rows_announced_is_refused(tmp_path: Path, frames: list[bytes]) -> None:
    limits = BoxLimits(rows=1_000, table=2**16, frame=64, load_s=1.0, call_s=1.0)
    with pytest.raises(BoxError) as refused:
        parse(tmp_path, frames, limits=limits)
    assert refused.value.code == "DAT004"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def raw(**changes: str) -> bytes:
    """Return a table whose values are spelled as given, JSON or not."""
    cells = {key: json.dumps(value) for key, value in TABLE.items()} | changes
    text = "{" + ", ".join(f'"{key}": {cell}' for key, cell in cells.items()) + "}"
    return HEAD.pack(MAGIC, len(text), 0) + text.encode()


HEADS: dict[str, bytes] = {
    "NaN rows": raw(rows="NaN"),
    "endless rows": raw(rows="Infinity"),
    "rows as text": raw(rows='"10"'),
    "rows as a fraction": raw(rows="10.0"),
    "rows as truth": raw(rows="true"),
    "fewer rows than none": raw(rows="-1"),
    "more rows than allowed": raw(rows="1001"),
    "a number of a million digits": raw(rows="9" * 100_000),
    "more bytes than allowed": table(rows=1_000, columns=[f"x{place}" for place in range(9)], categories={}),
    "no columns": table(columns=[], categories={}),
    "a column twice": table(columns=["x", "x"], categories={}),
    "columns as text": table(columns="xy", categories={}),
    "columns that are numbers": table(columns=[1, 2], categories={}),
    "another digest": table(sha256="cd" * 32),
    "a digest that is none": table(sha256=7),
    "words of a column that is not there": table(categories={"area": ["north"]}),
    "words of a column of numbers": table(categories={"x": ["north"]}),
    "words as a list": table(categories=[]),
    "words that are numbers": table(categories={"region": [1, 2]}),
    "words out of order": table(categories={"region": ["south", "north"]}),
    "a word twice": table(categories={"region": ["north", "north"]}),
    "too many words": table(categories={"region": [f"{place:04}" for place in range(1_001)]}),
    "nothing but the event": frame({"event": "table"}),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_table_that_cannot_be_is_refused_before_its_rows(tmp_path: Path, head: bytes) -> None:
    with pytest.raises(BoxError) as refused:
        parse(tmp_path, [CONFINED, head, *HONEST[2:]])
    assert refused.value.code == "DAT004"


def test_an_error_after_rows_keeps_its_code(tmp_path: Path) -> None:
    error = frame({"event": "error", "code": "DAT001", "reason": "the file holds fewer rows"})
    with pytest.raises(BoxError, match="DAT001 the file holds fewer rows"):
        parse(tmp_path, [CONFINED, table(), rows(4), error])


def test_an_unknown_code_is_not_passed_on(tmp_path: Path) -> None:
    error = frame({"event": "error", "code": "ADM001", "reason": "you are an administrator"})
    with pytest.raises(BoxError, match="BOX004"):
        parse(tmp_path, [CONFINED, table(), rows(4), error])
