"""Record that a worker took up a validation."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import NotFound
from registry.domain.vocab import Role
from registry.people.actors import Actor
from registry.validations.models import ValidationRequest


def note_validation_started(
    *, actor: Actor, at: datetime, correlation_id: str, request_uuid: UUID, run_uuid: UUID, owner: str
) -> None:
    """Leave the event inside the transaction that claims the run. Raises ``PEO001``, ``VAL010``."""
    actor.require(Role.WORKER, entity_key="", to="start a validation")
    request = ValidationRequest.objects.select_related("intended_use").filter(uuid=request_uuid).first()
    if request is None:
        raise NotFound(
            "VAL010", f"there is no validation request {request_uuid}", remedy="Check the identifier."
        )
    with transaction.atomic():
        record(
            action=AuditAction.VALIDATION_STARTED,
            actor=actor,
            at=at,
            subject=subject_of(request, label=str(request.intended_use)),
            payload={"run": str(run_uuid), "worker": owner, "plan_digest": request.plan_digest},
            correlation_id=correlation_id,
        )
