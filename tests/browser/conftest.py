"""A served site with a database of its own, and a browser that looks at it.

Both end with the module: while the browser's event loop runs, Django refuses
its database to every other test of the process.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.builders.web_world import PASSWORD
from tests.surroundings import BROWSERS

ROOT = Path(__file__).parents[2]
START_LIMIT_S = 60


@dataclass
class Site:
    """Where the site is, and what it holds."""

    url: str
    var_dir: Path
    running: str
    hostile: str
    drift: str
    pages: dict[str, list[str]]
    environment: dict[str, str]

    def make_report(self, record: str, content: bytes) -> None:
        """Let a worker of its own process make the report that was asked for."""
        command = [sys.executable, "-m", "tests.browser.make_report", record]
        subprocess.run(command, env=self.environment, cwd=ROOT, check=True, input=content)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Build the site's database in one process and serve it from another."""
    var_dir = tmp_path_factory.mktemp("site")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "mrm.settings",
        "MRM_MODE": "embedded",
        "MRM_VAR_DIR": str(var_dir),
        "MRM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
    }
    seed = [sys.executable, "-m", "tests.browser.seed_site"]
    built = json.loads(
        subprocess.run(seed, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    )
    serve = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "4",
        "mrm.wsgi:application",
    ]
    with (
        (var_dir / "web.log").open("wb") as log,
        subprocess.Popen(serve, env=environment, cwd=ROOT, stdout=log, stderr=log) as process,
    ):
        try:
            _wait(f"http://127.0.0.1:{port}/health/", process)
            yield Site(url=f"http://127.0.0.1:{port}", var_dir=var_dir, environment=environment, **built)
        finally:
            process.terminate()


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit and process.poll() is None:
        try:
            with urlopen(address) as answer:
                assert answer.status == 200
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError("the site did not start")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the installed browser."""
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def sessions() -> dict[str, Any]:
    """Keep who has signed in."""
    return {}


@pytest.fixture
def visit(browser: Browser, site: Site, sessions: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    """Return a way to open a page as one of the cast, and close all of them afterwards."""
    opened = []

    def open_as(username: str, **options: Any) -> Page:
        if username not in sessions:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{site.url}/sign-in/")
            page.fill("#id_username", username)
            page.fill("#id_password", PASSWORD)
            page.click("main button")
            page.wait_for_selector("nav[aria-label=Main]")
            sessions[username] = context.storage_state()
            context.close()
        context = browser.new_context(base_url=site.url, storage_state=sessions[username], **options)
        opened.append(context)
        return context.new_page()

    yield open_as
    for context in opened:
        context.close()
