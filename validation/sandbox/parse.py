"""Reading data from outside in a confined process that can be killed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from registry.domain.predictions import COLUMNS, NEEDED, ROW_LIMIT
from validation.domain.share import Advance, no_advance
from validation.sandbox.columns import ColumnWriter, StoredColumns
from validation.sandbox.limits import BoxLimits, limits_for_data
from validation.sandbox.process import BoxProcess
from validation.sandbox.table_head import TableHead, read_head

READ_IN_WORDS = "rows"


@dataclass(frozen=True, kw_only=True)
class ParsedTable:
    """Columns as doubles, a missing value as NaN; the file's SHA-256; the layers in force.

    The columns lie on disk and are mapped when they are read. A column of words
    holds their places in ``categories``, where they stand in order.
    """

    columns: StoredColumns
    rows: int
    sha256: str
    layers: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def parse_table(
    *,
    path: Path,
    sha256: str | None = None,
    limits: BoxLimits | None = None,
    texts: Collection[str] = (),
    folder: Path | None = None,
    advance: Advance = no_advance,
) -> ParsedTable:
    """Read a Parquet file of numbers, of which the columns ``texts`` may hold words.

    The table is written to a file without a name in ``folder`` (where temporary files lie, if none
    is given), which the disk gives back with the table. ``advance`` hears of the rows read.

    Raises ``BoxError`` ``DAT001`` to ``DAT005``, and ``OSError`` when the disk is full.
    """
    file = path.resolve()
    used = limits or limits_for_data(size=file.stat().st_size if file.is_file() else 0)
    task = {"task": "data", "data_file": str(file), "sha256": sha256, "texts": list(texts)}
    process = BoxProcess(task=task, readable=[file], limits=used)
    try:
        head, _ = process.receive("table", within_s=used.load_s)
        try:
            table = read_head(head=head, limits=used, sha256=sha256, texts=texts)
        except ValueError as error:
            raise process.refuse(str(error)) from error
        columns = _receive_rows(process, table, used, folder, advance)
        process.receive("end", within_s=used.call_s)
        layers = tuple(str(layer) for layer in process.confined["layers"])
    finally:
        process.close()
    return ParsedTable(
        columns=columns, rows=table.rows, sha256=table.sha256, layers=layers, categories=table.categories
    )


def _receive_rows(
    process: BoxProcess, table: TableHead, limits: BoxLimits, folder: Path | None, advance: Advance
) -> StoredColumns:
    """Write what was announced, frame by frame: each must have exactly the size of the rows that are next."""
    writer = ColumnWriter(folder=folder, names=table.names, rows=table.rows)
    width, most = len(table.names), limits.rows_at_once(columns=len(table.names))
    for begin in range(0, table.rows, most):
        count = min(most, table.rows - begin)
        _, data = process.receive("rows", within_s=limits.call_s, payload=8 * width * count)
        block = np.frombuffer(data, dtype="<f8").reshape(width, count)
        if not table.are_places(block):
            raise process.refuse("a place without a word")
        advance(writer.write(block), table.rows, READ_IN_WORDS)
    return writer.columns()


@dataclass(frozen=True, kw_only=True)
class ParsedPredictions:
    """The columns of a file of predictions by what they mean, and the names of those that hold names."""

    columns: Mapping[str, NDArray[np.float64]]
    names: Mapping[str, tuple[str, ...]]
    layers: tuple[str, ...]


_KINDS = {"sample": "name", "segment": "either", "vintage": "either"}


def parse_predictions(
    *, path: Path, sha256: str, columns: Mapping[str, str], limits: BoxLimits | None = None
) -> ParsedPredictions:
    """Read a CSV or Parquet file of scores and outcomes; ``columns`` name its columns by what they mean.

    A meaning without a name is read from the column that is called like it, if there is one. Raises
    ``BoxError`` ``PRD010`` to ``PRD015``, ``DAT004`` and ``DAT005``.
    """
    used = limits or BoxLimits(rows=ROW_LIMIT)
    file = path.resolve()
    task = {"task": "predictions", "data_file": str(file), "sha256": sha256, "wanted": _wanted(columns)}
    process = BoxProcess(task=task, readable=[file], limits=used)
    found, names = {}, {}
    try:
        table, _ = process.receive("table", within_s=used.load_s)
        rows = min(int(table["rows"]), used.rows)
        for meaning in (str(meaning) for meaning in table["columns"]):
            header, data = process.receive("column", within_s=used.call_s, payload=8 * rows)
            found[meaning] = np.frombuffer(data, dtype="<f8")
            names[meaning] = tuple(str(name) for name in header["names"])
        process.receive("end", within_s=used.call_s)
        layers = tuple(str(layer) for layer in process.confined["layers"])
    finally:
        process.close()
    return ParsedPredictions(columns=found, names=names, layers=layers)


def _wanted(columns: Mapping[str, str]) -> list[dict[str, object]]:
    """Return which columns to look for. A column that was named for one thing is not taken for another."""
    named = set(columns.values())
    return [
        {
            "meaning": meaning,
            "name": columns.get(meaning, meaning),
            "kind": _KINDS.get(meaning, "number"),
            "must": meaning in columns or meaning in NEEDED,
        }
        for meaning in COLUMNS
        if meaning in columns or meaning in NEEDED or meaning not in named
    ]
