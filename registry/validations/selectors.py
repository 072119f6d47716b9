"""Reading validation requests, evidence and reports."""

from uuid import UUID

from django.db.models import QuerySet

from registry.domain.canonical import digest
from registry.domain.errors import NotFound
from registry.inventory.visibility import visible_to
from registry.people.actors import Actor
from registry.validations.models import FEEDS_FACTS, EvidenceRecord, ValidationReport, ValidationRequest

ENTITY = "intended_use__use_case__entity__key"


def list_validation_requests(*, actor: Actor, feeding_facts: bool = False) -> QuerySet[ValidationRequest]:
    """Return the requests that the actor may see, newest first; on demand only those that policy may read."""
    rows = ValidationRequest.objects.select_related(
        "intended_use__version__registered_model__owner",
        "intended_use__version__registered_model__developer",
        "intended_use__version__registered_model__validator",
        "intended_use__version__developer",
        "intended_use__use_case__entity",
        "intended_use__use_case__owner",
        "intended_use__declared_by",
        "requested_by",
        "decision",
        "reperforms__requested_by",
        "reports_on__request",
        "predictions",
    )
    if feeding_facts:
        rows = rows.filter(FEEDS_FACTS)
    return visible_to(actor, rows, entity_path=ENTITY).order_by("-id")


def get_validation_request(*, actor: Actor, uuid: UUID) -> ValidationRequest:
    """Return one request. Raises ``VAL010``."""
    row = list_validation_requests(actor=actor).filter(uuid=uuid).first()
    if row is None:
        raise _not_found("VAL010", "validation", uuid)
    return row


def list_evidence(*, actor: Actor, request: ValidationRequest) -> QuerySet[EvidenceRecord]:
    """Return the evidence of a request, in the order of its plan."""
    rows = EvidenceRecord.objects.filter(request=request).select_related("request")
    return visible_to(actor, rows, entity_path=f"request__{ENTITY}").order_by("position")


def get_evidence(*, actor: Actor, uuid: UUID) -> EvidenceRecord:
    """Return one evidence record. Raises ``VAL012``."""
    rows = EvidenceRecord.objects.select_related(
        "request__predictions", "request__intended_use__version__registered_model"
    )
    row = visible_to(actor, rows, entity_path=f"request__{ENTITY}").filter(uuid=uuid).first()
    if row is None:
        raise _not_found("VAL012", "evidence record", uuid)
    return row


def find_report(*, request: ValidationRequest) -> ValidationReport | None:
    """Return the signed report on a request, or none."""
    return ValidationReport.objects.select_related("signed_by").filter(request=request).first()


def evidence_digest(*, request: ValidationRequest) -> str:
    """Return one digest over the digests of a request's evidence, in order."""
    return digest(list(request.evidence.order_by("position").values_list("digest", flat=True)))


def _not_found(code: str, what: str, uuid: UUID) -> NotFound:
    return NotFound(
        code,
        f"there is no {what} {uuid}, or none that you may see",
        remedy="Check the identifier, or ask an administrator for a role in the legal entity that holds it.",
    )
