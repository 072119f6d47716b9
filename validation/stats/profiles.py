"""A reference column as a small profile, and a current batch compared with it in one pass.

The profile counts rows in 65,536 slots that rise with the value: the number
rounded to single precision, as an integer, less a few of its last bits. What
a slot hides is bounded: at its borders both distribution functions are known,
and between them each can only rise by what the slot holds. Every figure
therefore comes with an interval that certainly holds the exact one. A slot in
which the reference holds one value only hides nothing while the batch holds
that value there too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray
from validation.stats.distances import Rows, divergence_terms, drop_missing, house_edges
from validation.stats.pooled import BoolArray, CountArray, pool

MOST_SLOTS = 65_536
_MAGNITUDE = np.int32(0x7FFF_FFFF)
LARGEST_KEY = int(np.finfo(np.float32).max.view(np.int32))
_SINGLE_ROUNDING = 2.0**-24
# A slot of one value that holds fewer rows than this share hides little enough.
_HEAVY_SHARE = 0.0002


@dataclass(frozen=True, kw_only=True)
class NumericProfile:
    """What is kept of a reference column.

    Slot ``k`` begins at the single-precision integer ``(base + k) << shift``;
    the first and the last slot take what lies outside the reference.
    ``below`` counts rows under the upper border of each slot. ``edges`` and
    ``counts`` are the exact quantile bins; ``ties`` the heavy slots of one
    value. ``spread`` and ``size`` are the standard deviation and the mean
    magnitude of the values, ``hidden`` the mean width of their slots.
    """

    rows: Rows
    base: int
    shift: int
    below: CountArray
    edges: FloatArray
    counts: FloatArray
    ties: CountArray
    tie_values: FloatArray
    spread: float
    size: float
    hidden: float

    def place(self, values: FloatArray) -> NDArray[np.intp]:
        """Return the slot of every value."""
        # Above a positive border the plain bits of a number rise with it, and those of any other lie below.
        keys = _keys(values) if self.base < 0 else _bits(values)
        return _slots(keys, base=self.base, shift=self.shift, size=len(self.below))

    @property
    def outer_borders(self) -> FloatArray:
        """Return the lower border of the second slot and that of the last."""
        return _borders(base=self.base, shift=self.shift, slots=np.array([1, len(self.below) - 1]))

    @cached_property
    def tie_places(self) -> NDArray[np.uint16]:
        """Return for every slot the place of its value in ``known_values``."""
        # A tie holds its share of the rows, so 16 bits are enough.
        places = np.zeros(len(self.below), dtype=np.uint16)
        places[self.ties] = np.arange(1, len(self.ties) + 1)
        return places

    @property
    def known_values(self) -> FloatArray:
        """Return NaN, for the slots that are no tie, and then the values of the ties."""
        return np.concatenate([[np.nan], self.tie_values])


@dataclass(frozen=True, kw_only=True)
class SlotCounts:
    """Rows of a batch by slot of a profile.

    ``beyond`` is how far its rows lie outside the profile's borders, in sum;
    ``known`` says of each tie whether the batch, too, holds only that value there.
    """

    held: CountArray
    rows: Rows
    beyond: float
    known: BoolArray


@dataclass(frozen=True, kw_only=True)
class SlotWalk:
    """Both distribution functions, slot by slot.

    ``below`` counts the batch's rows under the upper border of each slot.
    ``gap`` is the greatest distance at a border and ``area`` the distance
    summed over all widths; ``heaviest`` is the most rows in a slot that hides
    something, ``hidden`` the sum of all rows' widths.
    """

    below: CountArray
    gap: float
    heaviest: int
    area: float
    hidden: float


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """A figure, and the interval in which the exact figure certainly lies."""

    estimate: float
    lower: float
    upper: float

    def decides(self, *, threshold: float) -> bool:
        """Return whether the exact figure is certainly on one side of the threshold."""
        return self.upper < threshold or self.lower >= threshold


@dataclass(frozen=True, kw_only=True)
class ProfileDistance:
    """Distances of a batch from a profile, each with its certain interval."""

    current: Rows
    ks: Bounded
    wasserstein: Bounded
    psi: Bounded
    jensen_shannon: Bounded


def build_profile(*, values: FloatArray, bins: int) -> NumericProfile:
    """Return the profile of a column; NaN is missing, and at least one value is there."""
    present = drop_missing(values)
    order = pool(first=present, second=present[:1])
    edges = house_edges(pooled=order, bins=bins)
    keys = _keys(order.values)
    span = int(keys[-1]) - int(keys[0])
    shift = next(bits for bits in range(32) if (span >> bits) < MOST_SLOTS - 3)
    base = (int(keys[0]) >> shift) - 1
    size = (int(keys[-1]) >> shift) - base + 2
    slots = _slots(keys, base=base, shift=shift, size=size)
    held = np.bincount(slots, weights=np.diff(order.first, prepend=0), minlength=size).astype(np.float64)
    alone = np.bincount(slots, minlength=size) == 1
    ties = np.flatnonzero(alone & (held > _HEAVY_SHARE * len(present)))
    return NumericProfile(
        rows=Rows(present=len(present), missing=len(values) - len(present)),
        base=base,
        shift=shift,
        below=np.cumsum(held).astype(np.int32),
        edges=edges,
        counts=order.counts(edges=edges)[0],
        ties=ties.astype(np.int32),
        tie_values=order.values[np.searchsorted(slots, ties)],
        spread=float(present.std()),
        size=float(np.abs(present).mean()),
        hidden=_hidden_on_average(present, _borders(base=base, shift=shift, slots=np.arange(1, size)), held),
    )


def count_slots(profile: NumericProfile, values: FloatArray) -> SlotCounts:
    """Return the rows of a batch by slot; NaN is missing."""
    present = drop_missing(values)
    slots = profile.place(present)
    held = np.bincount(slots, minlength=len(profile.below)).astype(np.int32)
    lowest, highest = profile.outer_borders
    beyond = np.maximum(lowest - present, 0.0).sum() + np.maximum(present - highest, 0.0).sum()
    return SlotCounts(
        held=held,
        rows=Rows(present=len(present), missing=len(values) - len(present)),
        beyond=float(beyond),
        known=_known_ties(profile, present, slots),
    )


def walk_slots(profile: NumericProfile, found: SlotCounts) -> SlotWalk:
    """Return what the two distribution functions do at the borders of the slots, and between them at most."""
    held = found.held
    rows = found.rows.present
    below = np.cumsum(held, dtype=np.int32)
    gap = np.abs(profile.below * (1.0 / profile.rows.present) - below * (1.0 / rows))
    widths = np.diff(_borders(base=profile.base, shift=profile.shift, slots=np.arange(1, len(held))))
    is_open = np.ones(len(held), dtype=np.bool_)
    is_open[profile.ties[found.known]] = False
    return SlotWalk(
        below=below,
        gap=float(gap.max()),
        heaviest=int(held[is_open].max()),
        area=float((widths * (gap[:-2] + gap[1:-1])).sum()) / 2.0,
        hidden=float((widths * held[1:-1]).sum()),
    )


@dataclass(frozen=True, kw_only=True)
class SlotLoops:
    """The two passes of a comparison, over the rows and over the slots, as they stand or compiled."""

    count: Callable[[NumericProfile, FloatArray], SlotCounts] = count_slots
    walk: Callable[[NumericProfile, SlotCounts], SlotWalk] = walk_slots


PLAIN = SlotLoops()


def compare_with_profile(
    *, profile: NumericProfile, current: FloatArray, loops: SlotLoops = PLAIN
) -> ProfileDistance:
    """Return the distances of a batch; NaN is missing, and at least one value is there."""
    found = loops.count(profile, current)
    walk, m = loops.walk(profile, found), found.rows.present
    psi, distance = _binned(profile, walk.below, found.known)
    return ProfileDistance(
        current=found.rows,
        wasserstein=_wasserstein(profile, walk, found.beyond, m),
        # Between two borders the gap exceeds theirs by at most what the batch holds there.
        ks=Bounded(estimate=walk.gap, lower=walk.gap, upper=min(1.0, walk.gap + walk.heaviest / m)),
        psi=psi,
        jensen_shannon=distance,
    )


def _keys(values: FloatArray) -> CountArray:
    """Return integers that rise with the values rounded to single precision."""
    # Adding zero turns a negative zero into the positive one.
    keys = _bits(values + 0.0)
    return np.asarray(keys ^ ((keys >> 31) & _MAGNITUDE))


def _bits(values: FloatArray) -> CountArray:
    with np.errstate(over="ignore"):
        return values.astype(np.float32).view(np.int32)


def _slots(keys: CountArray, *, base: int, shift: int, size: int) -> NDArray[np.intp]:
    slots = keys >> shift
    np.maximum(slots, base, out=slots)
    np.minimum(slots, base + size - 1, out=slots)
    slots -= base
    return slots.astype(np.intp)


def _borders(*, base: int, shift: int, slots: NDArray[np.int64]) -> FloatArray:
    """Return the lower border of slots, of any but the first."""
    keys = np.minimum(np.maximum(base + slots, -LARGEST_KEY >> shift), LARGEST_KEY >> shift)
    keys = keys.astype(np.int32) << shift
    keys ^= (keys >> 31) & _MAGNITUDE
    return np.asarray(keys.view(np.float32), dtype=np.float64)


def _known_ties(profile: NumericProfile, present: FloatArray, slots: NDArray[np.intp]) -> BoolArray:
    """Return for each slot of one value whether the batch, too, holds only that value there."""
    if not len(profile.ties):
        return np.zeros(0, dtype=np.bool_)
    wanted = profile.known_values[profile.tie_places[slots]]
    is_stranger = wanted != present
    is_stranger &= wanted == wanted  # noqa: PLR0124  only a slot without a value differs from itself
    strangers = np.bincount(slots[is_stranger], minlength=len(profile.below))
    return np.asarray(strangers[profile.ties] == 0)


def _wasserstein(profile: NumericProfile, walk: SlotWalk, beyond: float, rows: int) -> Bounded:
    area = walk.area + beyond / rows
    # Rounding moves a value by this share of its size; the batch is no larger on average than the
    # reference and the distance together.
    rounded = _SINGLE_ROUNDING * (2.0 * profile.size + area)
    slack = (profile.hidden + walk.hidden / rows + rounded) * (1.0 + 2.0 * _SINGLE_ROUNDING)
    return Bounded(estimate=area, lower=max(0.0, area - slack), upper=area + slack)


def _hidden_on_average(present: FloatArray, borders: FloatArray, held: FloatArray) -> float:
    """Return the mean width of a row's slot: by so much the area may be wrong."""
    with np.errstate(over="ignore"):
        lowest, highest = present.min().astype(np.float32), present.max().astype(np.float32)
    if lowest < borders[0] or highest > borders[-1]:
        # Where single precision ends a slot has no outer border.
        return float(np.finfo(np.float64).max)
    return float((np.diff(borders) * held[1:-1]).sum()) / len(present)


