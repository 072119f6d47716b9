"""The project's settings, with the peer's address beside ours and nothing else changed."""

from mrm.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
ALLOWED_HOSTS = ["testserver", "127.0.0.1"]

STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405
