"""Stands in for the supervisor of a box that was taken over: whatever it is asked, it sends the bytes of one file.

Run by exec as the real one is; the file is the data set that it was to read.
"""

import contextlib
import json
import os
import select
import struct
import sys
from pathlib import Path

HEAD = struct.Struct("<4sIQ")


def main(lifeline: int) -> None:
    """Send the file, then do nothing until nobody listens."""
    _magic, size, _payload = HEAD.unpack(sys.stdin.buffer.read(HEAD.size))
    frames = Path(json.loads(sys.stdin.buffer.read(size))["data_file"]).read_bytes()
    poll = select.poll()
    poll.register(lifeline, select.POLLIN | select.POLLHUP)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.buffer.write(frames)
        sys.stdout.buffer.flush()
    if not frames.endswith(b"hang"):
        os._exit(0)
    poll.poll()


if __name__ == "__main__":
    main(int(sys.argv[1]))
