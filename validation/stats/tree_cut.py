"""Cuts trees into blocks of few tests, so that what a block contributes can be tabulated.

A piece is a subtree with the path that leads to it: one test for each of its
nodes, and one for each feature of the path, which holds when all the path's
tests on that feature do. Pieces are packed into blocks of at most ``bits`` tests.

The functions are plain Python over arrays, and a compiler for numbers takes them as they stand.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]

MISSING = 0
NO_CODE = 65_535
CODES = 65_536
LOWEST = -32_768
TOO_DEEP = -1


class Forest(NamedTuple):
    """All nodes of all trees in one array each; children are absolute, a leaf's are -1.

    ``rank`` places a threshold among those of its feature, from 1: a row goes left
    when its code (see ``tree_tables.encode``) is from 1 to ``rank``.
    """

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    rank: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    cover: NDArray[np.float64]


class Blocks(NamedTuple):
    """Blocks own tests and leaves, leaves own players (the features of their path), each by a range of indices.

    A test holds for a code c where c + ``shift``, in 16 bits, is at most ``limit``:
    a range of codes that may run over the end and into the code of a missing value.
    Where that cannot be said with one range, ``apart`` lets missing values hold too.
    A player holds for a pattern of answers p when p & ``mask`` == ``want``; ``share``
    is the part of the training weight that its tests let through.
    """

    first_test: NDArray[np.int64]
    feature: NDArray[np.int64]
    shift: NDArray[np.int16]
    limit: NDArray[np.int16]
    apart: NDArray[np.bool_]
    first_leaf: NDArray[np.int64]
    value: NDArray[np.float64]
    first_player: NDArray[np.int64]
    player: NDArray[np.int64]
    mask: NDArray[np.int64]
    want: NDArray[np.int64]
    share: NDArray[np.float64]


class Walk(NamedTuple):
    """Where every node lies: its parent, its place in pre-order, the inner nodes below it, its own test's bit."""

    parent: NDArray[np.int64]
    order: NDArray[np.int64]
    place: NDArray[np.int64]
    inner: NDArray[np.int64]
    bit: NDArray[np.int64]
    slot: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    missing: NDArray[np.bool_]


def empty_blocks(*, leaves: int, inner: int, width: int, most: int) -> Blocks:
    """Return room for the most that ``cut`` can write."""
    tests, players = inner + leaves * most + width, leaves * most
    return Blocks(
        first_test=np.zeros(leaves + 1, dtype=np.int64),
        feature=np.zeros(tests, dtype=np.int64),
        shift=np.zeros(tests, dtype=np.int16),
        limit=np.zeros(tests, dtype=np.int16),
        apart=np.zeros(tests, dtype=np.bool_),
        first_leaf=np.zeros(leaves + 1, dtype=np.int64),
        value=np.zeros(leaves),
        first_player=np.zeros(leaves + 1, dtype=np.int64),
        player=np.zeros(players, dtype=np.int64),
        mask=np.zeros(players, dtype=np.int64),
        want=np.zeros(players, dtype=np.int64),
        share=np.ones(players),
    )


def empty_walk(*, nodes: int, width: int) -> Walk:
    """Return room for a walk over ``nodes`` nodes and ``width`` features."""
    parent, order, place, inner, bit = (np.full(nodes, -1, dtype=np.int64) for _ in range(5))
    slot, low, high = (np.full(width, -1, dtype=np.int64) for _ in range(3))
    return Walk(parent, order, place, inner, bit, slot, low, high, missing=np.zeros(width, dtype=np.bool_))


def cut(forest: Forest, bits: int, most: int, walk: Walk, blocks: Blocks) -> int:
    """Write the blocks and return their number, or ``TOO_DEEP`` where a path has more than ``most`` features."""
    found, tests, leaves, used = 0, 0, 0, 0
    for tree in range(len(forest.roots) - 1):
        at, end = forest.roots[tree], forest.roots[tree + 1]
        reached = _number(forest, at, walk)
        end = at + reached
        while at < end:
            node = walk.order[at]
            size = _path_tests(forest, node, tests, walk, blocks)
            inner = walk.inner[node]
            if size + inner > bits and inner > 0:
                _forget(tests, size, walk, blocks)
                at += 1
                continue
            if size > most:
                return TOO_DEEP
            if found == 0 or used + size + inner > bits:
                found, used = found + 1, 0
            leaves = _take_piece(forest, node, size, used, tests, leaves, walk, blocks)
            _forget(tests, size, walk, blocks)
            tests, used = tests + size + inner, used + size + inner
            blocks.first_test[found], blocks.first_leaf[found] = tests, leaves
            at += 2 * inner + 1
    return found


