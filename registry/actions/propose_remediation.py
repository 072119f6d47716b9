"""Say what will be done about a finding, and by when."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_text
from registry.actions.move_finding import move_finding
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import InvalidInput, NotPermitted
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import FindingStatus, Role
from registry.findings.models import RemediationPlan
from registry.findings.selectors import get_finding
from registry.people.actors import Actor
from registry.people.models import Person


def propose_remediation(
    *, actor: Actor, at: datetime, correlation_id: str, finding_uuid: UUID, actions: str, due_date: date
) -> RemediationPlan:
    """Add a plan.

    Raises ``PEO007`` for anybody but the finding's owner, ``FND002`` for a
    late date, ``FND003`` when the finding changed meanwhile, ``LIF001``.
    """
    finding = get_finding(actor=actor, uuid=finding_uuid)
    key = finding.intended_use.use_case.entity.key
    if not actor.holds(Role.OWNER, entity_key=key) or finding.owner.uuid != actor.person_uuid:
        raise NotPermitted(
            "PEO007",
            f"{actor.name} does not own this finding",
            remedy=f"{finding.owner.full_name} owns it and may propose a remediation.",
        )
    if not at.date() < due_date <= finding.due_date:
        raise InvalidInput(
            "FND002",
            f"the remediation is not due between tomorrow and the finding's due date {finding.due_date}",
            remedy="Choose an earlier date; the deadline of a finding is not moved by its owner.",
        )
    with transaction.atomic():
        if finding.status != FindingStatus.REMEDIATION_PROPOSED:
            ensure_transition("finding", finding.status, FindingStatus.REMEDIATION_PROPOSED)
        plan = RemediationPlan.objects.create(
            finding=finding,
            actions=clean_text(actions, name="actions"),
            due_date=due_date,
            proposed_by=Person.objects.get(uuid=actor.person_uuid),
            proposed_at=at,
        )
        move_finding(
            finding,
            row_version=finding.row_version,
            status=FindingStatus.REMEDIATION_PROPOSED,
        )
        record(
            action=AuditAction.FINDING_REMEDIATION_PROPOSED,
            actor=actor,
            at=at,
            subject=subject_of(finding),
            payload={"actions": plan.actions, "due_date": plan.due_date},
            correlation_id=correlation_id,
        )
    return plan
