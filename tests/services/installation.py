"""An installation in processes of its own: database, broker, worker, loops."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """Where the processes run, and how to look into their database from outside."""

    def __init__(self, *, folder: Path, database_url: str = "", broker_url: str = "", **more: str) -> None:
        self.folder = folder
        self._database_url = database_url
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "mrm.settings",
            "MRM_VAR_DIR": str(folder),
            "MRM_DATABASE_URL": database_url,
            "MRM_BROKER_URL": broker_url,
            **more,
        }

    def python(self, *arguments: str) -> str:
        """Run Python to its end under this installation's settings and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def seed(self, count: int) -> list[str]:
        """Migrate, fill, and return the open requests."""
        self.python("manage.py", "migrate", "--verbosity", "0", "--skip-checks")
        found: list[str] = json.loads(self.python("-m", "tests.services.seed", str(count)))
        return found

    @contextmanager
    def process(self, *arguments: str, log: str) -> Iterator[subprocess.Popen[bytes]]:
        """Keep a Python process running in a session of its own; kill the session at the end."""
        with (self.folder / log).open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        try:
            yield process
        finally:
            kill_session(process)

    def worker(self, *, app: str = "mrm.celery") -> Any:
        """Keep a Celery worker running."""
        return self.process(
            *("-m", "celery", "-A", app, "worker", "-Q", "heavy,light", "-c", "1"),
            *("-l", "info", "--without-gossip", "--without-mingle"),
            log="worker.log",
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the database from outside."""
        if self._database_url:
            with psycopg.connect(self._database_url) as connection:
                return connection.execute(query).fetchall()
        connection = sqlite3.connect(self.folder / "mrm.sqlite3", timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def log(self, name: str = "worker.log") -> str:
        """Return the end of a process's log."""
        return (self.folder / name).read_text(errors="replace")[-4000:]


def kill_session(process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
    """Send a signal to the process's session and wait for its leader."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    process.wait(timeout=30)


def wait_until(condition: Any, *, within_s: float, what: str, say: Any = str) -> None:
    """Wait for a condition; fail with what was waited for, and what ``say`` returns then."""
    ends = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends, f"not within {within_s:g} s: {what} {say()}"
        time.sleep(0.1)


def column(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return the first column."""
    return [row[0] for row in rows]
