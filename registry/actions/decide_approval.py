"""Grant or refuse an approval. Granting decides anew and issues the permit in the same transaction."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from registry.actions.clean import clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.issue_permit import issue_permit
from registry.actions.subjects import subject_of
from registry.approvals.independence import conflicts_of_approver
from registry.approvals.models import ApprovalRequest
from registry.approvals.selectors import get_approval
from registry.audit.api import AuditAction, record
from registry.decisions.reading import decision_of
from registry.domain.errors import Conflict, IntegrityMismatch, InvalidTransition
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import ApprovalStatus, Outcome, Role, Stage
from registry.people.actors import Actor
from registry.people.models import Person
from registry.policy.condition_checks import end_date
from registry.validations.facts import find_decisive_request
from registry.validations.independence import ensure_independent

DEFAULT_TERM_DAYS = 365
"""The term of a permit where no rule in force sets one: a year, never without end."""


def decide_approval(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    approval_uuid: UUID,
    is_granted: bool,
    comment: str,
    row_version: int,
) -> ApprovalRequest:
    """Decide a pending request.

    Raises ``PEO001`` without the approver's role, ``PEO004`` for a conflict of
    interest, ``PEO006`` for a token, ``APR004`` when somebody changed the
    request first, ``APR005`` when the artefact is not the one submitted,
    ``APR006`` when policy does not allow what would be approved, ``APR007``
    when a newer validation has completed since the submission.
    """
    approval = get_approval(actor=actor, uuid=approval_uuid)
    use = approval.intended_use
    _ensure_may_decide(actor, approval)
    target = ApprovalStatus.GRANTED if is_granted else ApprovalStatus.REJECTED
    ensure_transition("approval", approval.status, target)
    said = clean_text(comment, name="comment")
    with transaction.atomic():
        _settle(actor, at, approval, target=target, comment=said, row_version=row_version)
        record(
            action=AuditAction.APPROVAL_GRANTED if is_granted else AuditAction.APPROVAL_REJECTED,
            actor=actor,
            at=at,
            subject=subject_of(approval, label=str(use)),
            payload={
                "comment": said,
                "version_digest": approval.version_digest,
                "report": str(approval.report.uuid),
            },
            correlation_id=correlation_id,
        )
        if is_granted:
            _permit(actor, at, correlation_id, approval)
    approval.refresh_from_db()
    return approval


def _settle(
    actor: Actor,
    at: datetime,
    approval: ApprovalRequest,
    *,
    target: ApprovalStatus,
    comment: str,
    row_version: int,
) -> None:
    changed = ApprovalRequest.objects.filter(
        pk=approval.pk, status=ApprovalStatus.PENDING, row_version=row_version
    ).update(
        status=target,
        decided_by=Person.objects.get(uuid=actor.person_uuid),
        decided_at=at,
        comment=comment,
        row_version=F("row_version") + 1,
    )
    if changed != 1:
        raise Conflict(
            "APR004",
            "somebody changed this request first",
            remedy="Load it again and look at what changed.",
        )


def _ensure_may_decide(actor: Actor, approval: ApprovalRequest) -> None:
    use = approval.intended_use
    if approval.version_digest != use.version.artifact_digest:
        raise IntegrityMismatch(
            "APR005",
            "the artefact is not the one that was submitted",
            remedy="Submit the version again after its new validation.",
        )
    actor.require(Role.APPROVER, entity_key=use.use_case.entity.key, to="decide an approval")
    actor.require_presence(to="approve")
    conflicts = conflicts_of_approver(intended_use=use, person_uuid=actor.person_uuid)
    if approval.submitted_by.uuid == actor.person_uuid:
        conflicts.append("submitted the request")
    ensure_independent(actor=actor, conflicts=conflicts, to="decide this approval")


def _permit(actor: Actor, at: datetime, correlation_id: str, approval: ApprovalRequest) -> None:
    use = approval.intended_use
    if find_decisive_request(intended_use=use) != approval.report.request:
        raise Conflict(
            "APR007",
            "there is newer evidence than the report that was submitted speaks of",
            remedy="Refuse this request, and have the newest report submitted.",
        )
    row = decide_policy(
        actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_APPROVE
    )
    if row.outcome not in (Outcome.ALLOW, Outcome.ALLOW_WITH_CONDITIONS):
        raise InvalidTransition(
            "APR006",
            f"policy does not allow this use: {row.sentence}",
            remedy="Supply what the decision names, or refuse the request.",
            outcome=row.outcome,
        )
    decision = decision_of(row)
    term = DEFAULT_TERM_DAYS if decision.expires_in_days is None else decision.expires_in_days
    # The evidence ages from the day it was signed for: a permit must not outlive it.
    starts = min(at, approval.report.signed_at)
    ends = [day for item in decision.conditions if (day := end_date(params=item.params)) is not None]
    issue_permit(
        actor=actor,
        at=at,
        correlation_id=correlation_id,
        intended_use=use,
        approval_uuid=approval.uuid,
        decision_row=row,
        decision=decision,
        expires_on=min([(starts + timedelta(days=term)).date(), *ends]),
    )
    decide_policy(actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_USE)
