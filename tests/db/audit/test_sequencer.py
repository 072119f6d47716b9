"""Numbering: committed events only, no gap, no event twice."""

import hashlib
import threading
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from registry.audit.models import AuditEvent, AuditLeaf
from registry.audit.sequencer import count_unnumbered, sequence
from tests.db.audit.conftest import number_events, record_one

POSTGRESQL = [pytest.param("postgresql", marks=pytest.mark.services("postgresql"))]


def numbered() -> list[UUID]:
    return [leaf.event.uuid for leaf in AuditLeaf.objects.select_related("event")]


def test_events_are_numbered_in_order_from_zero(log: str, record_events: Callable[[int], list[UUID]]) -> None:
    recorded = record_events(5)
    assert [number_events(2), number_events(2), number_events(2), number_events(2)] == [2, 2, 1, 0]
    assert numbered() == recorded
    assert list(AuditLeaf.objects.values_list("index", flat=True)) == [0, 1, 2, 3, 4]
    for leaf in AuditLeaf.objects.select_related("event"):
        expected = hashlib.sha256(b"\x00" + bytes(leaf.event.entry)).digest()
        assert bytes(leaf.leaf_hash) == expected


def test_numbering_that_fails_half_way_leaves_nothing(
    log: str, record_events: Callable[[int], list[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = record_events(3)
    monkeypatch.setattr("registry.audit.sequencer._next_index", lambda: 0)
    assert number_events(1) == 1
    with pytest.raises(IntegrityError):
        number_events(2)
    monkeypatch.undo()
    assert count_unnumbered() == 2
    assert number_events(9) == 2
    assert numbered() == recorded


@pytest.mark.parametrize("vendor", POSTGRESQL)
def test_an_open_transaction_holds_back_what_came_after_it(log: str) -> None:
    """The slow writer took its number first: nobody may overtake it, or it would be lost."""
    with connect() as slow:
        slow.execute("SELECT pg_current_xact_id()")
        record_one(1)
        assert sequence(10) == 0
        assert count_unnumbered() == 1
        slow.rollback()
    assert number_events(10) == 1


@pytest.mark.parametrize("vendor", POSTGRESQL)
def test_a_row_from_a_restored_dump_is_numbered(log: str) -> None:
    """Its transaction number lies beyond those that this cluster has issued."""
    record_one(1)
    assert number_events() == 1
    with transaction.atomic():
        event = AuditEvent.objects.get()
        event.pk, event.uuid, event.transaction_number = None, UUID(int=5), 2**60
        event.save(force_insert=True)
    assert sequence(10) == 1


@pytest.mark.parametrize("vendor", POSTGRESQL)
def test_two_sequencers_do_not_number_at_once(log: str) -> None:
    record_one(1)
    with connect() as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x6D726D617564])
        assert sequence(10) == 0
        other.rollback()
    assert number_events(10) == 1


@pytest.mark.parametrize("vendor", POSTGRESQL)
def test_no_gap_and_no_loss_while_many_write(log: str) -> None:
    writers = [threading.Thread(target=write, args=(worker * 1000,)) for worker in range(6)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        sequence(7)
    while number_events(50):
        continue
    uuids = numbered()
    assert list(AuditLeaf.objects.values_list("index", flat=True)) == list(range(180))
    assert set(uuids) == set(AuditEvent.objects.values_list("uuid", flat=True))
    assert len(uuids) == 180


def write(start: int) -> None:
    """Thirty acts that commit; every third is preceded by one that is rolled back."""
    try:
        for number in range(30):
            if number % 3 == 0:
                with transaction.atomic():
                    record_one(start + number)
                    transaction.set_rollback(True)
            record_one(start + number)
    finally:
        connection.close()


def connect() -> psycopg.Connection[tuple[object, ...]]:
    parameters = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(**{name: parameters[name] for name in names if parameters.get(name)})
