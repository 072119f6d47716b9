"""The data side of the box: read one Parquet file by batches and send its columns as raw arrays."""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validation.sandbox.answers import Answers, RefusedError
from validation.sandbox.limits import BoxLimits

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

BATCH_ROWS = 65_536


def run(config: Mapping[str, object], channel: Answers, _layers: Collection[str], limits: BoxLimits) -> None:
    """Send each column of the file: numbers as doubles, whole numbers too. Raises ``RefusedError``."""
    path = Path(str(config["data_file"]))
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        expected = config.get("sha256")
        _ensure_digest(digest, expected)
        _send(path, digest, channel, limits)
    except (RefusedError, BrokenPipeError):
        raise
    except MemoryError as error:
        raise RefusedError("DAT002", "the data set needs more memory than allowed") from error
    except BaseException as error:
        raise RefusedError("DAT001", f"not a readable Parquet file: {type(error).__name__}") from error


def _ensure_digest(digest: str, expected: object) -> None:
    if expected is not None and digest != expected:
        raise RefusedError("DAT005", "the data set's bytes are not those that its manifest names")


def _send(path: Path, digest: str, channel: Answers, limits: BoxLimits) -> None:
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
    for field in file.schema_arrow:
        if not (
            pa.types.is_integer(field.type)
            or pa.types.is_floating(field.type)
            or pa.types.is_boolean(field.type)
        ):
            raise RefusedError("DAT003", f"the column {field.name[:80]!r} holds {field.type}, not numbers")
    columns = _read(file, names, rows)
    channel.send({"event": "table", "rows": rows, "columns": names, "sha256": digest})
    for name in names:
        channel.send({"event": "column", "name": name}, columns[name].data)
    channel.send({"event": "end"})


def _read(file: "ParquetFile", names: list[str], rows: int) -> dict[str, Any]:
    import numpy as np

    columns = {name: np.empty(rows, dtype="<f8") for name in names}
    at = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
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
