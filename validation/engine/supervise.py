"""The parent's side of a run: starts the computing children, reads their results, kills them when it must.

Nothing heavy is imported here: this code lives in the worker's main process,
which computes nothing.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from registry.domain.vocab import Verdict
from validation.domain.results import CheckResult
from validation.domain.share import Share
from validation.engine.protocol import Advanced, Event, Finished, Ready, Started, decode

NEEDS_FILE = "needs.json"
"""Which tools each check of the plan asks for, by its name."""

_POLL_S = 0.5
_START_ALLOWANCE_S = 60.0
_MAX_LINE = 32 * 1024 * 1024
_STDERR_TAIL = 400
_INHERITED = (
    *("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH"),
    # Compiled code outlives a run here, where it is set. No box sees the folder.
    "NUMBA_CACHE_DIR",
)


class Ending(StrEnum):
    """How a supervised run ended."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A check of the plan file: what an error result needs to name it, its deadline, and the tools it asks for."""

    check: str
    major: int
    deadline_s: float
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How the run ended, and the process ids of the children it took, in the order of their start."""

    ending: Ending
    children: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Listener:
    """What wants to hear of a run: each check's start, how far it has come, and its result."""

    on_result: Callable[[CheckResult], None]
    on_start: Callable[[str], None] = lambda _check: None
    on_advance: Callable[[str, Share], None] = lambda _check, _share: None


def read_slots(*, run_dir: Path) -> tuple[Slot, ...]:
    """Return the checks of the folder's plan, in order; without ``needs.json`` no check asks for a tool."""
    plan = json.loads((run_dir / "plan.json").read_bytes())
    path = run_dir / NEEDS_FILE
    needs = json.loads(path.read_bytes()) if path.is_file() else {}
    return tuple(
        Slot(
            check=item["check"],
            major=item["major"],
            deadline_s=item["deadline_s"],
            tools=tuple(needs.get(item["check"], ())),
        )
        for item in plan["checks"]
    )


def default_lanes() -> int:
    """Return how many children compute side by side unless somebody says otherwise: two where there are two cores."""
    return min(2, len(os.sched_getaffinity(0)))


def supervise(
    *,
    run_dir: Path,
    listener: Listener,
    should_stop: Callable[[], bool] = lambda: False,
    done: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    start_allowance_s: float = _START_ALLOWANCE_S,
    lanes: int | None = None,
) -> Outcome:
    """Run the folder's plan in killable children and hand over each result as it arrives.

    Checks that ask for the same tools share a child, so that a library is
    loaded once and gone with its users; at most ``lanes`` children compute at
    a time. ``done`` names checks that already have a record: a resumed run
    skips them. A child that crashes or outlives a check's deadline costs that
    check alone (verdict ``error``, reason ``child_died`` or ``timed_out``); a
    new child takes the rest. ``should_stop`` is asked twice a second; when it
    says yes all are killed. ``environment`` adds variables to the children's
    clean environment.
    """
    groups = _grouped([slot for slot in read_slots(run_dir=run_dir) if slot.check not in done])
    running: list[_Attempt] = []
    children: list[int] = []
    try:
        while groups or running:
            while groups and len(running) < (lanes or default_lanes()):
                running.append(_Attempt(run_dir, groups.popleft(), environment or {}, start_allowance_s))
                children.append(running[-1].pid)
            if should_stop():
                return Outcome(ending=Ending.CANCELLED, children=tuple(children))
            _hear(running, listener)
            for attempt in [one for one in running if one.has_ended()]:
                attempt.kill()
                running.remove(attempt)
                rest = attempt.left
                if attempt.failure is not None and rest:
                    listener.on_result(attempt.error_result(rest.pop(0)))
                if rest:
                    groups.appendleft(rest)
    finally:
        for attempt in running:
            attempt.kill()
    return Outcome(ending=Ending.COMPLETED, children=tuple(children))


def _grouped(slots: Sequence[Slot]) -> deque[list[Slot]]:
    """Return the slots by the tools they ask for: those without first, as they are quick, then the longest first."""
    groups: dict[frozenset[str], list[Slot]] = {}
    for slot in slots:
        groups.setdefault(frozenset(slot.tools), []).append(slot)
    order = sorted(groups, key=lambda tools: (bool(tools), -sum(one.deadline_s for one in groups[tools])))
    return deque(groups[tools] for tools in order)


