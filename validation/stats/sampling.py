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


def draw_stratified(*, labels: FloatArray, size: int, seed: int) -> NDArray[np.intp]:
    """Return the places of at most ``size`` rows, rising, drawn within each class (labels 0 and 1).

    Classes keep their shares, but the rarer one is not cut below a fifth of ``size`` where it has as many.
    """
    if len(labels) <= size:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    ones, zeros = np.flatnonzero(labels == 1.0), np.flatnonzero(labels == 0.0)
    rarer, other = (ones, zeros) if len(ones) <= len(zeros) else (zeros, ones)
    few = min(len(rarer), max(round(size * len(rarer) / len(labels)), size // 5))
    drawn = (rng.choice(rarer, size=few, replace=False), rng.choice(other, size=size - few, replace=False))
    return np.sort(np.concatenate(drawn))


def deal_folds(*, labels: FloatArray, folds: int, seed: int) -> NDArray[np.intp]:
    """Return the fold of each row, from 0: each class is shuffled and dealt out in turn, so shares are even."""
    rng = np.random.default_rng(seed)
    fold = np.empty(len(labels), dtype=np.intp)
    for label in (0.0, 1.0):
        places = rng.permutation(np.flatnonzero(labels == label))
        fold[places] = np.arange(len(places)) % folds
    return fold