def _binned(profile: NumericProfile, below: CountArray, known: BoolArray) -> tuple[Bounded, Bounded]:
    """Return PSI and the Jensen-Shannon distance over the quantile bins of the reference."""
    low, likely, high = _cuts(profile, below, known)
    counts = np.array([np.maximum(low[1:] - high[:-1], 0.0), likely[1:] - likely[:-1], high[1:] - low[:-1]])
    return _psi(profile.counts, counts), _jensen_shannon(profile.counts, counts)


def _cuts(profile: NumericProfile, below: CountArray, known: BoolArray) -> FloatArray:
    """Return how many rows of the batch lie below each edge and below either end: at least, probably, at most."""
    slots = profile.place(profile.edges)
    low, high = below[slots - 1], below[slots]
    reference, upper = profile.below[slots - 1], profile.below[slots]
    share = (np.cumsum(profile.counts[:-1]) - reference) / np.maximum(upper - reference, 1)
    ends = np.zeros((3, len(slots) + 2))
    ends[:, -1] = below[-1]
    cuts = ends[:, 1:-1]
    cuts[0], cuts[1], cuts[2] = low, low + (high - low) * share, high
    if known.any():
        ties, values = profile.ties[known], profile.tie_values[known]
        nearest = np.minimum(np.searchsorted(ties, slots), len(ties) - 1)
        exact = np.where(values[nearest] >= profile.edges, low, high)
        np.copyto(cuts, exact, where=ties[nearest] == slots)
    return ends


