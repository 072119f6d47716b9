"""The inner loops of ``validation.stats.pooled`` and ``profiles`` as a compiler for numbers likes them.

``drift_compiled`` compiles them. Run as they stand they are slow, and nothing but a test does that.
"""

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray
from validation.stats.pooled import CountArray
from validation.stats.profiles import LARGEST_KEY

KeyArray = NDArray[np.uint64]

_SIGN, _ALL = np.uint64(1 << 63), np.uint64((1 << 64) - 1)
DIGITS, DIGIT_VALUES = 6, 2048
_DIGIT_BITS, _DIGIT = 11, np.uint64(2047)
_MAGNITUDE = 0x7FFF_FFFF


def rising_keys(bits: KeyArray, counts: NDArray[np.int64]) -> None:
    """Turn the bits of doubles into integers that rise with them, and count the digits of these."""
    counts[:] = 0
    for row in range(len(bits)):
        bit = bits[row]
        key = bit ^ (_SIGN if bit < _SIGN else _ALL)
        bits[row] = key
        for place in range(DIGITS):
            counts[place, (key >> np.uint64(place * _DIGIT_BITS)) & _DIGIT] += 1


def sort_keys(keys: KeyArray, spare: KeyArray, counts: NDArray[np.int64]) -> KeyArray:
    """Return the keys in rising order, in one of the two arrays: one distribution for each digit that differs.

    A distribution costs the same whatever the processor; comparing sorts do not.
    """
    before, after = keys, spare
    for place in range(DIGITS):
        shift, ends = np.uint64(place * _DIGIT_BITS), counts[place]
        if ends[(before[0] >> shift) & _DIGIT] == len(keys):
            continue
        total = 0
        for digit in range(DIGIT_VALUES):
            held = ends[digit]
            ends[digit] = total
            total += held
        for row in range(len(keys)):
            key = before[row]
            digit = (key >> shift) & _DIGIT
            after[ends[digit]] = key
            ends[digit] += 1
        before, after = after, before
    return before


def merge(
    first: KeyArray, second: KeyArray, distinct: KeyArray, firsts: CountArray, seconds: CountArray
) -> int:
    """Write the distinct values' bits and the rows at or below each; return how many there are.

    Every step writes over the last one where the value is the same, so that nothing
    depends on a guess of which sample comes next.
    """
    n, m = len(first), len(second)
    i, j, place, last = 0, 0, -1, min(first[0], second[0]) ^ _ALL
    while i < n and j < m:
        one, other = first[i], second[j]
        key = min(one, other)
        i += int(one <= other)
        j += int(other <= one)
        place += int(key != last)
        last = key
        distinct[place] = key ^ (_ALL if key < _SIGN else _SIGN)
        firsts[place], seconds[place] = i, j
    while i < n or j < m:
        key = first[i] if i < n else second[j]
        i, j = i + int(i < n), j + int(i == n)
        place += int(key != last)
        last = key
        distinct[place] = key ^ (_ALL if key < _SIGN else _SIGN)
        firsts[place], seconds[place] = i, j
    return place + 1


def count_slots(
    values: FloatArray,
    frame: tuple[int, int, float, float],
    only_values: FloatArray,
    held: CountArray,
    strangers: NDArray[np.bool_],
) -> tuple[int, float]:
    """Count rows by slot; return the missing ones, and how far the others lie outside in sum.

    ``frame`` is the profile's base and shift and its outermost borders;
    ``strangers`` is set for a slot of one value that holds another.
    """
    base, shift, lowest, highest = frame
    last, has_ties, missing, beyond = len(held) - 1, len(only_values) > 0, 0, 0.0
    for value in values:
        if np.isnan(value):
            missing += 1
            continue
        # Adding zero turns a negative zero into the positive one.
        key = int(np.float32(value + 0.0).view(np.int32))
        if base < 0:
            key ^= (key >> 63) & _MAGNITUDE
        slot = int(min(max((key >> shift) - base, 0), last))
        held[slot] += 1
        if slot in (0, last):
            beyond += max(lowest - value, 0.0) + max(value - highest, 0.0)
        if has_ties:
            wanted = only_values[slot]
            strangers[slot] |= not np.isnan(wanted) and wanted != value
    return missing, beyond


def walk_slots(
    reference: CountArray,
    held: CountArray,
    is_known: NDArray[np.bool_],
    frame: tuple[int, int, float, float],
    below: CountArray,
) -> tuple[float, int, float, float]:
    """Write the rows below each upper border; return gap, heaviest, area and hidden as ``SlotWalk`` has them.

    ``frame`` is the profile's base and shift, and what one row is of each side.
    """
    base, shift, of_reference, of_batch = frame
    total, before, gap, heaviest, area, hidden = 0, 0.0, 0.0, 0, 0.0, 0.0
    lower = 0.0
    for slot in range(len(held)):
        total += held[slot]
        below[slot] = total
        distance = abs(reference[slot] * of_reference - total * of_batch)
        gap = max(gap, distance)
        if not is_known[slot]:
            heaviest = max(heaviest, held[slot])
        key = min(max(base + slot + 1, -LARGEST_KEY >> shift), LARGEST_KEY >> shift) << shift
        upper = np.float64(np.int32(key ^ ((key >> 63) & _MAGNITUDE)).view(np.float32))
        if 0 < slot < len(held) - 1:
            area += (upper - lower) * (before + distance)
            hidden += (upper - lower) * held[slot]
        before, lower = distance, upper
    return gap, heaviest, area / 2.0, hidden
