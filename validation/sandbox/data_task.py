"""The data side of the box: read one Parquet file by batches of rows and send them as raw arrays, never whole."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validation.sandbox.answers import Answers, RefusedError
from validation.sandbox.limits import BoxLimits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyarrow.parquet import ParquetFile

READ_AT_ONCE = 2**20
"""Bytes of one column that wait to be decoded: without it a group of rows would be read whole. Reading ahead
(``pre_buffer``) is switched off too, for it keeps all that was read."""
WORDS_AT_ONCE = 65_536
MAX_CATEGORIES = 1_000
MAX_NAMES = 2**19
"""How many words a column of text may hold, and how long they may be together as JSON."""


def run(config: Mapping[str, object], channel: Answers, _layers: Collection[str], limits: BoxLimits) -> None:
    """Send all rows of the file in batches: numbers as doubles, whole numbers too, a missing value as NaN.

    A column that the configuration names among ``texts`` may hold words: it is sent as the
    places of its words among all of them in order, which the table's head names. Raises ``RefusedError``.
    """
    path = Path(str(config["data_file"]))
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        _ensure_digest(digest, config.get("sha256"))
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
    file = pq.ParquetFile(path, buffer_size=READ_AT_ONCE, pre_buffer=False)
    rows, names = file.metadata.num_rows, list(file.schema_arrow.names)
    _ensure_allowed(rows, names, limits)
    kinds = {field.name: field.type for field in file.schema_arrow}
    worded = [name for name, kind in kinds.items() if name in texts and _is_text(pa.types, kind)]
    for name, kind in kinds.items():
        if name not in worded and not _is_number(pa.types, kind):
            raise RefusedError("DAT003", f"the column {name[:80]!r} holds {kind}, not numbers")
    categories = {name: _words(file, name) for name in worded}
    channel.send(
        {"event": "table", "rows": rows, "columns": names, "sha256": digest, "categories": categories}
    )
    for block in _blocks(file, names, categories, limits.rows_at_once(columns=len(names))):
        channel.send({"event": "rows"}, block.data)
    channel.send({"event": "end"})


def _ensure_allowed(rows: int, names: list[str], limits: BoxLimits) -> None:
    if rows > limits.rows or rows * len(names) * 8 > limits.table:
        raise RefusedError("DAT002", f"{rows:,} rows of {len(names)} columns are more than allowed")
    if not names:
        raise RefusedError("DAT001", "it has no columns")
    if len(set(names)) != len(names):
        raise RefusedError("DAT001", "two columns have the same name")


def _is_number(types: Any, kind: object) -> bool:  # noqa: ANN401  pyarrow's module, imported in the box only
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def _is_text(types: Any, kind: Any) -> bool:  # noqa: ANN401
    inner = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(inner) or types.is_large_string(inner))


def _words(file: "ParquetFile", name: str) -> list[str]:
    """Return the words of a column in order. They are looked for first, so that rows need not be kept for them."""
    words: set[str] = set()
    for batch in file.iter_batches(batch_size=WORDS_AT_ONCE, columns=[name], use_threads=False):
        words.update(_encoded(batch.column(0)).dictionary.to_pylist())
        if len(words) > MAX_CATEGORIES:
            raise RefusedError("DAT002", f"the column {name[:80]!r} holds more than {MAX_CATEGORIES:,} words")
    if len(json.dumps(list(words))) > MAX_NAMES:
        raise RefusedError("DAT002", f"the column {name[:80]!r} holds longer words than allowed")
    return sorted(words)


def _blocks(
    file: "ParquetFile", names: list[str], categories: Mapping[str, list[str]], most: int
) -> Iterator["NDArray[Any]"]:
    """Yield ``most`` rows at a time, the last time what is left: one line of doubles for each column.

    The array is filled anew for each.
    """
    import numpy as np

    rows = file.metadata.num_rows
    places = {name: {word: place for place, word in enumerate(words)} for name, words in categories.items()}
    block, filled, sent = np.empty((len(names), min(most, rows)), dtype="<f8"), 0, 0
    for batch in file.iter_batches(batch_size=most, use_threads=False):
        if sent + filled + batch.num_rows > rows:
            raise RefusedError("DAT001", "the file holds more rows than its footer says")
        part = batch
        while part.num_rows:
            taken = min(part.num_rows, most - filled)
            for line, name, column in zip(block, names, part.slice(0, taken).columns, strict=True):
                line[filled : filled + taken] = _doubles(column, places.get(name))
            filled, part = filled + taken, part.slice(taken)
            if filled == most:
                yield block
                filled, sent = 0, sent + most
    if sent + filled != rows:
        raise RefusedError("DAT001", "the file holds fewer rows than its footer says")
    if filled:
        yield np.ascontiguousarray(block[:, :filled])


def _doubles(column: Any, places: Mapping[str, int] | None) -> "NDArray[Any]":  # noqa: ANN401
    """Return the numbers of a column, or the places of its words; NaN where there is none."""
    import numpy as np

    if places is None:
        numbers: NDArray[Any] = column.cast("float64", safe=False).to_numpy(zero_copy_only=False)
        return numbers
    encoded = _encoded(column)
    here = np.array([*(places[word] for word in encoded.dictionary.to_pylist()), np.nan])
    found: NDArray[Any] = here[encoded.indices.fill_null(len(here) - 1).to_numpy(zero_copy_only=False)]
    return found


def _encoded(column: Any) -> Any:  # noqa: ANN401
    import pyarrow as pa

    return column.cast(pa.large_string()).dictionary_encode()
