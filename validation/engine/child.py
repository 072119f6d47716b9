"""``python -m validation.engine.child RUNDIR PARENT_PID CHECK...`` computes the named checks.

It is exec'd by the supervisor, never forked from it, and may be killed at any
moment. Each event is one line on the stream that was standard output when it
started; whatever a library prints goes to standard error.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from registry.domain.clock import Clock, SystemClock
from validation.catalog import load_catalog
from validation.domain.share import Share
from validation.engine.core import ToolSource, run
from validation.engine.inputs import read_inputs
from validation.engine.plans import read_plan
from validation.engine.protocol import Advanced, Event, Finished, Ready, Started, encode
from validation.engine.toolbox import Toolbox

_PR_SET_PDEATHSIG = 1


def main(arguments: Sequence[str]) -> int:
    """Run the checks named after the run folder and the parent's process id."""
    run_dir, parent, *checks = arguments
    die_with_parent(parent=int(parent))
    stream = _take_over_stdout()
    compute(
        run_dir=Path(run_dir),
        checks=checks,
        stream=stream,
        clock=SystemClock(),
        tools=Toolbox(run_dir=Path(run_dir), advance=Teller(stream=stream)),
    )
    return 0


class Teller:
    """Tells the parent how far a check has come, at most twice a second however often it is called."""

    def __init__(self, *, stream: BinaryIO, pause_s: float = 0.5) -> None:
        self._stream, self._pause_s = stream, pause_s
        self._next = time.monotonic() + pause_s

    def __call__(self, done: int, total: int, of: str) -> None:
        """Write a line unless the last one is too fresh."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._pause_s
            self._stream.write(encode(Advanced(share=Share(done=done, total=total, of=of))))
            self._stream.flush()


def compute(
    *, run_dir: Path, checks: Sequence[str], stream: BinaryIO, clock: Clock, tools: ToolSource
) -> None:
    """Run the named checks of the folder's plan and write one line per event."""

    def send(event: Event) -> None:
        stream.write(encode(event))
        stream.flush()

    plan = read_plan(run_dir=run_dir)
    wanted = tuple(request for request in plan.requests if request.check in checks)
    inputs = read_inputs(run_dir=run_dir)
    send(Ready())
    run(
        plan=replace(plan, requests=wanted),
        inputs=inputs,
        catalog=load_catalog(),
        tools=tools,
        clock=clock,
        on_start=lambda check: send(Started(check=check)),
        on_result=lambda result: send(Finished(result=result)),
    )


def die_with_parent(*, parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies, and stop if that has happened already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")


def _take_over_stdout() -> BinaryIO:
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
