"""Drift's inner loops compiled by Numba, as ``tree_compiled`` does it for SHAP's."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from validation.adapters import drift_loops
from validation.adapters.drift_loops import DIGIT_VALUES, DIGITS
from validation.domain.inputs import FloatArray
from validation.stats.distances import Rows
from validation.stats.pooled import CountArray, Grid, Pooled, find_grid, pool_counted
from validation.stats.profiles import NumericProfile, SlotCounts, SlotLoops, SlotWalk

LOOPS = (
    "rising_keys",
    "distribute",
    "settle",
    "plain_bits",
    "merge",
    "place_rows",
    "count_rows",
    "count_slots",
    "mark_strangers",
    "sum_beyond",
    "walk_slots",
)
_KEY_BITS, _GLANCE = 33, 256


class Pooler:
    """Does what ``validation.stats.pooled.pool`` does, in memory that it keeps: each order lasts until the next."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.uint8]] = {}
        self._counts = np.empty((DIGITS, DIGIT_VALUES), dtype=np.uint32)

    def __call__(self, *, first: FloatArray, second: FloatArray) -> Pooled:
        """Return the common order of two samples of finite numbers, neither of them empty."""
        grid = find_grid(first, second)
        if grid is not None and grid.is_worth_counting(rows=len(first) + len(second)):
            found = pool_counted(first=first, second=second, grid=grid, count=count_places)
        else:
            found = None if grid is None else self._pool_placed(first, second, grid)
        return found or self._pool_doubles(first, second)

    def _pool_placed(self, first: FloatArray, second: FloatArray, grid: Grid) -> Pooled | None:
        sides = [("first", first), ("second", second)]
        rooms = [(name, self._room(f"{name} keys", len(values), np.uint32)) for name, values in sides]
        place_rows = _compiled()["place_rows"]
        for (_, values), (_, places) in zip(sides, rooms, strict=True):
            if not place_rows(values, grid.scale, grid.lowest, places):
                return None
        orders = [self._ordered(name, places, 0, grid.size - 1) for name, places in rooms]
        places, firsts, seconds = self._merged(*orders)
        return Pooled(values=(places + grid.lowest) / grid.scale, first=firsts, second=seconds)

    def _pool_doubles(self, first: FloatArray, second: FloatArray) -> Pooled:
        orders = []
        for name, values in (("first", first), ("second", second)):
            keys = self._room(f"{name} keys", len(values), np.uint64)
            # Adding zero turns a negative zero into the positive one, to which it is equal.
            np.add(values, 0.0, out=keys.view(np.float64))
            orders.append(self._ordered(name, keys, *map(int, _compiled()["rising_keys"](keys))))
        keys, firsts, seconds = self._merged(*orders)
        _compiled()["plain_bits"](keys)
        return Pooled(values=keys.view(np.float64), first=firsts, second=seconds)

    def _ordered(self, name: str, keys: NDArray[Any], least: int, greatest: int) -> NDArray[Any]:
        spare = self._room(f"{name} spare", len(keys), keys.dtype)
        # The leading bits of what differs part nearly all keys of nearly all columns; the rest is soon put right.
        shift = max(0, (greatest - least).bit_length() - _KEY_BITS)
        if _is_parted(keys, least, shift):
            keys, spare = self._distribute(keys, spare, least, shift)
            if not shift or _compiled()["settle"](keys):
                return keys
        keys, spare = self._distribute(keys, spare, least, 0)
        return self._distribute(keys, spare, least, _KEY_BITS)[0]

    def _merged(
        self, first: NDArray[Any], second: NDArray[Any]
    ) -> tuple[NDArray[Any], CountArray, CountArray]:
        size = len(first) + len(second)
        distinct = self._room("distinct", size, first.dtype)
        firsts, seconds = (self._room(name, size, np.int32) for name in ("firsts", "seconds"))
        kept = _compiled()["merge"](first, second, distinct, firsts, seconds)
        return distinct[:kept], firsts[:kept], seconds[:kept]

    def _distribute(
        self, keys: NDArray[Any], spare: NDArray[Any], least: int, shift: int
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        is_spare = _compiled()["distribute"](keys, spare, self._counts, np.uint64(least), np.uint64(shift))
        return (spare, keys) if is_spare else (keys, spare)

    def _room(self, name: str, size: int, kind: DTypeLike) -> NDArray[Any]:
        wanted = size * np.dtype(kind).itemsize
        if len(self._kept.get(name, ())) < wanted:
            self._kept[name] = np.empty(wanted, dtype=np.uint8)
        return self._kept[name][:wanted].view(kind)


def _is_parted(keys: NDArray[Any], least: int, shift: int) -> bool:
    """Return whether no two of some of the keys differ only in the bits below ``shift``."""
    glance = np.sort(keys[:: len(keys) // _GLANCE + 1])
    leading = (glance - keys.dtype.type(least)) >> keys.dtype.type(shift)
    return bool(((leading[1:] != leading[:-1]) | (glance[1:] == glance[:-1])).all())


def count_places(values: FloatArray, grid: Grid) -> CountArray | None:
    """Do what ``validation.stats.pooled.count_places`` does."""
    places, counts = np.empty(len(values), dtype=np.uint32), np.zeros(grid.size, dtype=np.int32)
    if not _compiled()["place_rows"](values, grid.scale, grid.lowest, places):
        return None
    _compiled()["count_rows"](places, counts)
    return counts


def slot_loops() -> SlotLoops:
    """Return both passes of a comparison with a profile, compiled."""
    return SlotLoops(count=_count_slots, walk=_walk_slots)


def _count_slots(profile: NumericProfile, values: FloatArray) -> SlotCounts:
    loops, held = _compiled(), np.zeros(len(profile.below), dtype=np.int32)
    slots, strangers = np.empty(len(values), dtype=np.int32), np.zeros(len(held), dtype=np.bool_)
    missing = loops["count_slots"](values, profile.base, profile.shift, held, slots)
    if len(profile.ties):
        loops["mark_strangers"](values, slots, profile.tie_places, profile.known_values, strangers)
    lowest, highest = profile.outer_borders
    return SlotCounts(
        held=held,
        rows=Rows(present=len(values) - missing, missing=missing),
        beyond=loops["sum_beyond"](values, lowest, highest),
        known=~strangers[profile.ties],
    )


def _walk_slots(profile: NumericProfile, found: SlotCounts) -> SlotWalk:
    is_known = np.zeros(len(found.held), dtype=np.bool_)
    is_known[profile.ties[found.known]] = True
    below = np.empty_like(found.held)
    rows = (profile.rows.present, found.rows.present)
    frame = (profile.base, profile.shift, *(1.0 / side for side in rows))
    gap, heaviest, area, hidden = _compiled()["walk_slots"](profile.below, found.held, is_known, frame, below)
    return SlotWalk(below=below, gap=gap, heaviest=heaviest, area=area, hidden=hidden)


@cache
def _compiled() -> dict[str, Callable[..., Any]]:
    """Return the loops; each is compiled, or read from the cache, when it is first called."""
    import numba

    compile_ = numba.njit(cache=True, nogil=True, error_model="numpy")
    return {name: compile_(getattr(drift_loops, name)) for name in LOOPS}
