"""Recording an event: what is stored, and what is refused."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from registry.audit.api import ENTRY_LIMIT, AuditAction, Subject, record
from registry.audit.models import AuditEvent
from registry.domain.errors import MrmError
from tests.db.audit.conftest import AT, VERA

SUBJECT = Subject(type="permit", uuid=UUID(int=7), label="PD-CARDS/1 for underwriting")


def record_permit(**changes: object) -> UUID:
    return record(
        **{
            "action": AuditAction.PERMIT_ISSUED,
            "actor": VERA,
            "at": AT,
            "subject": SUBJECT,
            "payload": {"expires": "2027-11-02"},
            "correlation_id": "c-1",
            **changes,
        }
    )


def test_the_entry_holds_who_did_what_when_to_which(log: str) -> None:
    with transaction.atomic():
        uuid = record_permit()
    event = AuditEvent.objects.get()
    entry = json.loads(bytes(event.entry))
    salt = entry.pop("salt")
    assert len(bytes.fromhex(salt)) == 16
    assert entry == {
        "v": 1,
        "uuid": str(uuid),
        "recorded_at": event.recorded_at.isoformat(),
        "at": "2026-11-02T09:30:00+00:00",
        "action": "permit.issued",
        "subject": {"type": "permit", "uuid": str(UUID(int=7)), "label": "PD-CARDS/1 for underwriting"},
        "actor": {"uuid": str(VERA.uuid), "name": "Vera", "role": "validator"},
        "correlation_id": "c-1",
        "payload": {"expires": "2027-11-02"},
    }


def test_event_time_is_the_databases_not_the_callers(log: str) -> None:
    with transaction.atomic():
        uuid = record_permit(at=AT - timedelta(days=900))
    event = AuditEvent.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        (now,) = cursor.fetchone()
    now = datetime.fromisoformat(f"{now}+00:00") if isinstance(now, str) else now
    assert abs(now - event.recorded_at) < timedelta(seconds=5)
    assert (uuid.version, uuid.int >> 80) == (7, int(event.recorded_at.timestamp() * 1000))


def test_each_entry_has_its_own_salt(log: str) -> None:
    with transaction.atomic():
        record_permit()
        record_permit()
    salts = {json.loads(bytes(event.entry))["salt"] for event in AuditEvent.objects.all()}
    assert len(salts) == 2


def test_outside_a_transaction_nothing_is_recorded(log: str) -> None:
    with pytest.raises(MrmError) as refusal:
        record_permit()
    assert refusal.value.code == "AUD001"
    assert AuditEvent.objects.count() == 0


def test_an_act_that_is_rolled_back_leaves_no_event(log: str) -> None:
    with transaction.atomic():
        record_permit()
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == 0


def test_the_largest_entry_fits_and_one_byte_more_does_not(log: str) -> None:
    with transaction.atomic():
        record_permit(payload={"text": ""})
    spare = ENTRY_LIMIT - len(bytes(AuditEvent.objects.get().entry))
    with transaction.atomic():
        record_permit(payload={"text": "x" * spare})
    with pytest.raises(MrmError) as refusal, transaction.atomic():
        record_permit(payload={"text": "x" * (spare + 1)})
    assert refusal.value.code == "AUD002"
    assert [len(bytes(event.entry)) for event in AuditEvent.objects.all()][1:] == [65_535]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"at": AT.replace(tzinfo=None)}, "AUD003"),
        ({"subject": Subject(type="permit", uuid=UUID(int=7), label="x" * 301)}, "AUD003"),
        ({"payload": {"auc": 0.93}}, "CAN001"),
    ],
)
def test_what_the_log_cannot_hold_is_refused(log: str, change: dict[str, object], code: str) -> None:
    with pytest.raises(MrmError) as refusal, transaction.atomic():
        record_permit(**change)
    assert refusal.value.code == code
    assert AuditEvent.objects.count() == 0


def test_a_name_that_is_no_action_is_refused(log: str) -> None:
    with pytest.raises(ValueError, match="not a valid AuditAction"), transaction.atomic():
        record_permit(action="permit.forgotten")


def test_events_of_one_subject_share_no_key_with_other_tables(
    log: str, record_events: Callable[[int], list[UUID]]
) -> None:
    record_events(1)
    assert not [field for field in AuditEvent._meta.get_fields() if field.many_to_one]
