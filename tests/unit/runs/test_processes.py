"""Killing a worker's children: all of them, however deep."""

import os
import subprocess
import time

from validation.runs.processes import descendants, kill_descendants


def wait_for(count: int, *, below: int) -> list[int]:
    until = time.monotonic() + 5
    while len(found := descendants(of=below)) < count and time.monotonic() < until:
        time.sleep(0.02)
    return found


def test_children_and_grandchildren_die_even_in_sessions_of_their_own() -> None:
    with subprocess.Popen(["sh", "-c", "setsid sleep 60 & sleep 61; true"]) as shell:
        tree = wait_for(2, below=shell.pid)
        assert len(tree) == 2

        kill_descendants(of=shell.pid)

        assert descendants(of=shell.pid) == []
        shell.kill()


def test_a_process_without_children_has_no_descendants() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        assert descendants(of=sleeper.pid) == []
        assert sleeper.pid in descendants(of=os.getpid())
        sleeper.kill()
