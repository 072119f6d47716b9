"""Submit a validated version for approval."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from registry.actions.subjects import subject_of
from registry.approvals.models import ApprovalRequest
from registry.audit.api import AuditAction, record
from registry.domain.errors import Conflict, InvalidTransition, NotPermitted
from registry.domain.vocab import ApprovalStatus, Role
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.facts import find_decisive_request
from registry.validations.selectors import find_report


def request_approval(
    *, actor: Actor, at: datetime, correlation_id: str, intended_use_uuid: UUID
) -> ApprovalRequest:
    """Open an approval request pinned to the signed report and the artefact's digest.

    Raises ``PEO005`` without the role of owner or developer, ``APR002``
    without a signed report, ``APR003`` when one is pending.
    """
    use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    key = use.use_case.entity.key
    if not (actor.holds(Role.OWNER, entity_key=key) or actor.holds(Role.DEVELOPER, entity_key=key)):
        raise NotPermitted(
            "PEO005",
            f"{actor.name} may not submit this use for approval",
            remedy="An owner or developer of the legal entity may.",
        )
    request = find_decisive_request(intended_use=use)
    report = find_report(request=request) if request is not None else None
    if report is None:
        raise InvalidTransition(
            "APR002",
            "there is no signed validation report for this use",
            remedy="Have a validator sign the report on the newest validation first.",
        )
    with transaction.atomic():
        try:
            with transaction.atomic():
                approval = ApprovalRequest.objects.create(
                    intended_use=use,
                    report=report,
                    version_digest=use.version.artifact_digest,
                    status=ApprovalStatus.PENDING,
                    submitted_by=Person.objects.get(uuid=actor.person_uuid),
                    submitted_at=at,
                )
        except IntegrityError as error:
            raise Conflict(
                "APR003", "an approval of this use is pending", remedy="Wait until it is decided."
            ) from error
        record(
            action=AuditAction.APPROVAL_REQUESTED,
            actor=actor,
            at=at,
            subject=subject_of(approval, label=str(use)),
            payload={"report": str(report.uuid), "version_digest": approval.version_digest},
            correlation_id=correlation_id,
        )
    return approval
