"""The inner loops of exact SHAP for trees: what a block contributes, pattern by pattern, and adding it up.

A row costs its tests and one addition of a table's line per block. Against a
background only the counts of its patterns matter, so its size costs next to nothing.

All of it runs on NumPy as it stands, and a compiler for numbers takes it as it stands.
"""

from functools import cache
from math import factorial

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray
from validation.stats.tree_cut import LOWEST, MISSING, Blocks

LANES = 8
AT_ONCE = 16
STRETCH = 1024
_MATRIX_UP_TO = 6


def encode(
    values: FloatArray, thresholds: FloatArray, starts: NDArray[np.int64], codes: NDArray[np.int16]
) -> None:
    """Write, per feature and row, 0 for a missing value, else 1 and the number of thresholds not above it."""
    place = np.empty(len(values), dtype=np.int64)
    for feature in range(values.shape[1]):
        column = values[:, feature].copy()
        place[:] = starts[feature]
        left = starts[feature + 1] - starts[feature]
        while left > 0:
            # All rows halve their range in step: no processor has to guess a branch.
            half = (left + 1) >> 1
            place += half * (thresholds[place + (half - 1)] <= column)
            left -= half
        place += 1 - starts[feature]
        place[np.isnan(column)] = MISSING
        place += LOWEST
        codes[feature, :] = place


def answer(
    codes: NDArray[np.int16], begin: int, blocks: Blocks, block: int, patterns: NDArray[np.uint16]
) -> None:
    """Write the block's pattern of each of ``len(patterns)`` rows from ``begin`` on: bit k says that test k holds."""
    patterns[:] = 0
    first = blocks.first_test[block]
    for test in range(blocks.first_test[block + 1] - 1, first - 1, -1):
        column = codes[blocks.feature[test], begin : begin + len(patterns)]
        patterns[:] = patterns + patterns + (column + blocks.shift[test] <= blocks.limit[test])
        if blocks.apart[test]:
            patterns[:] = patterns | (column == LOWEST + MISSING)


def count(blocks: Blocks, block: int, codes: NDArray[np.int16], counts: FloatArray) -> None:
    """Add to the counts, pattern by pattern, how many of the rows have it in this block."""
    patterns = np.empty(codes.shape[1], dtype=np.uint16)
    answer(codes, 0, blocks, block, patterns)
    counts += np.bincount(patterns, minlength=len(counts))


def tabulate(
    blocks: Blocks,
    block: int,
    counts: FloatArray,
    weights: FloatArray,
    column: NDArray[np.int64],
    lines: NDArray[np.float32],
) -> float:
    """Write the block's contributions, one line per pattern, and return its part of the base.

    ``counts`` are the background's rows by pattern; where there are none, the training
    weights along the paths take their place. ``weights[d, s]`` is s! (d - 1 - s)! / d!.
    ``column`` says which column of a line is a feature's.
    """
    lines[:] = 0.0
    base, rows = 0.0, counts.sum()
    for leaf in range(blocks.first_leaf[block], blocks.first_leaf[block + 1]):
        first, players = blocks.first_player[leaf], blocks.first_player[leaf + 1] - blocks.first_player[leaf]
        held = _held(blocks, first, players, len(lines))
        passing = _passing(blocks, first, players, held, counts, rows)
        base += blocks.value[leaf] * passing[-1]
        if players <= _MATRIX_UP_TO:
            given = (_matrix(players) @ passing).reshape((len(passing), players))
        else:
            given = _values(passing, players, weights)
        lines[:, column[blocks.player[first : first + players]]] += blocks.value[leaf] * given[held]
    return base


def coalition_weights(most: int) -> FloatArray:
    """Return s! (d - 1 - s)! / d! for d up to ``most`` and s below d, else 0."""
    weights = np.zeros((most + 1, most + 1))
    for players in range(1, most + 1):
        for size in range(players):
            weights[players, size] = factorial(size) * factorial(players - 1 - size) / factorial(players)
    return weights


