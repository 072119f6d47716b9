"""Outward effects, at least once.

An action enqueues the effect in its own transaction; a loop delivers it after
commit. A handler may be called again after a crash, so it passes on the
message's ``uuid``, by which the receiver drops a repeat.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, QuerySet

from registry.domain.canonical import to_json
from registry.domain.errors import MrmError
from registry.domain.vocab import OutboxStatus
from registry.outbox.models import OutboxMessage

__all__ = ["ATTEMPTS", "CLAIM", "Delivery", "DeliveryReport", "Handler", "backoff", "deliver", "enqueue"]

ATTEMPTS = 8
"""Attempts before a message is dead; with the backoff below they span about an hour."""

CLAIM = timedelta(minutes=5)
"""How long one attempt may take before another worker may repeat it."""

ERROR_LENGTH = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What a handler gets. ``attempt`` counts from 1."""

    uuid: UUID
    kind: str
    payload: Mapping[str, object]
    attempt: int


Handler = Callable[[Delivery], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryReport:
    """How many messages were delivered, will be tried again, and were given up."""

    delivered: int
    retried: int
    dead: int


def enqueue(*, kind: str, payload: Mapping[str, object], at: datetime) -> UUID:
    """Store an outward effect in the running transaction and return its identifier.

    Raises ``OUT001`` outside a transaction: an effect without its cause, or
    the reverse, would be possible there.
    """
    if not transaction.get_connection().in_atomic_block:
        raise MrmError(
            "OUT001",
            "an outward effect must be enqueued inside the transaction that causes it",
            remedy="Call enqueue() within transaction.atomic(), next to the change.",
        )
    message = OutboxMessage.objects.create(
        uuid=uuid4(), kind=kind, payload=to_json(payload), enqueued_at=at, next_attempt_at=at
    )
    return message.uuid


def deliver(*, limit: int, handlers: Mapping[str, Handler], at: datetime) -> DeliveryReport:
    """Attempt up to ``limit`` due messages, oldest first, and report.

    A message is claimed by a conditional UPDATE, so any number of workers may
    run. Whatever a handler raises, or a kind without handler, counts as a
    failed attempt; after ``ATTEMPTS`` of them the message is dead and stays,
    with its last error, to be looked at.
    """
    due = OutboxMessage.objects.filter(status=OutboxStatus.PENDING, next_attempt_at__lte=at)
    claimed = (message for message in due.order_by("id")[:limit] if _claim(message, at=at))
    outcomes = [_attempt(message, handlers=handlers, at=at) for message in claimed]
    return DeliveryReport(
        delivered=outcomes.count(OutboxStatus.DELIVERED),
        retried=outcomes.count(OutboxStatus.PENDING),
        dead=outcomes.count(OutboxStatus.DEAD),
    )


def backoff(attempts: int) -> timedelta:
    """Return the wait after that many failed attempts: 30 s, 1 min, 2 min … at most 2 h."""
    return min(timedelta(seconds=30 << attempts - 1), timedelta(hours=2))


def _claim(message: OutboxMessage, *, at: datetime) -> bool:
    """Take the message for one attempt; False if another worker was faster."""
    mine = OutboxMessage.objects.filter(
        pk=message.pk, status=OutboxStatus.PENDING, attempts=message.attempts, next_attempt_at__lte=at
    )
    if not mine.update(attempts=F("attempts") + 1, next_attempt_at=at + CLAIM):
        return False
    message.attempts += 1
    return True


def _attempt(message: OutboxMessage, *, handlers: Mapping[str, Handler], at: datetime) -> OutboxStatus:
    """Call the handler and write down the outcome, unless the claim has passed to another worker."""
    mine = OutboxMessage.objects.filter(pk=message.pk, status=OutboxStatus.PENDING, attempts=message.attempts)
    if message.attempts > ATTEMPTS:
        return _give_up(mine, error=message.last_error or "every attempt ended without an answer")
    try:
        _handler(message, handlers)(
            Delivery(uuid=message.uuid, kind=message.kind, payload=message.payload, attempt=message.attempts)
        )
    except Exception as failure:
        logger.exception("Attempt %d of outbox message %s failed", message.attempts, message.uuid)
        error = f"{type(failure).__name__}: {failure}"[:ERROR_LENGTH]
        if message.attempts >= ATTEMPTS:
            return _give_up(mine, error=error)
        mine.update(last_error=error, next_attempt_at=at + backoff(message.attempts))
        return OutboxStatus.PENDING
    mine.update(status=OutboxStatus.DELIVERED, delivered_at=at, last_error="")
    return OutboxStatus.DELIVERED


def _give_up(mine: QuerySet[OutboxMessage], *, error: str) -> OutboxStatus:
    mine.update(status=OutboxStatus.DEAD, last_error=error)
    return OutboxStatus.DEAD


def _handler(message: OutboxMessage, handlers: Mapping[str, Handler]) -> Handler:
    handler = handlers.get(message.kind)
    if handler is None:
        raise MrmError(
            "OUT002",
            f"no handler delivers messages of the kind {message.kind}",
            remedy="Register a handler for it; the message is tried again.",
        )
    return handler
