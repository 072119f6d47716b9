"""Exact SHAP values of a tree ensemble, for all rows and against a background of any size.

Interventional values take the features outside a coalition from the background
rows (Janzing, Minorics and Bloebaum, 2020); path-dependent values take the
training weights along the tree instead (Lundberg and others, 2020). Both are
the same sums over tabulated patterns: see ``tree_tables``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from validation.domain.rows import FloatArray, Rows, as_rows
from validation.domain.share import Advance, no_advance
from validation.domain.tools import Attribution
from validation.stats import tree_cut, tree_model, tree_tables
from validation.stats.tree_cut import NO_CODE, TOO_DEEP, Forest
from validation.stats.tree_model import LEAF, TreeEnsemble

BITS = 12
MOST = 16
TABLE_BYTES = 8 * 2**20
TOGETHER = 64
PART_VALUES = 4_000_000
"""Contributions that are in memory at once."""


class TooDeepError(Exception):
    """A path tests more features than tables can hold, or a feature has too many thresholds."""


@dataclass(frozen=True, kw_only=True)
class Kernels:
    """The inner loops, as they stand or compiled."""

    walk: Callable[..., Any] = tree_model.walk
    cut: Callable[..., Any] = tree_cut.cut
    encode: Callable[..., Any] = tree_tables.encode
    count: Callable[..., Any] = tree_tables.count
    tabulate: Callable[..., Any] = tree_tables.tabulate
    add_up: Callable[..., Any] = tree_tables.add_up


PLAIN = Kernels()


@dataclass(frozen=True, kw_only=True)
class Group:
    """Neighbouring blocks whose tables lie in one array, and the features that they test.

    ``starts`` are the blocks' first lines, and the number of lines in the end;
    ``column`` is the column of each feature in a line.
    """

    blocks: range
    starts: NDArray[np.int64]
    features: NDArray[np.int64]
    column: NDArray[np.int64]
    width: int


class TreeShap:
    """An ensemble made ready: cut into blocks, its thresholds sorted."""

    def __init__(self, ensemble: TreeEnsemble, *, kernels: Kernels = PLAIN, bits: int = BITS) -> None:
        """Cut the trees. Raises ``TooDeepError``."""
        self.ensemble, self._kernels = ensemble, kernels
        forest, self._thresholds, self._starts = flatten(ensemble)
        leaves = self.leaves = int((forest.left == LEAF).sum())
        blocks = tree_cut.empty_blocks(
            leaves=leaves, inner=len(forest.left) - leaves, width=ensemble.width, most=MOST
        )
        walk = tree_cut.empty_walk(nodes=len(forest.left), width=ensemble.width)
        found = kernels.cut(forest, bits, MOST, walk, blocks)
        if found == TOO_DEEP:
            raise TooDeepError(f"a path tests more than {MOST} features")
        self._blocks, self.blocks = blocks, int(found)
        # A block of so many tests has two to that power of patterns, each with a line of its own.
        tests = np.diff(blocks.first_test[: self.blocks + 1])
        self._first_line = np.concatenate([[0], np.cumsum(1 << tests)])
        self._weights = tree_tables.coalition_weights(MOST)

    def path_dependent(self, *, rows: FloatArray) -> Attribution:
        """Return contributions against the training weights in the trees themselves."""
        return self._explain(rows, np.zeros(self._first_line[-1]))

    def interventional(
        self, *, rows: FloatArray, background: FloatArray, advance: Advance = no_advance
    ) -> Attribution:
        """Return contributions against the mean output over the background's rows (at least one).

        All rows pass each block before the next, so ``advance`` hears of blocks.
        """
        counts = self._count(as_rows(background))
        return self._explain(
            rows,
            counts,
            lambda done: advance(done, self.blocks, f"blocks of trees, each over all {len(rows):,} rows"),
        )

    def parts(self, *, rows: Rows, background: Rows, advance: Advance = no_advance) -> Iterator[FloatArray]:
        """Yield the rows' contributions part by part; of rows and background no more than a part is in memory.

        Tables are made anew for each part, which holds enough rows that they cost little.
        """
        counts, size = self._count(background), max(tree_tables.STRETCH, PART_VALUES // rows.shape[1])
        for begin in range(0, len(rows), size):
            part = rows.stretch(begin, begin + size)
            share = len(part) / self.blocks

            def hear(done: int, begin: int = begin, share: float = share) -> None:
                advance(begin + round(share * done), len(rows), "rows explained")

            yield self._explain(part, counts, hear).values

    def _explain(
        self, rows: FloatArray, counts: FloatArray, hear: Callable[[int], None] = lambda _done: None
    ) -> Attribution:
        codes = self._encode(rows)
        values, base = np.zeros((len(rows), self.ensemble.width)), self.ensemble.base
        for group in self._groups():
            table = np.empty((group.starts[-1], group.width), dtype=np.float32)
            for block, (start, end) in zip(group.blocks, pairwise(group.starts), strict=True):
                base += self._kernels.tabulate(
                    self._blocks,
                    block,
                    counts[self._lines_of(block)],
                    self._weights,
                    group.column,
                    table[start:end],
                )
            self._kernels.add_up(
                codes, self._blocks, group.blocks.start, group.starts[:-1], group.features, table, values
            )
            hear(group.blocks.stop)
        return Attribution(values=values, base=float(base))

    def _count(self, background: Rows) -> FloatArray:
        """Return how many of the background's rows have each pattern of each block: all that matters of them."""
        counts = np.zeros(self._first_line[-1])
        for stretch in background.stretches():
            codes = self._encode(stretch)
            for block in range(self.blocks):
                self._kernels.count(self._blocks, block, codes, counts[self._lines_of(block)])
        return counts

    def _encode(self, rows: FloatArray) -> NDArray[np.int16]:
        codes = np.empty((self.ensemble.width, len(rows)), dtype=np.int16)
        for begin in range(0, len(rows), tree_tables.STRETCH):
            stretch = slice(begin, begin + tree_tables.STRETCH)
            part = self.ensemble.readable(rows=rows[stretch])
            self._kernels.encode(part, self._thresholds, self._starts, codes[:, stretch])
        return codes

    def _lines(self, block: int) -> int:
        return int(self._first_line[block + 1] - self._first_line[block])

    def _lines_of(self, block: int) -> slice:
        return slice(int(self._first_line[block]), int(self._first_line[block + 1]))

    def _groups(self) -> Iterator[Group]:
        begin = 0
        while begin < self.blocks:
            end, lines, used = begin, 0, np.zeros(self.ensemble.width, dtype=np.bool_)
            while end < self.blocks:
                with_next = used.copy()
                with_next[self._tested(end)] = True
                more = lines + self._lines(end)
                is_full = 4 * more * padded(int(with_next.sum())) > TABLE_BYTES or end - begin == TOGETHER
                if end > begin and is_full:
                    break
                used, lines, end = with_next, more, end + 1
            yield self._group(range(begin, end), used)
            begin = end

    def _tested(self, block: int) -> NDArray[np.int64]:
        return self._blocks.feature[self._blocks.first_test[block] : self._blocks.first_test[block + 1]]

    def _group(self, blocks: range, used: NDArray[np.bool_]) -> Group:
        features = np.flatnonzero(used)
        width = padded(len(features))
        column = np.zeros(self.ensemble.width, dtype=np.int64)
        column[features] = np.arange(len(features))
        return Group(
            blocks=blocks,
            starts=np.cumsum([0, *(self._lines(block) for block in blocks)]),
            features=features,
            column=column,
            width=width,
        )


