"""Two samples in one rising order: one order gives every distance between their distributions.

Most columns are recorded to a few decimals, and there are not many decimals
between their smallest value and their largest: rows are then counted, decimal
by decimal. Otherwise each value becomes an integer that sorts like the value
and carries in its lowest bit which sample it came from, so the sort moves one
word per row and nothing has to be carried along. Neither loses anything: equal
values, and only equal values, are ties.
"""

from collections.abc import Callable, Sequence
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
# Whole numbers, cents, and shares of four digits.
_SCALES = (1.0, 100.0, 10_000.0)
_MOST_PLACES = 2**31
_GLANCE = 64
# What is written is read again before it leaves the processor's cache.
STRETCH = 65_536


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
    def _gap_and_area(self) -> tuple[float, float]:
        """Return the greatest distance of the two empirical distribution functions, and the area between them."""
        n, m = self.sizes
        gap, area = 0.0, 0.0
        for begin in range(0, len(self.values), STRETCH):
            end = begin + STRETCH
            gaps = self.first[begin:end] * (1.0 / n)
            gaps -= self.second[begin:end] * (1.0 / m)
            np.abs(gaps, out=gaps)
            steps = np.diff(self.values[begin : end + 1])
            steps *= gaps[: len(steps)]
            gap = max(gap, float(gaps.max()))
            # Not the linear-algebra product, which wakes threads that then spin.
            area += float(steps.sum())
        return gap, area

    def ks(self) -> float:
        """Return the greatest gap between the two empirical distribution functions."""
        return self._gap_and_area[0]

    def wasserstein(self) -> float:
        """Return the area between the two distribution functions, in units of the values."""
        return self._gap_and_area[1]

    def at_rank(self, ranks: FloatArray | int) -> FloatArray:
        """Return the first sample's smallest values at or below which so many of its rows lie."""
        # In the counts' own type: searching for any other would convert all of them first.
        return np.asarray(self.values[np.searchsorted(self.first, np.asarray(ranks, dtype=np.int32))])

    def quantile_edges(self, *, bins: int) -> FloatArray:
        """Return the distinct inner quantiles of the first sample, as ``stability.quantile_edges`` does."""
        wanted = np.ceil(np.linspace(0.0, 1.0, bins + 1)[1:-1] * self.sizes[0])
        edges = np.unique(self.at_rank(np.maximum(wanted, 1.0)))
        return np.asarray(edges[edges > self.at_rank(1)])

    def counts(self, *, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return both samples' counts between the edges; a value on an edge belongs above it."""
        places = np.searchsorted(self.values, edges)
        return _between(self.first, places), _between(self.second, places)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The decimals ``(lowest + place) / scale``, for ``size`` places from zero on."""

    scale: float
    lowest: float
    size: int

    def is_worth_counting(self, *, rows: int) -> bool:
        """Return whether going through all places costs less than ordering so many rows."""
        return self.size <= rows


def find_grid(*samples: FloatArray, scales: Sequence[float] = _SCALES) -> Grid | None:
    """Return the coarsest grid on which some of the rows lie, or nothing where there is none, or none so small."""
    glance = np.concatenate([side[:: len(side) // _GLANCE + 1] for side in samples])
    with np.errstate(over="ignore", invalid="ignore"):
        fitting = (one for one in scales if np.array_equal(np.rint(glance * one) / one, glance))
        scale = next(fitting, None)
        if scale is None:
            return None
        lowest = np.rint(min(side.min() for side in samples) * scale)
        span = np.rint(max(side.max() for side in samples) * scale) - lowest
    if not span < _MOST_PLACES:
        return None
    return Grid(scale=scale, lowest=float(lowest), size=int(span) + 1)


def count_places(values: FloatArray, grid: Grid) -> CountArray | None:
    """Return the rows at each place of a grid that spans the values, or nothing if one lies beside a place."""
    places = np.rint(values * grid.scale)
    # A quotient is the double nearest to the decimal: values that pass are told apart by their places.
    if not np.array_equal(places / grid.scale, values):
        return None
    places -= grid.lowest
    return np.bincount(places.astype(np.intp), minlength=grid.size).astype(np.int32)


Count = Callable[[FloatArray, Grid], CountArray | None]


def pool_counted(
    *, first: FloatArray, second: FloatArray, grid: Grid, count: Count = count_places
) -> Pooled | None:
    """Return the common order of samples that a grid spans, or nothing if one lies beside it."""
    ones = count(first, grid)
    others = None if ones is None else count(second, grid)
    if ones is None or others is None:
        return None
    held = np.flatnonzero(np.logical_or(ones, others))
    return Pooled(
        values=np.asarray((held + grid.lowest) / grid.scale, dtype=np.float64),
        first=np.cumsum(ones[held], dtype=np.int32),
        second=np.cumsum(others[held], dtype=np.int32),
    )


def pool(*, first: FloatArray, second: FloatArray) -> Pooled:
    """Return the common order of two samples of finite numbers, neither of them empty."""
    grid = find_grid(first, second)
    if grid is not None and grid.is_worth_counting(rows=len(first) + len(second)):
        counted = pool_counted(first=first, second=second, grid=grid)
        if counted is not None:
            return counted
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
    # Before the first place comes the last entry, of which nothing is kept.
    below = np.where(places > 0, cumulative[places - 1], 0)
    return np.diff(np.concatenate(([0], below, cumulative[-1:]))).astype(np.float64)
