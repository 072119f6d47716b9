"""Suspend a permit: use must stop until it is approved anew."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.issue_permit import mirror_permission
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.models import Permit
from registry.decisions.selectors import get_permit
from registry.domain.errors import Conflict
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import PermissionState, PermitStatus, Role, Stage
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor


def suspend_permit(
    *, actor: Actor, at: datetime, correlation_id: str, permit_uuid: UUID, reason: str
) -> Permit:
    """Suspend and decide again.

    Raises ``DEC030`` for an unknown permit, ``DEC031`` when it changed
    meanwhile, ``PEO001``, ``LIF001``, ``INP001``.
    """
    permit = get_permit(actor=actor, uuid=permit_uuid)
    use = get_intended_use(actor=actor, uuid=permit.intended_use.uuid)
    actor.require(Role.VALIDATOR, entity_key=use.use_case.entity.key, to="suspend a permit")
    with transaction.atomic():
        ensure_transition("permit", permit.status, PermitStatus.SUSPENDED)
        permit.status, permit.status_reason = PermitStatus.SUSPENDED, clean_text(reason, name="reason")
        changed = Permit.objects.filter(pk=permit.pk, status=PermitStatus.ISSUED).update(
            status=permit.status, status_reason=permit.status_reason
        )
        if changed != 1:
            raise Conflict(
                "DEC031",
                "somebody changed this permit first",
                remedy="Load it again and look at what changed.",
            )
        record(
            action=AuditAction.PERMIT_SUSPENDED,
            actor=actor,
            at=at,
            subject=subject_of(permit, label=str(use)),
            payload={"reason": permit.status_reason},
            correlation_id=correlation_id,
        )
        mirror_permission(permit=permit, permission=PermissionState.DENIED.value, at=at)
        decide_policy(
            actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_USE
        )
    return permit
