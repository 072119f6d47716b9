"""The verifier finds what was changed underneath and names the event."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from registry.audit.checkpoint import ORIGIN, note_name, publish_checkpoint
from registry.audit.merkle import leaf_hash
from registry.audit.models import AuditEvent, Checkpoint
from registry.audit.signed_note import NoteSigner
from registry.audit.verify import VerificationReport, verify_database
from tests.db.audit.conftest import AT, VERA, change_underneath, number_events, record_one

SIGNER = NoteSigner(name=ORIGIN, private=Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture
def events(log: str, record_events: Callable[[int], list[UUID]], outside: Path) -> list[UUID]:
    """Seven events in the log, a checkpoint over the first four and one over all."""
    uuids = record_events(4)
    publish(outside)
    uuids += [record_one(4), record_one(5)]
    publish(outside)
    return uuids


def publish(outside: Path) -> None:
    number_events()
    publish_checkpoint(signer=SIGNER, directory=outside, actor=VERA, at=AT, correlation_id="c")


def verify(outside: Path) -> VerificationReport:
    return verify_database(key=SIGNER.key, published=outside)


def test_an_honest_log_is_sound(events: list[UUID], outside: Path) -> None:
    report = verify(outside)
    assert report.is_sound
    assert (report.size, report.checkpoints, report.published, report.unnumbered) == (7, 2, 2, 1)
    assert report.root == bytes(Checkpoint.objects.order_by("size").last().root)


def test_one_byte_changed_underneath_is_found_and_named(events: list[UUID], outside: Path) -> None:
    victim = AuditEvent.objects.get(uuid=events[2])
    entry = bytearray(victim.entry)
    entry[40] ^= 1
    change_underneath("UPDATE audit_event SET entry = %s WHERE id = %s", [bytes(entry), victim.pk])
    problem = verify(outside).problem
    assert (problem.code, problem.index, problem.uuid) == ("AUD007", 2, events[2])
    assert problem.action == "finding.raised"
    assert f"Audit event 2 (finding.raised, {events[2]})" in problem.sentence


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor_name", "Dana"),
        ("actor_role", "approver"),
        ("subject_label", "F-77"),
        ("action", "finding.closed"),
        ("correlation_id", "x"),
        ("at", "2020-01-01 00:00:00"),
        ("recorded_at", "2020-01-01 00:00:00"),
        ("subject_uuid", UUID(int=99)),
    ],
)
def test_a_column_that_differs_from_the_bytes_is_named(
    events: list[UUID], outside: Path, column: str, value: object
) -> None:
    if isinstance(value, UUID) and connection.vendor == "sqlite":
        value = value.hex
    change_underneath(f"UPDATE audit_event SET {column} = %s WHERE uuid = %s", [value, as_stored(events[1])])
    problem = verify(outside).problem
    assert (problem.code, problem.index, problem.uuid) == ("AUD011", 1, events[1])
    assert column in problem.sentence


def test_bytes_and_leaf_changed_together_break_the_next_checkpoint(events: list[UUID], outside: Path) -> None:
    victim = AuditEvent.objects.get(uuid=events[4])
    entry = bytes(victim.entry).replace(b'"high"', b'"low!"')
    change_underneath("UPDATE audit_event SET entry = %s WHERE id = %s", [entry, victim.pk])
    change_underneath(
        "UPDATE audit_leaf SET leaf_hash = %s WHERE event_id = %s", [leaf_hash(entry), victim.pk]
    )
    problem = verify(outside).problem
    assert (problem.code, problem.index) == ("AUD006", 4)
    assert "The events 4 to 6 do not lead to the signed root" in problem.sentence


@pytest.mark.parametrize(
    ("damage", "code", "index"),
    [
        ("DELETE FROM audit_leaf WHERE {index} = 3", "AUD008", 3),
        ("DELETE FROM audit_leaf WHERE {index} >= 5", "AUD005", 5),
        ("UPDATE audit_checkpoint SET root = peaks WHERE size = 7", "AUD006", None),
        ("UPDATE audit_checkpoint SET note = 'x' WHERE size = 7", "AUD010", None),
    ],
)
def test_damage_to_leaves_and_checkpoints_is_found(
    events: list[UUID], outside: Path, damage: str, code: str, index: int | None
) -> None:
    change_underneath(damage.format(index='"index"'), [])
    problem = verify(outside).problem
    assert (problem.code, problem.index) == (code, index)


@pytest.mark.parametrize("vendor", ["sqlite"])
@pytest.mark.parametrize(("number", "index"), [(3, 3), (5, 6)])
def test_an_event_row_that_is_gone_is_missed(
    events: list[UUID], outside: Path, number: int, index: int
) -> None:
    """PostgreSQL's foreign key keeps the row; SQLite's can be switched off by anyone."""
    change_underneath("DELETE FROM audit_event WHERE uuid = %s", [events[number].hex])
    problem = verify(outside).problem
    assert (problem.code, problem.index) == ("AUD008", index)


def test_two_events_swapped_with_their_leaves_are_found(events: list[UUID], outside: Path) -> None:
    for old, new in ((0, -1), (1, 0), (-1, 1)):
        change_underneath('UPDATE audit_leaf SET "index" = %s WHERE "index" = %s', [new, old])
    problem = verify(outside).problem
    assert (problem.code, problem.index) == ("AUD006", 0)
    assert "moved" in problem.sentence


def test_a_checkpoint_signed_by_another_key_is_not_believed(events: list[UUID], outside: Path) -> None:
    stranger = NoteSigner(name=ORIGIN, private=Ed25519PrivateKey.generate())
    report = verify_database(key=stranger.key)
    assert report.problem.code == "AUD010"


def test_a_database_rolled_back_together_with_its_checkpoints_is_caught_by_a_published_note(
    events: list[UUID], outside: Path
) -> None:
    change_underneath('DELETE FROM audit_leaf WHERE "index" >= 4', [])
    change_underneath("DELETE FROM audit_checkpoint WHERE size > 4", [])
    assert verify_database(key=SIGNER.key).is_sound
    problem = verify(outside).problem
    assert problem.code == "AUD005"
    assert problem.sentence == "A checkpoint over 7 entries was signed; the log has 4."


def test_a_published_note_with_another_root_is_a_contradiction(events: list[UUID], outside: Path) -> None:
    (outside / note_name(7)).write_text(SIGNER.sign(f"{ORIGIN}\n7\n{'A' * 43}=\n"), encoding="utf-8")
    assert verify(outside).problem.code == "AUD006"


def as_stored(value: UUID) -> object:
    return value.hex if connection.vendor == "sqlite" else value
