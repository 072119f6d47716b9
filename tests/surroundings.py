"""What this machine offers to tests that need more than Python."""

import os
import shutil
import socket
from functools import cache
from urllib.parse import urlsplit

SERVICE_URLS = {
    "postgresql": os.environ.get("MRM_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres"),
    "redis": os.environ.get("MRM_TEST_REDIS_URL", "redis://127.0.0.1:6379/15"),
    "rabbitmq": os.environ.get("MRM_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@cache
def is_there(thing: str) -> bool:
    """Say whether a service listens or a browser is installed."""
    if thing == "chromium":
        return any(shutil.which(name) for name in BROWSERS)
    parts = urlsplit(SERVICE_URLS[thing])
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((parts.hostname or "127.0.0.1", parts.port or 0)) == 0
