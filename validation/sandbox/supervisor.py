"""The process between the worker and the box: starts it, waits, and leaves nothing behind.

Run by exec as a script. Standard input carries requests to the box, standard
output its answers, standard error what it prints. The descriptor in the first
argument is the lifeline: when its other end closes, for whatever reason, the
box and everything it started are killed.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PR_SET_CHILD_SUBREAPER = 36
REAP_PATIENCE_S = 3.0


def main(lifeline: int) -> int:
    """Supervise one box; return its exit status, 128 plus the signal if it was killed."""
    requests, answers = os.dup(0), os.dup(1)
    os.set_inheritable(requests, False)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    config, _ = protocol.read_frame(lambda size: os.read(requests, size), max_payload=0)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    layers = confine.enter_namespaces()
    seed = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(lifeline)
        os.close(nothing)
        serve.run(config=config, requests=requests, answers=answers, outer_layers=layers, uid_seed=seed)
    os.close(requests)
    os.close(answers)
    status = _watch(child, lifeline)
    _kill_strays()
    # The worker does this too, unless it was killed.
    shutil.rmtree(str(config["folder"]), ignore_errors=True)
    return status


def _watch(child: int, lifeline: int) -> int:
    handle = os.pidfd_open(child)
    poll = select.poll()
    poll.register(lifeline, select.POLLIN | select.POLLHUP)
    poll.register(handle, select.POLLIN)
    if any(fd == lifeline for fd, _ in poll.poll()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _kill_strays() -> None:
    """Kill what the box left behind: orphans become children of this process, the subreaper."""
    patience_ends = time.monotonic() + REAP_PATIENCE_S
    while time.monotonic() < patience_ends:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for stray in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(stray, signal.SIGKILL)
            time.sleep(0.005)


def _children() -> list[int]:
    own, found = str(os.getpid()), []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            if (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1] == own:
                found.append(int(folder.name))
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from validation.sandbox import confine, protocol, serve

    sys.exit(main(int(sys.argv[1])))
