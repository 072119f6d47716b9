"""Opening the house: MLflow first, the database meanwhile, then web and workers."""

import subprocess
import sys
from pathlib import Path

from mrm.demo.journal import Journal
from mrm.demo.places import CHECKOUT, Places
from mrm.demo.processes import ProcessDiedError, Troupe, answers

MLFLOW_START_S = 120.0
WEB_START_S = 60.0
SET_UP_S = 120.0
HEAVY_PROCESSES = 2
WEB_THREADS = 4

WEB, MLFLOW, HEAVY, LIGHT = "web", "mlflow", "worker-heavy", "worker-light"


def start_mlflow(troupe: Troupe) -> None:
    """Start the tracking server: one worker, no job runner, SQLite and files of its own."""
    folder = troupe.places.folder / "mlflow"
    troupe.start(
        MLFLOW,
        [
            sys.executable, "-m", "mlflow", "server",
            "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
            "--artifacts-destination", str(folder / "artifacts"),
            "--host", "127.0.0.1", "--port", str(troupe.places.mlflow_port), "--workers", "1",
        ],
    )  # fmt: skip


def start_web(troupe: Troupe) -> None:
    """Start the web process."""
    troupe.start(
        WEB,
        [
            sys.executable, "-m", "gunicorn", "mrm.wsgi:application",
            "--bind", f"127.0.0.1:{troupe.places.web_port}",
            "--workers", "1", "--threads", str(WEB_THREADS), "--timeout", "120", "--graceful-timeout", "5",
            "--worker-tmp-dir", str(troupe.places.folder / "tmp"), "--log-level", "warning",
        ],
    )  # fmt: skip


def start_heavy_worker(troupe: Troupe) -> None:
    """Start the worker that runs validation plans."""
    troupe.start(HEAVY, [*_celery(), "-Q", "heavy", "-n", "heavy@%h", "--concurrency", str(HEAVY_PROCESSES)])


def start_light_worker(troupe: Troupe) -> None:
    """Start the worker that dispatches, numbers and signs, with the clock that rings it."""
    troupe.start(
        LIGHT,
        [
            *_celery(), "-Q", "light", "-n", "light@%h", "--concurrency", "1",
            "--beat", "--schedule", str(troupe.places.folder / "beat-schedule"),
        ],
    )  # fmt: skip


def _celery() -> list[str]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
    return [sys.executable, "-m", "celery", "-A", "mrm.celery", "worker", *quiet]


def set_up(places: Places) -> None:
    """Make the database, the people and what they own. Raises ``ProcessDiedError``."""
    run(places, [sys.executable, "manage.py", "set_up_demo"], within_s=SET_UP_S)


def run(
    places: Places,
    command: list[str],
    *,
    within_s: float,
    extra: dict[str, str] | None = None,
    cwd: Path = CHECKOUT,
) -> str:
    """Run a command to its end and return what it printed. Raises ``ProcessDiedError`` when it fails."""
    done = try_run(places, command, within_s=within_s, extra=extra, cwd=cwd)
    if done.returncode != 0:
        raise ProcessDiedError(
            f"{' '.join(command[1:4])} ended with status {done.returncode}:\n"
            f"{(done.stdout + done.stderr)[-3000:]}"
        )
    return done.stdout


def try_run(
    places: Places,
    command: list[str],
    *,
    within_s: float,
    extra: dict[str, str] | None = None,
    cwd: Path = CHECKOUT,
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, whatever that is."""
    return subprocess.run(  # noqa: S603 - our own interpreter, no shell
        command,
        cwd=cwd,
        env=places.environment() | (extra or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )


def open_house(troupe: Troupe, journal: Journal) -> None:
    """Start everything and wait until it serves."""
    places = troupe.places
    places.renew()
    start_mlflow(troupe)
    journal.say(f"MLflow is starting on port {places.mlflow_port}; meanwhile the database is made")
    set_up(places)
    journal.say("tables, packs, people, portfolios and use cases are there")
    start_web(troupe)
    start_light_worker(troupe)
    start_heavy_worker(troupe)
    troupe.wait_until(
        lambda: answers(f"{places.web_url}/health/"), what="the web process", within_s=WEB_START_S
    )
    journal.say(f"the pages are served at {places.web_url}")
    troupe.wait_until(lambda: answers(f"{places.mlflow_url}/health"), what="MLflow", within_s=MLFLOW_START_S)
    journal.say(f"MLflow answers at {places.mlflow_url}")
