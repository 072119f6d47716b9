"""What surfaces may do with validation runs. Everything is filtered by what the actor may see."""

from uuid import UUID

from registry import api as registry_api
from registry.domain.errors import NotFound, NotPermitted
from registry.domain.vocab import Role
from validation.runs import claims, endings
from validation.runs.models import CheckRecord, ValidationRun

__all__ = ["CheckRecord", "ValidationRun", "cancel_validation", "find_run", "get_run", "list_check_records"]

_MAY_CANCEL = (Role.DEVELOPER, Role.OWNER, Role.VALIDATOR)


def find_run(*, actor: registry_api.Actor, request_uuid: UUID) -> ValidationRun | None:
    """Return the run of a validation request, or ``None`` when no worker has taken it up yet.

    Raises ``NotFound`` for a request that does not exist or that the actor may not see.
    """
    registry_api.get_validation_request(actor=actor, uuid=request_uuid)
    return ValidationRun.objects.filter(request_uuid=request_uuid).first()


def get_run(*, actor: registry_api.Actor, run_uuid: UUID) -> ValidationRun:
    """Return a run. Raises ``NotFound`` ``RUN004``, also for one that the actor may not see."""
    run = ValidationRun.objects.filter(uuid=run_uuid).first()
    try:
        if run is not None:
            registry_api.get_validation_request(actor=actor, uuid=run.request_uuid)
            return run
    except NotFound:
        pass
    raise NotFound("RUN004", "there is no such validation run", remedy="Check the address.")


def list_check_records(*, actor: registry_api.Actor, request_uuid: UUID) -> list[CheckRecord]:
    """Return the checks recorded so far for a validation request, in the order of the plan.

    Raises ``NotFound`` for a request that does not exist or that the actor may not see.
    """
    run = find_run(actor=actor, request_uuid=request_uuid)
    return [] if run is None else list(CheckRecord.objects.filter(run=run))


def cancel_validation(*, actor: registry_api.Actor, request_uuid: UUID) -> None:
    """Cancel the run of a request, begun or not; its worker stops within seconds.

    Raises ``NotFound`` for a request that the actor may not see, ``RUN012``
    without a role that may cancel, ``RUN005`` when the run has ended.
    """
    request = registry_api.get_validation_request(actor=actor, uuid=request_uuid)
    entity = request.intended_use.use_case.entity
    if not any(actor.holds(role, entity_key=entity.key) for role in _MAY_CANCEL):
        raise NotPermitted(
            "RUN012",
            f"{actor.name} may not cancel this validation",
            remedy="A developer, owner or validator of the legal entity may.",
        )
    run = claims.ensure_run(request_uuid=request_uuid)
    endings.cancel(run_uuid=run.uuid, actor=actor, reason=f"{actor.name} ({actor.username}) cancelled it")
