"""Columns of doubles on disk: written by stretches of rows, mapped one by one when they are read."""

import os
import tempfile
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

WIDTH = 8


class _NamelessFile:
    """A file that no folder lists; closed, and so given back, with the last object that holds this one."""

    def __init__(self, *, folder: Path | None) -> None:
        self.handle: BinaryIO = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed below
        weakref.finalize(self, self.handle.close)


class StoredColumns(Mapping[str, NDArray[np.float64]]):
    """Read-only columns, each one stretch of a file without a name, which goes with the last of them.

    A column is mapped anew at each access, so that what was read of it counts
    as memory only while the caller holds it.
    """

    def __init__(self, *, file: _NamelessFile, rows: int, places: Mapping[str, int]) -> None:
        self._file, self._rows, self._places = file, rows, places

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        begin = self._places[name] * WIDTH * self._rows
        if not self._rows:
            return np.empty(0)
        handle = self._file.handle
        return np.asarray(np.memmap(handle, dtype="<f8", mode="r", offset=begin, shape=(self._rows,)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def without(self, names: Collection[object]) -> "StoredColumns":
        """Return the same columns but for ``names``."""
        kept = {name: place for name, place in self._places.items() if name not in names}
        return StoredColumns(file=self._file, rows=self._rows, places=kept)


class ColumnWriter:
    """Takes a table by stretches of rows. Room for all of it is reserved at once: a full disk is met at the start."""

    def __init__(self, *, folder: Path | None, names: Sequence[str], rows: int) -> None:
        self._names, self._rows, self._at = tuple(names), rows, 0
        self._file = _NamelessFile(folder=folder)
        if size := WIDTH * rows * len(self._names):
            os.posix_fallocate(self._file.handle.fileno(), 0, size)

    def write(self, block: NDArray[np.float64]) -> int:
        """Add rows, one line of ``block`` for each column, and return how many there are now."""
        count = block.shape[1]
        for place, line in enumerate(block):
            offset, left = WIDTH * (place * self._rows + self._at), memoryview(line).cast("B")
            while left:
                written = os.pwrite(self._file.handle.fileno(), left, offset)
                offset, left = offset + written, left[written:]
        self._at += count
        return self._at

    def columns(self) -> StoredColumns:
        """Return what was written."""
        places = {name: place for place, name in enumerate(self._names)}
        return StoredColumns(file=self._file, rows=self._rows, places=places)
