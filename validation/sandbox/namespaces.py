"""Namespaces and a root file system that holds only what the box may read."""

import contextlib
import ctypes
import os
from pathlib import Path

NEW_MOUNTS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/libx32", "/bin", "/sbin", "/etc/ld.so.cache")
SCRATCH = "/scratch"


class UnsupportedError(Exception):
    """The kernel or the container refuses this layer."""


def enter_user_namespace() -> None:
    """Become the only user of a new user namespace, so that the others may follow."""
    uid, gid = os.getuid(), os.getgid()
    unshare(NEW_USER)
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    except OSError as error:
        raise UnsupportedError(f"user namespace: {error}") from error


def unshare(flag: int) -> None:
    """Leave a shared namespace. Raises ``UnsupportedError`` where that is refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flag) != 0:
        raise UnsupportedError(f"unshare {flag:#x}: errno {ctypes.get_errno()}")


def build_private_root(*, at: str, readable: list[str], scratch_size: int) -> None:
    """Make ``at`` the root: the readable paths read-only, four devices, one scratch folder in memory.

    Needs a mount namespace of one's own. Raises ``UnsupportedError`` and leaves the old root in place.
    """
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount("box", at, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=755")
    for path in SYSTEM:
        if Path(path).is_symlink():
            Path(at + path).parent.mkdir(parents=True, exist_ok=True)
            Path(at + path).symlink_to(Path(path).readlink())
        elif Path(path).exists():
            _bind(path, at)
    for path in sorted(set(readable), key=len):
        if not any(path == top or path.startswith(f"{top}/") for top in SYSTEM):
            _bind(path, at)
    for path in DEVICES:
        _bind(path, at, devices=True)
    Path(at + SCRATCH).mkdir()
    _mount(
        "scratch", at + SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, f"size={scratch_size},mode=1777"
    )
    old = Path(at) / "old"
    old.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    os.chdir(at)
    if libc.syscall(_pivot_root_number(), b".", b"old") != 0:
        raise UnsupportedError(f"pivot_root: errno {ctypes.get_errno()}")
    os.chdir("/")
    if libc.umount2(b"/old", MNT_DETACH) != 0:
        raise UnsupportedError(f"umount: errno {ctypes.get_errno()}")
    with contextlib.suppress(OSError):
        Path("/old").rmdir()
    _mount("none", "/", None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_BIND)


def _bind(path: str, at: str, *, devices: bool = False) -> None:
    source, target = Path(path), Path(at + path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    _mount(path, str(target), None, MS_BIND | MS_REC)
    flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | _locked_flags(path)
    _mount("none", str(target), None, flags if devices else flags | MS_NODEV)


def _locked_flags(path: str) -> int:
    """Return the mount flags that a user namespace may not clear."""
    seen = os.statvfs(path).f_flag
    # noexec, noatime, nodiratime, relatime have the same bits in statvfs and mount but for relatime
    flags = seen & (MS_NODEV | MS_NOEXEC | 1024 | 2048)
    return flags | (1 << 21 if seen & 4096 else 0)


def _pivot_root_number() -> int:
    return 41 if os.uname().machine == "aarch64" else 155


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.mount(
        source.encode(),
        target.encode(),
        None if kind is None else kind.encode(),
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    if done != 0:
        raise UnsupportedError(f"mount on {target}: errno {ctypes.get_errno()}")
