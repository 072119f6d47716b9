"""What a shared library asks the loader for, read from its dynamic section (64-bit, little-endian ELF)."""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\x7fELF\x02\x01"
PT_LOAD, PT_DYNAMIC = 1, 2
DT_NULL, DT_NEEDED, DT_STRTAB, DT_SONAME = 0, 1, 5, 14
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
DYNAMIC_ENTRY = struct.Struct("<qQ")


@dataclass(frozen=True, kw_only=True)
class Library:
    """A library's own name, if it gives one, and the names of the libraries without which it does not load."""

    soname: str
    needed: tuple[str, ...]


def is_elf(path: Path) -> bool:
    """Say whether a file is a 64-bit little-endian ELF file."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_library(path: Path) -> Library:
    """Read a library's names. A file without a dynamic section needs nothing."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
        headers = list(_program_headers(image))
        entries = list(_dynamic_entries(image, headers))
        tables = [value for tag, value in entries if tag == DT_STRTAB]
        if not tables:
            return Library(soname="", needed=())
        strings = _offset_of(tables[0], headers)
        named = [
            (tag, _text(image, strings + value)) for tag, value in entries if tag in (DT_NEEDED, DT_SONAME)
        ]
    return Library(
        soname=next((name for tag, name in named if tag == DT_SONAME), ""),
        needed=tuple(name for tag, name in named if tag == DT_NEEDED),
    )


def _program_headers(image: mmap.mmap) -> Iterator[tuple[int, ...]]:
    (start,) = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    for index in range(count):
        yield PROGRAM_HEADER.unpack_from(image, start + index * size)


def _dynamic_entries(image: mmap.mmap, headers: list[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    for kind, _, offset, _, _, size, *_ in headers:
        if kind == PT_DYNAMIC:
            for tag, value in DYNAMIC_ENTRY.iter_unpack(image[offset : offset + size]):
                if tag == DT_NULL:
                    return
                yield tag, value


def _offset_of(address: int, headers: list[tuple[int, ...]]) -> int:
    for kind, _, offset, start, _, size, *_ in headers:
        if kind == PT_LOAD and start <= address < start + size:
            return offset + address - start
    raise ValueError(f"no segment holds the address {address:#x}")


def _text(image: mmap.mmap, start: int) -> str:
    return image[start : image.find(b"\0", start)].decode()
