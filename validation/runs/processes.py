"""The processes that a worker started: who they are, and how they are ended."""

import contextlib
import os
import signal
import time
from pathlib import Path

PROC = Path("/proc")
PATIENCE_S = 5.0


def descendants(*, of: int) -> list[int]:
    """Return the ids of all living processes below ``of``, parents first (Linux; elsewhere none)."""
    children: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        parent = _living_parent(folder)
        if parent is not None:
            children.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [of]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def kill_descendants(*, of: int) -> None:
    """Kill every process below ``of`` and those they start meanwhile; return when none is left.

    Gives up after a few seconds: a process in an uninterruptible wait dies
    when the wait ends.
    """
    patience_ends = time.monotonic() + PATIENCE_S
    while (alive := descendants(of=of)) and time.monotonic() < patience_ends:
        for pid in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _living_parent(folder: Path) -> int | None:
    """Return the parent's id from ``/proc/<pid>/stat``; the name before it may hold any character."""
    try:
        state, parent = (
            (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
        )
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else int(parent)
