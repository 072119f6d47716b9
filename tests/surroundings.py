"""What this machine offers to tests that need more than Python. Asked without the program, whose answer is tested."""

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

SERVICE_URLS = {
    "postgresql": os.environ.get("MRM_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres"),
    "redis": os.environ.get("MRM_TEST_REDIS_URL", "redis://127.0.0.1:6379/15"),
    "rabbitmq": os.environ.get("MRM_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LANDLOCK_CREATE_RULESET, VERSION_FLAG = 444, 1
FIRST_LANDLOCK_FOR_SIGNALS = 6


@cache
def is_there(thing: str) -> bool:
    """Say whether a service listens, a browser is installed, or the kernel offers a means of confinement."""
    if thing in SERVICE_URLS:
        return _listens(SERVICE_URLS[thing])
    asked: dict[str, Callable[[], bool]] = {
        "chromium": _has_browser,
        "pg_dump": lambda: shutil.which("pg_dump") is not None,
        "namespaces": _grants_namespaces,
        "landlock": lambda: _landlock_version() > 0,
        "landlock for signals": lambda: _landlock_version() >= FIRST_LANDLOCK_FOR_SIGNALS,
        "a file layer": lambda: _landlock_version() > 0 or _grants_namespaces(),
    }
    return asked[thing]()


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((parts.hostname or "127.0.0.1", parts.port or 0)) == 0


def _has_browser() -> bool:
    return any(shutil.which(name) for name in BROWSERS)


def _grants_namespaces() -> bool:
    tool = shutil.which("unshare")
    as_whom = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = [tool or "unshare", *as_whom, "--mount", "--net", "true"]
    return tool is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


def _landlock_version() -> int:
    return max(0, int(ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, VERSION_FLAG)))
