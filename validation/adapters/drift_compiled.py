"""Drift's inner loops compiled by Numba, as ``tree_compiled`` does it for SHAP's."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from validation.adapters import drift_loops
from validation.adapters.drift_loops import DIGIT_VALUES, DIGITS
from validation.domain.inputs import FloatArray
from validation.stats.pooled import Pooled
from validation.stats.profiles import NumericProfile, SlotCounts, SlotLoops, SlotWalk

LOOPS = ("rising_keys", "sort_keys", "merge", "count_slots", "mark_strangers", "sum_beyond", "walk_slots")


class Pooler:
    """Does what ``validation.stats.pooled.pool`` does, in memory that it keeps: each order lasts until the next."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[Any]] = {}
        self._counts = np.empty((DIGITS, DIGIT_VALUES), dtype=np.int64)

    def __call__(self, *, first: FloatArray, second: FloatArray) -> Pooled:
        """Return the common order of two samples of finite numbers, neither of them empty."""
        size = len(first) + len(second)
        distinct = self._room("distinct", size, np.uint64)
        firsts, seconds = (self._room(name, size, np.int32) for name in ("firsts", "seconds"))
        orders = self._sorted("first", first), self._sorted("second", second)
        kept = _compiled()["merge"](*orders, distinct, firsts, seconds)
        return Pooled(values=distinct[:kept].view(np.float64), first=firsts[:kept], second=seconds[:kept])

    def _sorted(self, name: str, values: FloatArray) -> NDArray[np.uint64]:
        keys, spare = (self._room(f"{name} {place}", len(values), np.uint64) for place in range(2))
        # Adding zero turns a negative zero into the positive one, to which it is equal.
        np.add(values, 0.0, out=keys.view(np.float64))
        _compiled()["rising_keys"](keys, self._counts)
        found: NDArray[np.uint64] = _compiled()["sort_keys"](keys, spare, self._counts)
        return found

    def _room(self, name: str, size: int, kind: type) -> NDArray[Any]:
        if len(self._kept.get(name, ())) < size:
            self._kept[name] = np.empty(size, dtype=kind)
        return self._kept[name][:size]


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
        missing=missing,
        beyond=loops["sum_beyond"](values, lowest, highest),
        known=~strangers[profile.ties],
    )


def _walk_slots(profile: NumericProfile, found: SlotCounts) -> SlotWalk:
    is_known = np.zeros(len(found.held), dtype=np.bool_)
    is_known[profile.ties[found.known]] = True
    below = np.empty_like(found.held)
    rows = (profile.rows.present, int(found.held.sum()))
    frame = (profile.base, profile.shift, *(1.0 / side for side in rows))
    gap, heaviest, area, hidden = _compiled()["walk_slots"](profile.below, found.held, is_known, frame, below)
    return SlotWalk(below=below, gap=gap, heaviest=heaviest, area=area, hidden=hidden)


@cache
def _compiled() -> dict[str, Callable[..., Any]]:
    """Return the loops; each is compiled, or read from the cache, when it is first called."""
    import numba

    compile_ = numba.njit(cache=True, nogil=True, error_model="numpy")
    return {name: compile_(getattr(drift_loops, name)) for name in LOOPS}
