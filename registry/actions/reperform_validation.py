"""Repeat a validation as it was: the same plan, seed, bytes and figures, never what the registers say today.

A re-performance shows whether the evidence can be reproduced, and nothing
else. The original stays the evidence: the repetition feeds no fact, raises no
finding, carries no report, and policy does not decide on it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from registry.actions.request_validation import ring_for
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import Conflict, InvalidTransition, NotFound
from registry.domain.reproduction import Reproduction, ReproductionOutcome
from registry.domain.vocab import RequestStatus, Role
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.basis import find_basis, keep_basis
from registry.validations.independence import conflicts_of_validator, ensure_independent
from registry.validations.models import ValidationBasis, ValidationRequest
from registry.validations.reproduction import reproduction_of
from registry.validations.selectors import get_validation_request, list_validation_requests


@dataclass(frozen=True, kw_only=True, slots=True)
class Reperformance:
    """A repetition of a validation: how it stands, and once it has completed how its numbers compare."""

    request: ValidationRequest
    original: ValidationRequest
    reproduction: Reproduction | None

    @property
    def outcome(self) -> ReproductionOutcome:
        """Return what the repetition shows. One that broke down or was cancelled shows nothing: ``failed``."""
        if self.reproduction is not None:
            return self.reproduction.outcome
        is_open = self.request.status == RequestStatus.REQUESTED
        return ReproductionOutcome.PENDING if is_open else ReproductionOutcome.FAILED


def reperform_validation(
    *, actor: Actor, at: datetime, correlation_id: str, request_uuid: UUID
) -> ValidationRequest:
    """Open a repetition of a completed validation, by an independent validator.

    Raises ``PEO001``, ``PEO004``; ``VAL060`` before the run has completed, ``VAL061`` for a
    repetition, ``VAL062`` when what it was built on was not kept, ``VAL063``
    while one is open, ``VAL066`` for a file of predictions, ``VAL067`` for a library's report.
    """
    original = get_validation_request(actor=actor, uuid=request_uuid)
    use = original.intended_use
    actor.require(Role.VALIDATOR, entity_key=use.use_case.entity.key, to="re-perform a validation")
    ensure_independent(
        actor=actor,
        conflicts=conflicts_of_validator(intended_use=use, person_uuid=actor.person_uuid),
        to="re-perform this validation",
    )
    basis = _ensure_repeatable(original)
    with transaction.atomic():
        request = _open(actor, at, original)
        keep_basis(request=request, content=basis.content)
        record(
            action=AuditAction.VALIDATION_REQUESTED,
            actor=actor,
            at=at,
            subject=subject_of(request, label=str(use)),
            payload={
                "intended_use": str(use.uuid),
                "batch": request.batch,
                "plan_digest": request.plan_digest,
                "decision": str(original.decision.uuid),
                "reperforms": str(original.uuid),
                "basis_digest": basis.digest,
            },
            correlation_id=correlation_id,
        )
        ring_for(request)
    return request


def get_reperformance(*, actor: Actor, request_uuid: UUID) -> Reperformance:
    """Return one repetition. Raises ``VAL010``, and ``VAL064`` for a validation that repeats none."""
    request = get_validation_request(actor=actor, uuid=request_uuid)
    if request.reperforms is None:
        raise NotFound(
            "VAL064",
            "this validation repeats no other",
            remedy="Choose a re-performance; the page of the original lists them.",
        )
    return _reperformance(request, request.reperforms)


def list_reperformances(*, actor: Actor, original: ValidationRequest) -> list[Reperformance]:
    """Return the repetitions of a validation that the actor may see, newest first."""
    rows: QuerySet[ValidationRequest] = list_validation_requests(actor=actor).filter(reperforms=original)
    return [_reperformance(row, original) for row in rows]


def _reperformance(request: ValidationRequest, original: ValidationRequest) -> Reperformance:
    return Reperformance(request=request, original=original, reproduction=reproduction_of(again=request))


def _ensure_repeatable(original: ValidationRequest) -> ValidationBasis:
    if original.status != RequestStatus.COMPLETED:
        raise InvalidTransition(
            "VAL060",
            f"the validation is {original.status}: there are no numbers to reproduce",
            remedy="Re-perform a validation that has completed.",
        )
    if original.reperforms is not None:
        raise InvalidTransition(
            "VAL061", "this validation repeats another one", remedy="Re-perform the original."
        )
    if original.reports_on is not None:
        raise InvalidTransition(
            "VAL067",
            "this run only makes a library's report",
            remedy="Re-perform the validation whose evidence it reports on.",
        )
    if original.is_from_predictions:
        raise InvalidTransition(
            "VAL066",
            f"its scores are {original.scores_from_sentence}: there is nothing to run again",
            remedy="Send the file again; the same bytes have the same digest and give the same figures.",
        )
    basis = find_basis(request=original)
    if basis is None:
        raise InvalidTransition(
            "VAL062",
            "what this validation was built on was not kept",
            remedy="Ask for a new validation: it keeps its portfolio, claims, digests and seed.",
        )
    return basis


def _open(actor: Actor, at: datetime, original: ValidationRequest) -> ValidationRequest:
    try:
        with transaction.atomic():
            return ValidationRequest.objects.create(
                intended_use=original.intended_use,
                decision=original.decision,
                plan=original.plan,
                plan_digest=original.plan_digest,
                batch=original.batch,
                status=RequestStatus.REQUESTED,
                reason=f"{actor.name} re-performs the validation of {original.requested_at.date()}",
                requested_by=Person.objects.get(uuid=actor.person_uuid),
                requested_at=at,
                reperforms=original,
            )
    except IntegrityError as error:
        raise Conflict(
            "VAL063",
            "a re-performance of this validation is open already",
            remedy="Wait for it to end, or cancel it.",
        ) from error
