"""Reading the audit trail, within what the actor may see, and recording who read what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import QuerySet

from registry.approvals.selectors import list_approvals
from registry.audit.api import AuditAction, Subject, record
from registry.audit.selectors import (
    EventPage,
    EventView,
    InclusionProof,
    find_inclusion_proof,
    get_event,
    list_events,
)
from registry.decisions.models import Permit
from registry.domain.errors import NotFound
from registry.domain.vocab import Role
from registry.findings.selectors import list_findings
from registry.inventory.selectors import (
    list_intended_uses,
    list_registered_models,
    list_use_cases,
    list_versions,
)
from registry.people.actors import SERVICE_NAMESPACE, Actor
from registry.validations.selectors import list_validation_requests

READERS = (Role.VALIDATOR, Role.APPROVER, Role.AUDITOR, Role.REGULATOR)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEventView:
    """One event and, once a checkpoint covers it, the proof that the log includes it."""

    event: EventView
    proof: InclusionProof | None


def reads_whole_log(actor: Actor) -> bool:
    """Say whether the actor may read every event: the second and third line and supervisors, for all entities."""
    return actor.entity_keys() is None and actor.holds_any(*READERS)


def list_audit_events(
    *,
    actor: Actor,
    subject_uuid: UUID | None = None,
    action: str = "",
    before: int | None = None,
    limit: int = 50,
) -> EventPage:
    """Return a page of events, newest first: all, or those about a visible subject, or one's own.

    Raises ``AUD030`` for an action that does not exist.
    """
    if action and action not in set(AuditAction):
        raise NotFound(
            "AUD030", f"no audit action is called {action[:60]!r}", remedy="Choose one from the list."
        )
    actions = [AuditAction(action)] if action else []
    subjects = [subject_uuid] if subject_uuid is not None else []
    is_whole = reads_whole_log(actor) or (subject_uuid is not None and _is_visible(actor, subject_uuid))
    own = None if is_whole else actor.person_uuid
    return list_events(actor_uuid=own, subject_uuids=subjects, actions=actions, before=before, limit=limit)


def get_audit_event(*, actor: Actor, uuid: UUID) -> AuditEventView:
    """Return one event with its inclusion proof. Raises ``AUD012``."""
    event = get_event(uuid=uuid)
    is_own = event.actor_uuid == actor.person_uuid
    if not (is_own or reads_whole_log(actor) or _is_visible(actor, event.subject_uuid)):
        raise NotFound(
            "AUD012", f"there is no audit event {uuid}", remedy="Follow a link from the audit trail."
        )
    return AuditEventView(event=event, proof=find_inclusion_proof(uuid=uuid))


def record_page_read(*, actor: Actor, at: datetime, correlation_id: str, path: str, title: str) -> None:
    """Record that a supervisor or auditor read a page."""
    with transaction.atomic():
        record(
            action=AuditAction.PORTAL_PAGE_READ,
            actor=actor,
            at=at,
            subject=Subject(type="page", uuid=uuid5(SERVICE_NAMESPACE, path), label=title[:200]),
            payload={"path": path[:2000]},
            correlation_id=correlation_id,
        )


def _is_visible(actor: Actor, subject_uuid: UUID) -> bool:
    uses = list_intended_uses(actor=actor)
    rows: tuple[QuerySet[Any], ...] = (
        list_registered_models(actor=actor),
        list_versions(actor=actor),
        uses,
        list_use_cases(actor=actor),
        list_validation_requests(actor=actor),
        list_findings(actor=actor),
        list_approvals(actor=actor),
        Permit.objects.filter(intended_use__in=uses),
    )
    return any(queryset.filter(uuid=subject_uuid).exists() for queryset in rows)
