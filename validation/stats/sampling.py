"""Sub-samples that do not depend on the order in which rows arrive."""

import numpy as np
from numpy.typing import NDArray

from validation.domain.rows import FloatArray, Places, Rows, as_rows

# A multiplier that spreads a change of any bit over the upper half of the word (Steele and others 2014).
_ODD = np.uint64(0xBF58476D1CE4E5B9)


# Rows looked at together, so that passing from column to column stays within the processor's cache.
_STRETCH = 2_048


def sample_rows(*, rows: Rows | FloatArray, size: int, seed: int) -> FloatArray:
    """Return at most ``size`` rows without replacement, in the order of their values."""
    given = as_rows(rows)
    found = given.take(pick_rows(rows=given, size=size, seed=seed))
    return found[rising_order(found)]


def rising_order(rows: FloatArray) -> NDArray[np.intp]:
    """Return the places of rows by their first column, among equals by the second, and so on; NaN comes last.

    Only rows that no column has told apart yet are looked at again.
    """
    order = np.argsort(rows[:, 0], kind="stable")
    # Whether the row at a place is equal so far to the one before it; the first has none before.
    is_equal = np.concatenate([[False], _equals_last(rows[order, 0])])[: len(rows)]
    for column in range(1, rows.shape[1]):
        follows = np.flatnonzero(is_equal)
        if not len(follows):
            break
        places = np.union1d(follows - 1, follows)
        group = np.cumsum(~is_equal)[places]
        values = rows[order[places], column]
        inner = np.lexsort((values, group))
        order[places] = order[places[inner]]
        is_equal[places[1:]] &= _equals_last(values[inner])
    return order


def _equals_last(values: FloatArray) -> NDArray[np.bool_]:
    """Return for each value but the first whether it is the one before it."""
    is_missing = np.isnan(values)
    return np.asarray((values[1:] == values[:-1]) | (is_missing[1:] & is_missing[:-1]))


def pick_rows(*, rows: Rows | FloatArray, size: int, seed: int) -> Places:
    """Return the places of at most ``size`` rows, chosen by what the rows hold and not by where they stand."""
    given = as_rows(rows)
    if len(given) <= size:
        return np.arange(len(given))
    return np.sort(mix_rows(rows=given, seed=seed)[:size])


def mix_rows(*, rows: Rows, seed: int) -> Places:
    """Return the places of all rows in an order that hangs on what they hold and on the seed, as if shuffled.

    Rows that hold the same values in all columns may change places.
    """
    marks = _marks(rows, seed)
    order = np.argsort(marks, kind="stable")
    in_order = marks[order]
    is_again = np.concatenate([[False], in_order[1:] == in_order[:-1]])
    if is_again.any():
        # Rows that hold the same would be chosen all or none: the second gets another mark, and so on.
        starts = np.flatnonzero(~is_again)
        nth = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
        marks[order] = _stirred(in_order ^ (nth.astype(np.uint64) * _ODD))
        order = np.argsort(marks, kind="stable")
    return order


def _marks(rows: Rows, seed: int) -> NDArray[np.uint64]:
    marks = np.full(len(rows), np.uint64(seed) | np.uint64(1), dtype=np.uint64)
    begin = 0
    for many in rows.stretches():
        for first in range(0, len(many), _STRETCH):
            few = many[first : first + _STRETCH]
            part = marks[begin : begin + len(few)]
            for column in np.ascontiguousarray(few, dtype=np.float64).view(np.uint64).T:
                part[:] = _stirred(part ^ column)
            begin += len(few)
    return marks


def _stirred(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = words * _ODD
    return words ^ (words >> np.uint64(29))


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
