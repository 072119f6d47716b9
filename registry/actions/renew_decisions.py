"""Decide again where time alone may have changed the answer: a permit, a safeguard or a schedule that moved on."""

from datetime import datetime
from uuid import uuid4

from registry.actions.decide_policy import decide_policy
from registry.decisions.models import PolicyDecision
from registry.domain.vocab import PermissionState, Role, Stage
from registry.inventory.models import IntendedUse
from registry.people.actors import service_actor

STANDING = (PermissionState.ALLOWED, PermissionState.CONDITIONAL)
CLERK = "daily review"


def renew_decisions(*, at: datetime, limit: int = 200) -> int:
    """Decide every allowed pair whose newest decision is of an earlier day; return how many were decided.

    What lists show is thereby never older than a day; a gate decides afresh at every call.
    """
    today = PolicyDecision.objects.filter(as_of_date__gte=at.date())
    stale = (
        IntendedUse.objects.select_related(
            "version__registered_model__entity", "use_case__entity", "use_case__portfolio"
        )
        .filter(permission_state__in=STANDING)
        .exclude(permission_decision_uuid__in=today.values("uuid"))
        .order_by("id")[:limit]
    )
    actor = service_actor(name=CLERK, role=Role.SYSTEM)
    decided = 0
    for intended_use in stale:
        decide_policy(
            actor=actor,
            at=at,
            correlation_id=str(uuid4()),
            intended_use=intended_use,
            stage=Stage.GATE_USE,
        )
        decided += 1
    return decided