def _hear(running: Sequence["_Attempt"], listener: Listener) -> None:
    with selectors.DefaultSelector() as selector:
        for attempt in running:
            selector.register(attempt.descriptor, selectors.EVENT_READ, attempt)
        for key, _ in selector.select(timeout=_POLL_S):
            key.data.read(listener)


class _Failure(StrEnum):
    DIED = "child_died"
    LATE = "timed_out"


class _Attempt:
    """One child that works off a list of checks; ``left`` holds those without a result, in order."""

    def __init__(
        self, run_dir: Path, slots: Sequence[Slot], extra: Mapping[str, str], allowance_s: float
    ) -> None:
        self.left, self.failure = list(slots), cast("_Failure | None", None)
        self._running_since_s = time.monotonic()
        self._limit_s = allowance_s
        self._buffer = b""
        scratch = run_dir / "scratch"
        scratch.mkdir(exist_ok=True)
        self._log = Path(tempfile.mkstemp(prefix="child-", suffix=".stderr.txt", dir=run_dir)[1])
        with self._log.open("ab") as stderr:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module, no shell
                [
                    *(sys.executable, "-m", "validation.engine.child"),
                    *(str(run_dir), str(os.getpid())),
                    *(slot.check for slot in slots),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
                cwd=Path(__file__).parents[2],
                env=clean_environment(scratch=scratch, extra=extra),
            )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        self.descriptor = self._process.stdout.fileno()

    def read(self, listener: Listener) -> None:
        """Take what the child has written, or note that it has died."""
        chunk = os.read(self.descriptor, 1 << 20)
        if not chunk or len(self._buffer) > _MAX_LINE:
            self.failure = _Failure.DIED
            return
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        for line in lines:
            self._take(decode(line), listener)

    def has_ended(self) -> bool:
        """Return whether the child has delivered everything, has died, or is late."""
        is_late = time.monotonic() - self._running_since_s > self._limit_s
        if self.left and self.failure is None and is_late:
            self.failure = _Failure.LATE
        return not self.left or self.failure is not None

    def _take(self, event: Event | None, listener: Listener) -> None:
        if isinstance(event, Ready):
            self._begin()
        elif isinstance(event, Started) and self._is_next(event.check):
            self._begin()
            listener.on_start(event.check)
        elif isinstance(event, Advanced) and self.left:
            listener.on_advance(self.left[0].check, event.share)
        elif isinstance(event, Finished) and self._is_next(event.result.check):
            self.left.pop(0)
            self._begin()
            listener.on_result(event.result)

    def _is_next(self, check: str) -> bool:
        return bool(self.left) and self.left[0].check == check

    def _begin(self) -> None:
        self._running_since_s = time.monotonic()
        if self.left:
            self._limit_s = self.left[0].deadline_s

    def kill(self) -> None:
        """Kill the whole group and reap the child."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def error_result(self, slot: Slot) -> CheckResult:
        """Return the result of the check that the child failed at."""
        assert self.failure is not None
        if self.failure is _Failure.LATE:
            detail = f"the check did not finish within {slot.deadline_s:g} s and was stopped"
        else:
            tail = self._log.read_bytes()[-_STDERR_TAIL:].decode("utf-8", "replace")
            detail = f"the computing process died; its last words: {tail.strip() or 'none'}"
        return CheckResult(
            check=slot.check,
            major=slot.major,
            verdict=Verdict.ERROR,
            reason=self.failure.value,
            detail=detail,
        )


def clean_environment(*, scratch: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the child's environment: no secrets, one numeric thread, caches inside the run folder.

    Only the folder of compiled code may be given from outside, for compiling takes seconds.
    """
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    kept.setdefault("NUMBA_CACHE_DIR", str(scratch))
    folders = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR"), str(scratch))
    fixed = {
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "DO_NOT_TRACK": "1",
    }
    return {**kept, **folders, **fixed, **extra}
