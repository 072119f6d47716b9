"""Signing: what is signed is what is stored, and history never shrinks."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from registry.audit.checkpoint import (
    ORIGIN,
    ensure_key_file,
    export_notes,
    note_name,
    publish_checkpoint,
    signer_from_settings,
)
from registry.audit.merkle import root_hash
from registry.audit.models import AuditEvent, AuditLeaf, Checkpoint
from registry.audit.signed_note import NoteSigner, open_checkpoint
from registry.domain.errors import IntegrityMismatch, InvalidInput
from tests.db.audit.conftest import AT, VERA, change_underneath, number_events, record_one

SIGNER = NoteSigner(name=ORIGIN, private=Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
Recorder = Callable[[int], list[UUID]]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture
def publish(outside: Path) -> Callable[[], Checkpoint | None]:
    def number_and_publish() -> Checkpoint | None:
        number_events()
        return publish_checkpoint(signer=SIGNER, directory=outside, actor=VERA, at=AT, correlation_id="c")

    return number_and_publish


def test_a_checkpoint_states_size_and_root_and_is_published(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint], outside: Path
) -> None:
    record_events(5)
    checkpoint = publish()
    body = open_checkpoint(checkpoint.note, key=SIGNER.key)
    leaves = [bytes(leaf) for leaf in AuditLeaf.objects.values_list("leaf_hash", flat=True)]
    assert (body.size, body.root) == (5, root_hash(leaves))
    assert (outside / note_name(5)).read_text(encoding="utf-8") == checkpoint.note
    assert (outside / "log.pub").read_text(encoding="utf-8") == SIGNER.key.text + "\n"


def test_signing_is_itself_an_event_but_alone_no_reason_to_sign(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint | None]
) -> None:
    assert publish() is None
    record_events(2)
    assert publish().size == 2
    assert AuditEvent.objects.filter(action="checkpoint.signed").count() == 1
    assert publish() is None
    record_one(2)
    assert publish().size == 4


def test_a_later_signature_continues_the_same_tree(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint]
) -> None:
    for count in (1, 2, 4, 6):
        record_events(count)
        publish()
    leaves = [bytes(leaf) for leaf in AuditLeaf.objects.values_list("leaf_hash", flat=True)]
    sizes = list(Checkpoint.objects.values_list("size", flat=True))
    assert sizes == [1, 4, 9, 16]
    for checkpoint in Checkpoint.objects.all():
        assert bytes(checkpoint.root) == root_hash(leaves[: checkpoint.size])


def test_bytes_that_do_not_match_their_leaf_are_never_signed(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint], outside: Path
) -> None:
    recorded = record_events(4)
    publish()
    record_one(4)
    number_events()
    victim = AuditEvent.objects.get(subject_label="F-4")
    entry = bytes(victim.entry).replace(b'"severity":"high"', b'"severity":"low!"')
    change_underneath("UPDATE audit_event SET entry = %s WHERE id = %s", [entry, victim.pk])
    with pytest.raises(IntegrityMismatch, match="AUD007") as refusal:
        publish()
    assert refusal.value.context == {"index": 5, "uuid": str(victim.uuid), "action": "finding.raised"}
    assert recorded
    assert [path.name for path in outside.glob("*.txt")] == [note_name(4)]
    assert Checkpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("DELETE FROM audit_checkpoint", "AUD005"),
        ('DELETE FROM audit_leaf WHERE "index" = 4', "AUD008"),
        ("UPDATE audit_checkpoint SET peaks = root", "AUD006"),
        ("UPDATE audit_checkpoint SET size = 4", "AUD006"),
        ("UPDATE audit_checkpoint SET note = 'forged'", "AUD006"),
    ],
)
def test_a_damaged_log_is_not_signed(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint], damage: str, code: str
) -> None:
    record_events(3)
    publish()
    record_events(3)
    number_events()
    change_underneath(damage, [])
    with pytest.raises(IntegrityMismatch, match=code):
        publish()


def test_peaks_that_do_not_combine_to_the_signed_root_are_not_believed(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint]
) -> None:
    record_events(3)
    publish()
    record_one(3)
    change_underneath("UPDATE audit_checkpoint SET peaks = %s", [bytes(64)])
    with pytest.raises(IntegrityMismatch, match="contradicts its own signed note"):
        publish()


def test_a_log_that_shrank_is_not_signed(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint], outside: Path
) -> None:
    record_events(3)
    publish()
    change_underneath('DELETE FROM audit_leaf WHERE "index" >= 2', [])
    with pytest.raises(IntegrityMismatch, match="AUD005"):
        publish_checkpoint(signer=SIGNER, directory=outside, actor=VERA, at=AT, correlation_id="c")


def test_a_note_that_was_not_copied_before_a_crash_is_copied_later(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint | None], outside: Path
) -> None:
    record_events(3)
    checkpoint = publish()
    (outside / note_name(3)).unlink()
    assert publish() is None
    assert (outside / note_name(3)).read_text(encoding="utf-8") == checkpoint.note


def test_a_published_note_is_never_overwritten_and_a_forged_one_stops_the_signer(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint | None], outside: Path
) -> None:
    record_events(3)
    publish()
    forged = SIGNER.sign(f"{ORIGIN}\n3\n{'A' * 43}=\n")
    (outside / note_name(3)).write_text(forged, encoding="utf-8")
    assert export_notes(directory=outside, key=SIGNER.key) == 0
    with pytest.raises(IntegrityMismatch, match="AUD006"):
        publish()
    assert (outside / note_name(3)).read_text(encoding="utf-8") == forged


def test_a_rolled_back_signature_leaves_no_note(
    log: str, record_events: Recorder, publish: Callable[[], Checkpoint | None], outside: Path
) -> None:
    record_events(1)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        publish()
    assert not outside.exists()


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path, settings: Any) -> None:
    settings.MRM_CHECKPOINT_KEY, settings.MRM_KEY_DIR = "", tmp_path / "keys"
    with pytest.raises(InvalidInput, match="AUD009"):
        signer_from_settings()
    path = tmp_path / "keys" / "checkpoint.pem"
    ensure_key_file(path=path)
    first = signer_from_settings().key
    ensure_key_file(path=path)
    assert signer_from_settings().key == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings.MRM_CHECKPOINT_KEY, settings.MRM_KEY_DIR = path.read_text(encoding="ascii"), tmp_path
    assert signer_from_settings().key == first
