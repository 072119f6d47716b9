"""The data side of the box: read one Parquet file by batches and send its columns as raw arrays."""

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validation.sandbox.answers import Answers, RefusedError
from validation.sandbox.limits import BoxLimits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyarrow.parquet import ParquetFile

BATCH_ROWS = 65_536
MAX_CATEGORIES = 1_000
MAX_NAMES = 2**19
"""How many words a column of text may hold, and how long they may be together as JSON."""


def run(config: Mapping[str, object], channel: Answers, _layers: Collection[str], limits: BoxLimits) -> None:
    """Send each column of the file: numbers as doubles, whole numbers too, a missing value as NaN.

    A column that the configuration names among ``texts`` may hold words: it is sent as the
    places of its words among all of them in order, and the words beside it. Raises ``RefusedError``.
    """
    path = Path(str(config["data_file"]))
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        expected = config.get("sha256")
        _ensure_digest(digest, expected)
        texts = config.get("texts")
        _send(path, digest, channel, limits, texts if isinstance(texts, list) else [])
    except (RefusedError, BrokenPipeError):
        raise
    except MemoryError as error:
        raise RefusedError("DAT002", "the data set needs more memory than allowed") from error
    except BaseException as error:
        raise RefusedError("DAT001", f"not a readable Parquet file: {type(error).__name__}") from error


def _ensure_digest(digest: str, expected: object) -> None:
    if expected is not None and digest != expected:
        raise RefusedError("DAT005", "the data set's bytes are not those that its manifest names")


def _send(path: Path, digest: str, channel: Answers, limits: BoxLimits, texts: Collection[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    file = pq.ParquetFile(path)
    rows, names = file.metadata.num_rows, list(file.schema_arrow.names)
    if rows > limits.rows or rows * len(names) * 8 > limits.payload:
        raise RefusedError("DAT002", f"{rows:,} rows of {len(names)} columns are more than allowed")
    if len(set(names)) != len(names):
        raise RefusedError("DAT001", "two columns have the same name")
    kinds = {field.name: field.type for field in file.schema_arrow}
    words = [name for name, kind in kinds.items() if name in texts and _is_text(pa.types, kind)]
    for name, kind in kinds.items():
        if name not in words and not _is_number(pa.types, kind):
            raise RefusedError("DAT003", f"the column {name[:80]!r} holds {kind}, not numbers")
    columns = _read(file, [name for name in names if name not in words], rows)
    categories = {}
    for name in words:
        categories[name], columns[name] = _read_words(file, name, rows)
    channel.send(
        {"event": "table", "rows": rows, "columns": names, "sha256": digest, "categories": categories}
    )
    for name in names:
        channel.send({"event": "column", "name": name}, columns[name].data)
    channel.send({"event": "end"})


def _is_number(types: Any, kind: object) -> bool:  # noqa: ANN401  pyarrow's module, imported in the box only
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def _is_text(types: Any, kind: Any) -> bool:  # noqa: ANN401
    inner = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(inner) or types.is_large_string(inner))


def _read_words(file: "ParquetFile", name: str, rows: int) -> tuple[list[str], "NDArray[Any]"]:
    """Return the words of a column in order, and the place of each row's word; NaN where there is none."""
    import numpy as np
    import pyarrow as pa

    places: dict[str, int] = {}
    codes = np.full(rows, np.nan, dtype="<f8")
    at = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=[name], use_threads=False):
        encoded = batch.column(0).cast(pa.large_string()).dictionary_encode()
        for word in encoded.dictionary.to_pylist():
            places.setdefault(word, len(places))
        if len(places) > MAX_CATEGORIES or at + batch.num_rows > rows:
            raise RefusedError("DAT002", f"the column {name[:80]!r} holds more than {MAX_CATEGORIES:,} words")
        here = np.array([places[word] for word in encoded.dictionary.to_pylist()], dtype="<f8")
        index = encoded.indices.to_numpy(zero_copy_only=False).astype("<f8")
        is_there = ~np.isnan(index)
        codes[at : at + batch.num_rows][is_there] = here[index[is_there].astype(np.int64)]
        at += batch.num_rows
    if at != rows or len(json.dumps(list(places))) > MAX_NAMES:
        raise RefusedError(
            "DAT002", f"the column {name[:80]!r} holds fewer rows, or longer words, than allowed"
        )
    ordered = sorted(places)
    rank = np.empty(len(ordered) + 1)
    rank[[places[word] for word in ordered]] = np.arange(len(ordered))
    is_there = ~np.isnan(codes)
    codes[is_there] = rank[codes[is_there].astype(np.int64)]
    return ordered, codes


def _read(file: "ParquetFile", names: list[str], rows: int) -> dict[str, Any]:
    import numpy as np

    columns = {name: np.empty(rows, dtype="<f8") for name in names}
    at = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names, use_threads=False):
        if at + batch.num_rows > rows:
            raise RefusedError("DAT001", "the file holds more rows than its footer says")
        for name, column in zip(names, batch.columns, strict=True):
            columns[name][at : at + batch.num_rows] = column.cast("float64", safe=False).to_numpy(
                zero_copy_only=False
            )
        at += batch.num_rows
    if at != rows:
        raise RefusedError("DAT001", "the file holds fewer rows than its footer says")
    return columns
