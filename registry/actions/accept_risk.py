"""Accept the risk of a finding for a while: an approver's act, never the owner's, and never of a critical one."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_future, clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.move_finding import move_finding
from registry.actions.subjects import subject_of
from registry.approvals.independence import conflicts_of_approver
from registry.audit.api import AuditAction, record
from registry.domain.errors import InvalidTransition
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import FindingStatus, Role, Severity, Stage
from registry.findings.models import Finding
from registry.findings.selectors import get_finding
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.independence import ensure_independent

LONGEST_DAYS = 366


def accept_risk(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    finding_uuid: UUID,
    reason: str,
    accepted_until: date,
    row_version: int,
) -> Finding:
    """Accept and decide again. From the day after ``accepted_until`` the finding counts as open.

    Raises ``PEO001``, ``PEO004``, ``PEO006``, ``FND003`` when it changed
    meanwhile, ``FND004`` for a critical finding, ``INP001``, ``INP003``, ``LIF001``.
    """
    finding = get_finding(actor=actor, uuid=finding_uuid)
    use = get_intended_use(actor=actor, uuid=finding.intended_use.uuid)
    _ensure_may_accept(actor, finding)
    ensure_transition("finding", finding.status, FindingStatus.RISK_ACCEPTED)
    if finding.severity == Severity.CRITICAL:
        raise InvalidTransition(
            "FND004",
            "the risk of a critical finding cannot be accepted",
            remedy="Have it mended, or suspend the use.",
        )
    said = clean_text(reason, name="reason")
    until = clean_future(accepted_until, on=at.date(), name="accepted_until", longest_days=LONGEST_DAYS)
    with transaction.atomic():
        move_finding(
            finding,
            row_version=row_version,
            status=FindingStatus.RISK_ACCEPTED,
            accepted_by=Person.objects.get(uuid=actor.person_uuid),
            accepted_until=until,
            acceptance_reason=said,
        )
        record(
            action=AuditAction.FINDING_RISK_ACCEPTED,
            actor=actor,
            at=at,
            subject=subject_of(finding),
            payload={"reason": said, "accepted_until": until, "severity": finding.severity},
            correlation_id=correlation_id,
        )
        decide_policy(
            actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_APPROVE
        )
    finding.refresh_from_db()
    return finding


def _ensure_may_accept(actor: Actor, finding: Finding) -> None:
    use = finding.intended_use
    actor.require(Role.APPROVER, entity_key=use.use_case.entity.key, to="accept a risk")
    actor.require_presence(to="accept a risk")
    conflicts = conflicts_of_approver(intended_use=use, person_uuid=actor.person_uuid)
    if finding.owner.uuid == actor.person_uuid:
        conflicts.append("owns the finding")
    ensure_independent(actor=actor, conflicts=conflicts, to="accept this risk")
