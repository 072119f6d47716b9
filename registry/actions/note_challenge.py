"""Keep a question that a validator put to a model, its answer, and what came of it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registry.actions.clean import clean_text
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import InvalidTransition
from registry.domain.vocab import RequestStatus, Role
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.independence import conflicts_of_validator, ensure_independent
from registry.validations.models import ChallengeNote
from registry.validations.reproduction import ensure_evidence
from registry.validations.selectors import find_report, get_validation_request


def note_challenge(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    request_uuid: UUID,
    question: str,
    answer: str,
    disposition: str,
) -> ChallengeNote:
    """Record one challenge.

    Raises ``PEO001``, ``PEO004``; ``VAL020`` before the run ends, ``VAL021`` after signing, ``VAL065`` on a repetition.
    """
    request = get_validation_request(actor=actor, uuid=request_uuid)
    use = request.intended_use
    actor.require(Role.VALIDATOR, entity_key=use.use_case.entity.key, to="challenge a validation")
    ensure_independent(
        actor=actor,
        conflicts=conflicts_of_validator(intended_use=use, person_uuid=actor.person_uuid),
        to="challenge this validation",
    )
    ensure_evidence(request=request)
    if request.status != RequestStatus.COMPLETED:
        raise InvalidTransition(
            "VAL020", f"the validation is {request.status}", remedy="Wait until its run has completed."
        )
    with transaction.atomic():
        if find_report(request=request) is not None:
            raise InvalidTransition(
                "VAL021", "the report on this validation is signed", remedy="Ask for a new validation."
            )
        note = ChallengeNote.objects.create(
            request=request,
            author=Person.objects.get(uuid=actor.person_uuid),
            question=clean_text(question, name="question"),
            answer=clean_text(answer, name="answer"),
            disposition=clean_text(disposition, name="disposition", limit=240),
            noted_at=at,
        )
        record(
            action=AuditAction.VALIDATION_CHALLENGED,
            actor=actor,
            at=at,
            subject=subject_of(request, label=str(use)),
            payload={
                "note": str(note.uuid),
                "question": note.question,
                "answer": note.answer,
                "disposition": note.disposition,
            },
            correlation_id=correlation_id,
        )
    return note
