"""Universal Binary JSON (ubjson.org, draft 12) read as data: what boosters are saved in. Nothing is executed.

Typed containers, as XGBoost writes them, and plain ones. Numbers are big-endian.
Every length is checked against the bytes that are left, so that a short file cannot ask for much memory.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

DEEPEST = 32
MOST_EMPTY_ITEMS = 100_000
"""Over the whole document: such items cost memory and no bytes."""
_NUMBERS = {b"i": "b", b"U": "B", b"I": "h", b"l": "i", b"L": "q", b"d": "f", b"D": "d"}
_INTEGERS = (b"i", b"U", b"I", b"l", b"L")
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


def parse_ubjson(*, data: bytes) -> object:
    """Return the document as plain values. Raises ``ValueError`` for anything malformed."""
    reader = _Reader(data=data)
    value = reader.value(reader.marker(), 0)
    if reader.at != len(data):
        raise ValueError("bytes follow the document")
    return value


@dataclass
class _Reader:
    data: bytes
    at: int = 0
    empty_items: int = 0

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if not 0 <= count <= len(self.data) - self.at:
            raise ValueError("the document ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def marker(self) -> bytes:
        """Return the next marker; no-ops are passed over."""
        found = self.take(1)
        while found == b"N":
            found = self.take(1)
        return found

    def length(self) -> int:
        """Return a length: an integer with its marker."""
        marker = self.marker()
        if marker not in _INTEGERS:
            raise ValueError("a length is no integer")
        return int(self.number(marker))

    def number(self, marker: bytes) -> int | float:
        """Return one number of the marker's type."""
        code = f">{_NUMBERS[marker]}"
        found: int | float = struct.unpack(code, self.take(struct.calcsize(code)))[0]
        return found

    def text(self) -> str:
        """Return a text with its length."""
        return self.take(self.length()).decode("utf-8")

    def value(self, marker: bytes, depth: int) -> object:
        """Return the value that the marker announces."""
        if depth > DEEPEST:
            raise ValueError("nested too deep")
        if marker in _NUMBERS:
            return self.number(marker)
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker == b"C":
            return self.take(1).decode("ascii")
        if marker in (b"S", b"H"):
            return self.text()
        if marker == b"[":
            return self.array(depth)
        if marker == b"{":
            return self.mapping(depth)
        raise ValueError("a marker is not known")

    def header(self) -> tuple[bytes, int | None]:
        """Return the type and count that a container states; an empty type for none."""
        kind, count = b"", None
        if self.data[self.at : self.at + 1] == b"$":
            self.at += 1
            kind = self.marker()
        if self.data[self.at : self.at + 1] == b"#":
            self.at += 1
            count = self.length()
        if (kind and count is None) or (count is not None and count < 0):
            raise ValueError("a container has a type or a count that means nothing")
        # Items without bytes of their own are not bounded by the bytes that are left.
        if kind in _CONSTANTS and count is not None:
            self.empty_items += count
            if self.empty_items > MOST_EMPTY_ITEMS:
                raise ValueError("containers claim too many items without bytes")
        return kind, count

    def array(self, depth: int) -> list[object]:
        """Return a list."""
        kind, count = self.header()
        if count is not None and kind in _NUMBERS:
            code = _NUMBERS[kind]
            return list(struct.unpack(f">{count}{code}", self.take(count * struct.calcsize(f">{code}"))))
        return [self.value(kind or self.marker(), depth + 1) for _ in self.slots(count, b"]")]

    def mapping(self, depth: int) -> dict[str, object]:
        """Return a mapping; its keys are texts without marker."""
        kind, count = self.header()
        found: dict[str, object] = {}
        for _ in self.slots(count, b"}"):
            key = self.text()
            found[key] = self.value(kind or self.marker(), depth + 1)
        return found

    def slots(self, count: int | None, end: bytes) -> Iterator[None]:
        """Yield once per item: as often as was counted, or until the end marker."""
        if count is not None:
            yield from repeat(None, count)
            return
        while (following := self.data[self.at : self.at + 1]) != end:
            if following == b"N":
                self.at += 1
            else:
                yield None
        self.at += 1
