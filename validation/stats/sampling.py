"""Sub-samples that do not depend on the order in which rows arrive."""

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray

# A multiplier that spreads a change of any bit over the upper half of the word (Steele and others 2014).
_ODD = np.uint64(0xBF58476D1CE4E5B9)


def sample_rows(*, rows: FloatArray, size: int, seed: int) -> FloatArray:
    """Return at most ``size`` rows without replacement, in the order of their values."""
    ordered = rows[np.lexsort(rows.T[::-1])]
    if len(ordered) <= size:
        return ordered
    picked = np.random.default_rng(seed).choice(len(ordered), size=size, replace=False)
    return ordered[np.sort(picked)]


def pick_rows(*, rows: FloatArray, size: int, seed: int) -> NDArray[np.intp]:
    """Return the places of at most ``size`` rows, chosen by what the rows hold and not by where they stand."""
    if len(rows) <= size:
        return np.arange(len(rows))
    bits = np.ascontiguousarray(rows, dtype=np.float64).view(np.uint64)
    marks = np.full(len(rows), np.uint64(seed) | np.uint64(1), dtype=np.uint64)
    for column in bits.T:
        marks ^= column
        marks *= _ODD
        marks ^= marks >> np.uint64(29)
    return np.argpartition(marks, size)[:size]
