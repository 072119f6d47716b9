"""Fifty of ten thousand models through real servers: ours under gunicorn, MLflow's own search, both on SQLite."""

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from tests.benchmarks.big_bank import MODELS, build, model_key
from tests.benchmarks.drf_list import PAGE
from tests.benchmarks.harness import Entry, Result, in_server, measure
from tests.flows.mlflow_server import free_port, server_command, server_environment

START_TIMEOUT_S = 120.0
CALLS = 20
MLFLOW_PAGE = f"/api/2.0/mlflow/registered-models/search?max_results={PAGE}"
OUR_PAGE = f"/api/v1/models?limit={PAGE}"
NOTE = (
    "server CPU of the whole process tree, one worker each, keep-alive where the server offers it; "
    "ours also returns owner, tier, newest version and permissions, MLflow's the latest version"
)


def results() -> list[Result]:
    """Seed both with the same names, start both, and let them take turns."""
    folder = Path(settings.MRM_VAR_DIR)
    secret = build()
    names = [model_key(number) for number in range(PAGE)]
    with our_server(folder) as (our_pid, our_url), seeded_mlflow(folder / "mlflow") as (their_pid, their_url):
        ours = reader(our_url + OUR_PAGE, {"Authorization": f"Bearer {secret}"})
        theirs = reader(their_url + MLFLOW_PAGE, {})
        entry = Entry(
            name="inventory list, against MLflow's search",
            work=f"list 50 of {MODELS:,} models through a server",
            ours=in_server("GET /api/v1/models, gunicorn", ours, pid=our_pid, repeats=CALLS),
            peer=in_server("MLflow server, registered-models/search", theirs, pid=their_pid, repeats=CALLS),
            is_equal=lambda a, b: [row["key"] for row in a["items"]] == names == _names(b),
            runs=7,
            sizes={"models": MODELS, "calls a turn": CALLS},
            note=NOTE,
        )
        return [measure(entry)]


def _names(page: Any) -> list[str]:
    return [row["name"] for row in page["registered_models"]]


def reader(url: str, headers: dict[str, str]) -> Callable[[], Any]:
    """Return a function that reads the address as JSON over one connection, made anew when it lay idle too long."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)

    def ask() -> http.client.HTTPResponse:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        return connection.getresponse()

    def read() -> Any:
        try:
            answer = ask()
        except (http.client.RemoteDisconnected, ConnectionError):
            connection.close()
            answer = ask()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{url} answered {answer.status}: {body[:300]!r}")
        return json.loads(body)

    return read


@contextmanager
def our_server(folder: Path) -> Iterator[tuple[int, str]]:
    """Serve the project with one gunicorn worker."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "mrm.wsgi",
        "--bind",
        address,
        "--workers",
        "1",
        "--threads",
        "4",
    ]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings"}
    with _served(
        command, environment, Path.cwd(), f"http://{address}/health/", folder / "gunicorn.log"
    ) as pid:
        yield pid, f"http://{address}"


@contextmanager
def seeded_mlflow(folder: Path) -> Iterator[tuple[int, str]]:
    """Make MLflow's tables, put the names in them, and serve them with one worker and no job runner."""
    folder.mkdir()
    environment = server_environment()
    database = folder / "mlflow.db"
    upgrade = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{database}"]
    subprocess.run(upgrade, cwd=folder, env=environment, check=True, capture_output=True)
    _seed(database)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = server_command(folder=folder, port=port)
    with _served(command, environment, folder, f"{url}/health", folder / "server.log") as pid:
        yield pid, url


def _seed(database: Path) -> None:
    now = int(time.time() * 1000)
    connection = sqlite3.connect(database)
    names = [model_key(number) for number in range(MODELS)]
    with connection:
        connection.executemany(
            "INSERT INTO registered_models (name, creation_time, last_updated_time, description) VALUES (?, ?, ?, '')",
            [(name, now, now) for name in names],
        )
        connection.executemany(
            "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage,"
            " source, run_id, status) VALUES (?, ?, ?, ?, '', 'None', 'mlflow-artifacts:/m', ?, 'READY')",
            [(name, 1, now, now, "0" * 32) for name in names],
        )
        connection.execute("ANALYZE")
    connection.close()


@contextmanager
def _served(
    command: list[str], environment: dict[str, str], cwd: Path, health: str, log: Path
) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(process, health, log)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    parts = urlsplit(health)
    ends = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < ends and process.poll() is None:
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        try:
            connection.request("GET", parts.path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise RuntimeError(f"{health} did not answer: {log.read_text(errors='replace')[-2000:]}")
