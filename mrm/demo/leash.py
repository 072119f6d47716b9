"""Runs a command that ends when its parent does: ``python -m mrm.demo.leash <parent> <command...>``.

A killed parent cannot stop anybody. The kernel then sends SIGTERM here (Linux;
elsewhere the command runs without a leash).
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent and become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the caller's own command, no shell


if __name__ == "__main__":
    main()
