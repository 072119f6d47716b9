"""Reading data from outside in a confined process that can be killed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from registry.domain.predictions import COLUMNS, NEEDED, ROW_LIMIT
from validation.sandbox.limits import BoxLimits
from validation.sandbox.process import BoxProcess

MAX_DATA_ROWS = 2_000_000


@dataclass(frozen=True, kw_only=True)
class ParsedTable:
    """Columns as doubles, a missing value as NaN; the file's SHA-256; the layers in force.

    A column of words holds their places in ``categories``, where they stand in order.
    """

    columns: Mapping[str, NDArray[np.float64]]
    rows: int
    sha256: str
    layers: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def parse_table(
    *, path: Path, sha256: str | None = None, limits: BoxLimits | None = None, texts: Collection[str] = ()
) -> ParsedTable:
    """Read a Parquet file of numbers, of which the columns ``texts`` may hold words.

    Raises ``BoxError`` ``DAT001`` to ``DAT005``.
    """
    used = limits or BoxLimits(rows=MAX_DATA_ROWS)
    file = path.resolve()
    task = {"task": "data", "data_file": str(file), "sha256": sha256, "texts": list(texts)}
    process = BoxProcess(task=task, readable=[file], limits=used)
    try:
        table, _ = process.receive("table", within_s=used.load_s)
        rows, names = int(table["rows"]), [str(name) for name in table["columns"]]
        categories = {
            str(name): tuple(str(word) for word in words) for name, words in table["categories"].items()
        }
        columns = {}
        for name in names:
            _, data = process.receive("column", within_s=used.call_s, payload=8 * rows)
            columns[name] = np.frombuffer(data, dtype="<f8")
        process.receive("end", within_s=used.call_s)
        layers = tuple(str(layer) for layer in process.confined["layers"])
    finally:
        process.close()
    return ParsedTable(
        columns=columns,
        rows=rows,
        sha256=str(table["sha256"]),
        layers=layers,
        categories=categories,
    )


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
