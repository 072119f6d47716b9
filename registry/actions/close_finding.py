"""Close a finding: a validator's act, never the owner's."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.move_finding import move_finding
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import FindingStatus, Role, Stage
from registry.findings.models import Finding
from registry.findings.selectors import get_finding
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.independence import conflicts_of_validator, ensure_independent


def close_finding(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    finding_uuid: UUID,
    reason: str,
    row_version: int,
) -> Finding:
    """Close and decide again. Raises ``PEO001``, ``PEO004``, ``FND003`` when it changed meanwhile, ``LIF001``."""
    finding = get_finding(actor=actor, uuid=finding_uuid)
    use = get_intended_use(actor=actor, uuid=finding.intended_use.uuid)
    actor.require(Role.VALIDATOR, entity_key=use.use_case.entity.key, to="close a finding")
    conflicts = conflicts_of_validator(intended_use=use, person_uuid=actor.person_uuid)
    if finding.owner.uuid == actor.person_uuid:
        conflicts.append("owns the finding")
    ensure_independent(actor=actor, conflicts=conflicts, to="close this finding")
    ensure_transition("finding", finding.status, FindingStatus.CLOSED)
    closing_reason = clean_text(reason, name="reason")
    with transaction.atomic():
        move_finding(
            finding,
            row_version=row_version,
            status=FindingStatus.CLOSED,
            closed_by=Person.objects.get(uuid=actor.person_uuid),
            closed_at=at,
            closing_reason=closing_reason,
        )
        record(
            action=AuditAction.FINDING_CLOSED,
            actor=actor,
            at=at,
            subject=subject_of(finding),
            payload={"reason": closing_reason},
            correlation_id=correlation_id,
        )
        decide_policy(
            actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_APPROVE
        )
    finding.refresh_from_db()
    return finding