def _number(forest: Forest, root: int, walk: Walk) -> int:
    """Put the tree's nodes in pre-order, and count what lies below each; return how many there are."""
    # The order array holds the nodes done from the root's index on, and the nodes waiting from its end of the tree.
    done, waiting = 0, np.empty(len(forest.left), dtype=np.int64)
    waiting[0], top = root, 1
    while top > 0:
        top -= 1
        node = waiting[top]
        walk.order[root + done], walk.place[node] = node, root + done
        done += 1
        if forest.left[node] >= 0:
            for child in (forest.right[node], forest.left[node]):
                walk.parent[child] = node
                waiting[top] = child
                top += 1
    for at in range(root + done - 1, root - 1, -1):
        node = walk.order[at]
        left, right = forest.left[node], forest.right[node]
        walk.inner[node] = 1 + walk.inner[left] + walk.inner[right] if left >= 0 else 0
    return done


def _path_tests(forest: Forest, node: int, first: int, walk: Walk, blocks: Blocks) -> int:
    """Write one test per feature of the path to ``node``; ``walk.slot`` then holds their bits. Return their number."""
    size = 0
    while walk.parent[node] >= 0:
        above = walk.parent[node]
        feature, goes_left = forest.feature[above], forest.left[above] == node
        if walk.slot[feature] < 0:
            walk.slot[feature], blocks.feature[first + size] = size, feature
            walk.low[feature], walk.high[feature], walk.missing[feature] = 1, NO_CODE, True
            size += 1
        if goes_left:
            walk.high[feature] = min(walk.high[feature], forest.rank[above])
        else:
            walk.low[feature] = max(walk.low[feature], forest.rank[above] + 1)
        if forest.missing_left[above] != goes_left:
            walk.missing[feature] = False
        node = above
    for at in range(first, first + size):
        feature = blocks.feature[at]
        _write_condition(at, walk.low[feature], walk.high[feature], walk.missing[feature], blocks)
    return size


def _write_condition(at: int, low: int, high: int, missing: bool, blocks: Blocks) -> None:
    """Write the test for codes from ``low`` (1 and more) to ``high``, and for missing values too if ``missing``."""
    is_apart = False
    if low > high:
        low = high = MISSING if missing else NO_CODE
    elif missing and low == 1:
        low = MISSING
    elif missing and high == NO_CODE:
        high = CODES + MISSING
    else:
        is_apart = missing
    blocks.shift[at] = np.int16((LOWEST - low) % CODES + LOWEST)
    blocks.limit[at] = np.int16(LOWEST + high - low)
    blocks.apart[at] = is_apart


def _forget(first: int, size: int, walk: Walk, blocks: Blocks) -> None:
    for at in range(first, first + size):
        walk.slot[blocks.feature[at]] = -1


def _take_piece(
    forest: Forest, top: int, size: int, used: int, first: int, leaves: int, walk: Walk, blocks: Blocks
) -> int:
    """Write the tests and leaves below ``top``, whose path has ``size`` tests; return the number of leaves so far."""
    bit, at = size, walk.place[top]
    for place in range(at, at + 2 * walk.inner[top] + 1):
        node = walk.order[place]
        if forest.left[node] >= 0:
            test = first + bit
            blocks.feature[test] = forest.feature[node]
            _write_condition(test, 1, forest.rank[node], forest.missing_left[node], blocks)
            walk.bit[node] = bit
            bit += 1
        else:
            _take_leaf(forest, node, at, used, leaves, walk, blocks)
            leaves += 1
    return leaves


def _take_leaf(forest: Forest, node: int, top: int, used: int, leaf: int, walk: Walk, blocks: Blocks) -> None:
    """Write a leaf and the features of its path, each with the bits that must be answered and how."""
    first = blocks.first_player[leaf]
    end = first
    blocks.value[leaf] = forest.value[node]
    while walk.parent[node] >= 0:
        above = walk.parent[node]
        feature, goes_left = forest.feature[above], forest.left[above] == node
        at = first
        while at < end and blocks.player[at] != feature:
            at += 1
        if at == end:
            blocks.player[at], blocks.mask[at], blocks.want[at], blocks.share[at] = feature, 0, 0, 1.0
            end += 1
        cover = forest.cover[above]
        blocks.share[at] *= forest.cover[node] / cover if cover > 0.0 else 0.0
        is_below = walk.place[above] >= top
        mark = 1 << (used + (walk.bit[above] if is_below else walk.slot[feature]))
        blocks.mask[at] |= mark
        if goes_left or not is_below:
            blocks.want[at] |= mark
        node = above
    blocks.first_player[leaf + 1] = end
