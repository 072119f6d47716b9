"""Two samples in one rising order: one sort gives every distance between their distributions.

Each value becomes an integer that sorts like the value and carries in its
lowest bit which sample it came from, so the sort moves one word per row and
nothing has to be carried along. The integers lose nothing: equal values, and
only equal values, are ties.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray

CountArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

_MAGNITUDE = np.int64(0x7FFF_FFFF_FFFF_FFFF)
# Scaled magnitudes lie below 2, where a double leaves the second bit free for the tag.
_LARGEST_EXPONENT = 1
_SMALLEST_NORMAL_KEY = 2 * int(np.finfo(np.float64).tiny.view(np.int64))


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """Distinct values, rising, and how many rows of each sample are at or below each of them."""

    values: FloatArray
    first: CountArray
    second: CountArray

    @property
    def sizes(self) -> tuple[int, int]:
        """Return the rows of the first and of the second sample."""
        return int(self.first[-1]), int(self.second[-1])

    @cached_property
    def gaps(self) -> FloatArray:
        """Return the distance of the two empirical distribution functions at each value."""
        n, m = self.sizes
        gaps = self.first * (1.0 / n)
        gaps -= self.second * (1.0 / m)
        return np.asarray(np.abs(gaps))

    def ks(self) -> float:
        """Return the greatest gap between the two empirical distribution functions."""
        return float(self.gaps.max())

    def wasserstein(self) -> float:
        """Return the area between the two distribution functions, in units of the values."""
        steps = np.diff(self.values)
        steps *= self.gaps[:-1]
        # Not the linear-algebra product, which wakes threads that then spin.
        return float(steps.sum())

    def quantile_edges(self, *, bins: int) -> FloatArray:
        """Return the distinct inner quantiles of the first sample, as ``stability.quantile_edges`` does."""
        n = self.sizes[0]
        wanted = np.maximum(np.ceil(np.linspace(0.0, 1.0, bins + 1)[1:-1] * n), 1.0)
        edges = np.unique(self.values[np.searchsorted(self.first, wanted)])
        smallest = self.values[np.searchsorted(self.first, 1)]
        return np.asarray(edges[edges > smallest])

    def counts(self, *, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return both samples' counts between the edges; a value on an edge belongs above it."""
        places = np.searchsorted(self.values, edges)
        return _between(self.first, places), _between(self.second, places)


def pool(*, first: FloatArray, second: FloatArray) -> Pooled:
    """Return the common order of two samples of finite numbers, neither of them empty."""
    values = np.concatenate([first, second])
    return pool_tagged(values=values, tags=slice(len(first), None))


def pool_tagged(*, values: FloatArray, tags: BoolArray | slice) -> Pooled:
    """Return the common order of the untagged rows (first) and the tagged ones (second)."""
    low, high = float(values.min()), float(values.max())
    exponent = min(0, _LARGEST_EXPONENT - int(np.frexp(max(-low, high))[1]))
    # Adding zero turns a negative zero into the positive one, to which it is equal.
    keys = (values * 2.0**exponent + 0.0).view(np.int64)
    if low < 0.0:
        keys ^= (keys >> 63) & _MAGNITUDE
    keys <<= 1
    if isinstance(tags, slice):
        keys[tags] |= 1
    else:
        keys |= tags
    keys.sort()
    if exponent and _has_rounded(keys, values):
        return _pool_by_rank(values, tags)
    seconds = np.cumsum((keys & 1).astype(np.int32), dtype=np.int32)
    rows = np.arange(1, len(keys) + 1, dtype=np.int32)
    keys >>= 1
    is_last = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_last[:-1])
    if not is_last.all():
        keys, seconds, rows = keys[is_last], seconds[is_last], rows[is_last]
    if low < 0.0:
        keys ^= (keys >> 63) & _MAGNITUDE
    distinct = keys.view(np.float64)
    if exponent:
        # Twice half the power: the whole of it can be larger than a double.
        distinct *= 2.0 ** (-exponent // 2)
        distinct *= 2.0 ** (-exponent - -exponent // 2)
    rows -= seconds
    return Pooled(values=distinct, first=rows, second=seconds)


def _has_rounded(keys: NDArray[np.int64], values: FloatArray) -> bool:
    """Return whether scaling cost a tiny value digits, or made it zero."""
    near = keys[slice(*np.searchsorted(keys, (-_SMALLEST_NORMAL_KEY, _SMALLEST_NORMAL_KEY)))] >> 1
    return bool(near.any()) or len(near) != len(values) - np.count_nonzero(values)


def _pool_by_rank(values: FloatArray, tags: BoolArray | slice) -> Pooled:
    """Return the same by ranks: slower, for values too far apart in size to be packed."""
    is_second = np.zeros(len(values), dtype=np.bool_)
    is_second[tags] = True
    distinct, codes = np.unique(values, return_inverse=True)
    both = np.bincount(codes).astype(np.int32)
    seconds = np.bincount(codes, weights=is_second).astype(np.int32)
    return Pooled(
        values=distinct,
        first=np.cumsum(both - seconds, dtype=np.int32),
        second=np.cumsum(seconds, dtype=np.int32),
    )


def _between(cumulative: CountArray, places: NDArray[np.intp]) -> FloatArray:
    below = np.concatenate(([0], cumulative))[places]
    return np.diff(np.concatenate(([0], below, cumulative[-1:]))).astype(np.float64)