def _held(blocks: Blocks, first: int, players: int, size: int) -> NDArray[np.int64]:
    """Return, for each pattern of the block, the set of the leaf's players that hold."""
    own = slice(first, first + players)
    holds = np.arange(size)[:, None] & blocks.mask[own] == blocks.want[own]
    return np.asarray(holds @ (1 << np.arange(players)), dtype=np.int64)


def _passing(
    blocks: Blocks, first: int, players: int, held: NDArray[np.int64], counts: FloatArray, rows: float
) -> FloatArray:
    """Return, for each set of players, the share of the background for which all of them hold."""
    if rows > 0:
        passing = np.asarray(
            np.bincount(held, weights=counts, minlength=1 << players) / rows, dtype=np.float64
        )
        for player in range(players):
            halves = passing.reshape((-1, 2, 1 << player))
            halves[:, 0] += halves[:, 1]
        return passing
    passing = np.ones(1 << players)
    for player in range(players):
        mark = 1 << player
        passing[mark : 2 * mark] = passing[:mark] * blocks.share[first + player]
    return passing


def _values(passing: FloatArray, players: int, weights: FloatArray) -> FloatArray:
    """Return, for each set a of players that a row satisfies, what each player gets of a leaf of value 1.

    The leaf's game is v(S) = passing(not S) for S within a, and 0 for any other S.
    Two sums over the subsets of a are enough: one weighs v(S) as the coalition that
    a player has joined, the other as the one that it has not.
    """
    size = len(passing)
    members = _members(size)
    # The last column of the weights is 0: nobody has joined the empty set, nobody is left out of the full one.
    sums = passing[::-1] * weights[players][np.stack([members - 1, members])]
    for player in range(players):
        halves = sums.reshape((2, -1, 2, 1 << player))
        halves[:, :, 1] += halves[:, :, 0]
    values = np.empty((size, players))
    for player in range(players):
        joined, left_out = sums.reshape((2, -1, 2, 1 << player))
        mine = values[:, player].reshape((-1, 2, 1 << player))
        mine[:] = -left_out[:, :1]
        mine[:, 1] += joined[:, 1] - joined[:, 0]
        values[:, player] = mine.reshape(-1)
    return values


@cache
def _matrix(players: int) -> FloatArray:
    """Return ``_values`` as a matrix, for it is linear: rows are sets and players, columns the sets that pass."""
    units = np.eye(1 << players)
    return np.stack([_values(unit, players, coalition_weights(players)).ravel() for unit in units], axis=1)


@cache
def _members(size: int) -> NDArray[np.int64]:
    """Return the number of members of each set."""
    return np.array([which.bit_count() for which in range(size)])


def add_up(
    codes: NDArray[np.int16],
    blocks: Blocks,
    first: int,
    starts: NDArray[np.int64],
    features: NDArray[np.int64],
    table: NDArray[np.float32],
    values: FloatArray,
) -> None:
    """Add to every row's contributions the lines of a group of blocks, ``first`` and those after it.

    Sums within a group are in single precision, sums of groups in double.
    """
    patterns = np.empty((AT_ONCE, STRETCH), dtype=np.uint16)
    total = np.empty((STRETCH, table.shape[1]), dtype=np.float32)
    for begin in range(0, len(values), STRETCH):
        rows = min(STRETCH, len(values) - begin)
        total[:] = 0.0
        for at in range(0, len(starts), AT_ONCE):
            few = min(AT_ONCE, len(starts) - at)
            for place in range(few):
                answer(codes, begin, blocks, first + at + place, patterns[place, :rows])
            add_lines(total[:rows], table, patterns[:few, :rows], starts[at : at + few])
        for column in range(len(features)):
            values[begin : begin + rows, features[column]] += total[:rows, column]


def add_lines(
    total: NDArray[np.float32],
    table: NDArray[np.float32],
    patterns: NDArray[np.uint16],
    starts: NDArray[np.int64],
) -> None:
    """Add to each row's total the table's lines of its patterns (blocks x rows); a line has a multiple of ``LANES``."""
    for block in range(len(starts)):
        total += table[starts[block] + patterns[block]]
