"""Landlock through ctypes: the files that may be read, the one folder that may be written."""

import contextlib
import ctypes
import os
import stat
import struct
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on x86_64 and aarch64
RULE_PATH_BENEATH = 1
VERSION_FLAG = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
ALL_ABI_1 = (1 << 13) - 1
ALL_TCP = 0b11
ALL_SCOPES = 0b11
READ = READ_FILE | READ_DIR | EXECUTE
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


class UnsupportedError(Exception):
    """This kernel offers no Landlock."""


def abi() -> int:
    """Return the kernel's Landlock version, 0 for none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(CREATE_RULESET, None, 0, VERSION_FLAG)))


def restrict(*, readable: Iterable[str], writable: Iterable[str]) -> int:
    """Confine this thread and all that it starts; return the version used. Raises ``UnsupportedError``.

    Everything else in the file system is refused; from version 4 TCP, from 6
    signals and abstract sockets to the outside too. ``no_new_privs`` must be set.
    """
    version = abi()
    if version < 1:
        raise UnsupportedError("Landlock is not enabled")
    libc = ctypes.CDLL(None, use_errno=True)
    handled = _handled(version)
    attributes = struct.pack(
        "QQQ", handled, ALL_TCP if version >= 4 else 0, ALL_SCOPES if version >= 6 else 0
    )[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        raise UnsupportedError(f"Landlock: errno {ctypes.get_errno()}")
    try:
        for path in readable:
            _allow(libc, ruleset, path, READ & handled)
        for path in writable:
            _allow(libc, ruleset, path, handled & ~EXECUTE)
        if libc.syscall(RESTRICT_SELF, ruleset, 0) != 0:
            raise UnsupportedError(f"Landlock: errno {ctypes.get_errno()}")
    finally:
        os.close(ruleset)
    return version


def _handled(version: int) -> int:
    handled = ALL_ABI_1
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        if version >= since:
            handled |= right
    return handled


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    # A path that is not there needs no rule: nothing can be read from it.
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                rights &= ON_FILES
            rule = struct.pack("=Qi", rights, descriptor)
            if libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0) != 0:
                raise UnsupportedError(f"Landlock: errno {ctypes.get_errno()} for a rule")
        finally:
            os.close(descriptor)
