"""The inner loops of ``validation.stats.pooled`` and ``profiles`` as a compiler for numbers likes them.

``drift_compiled`` compiles them. Run as they stand they are slow, and nothing but a test does that.
"""

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray
from validation.stats.pooled import CountArray
from validation.stats.profiles import LARGEST_KEY

KeyArray = NDArray[np.uint64] | NDArray[np.uint32]

_SIGN, _ALL = np.uint64(1 << 63), np.uint64((1 << 64) - 1)
DIGITS, DIGIT_VALUES = 3, 2048
_DIGIT_BITS, _DIGIT = np.uint64(11), np.uint64(2047)
_MAGNITUDE = np.int32(0x7FFF_FFFF)
_STRETCH, _LINE_BITS = 1_024, 5


def rising_keys(bits: KeyArray) -> tuple[np.uint64, np.uint64]:
    """Turn the bits of doubles into integers that rise with them; return the least and the greatest."""
    least, greatest = _ALL, np.uint64(0)
    for row in range(len(bits)):
        bit = bits[row]
        key = bit ^ (_SIGN if bit < _SIGN else _ALL)
        bits[row] = key
        least, greatest = min(least, key), max(greatest, key)
    return least, greatest


def plain_bits(keys: KeyArray) -> None:
    """Turn what ``rising_keys`` made of the bits of doubles back into these."""
    for row in range(len(keys)):
        key = keys[row]
        keys[row] = key ^ (_ALL if key < _SIGN else _SIGN)


def distribute(
    keys: KeyArray, spare: KeyArray, counts: NDArray[np.uint32], least: np.uint64, shift: np.uint64
) -> bool:
    """Order keys by the 33 bits from ``shift`` on of what they exceed the least by, and keep ties as they stand.

    One distribution for each digit of these bits that differs: it costs the
    same whatever the processor, comparing sorts do not. Return whether the
    order ended in the spare array.
    """
    counts[:] = 0
    low, middle, high = counts[0], counts[1], counts[2]
    for row in range(len(keys)):
        key = (keys[row] - least) >> shift
        low[key & _DIGIT] += 1
        middle[(key >> _DIGIT_BITS) & _DIGIT] += 1
        high[(key >> _DIGIT_BITS >> _DIGIT_BITS) & _DIGIT] += 1
    before, after, is_spare = keys, spare, False
    for place in range(DIGITS):
        ends, first = counts[place], shift + np.uint64(place) * _DIGIT_BITS
        if ends[((before[0] - least) >> first) & _DIGIT] == len(keys):
            continue
        total = np.uint32(0)
        for digit in range(DIGIT_VALUES):
            held = ends[digit]
            ends[digit] = total
            total += held
        for row in range(len(keys)):
            key = before[row]
            digit = ((key - least) >> first) & _DIGIT
            end = ends[digit]
            after[end] = key
            ends[digit] = end + np.uint32(1)
        before, after, is_spare = after, before, not is_spare
    return is_spare


def settle(keys: KeyArray) -> bool:
    """Order keys that nearly are in order; return whether as many moves as keys were enough."""
    moves = len(keys)
    for row in range(1, len(keys)):
        key, place = keys[row], row
        while place > 0 and keys[place - 1] > key and moves >= 0:
            keys[place] = keys[place - 1]
            place -= 1
            moves -= 1
        keys[place] = key
        if moves < 0:
            return False
    return True


def merge(
    first: KeyArray, second: KeyArray, distinct: KeyArray, firsts: CountArray, seconds: CountArray
) -> int:
    """Write the distinct keys and the rows at or below each; return how many there are.

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
        distinct[place] = key
        firsts[place], seconds[place] = i, j
    while i < n or j < m:
        key = first[i] if i < n else second[j]
        i, j = i + int(i < n), j + int(i == n)
        place += int(key != last)
        last = key
        distinct[place] = key
        firsts[place], seconds[place] = i, j
    return place + 1


def place_rows(values: FloatArray, scale: float, lowest: float, places: NDArray[np.uint32]) -> bool:
    """Write each row's place as ``pooled.Grid`` has it; return whether every row lies at one."""
    for begin in range(0, len(values), _STRETCH):
        part, found, strangers = values[begin : begin + _STRETCH], places[begin : begin + _STRETCH], 0
        for row in range(len(part)):
            whole = np.rint(part[row] * scale)
            strangers |= int(whole / scale != part[row])
            found[row] = np.int32(whole - lowest)
        if strangers:
            return False
    return True


def count_rows(places: NDArray[np.uint32], counts: CountArray) -> None:
    """Count the rows at each place."""
    for place in places:
        counts[place] += 1


def count_slots(values: FloatArray, base: int, shift: int, held: CountArray, slots: CountArray) -> int:
    """Write each row's slot and count the rows that are there by slot; return how many are missing.

    Slots are found for a stretch of rows at once, each step in wide instructions.
    """
    first, bits = np.int32(base), np.int32(shift)
    end, missing = np.int32(base + len(held) - 1), 0
    # Above a positive border the plain bits of a number rise with it.
    mask = _MAGNITUDE if base < 0 else np.int32(0)
    single = np.empty(_STRETCH, dtype=np.float32)
    keys = single.view(np.int32)
    # Whole numbers fall into slots a power of two apart, which a cache keeps in the same few lines: they are spread.
    spread = np.zeros(len(held) + (len(held) >> _LINE_BITS) + 1, dtype=np.int32)
    for begin in range(0, len(values), _STRETCH):
        part, place = values[begin : begin + _STRETCH], slots[begin : begin + _STRETCH]
        for row in range(len(part)):
            # Adding zero turns a negative zero into the positive one.
            single[row] = np.float32(part[row] + 0.0)
        for row in range(len(part)):
            key = keys[row] ^ ((keys[row] >> np.int32(31)) & mask)
            place[row] = min(max(np.int32(key >> bits), first), end) - first
        absent = 0
        for row in range(len(part)):
            absent += int(np.isnan(part[row]))
        for slot in place:
            spread[slot + (slot >> _LINE_BITS)] += 1
        if absent:
            missing += absent
            for slot in place[np.isnan(part)]:
                spread[slot + (slot >> _LINE_BITS)] -= 1
    for slot in range(len(held)):
        held[slot] = spread[slot + (slot >> _LINE_BITS)]
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
    for begin in range(0, len(values), _STRETCH):
        part, outside = values[begin : begin + _STRETCH], 0
        for row in range(len(part)):
            outside |= int(part[row] < lowest) | int(part[row] > highest)
        if outside:
            for value in part:
                # NaN is on neither side.
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
