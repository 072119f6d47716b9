"""The data sets that came with a model: a manifest, and Parquet files read in a box."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from validation.sandbox.errors import BoxError
from validation.sandbox.limits import BoxLimits
from validation.sandbox.parse import ParsedTable, parse_table

MAX_DATASETS = 20
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEntry:
    """One entry of ``manifest.json``: claims of whoever logged it, but for the digest, which is checked."""

    name: str
    file: str
    sha256: str
    rows: int
    label: str
    features: tuple[str, ...]
    role: str
    how_made: str


def read_manifest(data: bytes) -> tuple[DatasetEntry, ...]:
    """Read ``datasets/manifest.json``. Raises ``BoxError`` ``DAT006`` naming what is wrong."""
    try:
        entries = json.loads(data)["datasets"]
        found = tuple(_entry(entry) for entry in entries)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _malformed(f"{type(error).__name__}: {str(error)[:100]}") from error
    if not 0 < len(found) <= MAX_DATASETS or len({entry.name for entry in found}) != len(found):
        raise _malformed(f"it must name 1 to {MAX_DATASETS} data sets, each once")
    return found


def load_dataset(*, folder: Path, entry: DatasetEntry, limits: BoxLimits | None = None) -> ParsedTable:
    """Read one data set of the manifest; bytes, rows and columns must be those that it names.

    Raises ``BoxError`` ``DAT001`` to ``DAT006``.
    """
    path = folder / entry.file
    if not path.is_file():
        raise _malformed(f"the file {entry.file!r} is not there")
    table = parse_table(path=path, sha256=entry.sha256, limits=limits)
    missing = [name for name in (*entry.features, entry.label) if name not in table.columns]
    if table.rows != entry.rows or missing:
        raise _malformed(f"{entry.name!r} has other rows or columns than it says")
    return table


def _entry(entry: Mapping[str, Any]) -> DatasetEntry:
    name, file, sha256 = str(entry["name"]), str(entry["file"]), str(entry["sha256"])
    if not PLAIN_NAME.fullmatch(name) or not PLAIN_NAME.fullmatch(file) or not SHA256.fullmatch(sha256):
        raise ValueError("a name or a digest is not plain")
    return DatasetEntry(
        name=name,
        file=file,
        sha256=sha256,
        rows=int(entry["rows"]),
        label=str(entry["label"]),
        features=tuple(str(feature) for feature in entry["features"]),
        role=str(entry.get("role", "")),
        how_made=str(entry.get("how_made", ""))[:1000],
    )


def _malformed(why: str) -> BoxError:
    return BoxError(
        "DAT006",
        f"the manifest of the data sets is refused: {why}",
        remedy="Write datasets/manifest.json as examples/credit_data.py does, and log it with the files.",
    )