def _with_nearest(shares: FloatArray, expected: FloatArray) -> FloatArray:
    """Return fewest, likely and most, and fourth what lies nearest to the expected share between the outer two."""
    return np.concatenate([shares, np.minimum(np.maximum(expected, shares[:1]), shares[2:])])


def _psi(reference: FloatArray, counts: FloatArray) -> Bounded:
    """Return the index for counts of the batch by row: fewest, likely, most in each bin."""
    fewest, middle, most = counts
    is_smoothed = bool((reference == 0.0).any() or (most == 0.0).any())
    is_hidden = not is_smoothed and bool((fewest == 0.0).any())
    # Whether a bin is empty, and so whether all are smoothed, can itself be hidden.
    extra = 0.5 if is_smoothed or is_hidden else 0.0
    room = extra * len(reference)
    expected = (reference + extra) / (reference.sum() + room)
    shares = _with_nearest((counts + extra) / (middle.sum() + room), expected)
    low, likely, high, nearest = (shares - expected) * np.log(shares / expected)
    if is_hidden:
        return Bounded(estimate=float(likely.sum()), lower=0.0, upper=np.inf)
    upper = float(np.maximum(low, high).sum())
    return Bounded(estimate=float(likely.sum()), lower=float(nearest.sum()), upper=upper)


def _jensen_shannon(reference: FloatArray, counts: FloatArray) -> Bounded:
    """Return the distance for the same counts."""
    expected = reference / reference.sum()
    shares = _with_nearest(counts / counts[1].sum(), expected)
    low, likely, high, nearest = divergence_terms(
        expected=np.broadcast_to(expected, shares.shape), actual=shares
    )
    sums = np.array([nearest.sum(), likely.sum(), np.maximum(low, high).sum()])
    lower, estimate, upper = np.sqrt(sums / np.log(2.0)).tolist()
    return Bounded(estimate=estimate, lower=lower, upper=upper)
