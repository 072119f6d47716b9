"""Workers are killed in mid-run; every run ends once, with every check and every finding once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis
from kombu import Connection, Queue

from tests.services.installation import Installation, column, kill_session, wait_until
from tests.services.storm_plan import CHECKS
from tests.surroundings import SERVICE_URLS

REQUESTS = 4
KILLS = 2
APP = "tests.services.storm_app"


@contextmanager
def throw_away_database() -> Iterator[str]:
    name = f"mrm_storm_{uuid4().hex[:12]}"
    with psycopg.connect(SERVICE_URLS["postgresql"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield SERVICE_URLS["postgresql"].rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(SERVICE_URLS["postgresql"], autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def empty_queues(broker_url: str) -> None:
    if broker_url.startswith("redis"):
        redis.Redis.from_url(broker_url).flushdb()
        return
    with Connection(broker_url) as connection:
        for name in ("heavy", "light"):
            queue = Queue(name, channel=connection.channel())
            queue.declare()
            queue.purge()


@pytest.mark.flow
def test_a_storm_on_sqlite_without_a_broker(tmp_path: Path) -> None:
    storm(Installation(folder=tmp_path))


@pytest.mark.parametrize(
    "broker",
    [
        pytest.param("redis", marks=pytest.mark.services("postgresql", "redis")),
        pytest.param("rabbitmq", marks=pytest.mark.services("postgresql", "rabbitmq")),
    ],
)
def test_a_storm_on_postgresql(tmp_path: Path, broker: str) -> None:
    broker_url = SERVICE_URLS[broker]
    empty_queues(broker_url)
    with throw_away_database() as database_url:
        storm(Installation(folder=tmp_path, database_url=database_url, broker_url=broker_url))
    empty_queues(broker_url)


def storm(place: Installation) -> None:
    place.seed(REQUESTS)
    with place.process("manage.py", "loops", "--skip-checks", log="loops.log"):
        for kill in range(KILLS):
            with place.worker(app=APP) as worker:
                wait_until(
                    lambda seen=kill * 3 + 2: _count(place, "validation_check_record") >= seen,
                    within_s=60,
                    what=f"checks before kill {kill + 1}",
                    say=place.log,
                )
                kill_session(worker)
        with place.worker(app=APP):
            wait_until(
                lambda: _count(place, "validation_run WHERE ended_at IS NOT NULL") == REQUESTS,
                within_s=90,
                what="the end of every run",
                say=place.log,
            )
            time.sleep(1)
    _ensure_nothing_lost_or_doubled(place)


def _ensure_nothing_lost_or_doubled(place: Installation) -> None:
    runs = place.rows("SELECT status, attempt, lease_until FROM validation_run")
    assert {(status, lease) for status, _attempt, lease in runs} == {("succeeded", None)}
    assert sum(attempt for _status, attempt, _lease in runs) == REQUESTS + KILLS
    assert _count(place, "validation_check_record") == REQUESTS * len(CHECKS)
    assert _count(place, "registry_evidence_record") == REQUESTS * len(CHECKS)
    assert _count(place, "registry_finding") == REQUESTS
    assert set(column(place.rows("SELECT status FROM registry_validation_request"))) == {"completed"}
    events = place.rows("SELECT action, count(*) FROM audit_event GROUP BY action")
    ended = {
        action: count
        for action, count in events
        if action.startswith("validation.") and "requested" not in action
    }
    assert ended.get("validation.completed") == REQUESTS
    assert not {"validation.failed", "validation.cancelled"} & set(ended)
    assert list((place.folder / "runs").iterdir()) == []


def _count(place: Installation, rest: str) -> int:
    return int(place.rows(f"SELECT count(*) FROM {rest}")[0][0])
