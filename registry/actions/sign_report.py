"""Sign the validation report: the validator's conclusion on the evidence as it stands."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from registry.actions.clean import clean_text
from registry.actions.decide_policy import decide_policy
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import InvalidInput, InvalidTransition
from registry.domain.vocab import Opinion, ReportStatus, RequestStatus, Role, Stage
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.facts import VALIDATION_BATCH
from registry.validations.independence import conflicts_of_validator, ensure_independent
from registry.validations.models import ValidationReport, ValidationRequest
from registry.validations.reproduction import ensure_evidence
from registry.validations.selectors import evidence_digest, get_validation_request


def sign_report(
    *, actor: Actor, at: datetime, correlation_id: str, request_uuid: UUID, opinion: str, summary: str
) -> ValidationReport:
    """Sign, and decide again with the opinion known.

    Raises ``PEO001``, ``PEO004``, ``PEO006`` for a token; ``VAL020`` before the run ends, ``VAL021``
    when signed already, ``VAL022`` for an unknown opinion, ``VAL023`` without
    a single challenge, ``VAL024`` for a monitoring batch, ``VAL025`` for a file of predictions, ``VAL065``
    for a re-performance.
    """
    request = get_validation_request(actor=actor, uuid=request_uuid)
    use = request.intended_use
    actor.require(Role.VALIDATOR, entity_key=use.use_case.entity.key, to="sign a validation report")
    actor.require_presence(to="sign a validation report")
    ensure_independent(
        actor=actor,
        conflicts=conflicts_of_validator(intended_use=use, person_uuid=actor.person_uuid),
        to="sign this report",
    )
    _ensure_ripe(request, opinion)
    with transaction.atomic():
        try:
            with transaction.atomic():
                report = ValidationReport.objects.create(
                    request=request,
                    status=ReportStatus.SIGNED,
                    opinion=opinion,
                    summary=clean_text(summary, name="summary"),
                    evidence_digest=evidence_digest(request=request),
                    signed_by=Person.objects.get(uuid=actor.person_uuid),
                    signed_at=at,
                )
        except IntegrityError as error:
            raise InvalidTransition(
                "VAL021", "the report on this validation is signed", remedy="Ask for a new validation."
            ) from error
        record(
            action=AuditAction.VALIDATION_SIGNED,
            actor=actor,
            at=at,
            subject=subject_of(request, label=str(use)),
            payload={
                "report": str(report.uuid),
                "opinion": report.opinion,
                "summary": report.summary,
                "evidence_digest": report.evidence_digest,
            },
            correlation_id=correlation_id,
        )
        decide_policy(
            actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_APPROVE
        )
    return report


def _ensure_ripe(request: ValidationRequest, opinion: str) -> None:
    """Raise unless the run is complete and challenged, and the opinion is one that exists."""
    if opinion not in set(Opinion):
        raise InvalidInput(
            "VAL022", f"the opinion cannot be {opinion[:40]!r}", remedy=f"Use one of {', '.join(Opinion)}."
        )
    ensure_evidence(request=request)
    if request.is_from_predictions:
        raise InvalidTransition(
            "VAL025",
            f"a report is not signed on figures {request.scores_from_sentence}",
            remedy="Sign a validation of the registered artefact; challenges can be noted on this one.",
        )
    if request.batch != VALIDATION_BATCH:
        raise InvalidTransition(
            "VAL024", "a monitoring batch carries no report", remedy="Sign the validation that it monitors."
        )
    if request.status != RequestStatus.COMPLETED:
        raise InvalidTransition(
            "VAL020", f"the validation is {request.status}", remedy="Wait until its run has completed."
        )
    if not request.challenges.exists():
        raise InvalidTransition(
            "VAL023",
            "nobody has challenged this validation yet",
            remedy="Note at least one question, its answer and what came of it.",
        )
