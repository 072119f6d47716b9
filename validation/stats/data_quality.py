"""What is missing, constant, repeated or out of range in a table of numbers; NaN is a missing value."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from validation.domain.inputs import FloatArray

# Two different rows share a digest of this size by chance once in 10 ** 26 for a million rows.
_DIGEST_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Columns:
    """For each column: rows missing, rows outside the training range, whether only one value occurs.

    A value missing in every row counts as one value.
    """

    missing: FloatArray
    outside: FloatArray
    is_constant: tuple[bool, ...]


@dataclass(frozen=True, kw_only=True)
class RowCounts:
    """Rows outside the training range in any column, rows that repeat an earlier row, rows found in training."""

    outside: int
    repeated: int
    seen_in_training: int


def examine(*, rows: FloatArray, training: FloatArray) -> tuple[Columns, RowCounts]:
    """Return the figures by column and by row of a sample against the training sample, neither empty."""
    is_missing = np.isnan(rows)
    low, high = (end(training, axis=0) for end in (np.fmin.reduce, np.fmax.reduce))
    # Where training holds no value its range is not a number, and no value lies inside it.
    is_outside = ~is_missing & ~((rows >= low) & (rows <= high))
    missing = is_missing.sum(axis=0)
    is_flat = np.fmin.reduce(rows, axis=0) == np.fmax.reduce(rows, axis=0)
    is_constant = (is_flat & (missing == 0)) | (missing == len(rows))
    known, own = set(_digests(training)), _digests(rows)
    return (
        Columns(
            missing=missing.astype(np.float64),
            outside=is_outside.sum(axis=0).astype(np.float64),
            is_constant=tuple(is_constant.tolist()),
        ),
        RowCounts(
            outside=int(is_outside.any(axis=1).sum()),
            repeated=len(own) - len(set(own)),
            seen_in_training=sum(one in known for one in own),
        ),
    )


def _digests(rows: FloatArray) -> list[bytes]:
    # Adding zero makes the negative zero positive; every missing value gets the same bits.
    plain = np.ascontiguousarray(np.where(np.isnan(rows), np.nan, rows + 0.0))
    return [blake2b(row, digest_size=_DIGEST_BYTES).digest() for row in plain]
