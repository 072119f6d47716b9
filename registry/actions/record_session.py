"""Sessions in the audit log: who signed in and out, and for whom a sign-in was refused.

A name is locked for a while after many refusals, so that nobody tries
passwords at leisure. The log itself is the counter. What is typed into the
field of the name is kept only when somebody has that name: people type
passwords there.
"""

from datetime import datetime, timedelta
from uuid import uuid5

from django.db import transaction

from registry.audit.api import AuditAction, Subject, record
from registry.audit.selectors import count_events
from registry.domain.vocab import Role
from registry.people.actors import SERVICE_NAMESPACE, Actor, service_actor
from registry.people.models import Person

MOST_REFUSALS = 10
WINDOW = timedelta(minutes=15)
NOBODY = Subject(type="person", uuid=uuid5(SERVICE_NAMESPACE, "nobody"), label="a name that nobody has")
DOOR = "sign-in"


def record_sign_in(*, actor: Actor, at: datetime, correlation_id: str) -> None:
    """Record that a person signed in."""
    _record_own(AuditAction.ACTOR_SIGNED_IN, actor, at, correlation_id)


def record_sign_out(*, actor: Actor, at: datetime, correlation_id: str) -> None:
    """Record that a person ended the session."""
    _record_own(AuditAction.ACTOR_SIGNED_OUT, actor, at, correlation_id)


def record_refused_sign_in(*, username: str, at: datetime, correlation_id: str, channel: str) -> None:
    """Record a refused sign-in, up to the number at which the name is locked: a flood does not fill the log."""
    subject = _subject_named(username)
    with transaction.atomic():
        if not _is_locked(subject, at):
            record(
                action=AuditAction.ACTOR_SIGN_IN_REFUSED,
                actor=service_actor(name=DOOR, role=Role.SYSTEM),
                at=at,
                subject=subject,
                payload={"channel": channel},
                correlation_id=correlation_id,
            )


def is_sign_in_locked(*, username: str, at: datetime) -> bool:
    """Say whether the name has been refused so often lately that no password is looked at."""
    subject = _subject_named(username)
    return subject is not NOBODY and _is_locked(subject, at)


def _is_locked(subject: Subject, at: datetime) -> bool:
    refused = count_events(
        subject_uuid=subject.uuid, action=AuditAction.ACTOR_SIGN_IN_REFUSED, since=at - WINDOW
    )
    return refused >= MOST_REFUSALS


def _subject_named(username: str) -> Subject:
    person = Person.objects.filter(username=username).first()
    return NOBODY if person is None else Subject(type="person", uuid=person.uuid, label=person.full_name)


def _record_own(action: AuditAction, actor: Actor, at: datetime, correlation_id: str) -> None:
    with transaction.atomic():
        record(
            action=action,
            actor=actor,
            at=at,
            subject=Subject(type="person", uuid=actor.person_uuid, label=actor.name),
            payload={"channel": actor.channel},
            correlation_id=correlation_id,
        )
