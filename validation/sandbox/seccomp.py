"""A seccomp filter, assembled here and installed with prctl: no library needed.

System calls that reach beyond the process are refused with EPERM, calls of a
foreign architecture kill. New threads are allowed, new processes are not. The
numbers are those of the kernel's ``unistd_64.h`` (x86_64) and
``asm-generic/unistd.h`` (aarch64).
"""

import ctypes
import errno
import platform
import struct

PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
RET_KILL_PROCESS, RET_ERRNO, RET_ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
OFFSET_NUMBER, OFFSET_ARCH, OFFSET_ARGUMENT_0 = 0, 4, 16
CLONE_THREAD = 0x00010000
X32_BIT = 0x40000000
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# name: (x86_64, aarch64); None where the architecture has no such call
REFUSED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "kill": (62, 129), "tkill": (200, 130),
    "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440), "kcmp": (312, 272),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "bpf": (321, 280),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "unshare": (272, 97), "setns": (308, 268), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "sethostname": (170, 161), "setdomainname": (171, 162), "syslog": (103, 116), "acct": (163, 89),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "iopl": (172, None), "ioperm": (173, None),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "setsid": (112, 157),
    "setpgid": (109, 154), "personality": (135, 92), "mknod": (133, None), "mknodat": (259, 33),
    "vmsplice": (278, 75), "fork": (57, None), "vfork": (58, None), "chmod": (90, None),
    "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5),
    "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "setxattrat": (463, 463), "removexattrat": (466, 466),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "fanotify_init": (300, 262), "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42), "uselib": (134, None), "vhangup": (153, 58), "modify_ldt": (154, None),
    "migrate_pages": (256, 238), "move_pages": (279, 239), "mbind": (237, 235),
    "set_mempolicy": (238, 237), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180), "capset": (126, 91),
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274),
    "ioprio_set": (251, 30), "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
}  # fmt: skip
CLONE, CLONE3, PRLIMIT64 = (56, 220), (435, 435), (302, 261)


class UnsupportedError(Exception):
    """This kernel or architecture offers no such layer."""


def install() -> None:
    """Install the filter for this thread and all that it starts. Raises ``UnsupportedError``.

    ``no_new_privs`` must be set. It cannot be undone.
    """
    program = assemble(platform.machine())
    count = len(program) // 8
    code = ctypes.create_string_buffer(program, len(program))
    descriptor = ctypes.create_string_buffer(struct.pack("HxxxxxxP", count, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, descriptor, 0, 0) != 0:
        raise UnsupportedError(f"seccomp: errno {ctypes.get_errno()}")


def assemble(machine: str) -> bytes:
    """Return the filter's instructions for ``machine``. Raises ``UnsupportedError`` for an unknown one."""
    if machine not in ARCHITECTURES:
        raise UnsupportedError(f"seccomp: no table for {machine}")
    column, architecture = ARCHITECTURES[machine]
    refuse = _step(RETURN, RET_ERRNO | errno.EPERM)
    allow = _step(RETURN, RET_ALLOW)
    steps = [
        _step(LOAD, OFFSET_ARCH),
        _step(JUMP_EQUAL, architecture, yes=1),
        _step(RETURN, RET_KILL_PROCESS),
        _step(LOAD, OFFSET_NUMBER),
    ]
    if machine == "x86_64":
        steps += [_step(JUMP_AT_LEAST, X32_BIT, no=1), _step(RETURN, RET_KILL_PROCESS)]
    for numbers in REFUSED.values():
        number = numbers[column]
        if number is not None:
            steps += [_step(JUMP_EQUAL, number, no=1), refuse]
    steps += [
        # The C library falls back to clone, whose flags can be read here.
        _step(JUMP_EQUAL, CLONE3[column], no=1),
        _step(RETURN, RET_ERRNO | errno.ENOSYS),
        _step(JUMP_EQUAL, CLONE[column], no=4),
        _step(LOAD, OFFSET_ARGUMENT_0),
        _step(JUMP_ANY_BIT, CLONE_THREAD, no=1),
        allow,
        refuse,
        # Limits of other processes are none of its business; its own may be read.
        _step(JUMP_EQUAL, PRLIMIT64[column], no=3),
        _step(LOAD, OFFSET_ARGUMENT_0),
        _step(JUMP_EQUAL, 0, yes=1),
        refuse,
        allow,
    ]
    return b"".join(steps)


def _step(code: int, operand: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, operand)
