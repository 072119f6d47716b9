"""Rows of features that need not fit into memory: read by column, by stretch, or a few at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Places = NDArray[np.intp]

STRETCH = 65_536
"""Rows that are read together where no one asks for another number."""


class Rows(ABC):
    """Rows by column, as 64-bit floats; NaN is a missing value. ``shape`` is rows and columns."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Return the number of rows and of columns."""

    @abstractmethod
    def column(self, place: int) -> FloatArray:
        """Return all values of a column."""

    @abstractmethod
    def take(self, places: Places) -> FloatArray:
        """Return the rows at these places, in this order."""

    @abstractmethod
    def stretch(self, begin: int, end: int) -> FloatArray:
        """Return the rows from ``begin`` up to ``end``, or as many of them as there are."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def stretches(self, size: int = STRETCH) -> Iterator[FloatArray]:
        """Yield all rows in order, at most ``size`` at a time."""
        for begin in range(0, len(self), size):
            yield self.stretch(begin, begin + size)

    def map(self, score: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Return what ``score`` says of every row, asked stretch by stretch."""
        return np.concatenate([np.empty(0), *(score(part) for part in self.stretches())])

    def columns(self) -> Iterator[FloatArray]:
        """Yield the columns in order."""
        return (self.column(place) for place in range(self.shape[1]))

    def whole(self) -> FloatArray:
        """Return everything at once."""
        return self.stretch(0, len(self))

    def only(self, places: Places) -> "Rows":
        """Return these rows as rows of their own; nothing is read yet."""
        return _SomeRows(rows=self, places=places)

    def beside(self, column: FloatArray) -> "Rows":
        """Return these rows with a further column, the last; nothing is read yet."""
        return _Widened(rows=self, more=column)

    def above(self, others: "Rows") -> "Rows":
        """Return these rows and then the others; nothing is read yet."""
        return _Stacked(first=self, second=others)

    @cached_property
    def has_missing(self) -> bool:
        """Return whether any value is missing."""
        return self._odd[0]

    @cached_property
    def has_infinite(self) -> bool:
        """Return whether any value is infinite."""
        return self._odd[1]

    @cached_property
    def _odd(self) -> tuple[bool, bool]:
        is_missing = is_infinite = False
        for values in self.columns():
            # A sum is finite only where all values are, or too large to tell: only then is each asked.
            with np.errstate(all="ignore"):
                total = values.sum()
            if not np.isfinite(total):
                is_missing = is_missing or bool(np.isnan(values).any())
                is_infinite = is_infinite or bool(np.isinf(values).any())
        return is_missing, is_infinite


class HeldRows(Rows):
    """Rows that are in memory already."""

    def __init__(self, values: FloatArray) -> None:
        self._values = values

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of rows and of columns."""
        rows, columns = self._values.shape
        return rows, columns

    def column(self, place: int) -> FloatArray:
        """Return a view of a column."""
        return self._values[:, place]

    def take(self, places: Places) -> FloatArray:
        """Return a copy of the rows at these places."""
        return self._values[places]

    def stretch(self, begin: int, end: int) -> FloatArray:
        """Return a view of neighbouring rows."""
        return self._values[begin:end]


class _SomeRows(Rows):
    """Some rows of others, in the order of their places."""

    def __init__(self, *, rows: Rows, places: Places) -> None:
        self._rows, self._places = rows, places

    @property
    def shape(self) -> tuple[int, int]:
        return len(self._places), self._rows.shape[1]

    def column(self, place: int) -> FloatArray:
        return self._rows.column(place)[self._places]

    def take(self, places: Places) -> FloatArray:
        return self._rows.take(self._places[places])

    def stretch(self, begin: int, end: int) -> FloatArray:
        return self._rows.take(self._places[begin:end])


class _Widened(Rows):
    """Rows with one more column."""

    def __init__(self, *, rows: Rows, more: FloatArray) -> None:
        self._rows, self._more = rows, more

    @property
    def shape(self) -> tuple[int, int]:
        return len(self._rows), self._rows.shape[1] + 1

    def column(self, place: int) -> FloatArray:
        return self._more if place == self._rows.shape[1] else self._rows.column(place)

    def take(self, places: Places) -> FloatArray:
        return _with_last(self._rows.take(places), self._more[places])

    def stretch(self, begin: int, end: int) -> FloatArray:
        return _with_last(self._rows.stretch(begin, end), self._more[begin:end])


def _with_last(values: FloatArray, last: FloatArray) -> FloatArray:
    wide = np.empty((len(values), values.shape[1] + 1), order="F")
    wide[:, :-1], wide[:, -1] = values, last
    return wide


class _Stacked(Rows):
    """Rows on top of others."""

    def __init__(self, *, first: Rows, second: Rows) -> None:
        self._first, self._second = first, second

    @property
    def shape(self) -> tuple[int, int]:
        return len(self._first) + len(self._second), self._first.shape[1]

    def column(self, place: int) -> FloatArray:
        return np.concatenate([self._first.column(place), self._second.column(place)])

    def take(self, places: Places) -> FloatArray:
        size = len(self._first)
        is_first = places < size
        found = np.empty((len(places), self.shape[1]), order="F")
        found[is_first] = self._first.take(places[is_first])
        found[~is_first] = self._second.take(places[~is_first] - size)
        return found

    def stretch(self, begin: int, end: int) -> FloatArray:
        size = len(self._first)
        parts = (
            self._first.stretch(begin, end),
            self._second.stretch(max(0, begin - size), max(0, end - size)),
        )
        return np.concatenate(parts)


def as_rows(values: Rows | FloatArray) -> Rows:
    """Return rows in memory as ``Rows``."""
    return values if isinstance(values, Rows) else HeldRows(values)
