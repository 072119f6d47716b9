"""The parent's side of a run: starts the computing child, reads its results, kills it when it must.

Nothing heavy is imported here: this code lives in the worker's main process,
which computes nothing.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from registry.domain.vocab import Verdict
from validation.domain.results import CheckResult
from validation.domain.share import Share
from validation.engine.protocol import Advanced, Finished, Ready, Started, decode

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
    """A check of the plan file: what an error result needs to name it, and its deadline."""

    check: str
    major: int
    deadline_s: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How the run ended, how many children it took, and the process ids they had."""

    ending: Ending
    children: tuple[int, ...]


def read_slots(*, run_dir: Path) -> tuple[Slot, ...]:
    """Return the checks of the folder's plan, in order."""
    plan = json.loads((run_dir / "plan.json").read_bytes())
    return tuple(
        Slot(check=item["check"], major=item["major"], deadline_s=item["deadline_s"])
        for item in plan["checks"]
    )


def supervise(
    *,
    run_dir: Path,
    on_result: Callable[[CheckResult], None],
    should_stop: Callable[[], bool] = lambda: False,
    on_start: Callable[[str], None] = lambda _check: None,
    on_advance: Callable[[Share], None] = lambda _share: None,
    done: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    start_allowance_s: float = _START_ALLOWANCE_S,
) -> Outcome:
    """Run the folder's plan in killable children and hand over each result as it arrives.

    ``done`` names checks that already have a record: a resumed run skips them.
    A child that crashes or outlives a check's deadline costs that check alone
    (verdict ``error``, reason ``child_died`` or ``timed_out``); a new child
    takes the rest. ``on_advance`` hears how far a long check has come.
    ``should_stop`` is asked twice a second; when it says yes the group is killed.
    ``environment`` adds variables to the child's clean environment.
    """
    waiting = [slot for slot in read_slots(run_dir=run_dir) if slot.check not in done]
    children: list[int] = []
    while waiting:
        attempt = _Attempt(run_dir, waiting, environment or {}, start_allowance_s)
        children.append(attempt.pid)
        try:
            failure = attempt.follow(
                told=_Told(start=on_start, advance=on_advance, result=on_result), should_stop=should_stop
            )
        finally:
            attempt.kill()
        waiting = attempt.left
        if failure is _Failure.STOPPED:
            return Outcome(ending=Ending.CANCELLED, children=tuple(children))
        if failure is not None and waiting:
            on_result(_error_result(waiting.pop(0), failure, run_dir))
    return Outcome(ending=Ending.COMPLETED, children=tuple(children))


class _Failure(StrEnum):
    STOPPED = "stopped"
    DIED = "child_died"
    LATE = "timed_out"


@dataclass(frozen=True, kw_only=True)
class _Told:
    """Whom the events of a child are told to."""

    start: Callable[[str], None]
    advance: Callable[[Share], None]
    result: Callable[[CheckResult], None]


class _Attempt:
    """One child and the checks it still owes."""

    def __init__(
        self, run_dir: Path, slots: Sequence[Slot], extra: Mapping[str, str], allowance_s: float
    ) -> None:
        self.left = list(slots)
        self._running_since_s = time.monotonic()
        self._limit_s = allowance_s
        self._buffer = b""
        scratch = run_dir / "scratch"
        scratch.mkdir(exist_ok=True)
        with (run_dir / "child.stderr.txt").open("ab") as stderr:
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

    def follow(
        self,
        *,
        told: "_Told",
        should_stop: Callable[[], bool],
    ) -> _Failure | None:
        """Read events until the child has delivered everything, or return why it did not."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while self.left:
                if should_stop():
                    return _Failure.STOPPED
                if time.monotonic() - self._running_since_s > self._limit_s:
                    return _Failure.LATE
                if not selector.select(timeout=_POLL_S):
                    continue
                chunk = os.read(descriptor, 1 << 20)
                if not chunk or len(self._buffer) > _MAX_LINE:
                    return _Failure.DIED
                self._take(chunk, told)
        return None

    def _take(self, chunk: bytes, told: "_Told") -> None:
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        for line in lines:
            event = decode(line)
            if isinstance(event, Ready):
                self._begin()
            elif isinstance(event, Started) and self._is_next(event.check):
                self._begin()
                told.start(event.check)
            elif isinstance(event, Advanced):
                told.advance(event.share)
            elif isinstance(event, Finished) and self._is_next(event.result.check):
                self.left.pop(0)
                self._begin()
                told.result(event.result)

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


def _error_result(slot: Slot, failure: _Failure, run_dir: Path) -> CheckResult:
    if failure is _Failure.LATE:
        detail = f"the check did not finish within {slot.deadline_s:g} s and was stopped"
    else:
        tail = (run_dir / "child.stderr.txt").read_bytes()[-_STDERR_TAIL:].decode("utf-8", "replace")
        detail = f"the computing process died; its last words: {tail.strip() or 'none'}"
    return CheckResult(
        check=slot.check, major=slot.major, verdict=Verdict.ERROR, reason=failure.value, detail=detail
    )
