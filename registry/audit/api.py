"""What other packages may do with the audit log: record an event.

``record()`` runs inside the caller's transaction, so an act and its event
commit together or not at all. It has no switch. The event is numbered and
hashed into the tree moments later by the sequencer.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction

from registry.audit.database_clock import database_now
from registry.audit.events import AuditAction
from registry.audit.models import TEXT_LIMITS, AuditEvent
from registry.domain.canonical import canonical_bytes
from registry.domain.errors import InvalidInput, LimitExceeded, MrmError

__all__ = ["ENTRY_LIMIT", "Actor", "ActorStamp", "AuditAction", "Subject", "record"]

ENTRY_LIMIT = 65_535
"""Bytes of one entry: what an entry bundle of C2SP tlog-tiles can hold."""

ENTRY_FORMAT = 1
SALT_BYTES = 16


class Actor(Protocol):
    """Whoever acts, as he was at that moment."""

    @property
    def uuid(self) -> UUID:
        """Identifier of the actor."""
        ...

    @property
    def name(self) -> str:
        """Name shown to people."""
        ...

    @property
    def role_label(self) -> str:
        """Role in which he acts."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ActorStamp:
    """An actor reduced to what the log keeps."""

    uuid: UUID
    name: str
    role_label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The thing acted upon: its kind, its identifier, and its label as it was."""

    type: str
    uuid: UUID
    label: str


def record(
    *,
    action: AuditAction,
    actor: Actor,
    at: datetime,
    subject: Subject,
    payload: Mapping[str, object],
    correlation_id: str,
) -> UUID:
    """Insert one audit event into the running transaction and return its identifier.

    ``at`` is business time; the event's own time comes from the database.
    ``payload`` holds plain values (figures as decimal text); large documents
    go in by digest. Raises ``AUD001`` outside a transaction, ``AUD002`` when
    the entry exceeds ``ENTRY_LIMIT`` bytes, ``AUD003`` when ``at`` has no time
    zone or a text does not fit its column, ``CAN001`` for a payload that
    canonical JSON cannot hold.
    """
    if not transaction.get_connection().in_atomic_block:
        raise MrmError(
            "AUD001",
            "an audit event must be recorded inside the transaction that changes the state",
            remedy="Call record() within transaction.atomic(), next to the change.",
        )
    if at.tzinfo is None:
        raise _unfit("at", "a time without time zone")
    recorded_at = database_now()
    event = AuditEvent(
        uuid=_time_ordered_uuid(recorded_at),
        action=AuditAction(action).value,
        subject_type=subject.type,
        subject_uuid=subject.uuid,
        subject_label=subject.label,
        actor_uuid=actor.uuid,
        actor_name=actor.name,
        actor_role=actor.role_label,
        correlation_id=correlation_id,
        at=at.astimezone(UTC),
        recorded_at=recorded_at,
    )
    _ensure_texts_fit(event)
    event.entry = _entry(event, payload=payload)
    event.save(force_insert=True)
    return event.uuid


def _entry(event: AuditEvent, *, payload: Mapping[str, object]) -> bytes:
    """Return the exact bytes that are stored and hashed. The salt hides guessable content of a leaf hash."""
    entry = canonical_bytes(
        {
            "v": ENTRY_FORMAT,
            "uuid": event.uuid,
            "recorded_at": event.recorded_at,
            "at": event.at,
            "action": event.action,
            "subject": {
                "type": event.subject_type,
                "uuid": event.subject_uuid,
                "label": event.subject_label,
            },
            "actor": {"uuid": event.actor_uuid, "name": event.actor_name, "role": event.actor_role},
            "correlation_id": event.correlation_id,
            "payload": payload,
            "salt": secrets.token_hex(SALT_BYTES),
        }
    )
    if len(entry) > ENTRY_LIMIT:
        raise LimitExceeded(
            "AUD002",
            f"the audit entry has {len(entry)} bytes, {ENTRY_LIMIT} are allowed",
            remedy="Put large documents into the payload by their SHA-256.",
            bytes=len(entry),
            limit=ENTRY_LIMIT,
        )
    return entry


def _ensure_texts_fit(event: AuditEvent) -> None:
    for name, limit in TEXT_LIMITS.items():
        length = len(getattr(event, name))
        if length > limit:
            raise _unfit(name, f"a text of {length} characters, {limit} fit")


def _time_ordered_uuid(instant: datetime) -> UUID:
    """Return a UUID of version 7 (RFC 9562): 48 bits of milliseconds, then random bits."""
    milliseconds = int(instant.timestamp() * 1000)
    value = (milliseconds << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def _unfit(field: str, what: str) -> InvalidInput:
    return InvalidInput(
        "AUD003", f"{field} holds {what}", remedy="Give the log a value that it can store.", field=field
    )
