"""Show that a safeguard is in place for a use, with a date and a source."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_future, clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Role, Safeguard, Stage
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.models import SafeguardEvidence

LONGEST_DAYS = 366


def evidence_safeguard(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use_uuid: UUID,
    safeguard: str,
    statement: str,
    source: str,
    evidenced_on: date,
    expires_on: date,
) -> SafeguardEvidence:
    """Record the evidence and decide again.

    Raises ``PEO001`` without the owner's role, ``VAL030`` for an unknown
    safeguard, ``VAL031`` for a date in the future, ``INP001``, ``INP003``.
    """
    use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    actor.require(Role.OWNER, entity_key=use.use_case.entity.key, to="show a safeguard")
    if safeguard not in set(Safeguard):
        raise InvalidInput(
            "VAL030",
            f"no safeguard is called {safeguard[:40]!r}",
            remedy=f"Use one of {', '.join(Safeguard)}.",
        )
    if evidenced_on > at.date():
        raise InvalidInput(
            "VAL031", "the evidence is dated in the future", remedy="Date it on the day it was seen."
        )
    with transaction.atomic():
        row = SafeguardEvidence.objects.create(
            intended_use=use,
            safeguard=safeguard,
            statement=clean_text(statement, name="statement"),
            source=clean_text(source, name="source", limit=400),
            evidenced_on=evidenced_on,
            expires_on=clean_future(expires_on, on=at.date(), name="expires_on", longest_days=LONGEST_DAYS),
            evidenced_by=Person.objects.get(uuid=actor.person_uuid),
            recorded_at=at,
        )
        record(
            action=AuditAction.SAFEGUARD_EVIDENCED,
            actor=actor,
            at=at,
            subject=subject_of(use),
            payload={
                "safeguard": row.safeguard,
                "statement": row.statement,
                "source": row.source,
                "evidenced_on": row.evidenced_on,
                "expires_on": row.expires_on,
            },
            correlation_id=correlation_id,
        )
        decide_policy(
            actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_APPROVE
        )
    return row
