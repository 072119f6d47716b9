"""Answers kept by the caller's key, so that a repeated request is answered, not performed again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from registry.domain.errors import Conflict, InvalidInput
from registry.people.models import IdempotencyRecord

KEPT_FOR = timedelta(hours=24)
ABANDONED_AFTER = timedelta(minutes=15)
"""A claim without an answer is taken over after this time: its process is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptAnswer:
    """The answer that was given before: HTTP status and body as JSON text."""

    status: int
    body: str


def claim_key(*, actor_uuid: UUID, key: str, request_digest: str, at: datetime) -> KeptAnswer | None:
    """Take the key for a request, or return the answer that it got before.

    Raises ``API021`` when the key belongs to another request, and ``API022``
    while the first one is still being performed.
    """
    mine = IdempotencyRecord.objects.filter(actor_uuid=actor_uuid)
    mine.filter(created_at__lt=at - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            mine.create(actor_uuid=actor_uuid, key=key, request_digest=request_digest, created_at=at)
    except IntegrityError:
        return _earlier(actor_uuid, key, request_digest, at)
    return None


def keep_answer(*, actor_uuid: UUID, key: str, status: int, body: str) -> None:
    """Keep the answer under the key, in the transaction of the act where the caller has one."""
    IdempotencyRecord.objects.filter(actor_uuid=actor_uuid, key=key).update(status=status, body=body)


def release_key(*, actor_uuid: UUID, key: str) -> None:
    """Free a key whose request was refused or failed: nothing was done, so it may be tried again."""
    IdempotencyRecord.objects.filter(actor_uuid=actor_uuid, key=key, status__isnull=True).delete()


def _earlier(actor_uuid: UUID, key: str, request_digest: str, at: datetime) -> KeptAnswer | None:
    row = IdempotencyRecord.objects.filter(actor_uuid=actor_uuid, key=key).first()
    if row is not None and row.request_digest != request_digest:
        raise InvalidInput(
            "API021",
            "this idempotency key was used for another request",
            remedy="Use a new key for each request; repeat a key only with the same method, address and body.",
        )
    if row is not None and row.status is not None:
        return KeptAnswer(status=row.status, body=row.body)
    if row is not None and at - row.created_at > ABANDONED_AFTER:
        stale = IdempotencyRecord.objects.filter(pk=row.pk, status__isnull=True, created_at=row.created_at)
        if stale.update(created_at=at) == 1:
            return None
    raise Conflict(
        "API022",
        "a request with this idempotency key is being performed",
        remedy="Wait a moment, then repeat it with the same key.",
    )
