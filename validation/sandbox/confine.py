"""Giving up rights, in the order in which the kernel allows it. Runs inside, before anything else.

Each step that the kernel or the container refuses is left out and is missing
from the layers returned; whoever runs code from outside looks at them first.
"""

import ctypes
import os
import resource
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

from validation.sandbox import landlock, namespaces, seccomp
from validation.sandbox.layers import Layer
from validation.sandbox.limits import BoxLimits

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
SIGKILL = 9
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63
FIRST_OWN_UID = 1_600_000_000
NOBODY = 65_534
OTHERS_MAY_READ, OTHERS_MAY_ENTER = 0o004, 0o001

P = ParamSpec("P")

NOT_SUPPORTED = (namespaces.UnsupportedError, landlock.UnsupportedError, seccomp.UnsupportedError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the box is given: folders it may read, a folder of its own, its limits."""

    readable: tuple[str, ...]
    folder: str
    limits: BoxLimits
    uid_seed: int


def enter_namespaces() -> list[Layer]:
    """Give the next child process namespaces of its own. Runs in the supervisor."""
    if os.geteuid() != 0:
        _attempt(namespaces.enter_user_namespace)
    layers = []
    for flag, layer in (
        (namespaces.NEW_PIDS, Layer.PROCESS_NAMESPACE),
        (namespaces.NEW_NET, Layer.NETWORK_NAMESPACE),
        (namespaces.NEW_IPC, None),
        (namespaces.NEW_UTS, None),
    ):
        if _attempt(namespaces.unshare, flag) and layer is not None:
            layers.append(layer)
    return layers


def confine(room: Room) -> list[Layer]:
    """Give up every right that is not needed to compute. Returns the layers in force."""
    layers = [Layer.EMPTY_ENVIRONMENT]
    scratch = str(Path(room.folder) / "scratch")
    if _attempt(_enter_private_root, room):
        layers.append(Layer.PRIVATE_ROOT)
        scratch = namespaces.SCRATCH
    _limit(room.limits)
    layers.append(Layer.RESOURCE_LIMITS)
    if _become_other_user(room, scratch):
        layers.append(Layer.OTHER_USER)
        resource.setrlimit(resource.RLIMIT_NPROC, (room.limits.tasks, room.limits.tasks))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if _drop_capabilities(libc):
        layers.append(Layer.NO_CAPABILITIES)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        layers.append(Layer.NO_NEW_PRIVILEGES)
    os.chdir(scratch)
    _describe_environment(scratch)
    if _attempt(_restrict_files, room, scratch):
        layers.append(Layer.LANDLOCK)
    if _attempt(seccomp.install):
        layers.append(Layer.SECCOMP)
    return layers


def _attempt(step: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
    try:
        step(*args, **kwargs)
    except NOT_SUPPORTED:
        return False
    return True


def _enter_private_root(room: Room) -> None:
    namespaces.unshare(namespaces.NEW_MOUNTS)
    namespaces.build_private_root(
        at=str(Path(room.folder) / "root"), readable=list(room.readable), scratch_size=room.limits.scratch
    )


def _limit(limits: BoxLimits) -> None:
    for which, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, limits.file_size),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(which)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (value, value))


def _become_other_user(room: Room, scratch: str) -> bool:
    """Change to a user that owns nothing, unless that user could not read what it must."""
    if os.geteuid() != 0 or not all(_others_may_read(path) for path in (*room.readable, room.folder)):
        return False
    for uid in (FIRST_OWN_UID + room.uid_seed, NOBODY):
        try:
            os.chown(scratch, uid, NOBODY)
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(uid, uid, uid)
        except OSError:
            continue
        return True
    return False


def _others_may_read(path: str) -> bool:
    place = Path(path)
    if not place.exists():
        return True
    if any(not parent.stat().st_mode & OTHERS_MAY_ENTER for parent in place.parents):
        return False
    needed = OTHERS_MAY_READ | OTHERS_MAY_ENTER if place.is_dir() else OTHERS_MAY_READ
    inner = list(place.iterdir())[:50] if place.is_dir() else []
    return place.stat().st_mode & needed == needed and all(p.stat().st_mode & OTHERS_MAY_READ for p in inner)


def _drop_capabilities(libc: ctypes.CDLL) -> bool:
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    return bool(libc.capset(header, bytes(24)) == 0)


def _describe_environment(scratch: str) -> None:
    """Set the few variables that libraries inside look at. None comes from outside."""
    os.environ.update(
        HOME=scratch,
        TMPDIR=scratch,
        LANG="C.UTF-8",
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        MPLCONFIGDIR=scratch,
        MLFLOW_DISABLE_TELEMETRY="true",
        DO_NOT_TRACK="1",
        GIT_PYTHON_REFRESH="quiet",
    )


def _restrict_files(room: Room, scratch: str) -> None:
    landlock.restrict(
        readable=[*namespaces.SYSTEM, *room.readable, *namespaces.DEVICES],
        writable=[scratch, "/dev/null"],
    )
