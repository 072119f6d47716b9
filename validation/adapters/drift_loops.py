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
_MAGNITUDE = np.int32(0x7FFF_FFFF)
_STRETCH = 1_024


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


def count_slots(values: FloatArray, base: int, shift: int, held: CountArray, slots: CountArray) -> int:
    """Write each row's slot and count the rows that are there by slot; return how many are missing.

    Slots are found for a stretch of rows at once, each step in wide instructions.
    """
    first, bits = np.int32(base), np.int32(shift)
    end, missing = np.int32(base + len(held) - 1), 0
    single = np.empty(_STRETCH, dtype=np.float32)
    keys = single.view(np.int32)
    for begin in range(0, len(values), _STRETCH):
        part, place = values[begin : begin + _STRETCH], slots[begin : begin + _STRETCH]
        for row in range(len(part)):
            # Adding zero turns a negative zero into the positive one.
            single[row] = np.float32(part[row] + 0.0)
        if base < 0:
            for row in range(len(part)):
                keys[row] ^= (keys[row] >> np.int32(31)) & _MAGNITUDE
        for row in range(len(part)):
            place[row] = min(max(np.int32(keys[row] >> bits), first), end) - first
        for row in range(len(part)):
            if np.isnan(part[row]):
                missing += 1
            else:
                held[place[row]] += 1
    return missing


def mark_strangers(
    values: FloatArray,
    slots: CountArray,
    places: NDArray[np.uint16],
    known: FloatArray,
    strangers: NDArray[np.bool_],
) -> None:
    """Mark the slots of one value, known by its place, that hold another."""
    for row in range(len(values)):
        wanted = known[places[slots[row]]]
        # NaN is neither smaller nor larger. Both are asked at once: the answer is nearly always no.
        if (wanted < values[row]) | (wanted > values[row]):
            strangers[slots[row]] = True


def sum_beyond(values: FloatArray, lowest: float, highest: float) -> float:
    """Return how far the values lie outside two borders, in sum."""
    beyond = 0.0
    for value in values:
        if value < lowest:
            beyond += lowest - value
        elif value > highest:
            beyond += value - highest
    return beyond


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
        upper = np.float64(np.int32(key ^ ((key >> 63) & 0x7FFF_FFFF)).view(np.float32))
        if 0 < slot < len(held) - 1:
            area += (upper - lower) * (before + distance)
            hidden += (upper - lower) * held[slot]
        before, lower = distance, upper
    return gap, heaviest, area / 2.0, hidden
