"""The database itself refuses to change what is appended."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from registry.audit import triggers
from registry.audit.models import AuditEvent, AuditLeaf, Checkpoint
from registry.domain.errors import InvalidInput
from registry.outbox.models import OutboxMessage
from tests.db.audit.conftest import AT, number_events

CHANGES = [
    "UPDATE audit_event SET actor_name = 'Nobody'",
    "DELETE FROM audit_event",
    "UPDATE audit_leaf SET index = index + 10",
    "DELETE FROM audit_leaf",
    "UPDATE audit_checkpoint SET size = size + 1",
    "DELETE FROM audit_checkpoint",
]
UPSERT = """
INSERT INTO audit_checkpoint (size, root, peaks, note, signed_at)
VALUES (3, '', '', '', now()) ON CONFLICT (size) DO UPDATE SET note = 'forged'
"""


@pytest.fixture
def filled(log: str, record_events: Callable[[int], list[UUID]]) -> str:
    record_events(3)
    number_events()
    Checkpoint.objects.create(size=3, root=b"r", peaks=b"p", note="n", signed_at=AT)
    return log


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def contents() -> list[object]:
    return [list(table.objects.values_list()) for table in (AuditEvent, AuditLeaf, Checkpoint)]


@pytest.mark.parametrize("change", CHANGES)
def test_update_and_delete_are_refused(filled: str, change: str) -> None:
    before = contents()
    statement = change.replace("index", '"index"')
    with pytest.raises(DatabaseError, match="on append-only table"):
        execute(statement)
    assert contents() == before


def test_the_same_change_passes_without_the_triggers(filled: str) -> None:
    for drop in triggers.drop_statements(filled):
        execute(drop)
    execute(CHANGES[0])
    assert set(AuditEvent.objects.values_list("actor_name", flat=True)) == {"Nobody"}


@pytest.mark.parametrize("vendor", ["sqlite"])
def test_insert_or_replace_is_refused(filled: str) -> None:
    before = contents()
    columns = ", ".join(f'"{field.column}"' for field in AuditEvent._meta.concrete_fields)
    others = columns.replace('"id"', "id + 100").replace('"actor_name"', "'Nobody'")
    with pytest.raises(DatabaseError, match="DELETE on append-only table"):
        execute(f"INSERT OR REPLACE INTO audit_event ({columns}) SELECT {others} FROM audit_event LIMIT 1")
    assert contents() == before


@pytest.mark.parametrize("vendor", [pytest.param("postgresql", marks=pytest.mark.services("postgresql"))])
@pytest.mark.parametrize(
    "change",
    [
        "TRUNCATE audit_leaf",
        "TRUNCATE audit_event CASCADE",
        "TRUNCATE audit_checkpoint",
        "SET LOCAL session_replication_role = replica; DELETE FROM audit_leaf",
        UPSERT,
    ],
)
def test_truncate_replication_and_upsert_are_refused(filled: str, change: str) -> None:
    before = contents()
    with pytest.raises(DatabaseError, match="on append-only table"):
        execute(change)
    assert contents() == before


def test_another_table_can_be_made_append_only(filled: str) -> None:
    message = OutboxMessage.objects.create(
        uuid=UUID(int=1), kind="mail", payload={}, enqueued_at=AT, next_attempt_at=AT
    )
    for statement in triggers.statements(filled, tables=("outbox_message",)):
        execute(statement)
    with pytest.raises(DatabaseError, match="DELETE on append-only table outbox_message"):
        execute(f"DELETE FROM outbox_message WHERE id = {message.pk}")


def test_another_vendor_is_refused() -> None:
    with pytest.raises(InvalidInput, match="AUD004"):
        triggers.statements("mysql")
    with pytest.raises(InvalidInput, match="AUD004"):
        triggers.drop_statements("mysql")