def padded(columns: int) -> int:
    """Return the next multiple of the lanes that are added at once, at least one."""
    return max(1, -(-columns // tree_tables.LANES)) * tree_tables.LANES


def flatten(ensemble: TreeEnsemble) -> tuple[Forest, FloatArray, NDArray[np.int64]]:
    """Return all trees in one array each, the sorted thresholds of all features, and where each feature's begin."""
    joined = ensemble.joined
    inner = joined.left != LEAF
    rank = np.zeros(len(joined.left), dtype=np.int64)
    sorted_thresholds = []
    for feature in range(ensemble.width):
        here = inner & (joined.feature == feature)
        distinct, place = np.unique(joined.threshold[here], return_inverse=True)
        if len(distinct) >= NO_CODE - 1:
            raise TooDeepError(f"a feature has {len(distinct)} thresholds")
        rank[here] = place + 1
        sorted_thresholds.append(distinct)
    starts = np.cumsum([0, *(len(one) for one in sorted_thresholds)]).astype(np.int64)
    forest = Forest(
        roots=joined.roots,
        feature=joined.feature,
        rank=rank,
        left=joined.left,
        right=joined.right,
        missing_left=joined.missing_left,
        value=joined.value,
        cover=joined.cover,
    )
    return forest, np.concatenate(sorted_thresholds).astype(np.float64), starts
