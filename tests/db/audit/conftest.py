"""A throw-away database per test, SQLite and PostgreSQL, with the audit tables and their triggers.

Append-only triggers break Django's flush, and many of these tests commit, so
no test here uses pytest-django's database: ``log`` makes one and drops it.
PostgreSQL is reached at ``MRM_TEST_POSTGRES_URL``, by default the local server.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.db.models import Max

from mrm.database import database_settings
from registry.audit import triggers
from registry.audit.api import ActorStamp, AuditAction, Subject, record
from registry.audit.models import AuditEvent, AuditLeaf, Checkpoint
from registry.audit.sequencer import sequence
from registry.outbox.models import OutboxMessage

POSTGRES = os.environ.get("MRM_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
PATIENCE_S = 60
AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
VERA = ActorStamp(uuid=uuid.UUID(int=0xE7A), name="Vera", role_label="validator")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services("postgresql"))])
def vendor(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def log(vendor: str, tmp_path: Path, django_db_blocker: Any) -> Iterator[str]:
    """An empty audit log under ``connections["default"]``; yields the vendor."""
    name = f"mrm_audit_{uuid.uuid4().hex[:12]}"
    if vendor == "sqlite":
        url = f"sqlite:///{tmp_path / 'log.sqlite3'}"
    else:
        _maintain(f'CREATE DATABASE "{name}"')
        url = POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    ours = connections["default"]
    before = connections.settings["default"]
    fresh = {**before, "OPTIONS": {}, **database_settings(url, var_dir=tmp_path), "CONN_MAX_AGE": 0}
    connections.settings["default"] = fresh
    del connections["default"]
    with django_db_blocker.unblock():
        try:
            create_tables()
            yield vendor
        finally:
            connection.close()
            connections.settings["default"] = before
            connections["default"] = ours
            if vendor == "postgresql":
                _maintain(f'DROP DATABASE "{name}" WITH (FORCE)')


def create_tables() -> None:
    with connection.schema_editor() as editor:
        for table in (AuditEvent, AuditLeaf, Checkpoint, OutboxMessage):
            editor.create_model(table)
        for statement in triggers.statements(connection.vendor):
            editor.execute(statement, params=None)


def _maintain(statement: str) -> None:
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(statement)


@pytest.fixture
def record_events(log: str) -> Callable[[int], list[uuid.UUID]]:
    """Record events in a transaction each; event n is about the finding ``F-n``."""

    def record_some(count: int) -> list[uuid.UUID]:
        return [record_one(number) for number in range(count)]

    return record_some


def record_one(number: int) -> uuid.UUID:
    with transaction.atomic():
        return record(
            action=AuditAction.FINDING_RAISED,
            actor=VERA,
            at=AT,
            subject=Subject(type="finding", uuid=uuid.UUID(int=number), label=f"F-{number}"),
            payload={"severity": "high", "number": number},
            correlation_id=f"request-{number}",
        )


def number_events(limit: int = 1000) -> int:
    """Number events once none of them can be held back.

    PostgreSQL's horizon is that of the whole server, so a transaction in
    another database, another test's for example, holds numbering back too.
    """
    if connection.vendor == "postgresql":
        newest = AuditEvent.objects.aggregate(newest=Max("transaction_number"))["newest"] or 0
        deadline = time.monotonic() + PATIENCE_S
        while horizon() <= newest and time.monotonic() < deadline:
            time.sleep(0.02)
    return sequence(limit)


def horizon() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return cursor.fetchone()[0]


def change_underneath(statement: str, params: list[object]) -> None:
    """Do what the owner of the tables can: drop the triggers, change a row, put them back."""
    with connection.cursor() as cursor:
        for drop in triggers.drop_statements(connection.vendor):
            cursor.execute(drop)
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute(statement, params)
        for create in triggers.statements(connection.vendor):
            cursor.execute(create)
