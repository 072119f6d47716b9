"""Reading the log: pages, one event, proofs."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.audit.api import AuditAction
from registry.audit.checkpoint import ORIGIN, publish_checkpoint
from registry.audit.merkle import verify_consistency
from registry.audit.selectors import (
    find_inclusion_proof,
    find_latest_checkpoint,
    get_consistency_proof,
    get_event,
    list_checkpoints,
    list_events,
)
from registry.audit.signed_note import NoteSigner
from registry.domain.errors import NotFound
from tests.db.audit.conftest import AT, VERA, change_underneath, number_events, record_one

SIGNER = NoteSigner(name=ORIGIN, private=Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture
def publish(tmp_path: Path) -> Callable[[], None]:
    def number_and_publish() -> None:
        number_events()
        publish_checkpoint(
            signer=SIGNER, directory=tmp_path / "notes", actor=VERA, at=AT, correlation_id="signing"
        )

    return number_and_publish


def test_pages_follow_one_another_without_repeat_or_gap(
    log: str, record_events: Callable[[int], list[UUID]]
) -> None:
    recorded = record_events(5)
    seen, before = [], None
    for _ in range(3):
        page = list_events(limit=2, before=before)
        seen += [event.uuid for event in page.events]
        before = page.next_before
    assert before is None
    assert seen == recorded[::-1]


def test_events_are_narrowed_by_subject_actor_action_and_request(
    log: str, record_events: Callable[[int], list[UUID]], publish: Callable[[], None]
) -> None:
    recorded = record_events(3)
    publish()

    def found(**narrowing: object) -> list[UUID]:
        return [event.uuid for event in list_events(**narrowing).events]

    assert found(subject_uuids=[UUID(int=1)]) == [recorded[1]]
    assert found(actions=[AuditAction.FINDING_RAISED]) == recorded[::-1]
    assert found(correlation_id="request-2") == [recorded[2]]
    assert len(found(actor_uuid=VERA.uuid)) == 4
    assert found(actor_uuid=UUID(int=1)) == []


def test_an_event_reads_as_a_sentence_with_its_payload(
    log: str, record_events: Callable[[int], list[UUID]]
) -> None:
    (uuid,) = record_events(1)
    event = get_event(uuid=uuid)
    assert event.sentence == "Vera raised the finding F-0."
    assert (event.index, event.payload) == (None, {"severity": "high", "number": 0})
    number_events()
    assert get_event(uuid=uuid).index == 0
    with pytest.raises(NotFound, match="AUD012"):
        get_event(uuid=UUID(int=0))


def test_an_event_has_a_proof_as_soon_as_a_checkpoint_covers_it(
    log: str, record_events: Callable[[int], list[UUID]], publish: Callable[[], None]
) -> None:
    recorded = record_events(3)
    assert find_latest_checkpoint() is None
    assert find_inclusion_proof(uuid=recorded[0]) is None
    number_events()
    assert find_inclusion_proof(uuid=recorded[0]) is None
    publish()
    record_events(4)
    publish()
    proof = find_inclusion_proof(uuid=recorded[2])
    assert (proof.is_valid, proof.index, proof.checkpoint.size, len(proof.path)) == (True, 2, 3, 1)
    header, index, node, *rest = proof.text.split("\n")
    assert (header, index, len(node)) == ("c2sp.org/tlog-proof@v1", "index 2", 44)
    assert "\n".join(rest) == "\n" + proof.checkpoint.note
    assert find_latest_checkpoint().size == 8


def test_the_proof_of_an_altered_event_is_not_valid(
    log: str, record_events: Callable[[int], list[UUID]], publish: Callable[[], None]
) -> None:
    recorded = record_events(3)
    publish()
    change_underneath("UPDATE audit_event SET entry = %s WHERE subject_label = 'F-1'", [b'{"payload":{}}'])
    assert not find_inclusion_proof(uuid=recorded[1]).is_valid
    assert find_inclusion_proof(uuid=recorded[0]).is_valid
    change_underneath('DELETE FROM audit_leaf WHERE "index" = 0', [])
    assert find_inclusion_proof(uuid=recorded[2]) is None


def test_checkpoints_are_consistent_with_one_another(
    log: str, record_events: Callable[[int], list[UUID]], publish: Callable[[], None]
) -> None:
    record_events(3)
    publish()
    record_one(3)
    publish()
    new, old = list_checkpoints()
    proof = get_consistency_proof(old_size=old.size, new_size=new.size)
    assert verify_consistency(old_size=3, old_root=old.root, new_size=5, new_root=new.root, proof=proof)
    for old_size, new_size in ((0, 5), (5, 3), (3, 6)):
        with pytest.raises(NotFound, match="AUD013"):
            get_consistency_proof(old_size=old_size, new_size=new_size)
