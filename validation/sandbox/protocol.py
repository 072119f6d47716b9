"""Frames on a pipe: a magic, a JSON header, a payload of raw bytes. Nothing that executes.

The reader outside trusts nothing: it states how large header and payload may
be before it reads them.
"""

import json
import os
import select
import struct
import time
from collections.abc import Callable, Mapping

MAGIC = b"BOX1"
HEAD = struct.Struct("<4sIQ")
MAX_HEADER = 1 << 20
CHUNK = 1 << 20


class FrameError(Exception):
    """The bytes are no frame, or too large a one."""


class EndOfStreamError(FrameError):
    """The other side has closed the pipe."""


def encode(header: Mapping[str, object], payload_size: int = 0) -> bytes:
    """Return the start of a frame: everything but the payload."""
    text = json.dumps(header, allow_nan=False).encode()
    if len(text) > MAX_HEADER:
        raise FrameError("the header is too large")
    return HEAD.pack(MAGIC, len(text), payload_size) + text


def read_frame(
    read: Callable[[int], bytes], *, max_payload: int, max_header: int = MAX_HEADER
) -> tuple[dict[str, object], bytearray]:
    """Read one frame with ``read(n)``, which returns 1 to n bytes, or none at the end."""
    magic, header_size, payload_size = HEAD.unpack(_exactly(read, HEAD.size))
    if magic != MAGIC or header_size > max_header or payload_size > max_payload:
        raise FrameError("not a frame, or too large")
    try:
        header = json.loads(bytes(_exactly(read, header_size)))
    except (ValueError, RecursionError) as error:
        raise FrameError("the header is no JSON") from error
    if not isinstance(header, dict):
        raise FrameError("the header is no object")
    return header, _exactly(read, payload_size)


def write_all(fd: int, data: bytes | bytearray | memoryview) -> None:
    """Write everything to a blocking descriptor."""
    view = memoryview(data).cast("B")
    while view:
        view = view[os.write(fd, view[:CHUNK]) :]


def deadline_reader(fd: int, deadline: float) -> Callable[[int], bytes]:
    """Return a ``read`` that raises ``TimeoutError`` at ``deadline``, on the monotonic clock."""

    def read(size: int) -> bytes:
        _wait(fd, deadline, writing=False)
        return os.read(fd, min(size, CHUNK))

    return read


def write_before(fd: int, data: bytes | memoryview, deadline: float) -> None:
    """Write everything to a non-blocking descriptor, or raise ``TimeoutError`` at ``deadline``."""
    view = memoryview(data).cast("B")
    while view:
        _wait(fd, deadline, writing=True)
        try:
            view = view[os.write(fd, view[:CHUNK]) :]
        except BlockingIOError:
            continue


def _wait(fd: int, deadline: float, *, writing: bool) -> None:
    poll = select.poll()
    poll.register(fd, select.POLLOUT if writing else select.POLLIN)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise TimeoutError


def _exactly(read: Callable[[int], bytes], size: int) -> bytearray:
    collected = bytearray()
    while len(collected) < size:
        part = read(size - len(collected))
        if not part:
            raise EndOfStreamError("the pipe is closed")
        collected += part
    return collected
