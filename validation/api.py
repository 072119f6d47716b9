"""What surfaces may do with validation runs. Everything is filtered by what the actor may see."""

from hashlib import sha256
from uuid import UUID

from registry import api as registry_api
from registry.domain.errors import IntegrityMismatch, NotFound, NotPermitted
from registry.domain.vocab import Role
from validation.domain.attached import attached_to
from validation.domain.results import result_from_json
from validation.runs import claims, endings
from validation.runs.models import Attachment, CheckRecord, ValidationRun

__all__ = [
    "Attachment",
    "CheckRecord",
    "ValidationRun",
    "cancel_validation",
    "find_attachment",
    "find_run",
    "get_attachment",
    "get_run",
    "list_attachments",
    "list_check_records",
]

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


def list_attachments(*, actor: registry_api.Actor, request_uuid: UUID) -> list[Attachment]:
    """Return the files that the checks left, without their bytes.

    Raises ``NotFound`` for a request that does not exist or that the actor may not see.
    """
    run = find_run(actor=actor, request_uuid=request_uuid)
    return [] if run is None else list(Attachment.objects.filter(run=run).defer("content"))


def get_attachment(*, actor: registry_api.Actor, request_uuid: UUID, uuid: UUID) -> Attachment:
    """Return a file of a validation.

    Raises ``NotFound`` ``RUN017``, ``IntegrityMismatch`` ``RUN016`` where its bytes are not those
    that the result of its check names.
    """
    run = find_run(actor=actor, request_uuid=request_uuid)
    found = None if run is None else Attachment.objects.filter(run=run, uuid=uuid).first()
    if run is None or found is None:
        raise NotFound("RUN017", "there is no such attachment", remedy="Open it from the page of its run.")
    record = CheckRecord.objects.get(run=run, check_id=found.check_id)
    named = attached_to(result=result_from_json(data=record.result))
    digest = sha256(bytes(found.content)).hexdigest()
    if digest not in {one.sha256 for one in named if one.file == found.file}:
        raise IntegrityMismatch(
            "RUN016",
            f"the attachment {found.file} is not the file that its check names",
            remedy="It was changed after the run. Tell an administrator; the evidence's own digest still holds.",
        )
    return found


def find_attachment(
    *, actor: registry_api.Actor, request_uuid: UUID, check_id: str, file: str
) -> Attachment | None:
    """Return the file of that name which a check left, without its bytes, or ``None``.

    Raises ``NotFound`` for a request that does not exist or that the actor may not see.
    """
    found = list_attachments(actor=actor, request_uuid=request_uuid)
    return next((one for one in found if (one.check_id, one.file) == (check_id, file)), None)


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
