"""Reinstate a suspended permit: an approver's act, and only where policy permits the use again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.issue_permit import mirror_permission
from registry.actions.subjects import subject_of
from registry.approvals.independence import conflicts_of_approver
from registry.audit.api import AuditAction, record
from registry.decisions.models import Permit
from registry.decisions.selectors import get_permit
from registry.domain.errors import Conflict, InvalidTransition
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import PermissionState, PermitStatus, Role, Stage
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor
from registry.validations.independence import ensure_independent

STANDING = (PermissionState.ALLOWED, PermissionState.CONDITIONAL)


def reinstate_permit(
    *, actor: Actor, at: datetime, correlation_id: str, permit_uuid: UUID, reason: str
) -> Permit:
    """Reinstate and decide again; the permit keeps its signature, its conditions and its expiry.

    Raises ``DEC030``, ``DEC031`` when it changed meanwhile, ``DEC032`` when
    policy would not permit the use, in which case nothing changes; ``PEO001``,
    ``PEO004``, ``PEO006``, ``LIF001``, ``INP001``.
    """
    permit = get_permit(actor=actor, uuid=permit_uuid)
    use = get_intended_use(actor=actor, uuid=permit.intended_use.uuid)
    actor.require(Role.APPROVER, entity_key=use.use_case.entity.key, to="reinstate a permit")
    actor.require_presence(to="reinstate a permit")
    ensure_independent(
        actor=actor,
        conflicts=conflicts_of_approver(intended_use=use, person_uuid=actor.person_uuid),
        to="reinstate this permit",
    )
    ensure_transition("permit", permit.status, PermitStatus.ISSUED)
    said = clean_text(reason, name="reason")
    with transaction.atomic():
        suspended = Permit.objects.filter(pk=permit.pk, status=PermitStatus.SUSPENDED)
        if suspended.update(status=PermitStatus.ISSUED, status_reason=said) != 1:
            raise Conflict(
                "DEC031",
                "somebody changed this permit first",
                remedy="Load it again and look at what changed.",
            )
        record(
            action=AuditAction.PERMIT_REINSTATED,
            actor=actor,
            at=at,
            subject=subject_of(permit, label=str(use)),
            payload={"reason": said, "suspended_because": permit.status_reason},
            correlation_id=correlation_id,
        )
        row = decide_policy(
            actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_USE
        )
        if use.permission_state not in STANDING:
            raise InvalidTransition(
                "DEC032",
                f"policy does not permit the use: {row.sentence}",
                remedy="Mend what the decision names, or have the version approved anew.",
            )
        permit.refresh_from_db()
        mirror_permission(permit=permit, permission=row.outcome, at=at)
    return permit
