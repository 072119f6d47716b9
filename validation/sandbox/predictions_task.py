"""The predictions side of the box: read one CSV or Parquet file and send the columns asked for as raw arrays."""

import csv
import hashlib
import io
import math
from array import array
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from validation.sandbox.answers import Answers, RefusedError
from validation.sandbox.limits import BoxLimits

BATCH_ROWS = 65_536
LONGEST_CELL = 1_000
MOST_NAMES = 200
PARQUET_MAGIC = b"PAR1"
NUMBER, NAME, EITHER = "number", "name", "either"


class _Column:
    """One column as it fills: numbers as they are, names as their place in a list of names."""

    def __init__(self, *, meaning: str, name: str, kind: str) -> None:
        self.meaning, self.name, self.kind = meaning, name, kind
        self.values = array("d")
        self.places: dict[str, int] = {}

    def extend(self, cells: Sequence[str]) -> None:
        """Take cells of text, in bulk where every one of them is a plain number or a name."""
        if self.kind != NUMBER:
            known = {cell: self._place(cell.strip()) for cell in dict.fromkeys(cells)}
            self.values.extend(map(known.__getitem__, cells))
            return
        start = len(self.values)
        try:
            if "_" not in "".join(cells):
                self.values.extend(map(float, cells))
                return
        except ValueError:
            del self.values[start:]
        self.values.extend(_number(cell, self.name, row) for row, cell in enumerate(cells, start=start + 1))

    def _place(self, name: str) -> int:
        return self.places.setdefault(name, len(self.places))

    def names(self) -> list[str]:
        """Return the names in order; none where every one of them is a number, which then is the value."""
        found = list(self.places)
        if self.kind == EITHER and all(_is_number(name) for name in found if name):
            if found:
                numbers = [float(name) if name else math.nan for name in found]
                self.values = array("d", [numbers[int(place)] for place in self.values])
            return []
        if len(found) > MOST_NAMES:
            raise RefusedError(
                "PRD015",
                f"the column {self.name[:80]!r} holds {len(found):,} names; {MOST_NAMES} are allowed",
            )
        order = sorted(range(len(found)), key=found.__getitem__)
        rank = {place: new for new, place in enumerate(order)}
        if found:
            self.values = array("d", [rank[int(place)] for place in self.values])
        return [found[place] for place in order]


def run(config: Mapping[str, Any], channel: Answers, _layers: Collection[str], limits: BoxLimits) -> None:
    """Send each wanted column that the file has. Raises ``RefusedError``."""
    try:
        data = Path(str(config["data_file"])).read_bytes()
        _ensure_digest(data, config["sha256"])
        read = _read_parquet if data.startswith(PARQUET_MAGIC) else _read_csv
        columns = read(data, config["wanted"], limits)
        rows = len(columns[0].values)
        names = [column.names() for column in columns]
        channel.send({"event": "table", "rows": rows, "columns": [column.meaning for column in columns]})
        for column, own in zip(columns, names, strict=True):
            channel.send({"event": "column", "names": own}, memoryview(column.values).cast("B"))
        channel.send({"event": "end"})
    except (RefusedError, BrokenPipeError):
        raise
    except MemoryError as error:
        raise RefusedError("PRD013", "the file needs more memory than allowed") from error
    except UnicodeDecodeError as error:
        raise RefusedError("PRD010", "the file is neither Parquet nor text in UTF-8") from error
    except BaseException as error:
        raise RefusedError("PRD010", f"the file cannot be read: {type(error).__name__}") from error


def _ensure_digest(data: bytes, expected: object) -> None:
    if hashlib.sha256(data).hexdigest() != expected:
        raise RefusedError("DAT005", "the file's bytes are not those that were sent")


def _read_csv(data: bytes, wanted: Sequence[Mapping[str, Any]], limits: BoxLimits) -> list[_Column]:
    csv.field_size_limit(LONGEST_CELL)
    lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        columns = _choose(header, wanted)
        fills = [(column, header.index(column.name)) for column in columns]
        rows = 0
        while batch := list(islice(filter(None, lines), BATCH_ROWS)):
            _ensure_width(batch, len(header), rows)
            rows += len(batch)
            if rows > limits.rows:
                raise RefusedError("PRD013", f"more than {limits.rows:,} rows")
            for column, place in fills:
                column.extend([cells[place] for cells in batch])
    except csv.Error as error:
        raise RefusedError("PRD010", f"line {lines.line_num:,} is not CSV: {error}") from error
    return columns


def _ensure_width(batch: Sequence[Sequence[str]], width: int, before: int) -> None:
    for row, cells in enumerate(batch, start=before + 1):
        if len(cells) != width:
            raise RefusedError("PRD012", f"row {row:,} has {len(cells)} cells, the header {width}")


def _read_parquet(data: bytes, wanted: Sequence[Mapping[str, Any]], limits: BoxLimits) -> list[_Column]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    file = pq.ParquetFile(pa.BufferReader(data))
    if file.metadata.num_rows > limits.rows:
        raise RefusedError("PRD013", f"{file.metadata.num_rows:,} rows are more than {limits.rows:,}")
    columns = _choose(list(file.schema_arrow.names), wanted)
    kinds = {column.name: file.schema_arrow.field(column.name).type for column in columns}
    rows = 0
    for batch in file.iter_batches(
        batch_size=BATCH_ROWS, columns=[column.name for column in columns], use_threads=False
    ):
        rows += batch.num_rows
        if rows > limits.rows:
            raise RefusedError("PRD013", f"more than {limits.rows:,} rows")
        for column in columns:
            _take(column, batch.column(column.name), kinds[column.name])
    return columns


def _take(column: _Column, cells: Any, kind: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    """Add a batch of cells: numbers as doubles, everything else as text."""
    import pyarrow as pa

    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if is_number and column.kind != NAME:
        doubles = cells.cast("float64", safe=False).to_numpy(zero_copy_only=False)
        column.values.frombytes(doubles.astype("<f8").tobytes())
        return
    if column.kind == NUMBER and not pa.types.is_decimal(kind):
        raise RefusedError("PRD012", f"the column {column.name[:80]!r} holds {kind}, not numbers")
    column.extend([cell or "" for cell in cells.cast("string").to_pylist()])


def _choose(header: list[str], wanted: Sequence[Mapping[str, Any]]) -> list[_Column]:
    """Return the wanted columns that the header names. Raises when one that must be there is not."""
    shown = ", ".join(repr(name[:40]) for name in header[:20]) or "nothing"
    chosen = []
    for one in wanted:
        name, found = str(one["name"]), header.count(str(one["name"]))
        if found > 1 or (one["must"] and not found):
            what = "names twice" if found else "does not name"
            raise RefusedError(
                "PRD011",
                f"the first line {what} the column {name[:80]!r} for {one['meaning']}; it holds {shown}",
            )
        if found:
            chosen.append(_Column(meaning=str(one["meaning"]), name=name, kind=str(one["kind"])))
    return chosen


def _number(cell: str, column: str, row: int) -> float:
    text = cell.strip()
    if not text:
        return math.nan
    if _is_number(text):
        return float(text)
    raise RefusedError("PRD012", f"row {row:,}: the column {column[:80]!r} holds {cell[:40]!r}, not a number")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
