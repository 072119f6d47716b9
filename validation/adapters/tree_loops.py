"""The inner loops of ``validation.stats.tree_tables`` as a compiler for numbers likes them: one number at a time.

Same names, same arguments, same answers; ``tree_compiled`` compiles them. Run as
they stand they are slow, and nothing but a test does that.
"""

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray
from validation.stats.tree_cut import LOWEST, MISSING, Blocks
from validation.stats.tree_model import Joined
from validation.stats.tree_tables import AT_ONCE, STRETCH, add_lines


def encode(
    values: FloatArray, thresholds: FloatArray, starts: NDArray[np.int64], codes: NDArray[np.int16]
) -> None:
    """Write the codes of all values."""
    rows = len(values)
    place, column = np.empty(rows, dtype=np.int64), np.empty(rows)
    for feature in range(values.shape[1]):
        column[:] = values[:, feature]
        place[:] = starts[feature]
        left = starts[feature + 1] - starts[feature]
        while left > 0:
            half = (left + 1) >> 1
            for row in range(rows):
                at = place[row]
                place[row] = at + (half if thresholds[at + half - 1] <= column[row] else 0)
            left -= half
        for row in range(rows):
            code = MISSING if np.isnan(column[row]) else 1 + place[row] - starts[feature]
            codes[feature, row] = np.int16(LOWEST + code)


def answer(
    codes: NDArray[np.int16], begin: int, blocks: Blocks, block: int, patterns: NDArray[np.uint16]
) -> None:
    """Write each row's pattern; every step stays within 16 bits, so that many rows fit one instruction."""
    patterns[:] = 0
    first = blocks.first_test[block]
    for test in range(blocks.first_test[block + 1] - 1, first - 1, -1):
        shift, limit = blocks.shift[test], blocks.limit[test]
        column = codes[blocks.feature[test], begin : begin + len(patterns)]
        for row in range(len(patterns)):
            holds = np.uint16(np.int16(column[row] + shift) <= limit)
            patterns[row] = np.uint16(np.uint16(patterns[row] + patterns[row]) + holds)
        if blocks.apart[test]:
            for row in range(len(patterns)):
                patterns[row] |= np.uint16(column[row] == LOWEST + MISSING)


def count(blocks: Blocks, block: int, codes: NDArray[np.int16], counts: FloatArray) -> None:
    """Add the rows' patterns to the counts."""
    patterns = np.empty(codes.shape[1], dtype=np.uint16)
    answer(codes, 0, blocks, block, patterns)
    for row in range(len(patterns)):
        counts[patterns[row]] += 1.0


def tabulate(
    blocks: Blocks,
    block: int,
    counts: FloatArray,
    weights: FloatArray,
    column: NDArray[np.int64],
    lines: NDArray[np.float32],
) -> float:
    """Write the block's lines and return its part of the base."""
    lines[:] = 0.0
    held, base, rows = np.empty(len(lines), dtype=np.int64), 0.0, counts.sum()
    for leaf in range(blocks.first_leaf[block], blocks.first_leaf[block + 1]):
        first, players = blocks.first_player[leaf], blocks.first_player[leaf + 1] - blocks.first_player[leaf]
        _hold(blocks, first, players, held)
        passing = _passing(blocks, first, players, held, counts, rows)
        base += blocks.value[leaf] * passing[-1]
        joined, left_out = _sums(passing, players, weights)
        _spread(blocks, leaf, held, joined, left_out, column, lines)
    return base


def _hold(blocks: Blocks, first: int, players: int, held: NDArray[np.int64]) -> None:
    held[:] = 0
    for player in range(players):
        mask, want, mark = blocks.mask[first + player], blocks.want[first + player], 1 << player
        for pattern in range(len(held)):
            held[pattern] |= mark if pattern & mask == want else 0


def _passing(
    blocks: Blocks, first: int, players: int, held: NDArray[np.int64], counts: FloatArray, rows: float
) -> FloatArray:
    passing = np.zeros(1 << players)
    if rows == 0.0:
        passing[0] = 1.0
        for player in range(players):
            for others in range(1 << player):
                passing[(1 << player) | others] = passing[others] * blocks.share[first + player]
        return passing
    for pattern in range(len(held)):
        passing[held[pattern]] += counts[pattern]
    for which in range(len(passing)):
        passing[which] /= rows
    for player in range(players):
        mark = 1 << player
        for which in range(len(passing)):
            if which & mark == 0:
                passing[which] += passing[which | mark]
    return passing


def _sums(passing: FloatArray, players: int, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    size = len(passing)
    joined, left_out = np.empty(size), np.empty(size)
    for which in range(size):
        members, rest = 0, which
        while rest:
            rest &= rest - 1
            members += 1
        # Index -1 is the last column, which is 0: nobody has joined the empty set.
        joined[which] = passing[size - 1 - which] * weights[players, members - 1]
        left_out[which] = passing[size - 1 - which] * weights[players, members]
    for player in range(players):
        mark = 1 << player
        for which in range(size):
            if which & mark:
                joined[which] += joined[which ^ mark]
                left_out[which] += left_out[which ^ mark]
    return joined, left_out


def _spread(
    blocks: Blocks,
    leaf: int,
    held: NDArray[np.int64],
    joined: FloatArray,
    left_out: FloatArray,
    column: NDArray[np.int64],
    lines: NDArray[np.float32],
) -> None:
    first = blocks.first_player[leaf]
    given = np.empty(len(joined), dtype=np.float32)
    for player in range(blocks.first_player[leaf + 1] - first):
        mark, at = 1 << player, column[blocks.player[first + player]]
        for which in range(len(joined)):
            without = which & ~mark
            gain = joined[which] - joined[without] if which & mark else 0.0
            given[which] = np.float32(blocks.value[leaf] * (gain - left_out[without]))
        for pattern in range(len(held)):
            lines[pattern, at] += given[held[pattern]]


def walk(values: FloatArray, trees: Joined, total: FloatArray) -> None:
    """Add to each row's total the leaves that it reaches."""
    for tree in range(len(trees.roots) - 1):
        for row in range(len(values)):
            node = trees.roots[tree]
            while trees.left[node] >= 0:
                seen = values[row, trees.feature[node]]
                goes_left = trees.missing_left[node] if np.isnan(seen) else seen < trees.threshold[node]
                node = trees.left[node] if goes_left else trees.right[node]
            total[row] += trees.value[node]


def add_up(
    codes: NDArray[np.int16],
    blocks: Blocks,
    first: int,
    starts: NDArray[np.int64],
    features: NDArray[np.int64],
    table: NDArray[np.float32],
    values: FloatArray,
) -> None:
    """Add a group's lines to every row's contributions."""
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
        for row in range(rows):
            for column in range(len(features)):
                values[begin + row, features[column]] += total[row, column]
