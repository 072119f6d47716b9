"""Close an account: nobody signs in with it, its tokens are dead, history still names it."""

from datetime import datetime

from django.db import transaction

from registry.actions.administrators import ensure_administrator_left, require_administrator
from registry.actions.clean import clean_text
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import NotPermitted
from registry.people.actors import Actor
from registry.people.models import ApiToken, Person
from registry.people.selectors import get_person


def deactivate_person(
    *, actor: Actor, at: datetime, correlation_id: str, username: str, reason: str
) -> Person:
    """Close the account and revoke every token that speaks for it.

    Raises ``PEO008``, ``PEO020`` for an account that is not open, ``PEO036``
    for the last administrator, ``PEO039`` for one's own account, ``INP001``.
    """
    require_administrator(actor, to="close accounts")
    person = get_person(username=username)
    if person.uuid == actor.person_uuid:
        raise NotPermitted("PEO039", "nobody closes his own account", remedy="Ask another administrator.")
    said = clean_text(reason, name="reason", limit=400)
    with transaction.atomic():
        ensure_administrator_left(without=person)
        Person.objects.filter(pk=person.pk).update(is_active=False)
        tokens = ApiToken.objects.filter(person=person, revoked_at__isnull=True)
        revoked = [str(uuid) for uuid in tokens.values_list("uuid", flat=True)]
        tokens.update(revoked_at=at)
        record(
            action=AuditAction.ACTOR_DEACTIVATED,
            actor=actor,
            at=at,
            subject=subject_of(person),
            payload={"username": username, "reason": said, "tokens_revoked": revoked},
            correlation_id=correlation_id,
        )
    person.refresh_from_db()
    return person
