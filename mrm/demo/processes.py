"""Starts, watches and stops the processes of the demonstration, and leaves none behind.

Each is the leader of a session of its own, on a leash: if this process is
killed, the kernel ends them. This process adopts what its children leave
behind, so that at the end every descendant can be found and ended.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import requests

from mrm.demo.places import CHECKOUT, Places

PR_SET_CHILD_SUBREAPER = 36
STOP_PATIENCE_S = 6.0
POLL_S = 0.1


class ProcessDiedError(RuntimeError):
    """A process ended that should serve, or did not begin to."""


@dataclass
class Troupe:
    """The processes, in the order of their start."""

    places: Places
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    strangers: frozenset[int] = frozenset()
    """Processes below this one that were there before."""

    def __post_init__(self) -> None:
        self.strangers = frozenset(descendants_of(os.getpid()))
        _adopt_orphans(is_wanted=True)

    def start(self, name: str, command: Sequence[str], *, extra: dict[str, str] | None = None) -> None:
        """Start a process that serves until it is stopped."""
        leash = [sys.executable, "-m", "mrm.demo.leash", str(os.getpid())]
        with self.places.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
                [*leash, *command],
                cwd=CHECKOUT,
                env=self.places.environment() | (extra or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pid(self, name: str) -> int:
        """Return the id of a process that was started."""
        return self.running[name].pid

    def ensure_alive(self) -> None:
        """Raise ``ProcessDiedError`` with the last words of a process that ended."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise ProcessDiedError(
                    f"The process {name} ended with status {process.returncode}. Its last words, from "
                    f"{self.places.log(name)}:\n{_tail(self.places.log(name))}"
                )

    def wait_until(
        self, is_so: Callable[[], bool], *, what: str, within_s: float, every_s: float = POLL_S
    ) -> None:
        """Wait for something. Raises ``ProcessDiedError`` when a process dies or the time is up."""
        deadline = time.monotonic() + within_s
        while not is_so():
            self.ensure_alive()
            if time.monotonic() > deadline:
                raise ProcessDiedError(f"Waited {within_s:.0f} s for {what}, in vain.")
            time.sleep(every_s)

    def kill(self, name: str) -> None:
        """Kill a process and its session at once, without a word; it can be started again."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> list[int]:
        """Stop every process and whatever they left; return what would not die (nothing, on Linux)."""
        for process in reversed(self.running.values()):
            process.terminate()
        deadline = time.monotonic() + STOP_PATIENCE_S
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()
        left = self._end_orphans()
        _adopt_orphans(is_wanted=False)
        return left

    def _end_orphans(self) -> list[int]:
        """Kill what descends from us and was not there before, until nothing is left."""
        deadline = time.monotonic() + STOP_PATIENCE_S
        while (left := self._left()) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(POLL_S)
        return self._left()

    def _left(self) -> list[int]:
        return sorted(set(descendants_of(os.getpid())) - self.strangers)


def answers(url: str) -> bool:
    """Say whether a server answers with 200."""
    try:
        return requests.get(url, timeout=5).status_code == HTTPStatus.OK
    except requests.RequestException:
        return False


def children_of(pid: int) -> list[int]:
    """Return the ids of the living children of a process (Linux; elsewhere none)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] not in "ZX":
                found.append(int(folder.name))
    return sorted(found)


def descendants_of(pid: int) -> list[int]:
    """Return the ids of all living processes below ``pid``."""
    found, waiting = [], [pid]
    while waiting:
        below = children_of(waiting.pop())
        found += below
        waiting += below
    return found


def _adopt_orphans(*, is_wanted: bool) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(is_wanted), 0, 0, 0)


def _tail(path: Path, *, lines: int = 15) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
