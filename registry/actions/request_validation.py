"""Ask for a validation plan to be run."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from registry.actions.decide_policy import decide_policy
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.models import PolicyDecision
from registry.decisions.reading import plan_of
from registry.domain.canonical import digest
from registry.domain.errors import Conflict, InvalidTransition, NotPermitted
from registry.domain.vocab import Outcome, RequestStatus, Role, ScoreSource, Stage
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import get_intended_use
from registry.outbox.doorbell import ring
from registry.people.actors import Actor
from registry.people.models import Person
from registry.validations.basis import gather_basis, keep_basis
from registry.validations.facts import VALIDATION_BATCH
from registry.validations.models import ValidationRequest

RUN_TASK = "validation.run"
RUN_QUEUE = "heavy"
MAY_ASK = (Role.DEVELOPER, Role.OWNER, Role.VALIDATOR)


def request_validation(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use_uuid: UUID,
    batch: str = VALIDATION_BATCH,
) -> ValidationRequest:
    """Open a request: a validation on the default batch, monitoring on any other data set of the version.

    Raises ``VAL001`` when policy bans the pair, ``VAL002`` when one is open
    already, ``VAL003`` when the version has no such data set, ``PEO003``
    without a role that may ask.
    """
    intended_use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    ensure_may_ask(actor=actor, intended_use=intended_use)
    with transaction.atomic():
        decision = decide_policy(
            actor=actor,
            at=at,
            correlation_id=correlation_id,
            intended_use=intended_use,
            stage=Stage.GATE_REGISTER,
        )
        if decision.outcome == Outcome.DENY:
            raise InvalidTransition(
                "VAL001",
                "policy denies this use, and no evidence could change that",
                remedy="Read the decision: it names the rule and what would flip it.",
                decision=str(decision.uuid),
            )
        return open_request(
            actor=actor,
            at=at,
            correlation_id=correlation_id,
            intended_use=intended_use,
            decision=decision,
            batch=batch,
            reason=f"{actor.name} asked for it",
        )


def ensure_may_ask(*, actor: Actor, intended_use: IntendedUse) -> None:
    """Raise ``PEO003`` unless the actor holds a role that may ask for a validation."""
    key = intended_use.use_case.entity.key
    if not any(actor.holds(role, entity_key=key) for role in MAY_ASK):
        raise NotPermitted(
            "PEO003",
            f"{actor.name} may not ask for a validation of this use",
            remedy="A developer, owner or validator of the legal entity may.",
        )


def open_request(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use: IntendedUse,
    decision: PolicyDecision,
    reason: str,
    batch: str = VALIDATION_BATCH,
) -> ValidationRequest:
    """Write the request and its event inside the caller's transaction, and ring the worker after it."""
    roles = sorted(str(entry["role"]) for entry in intended_use.version.datasets)
    if batch not in roles:
        raise Conflict(
            "VAL003",
            f"the version has no data set {batch!r}",
            remedy=f"Use one of: {', '.join(roles) or 'none was logged with the run'}.",
        )
    request = create_request(
        actor=actor, at=at, intended_use=intended_use, decision=decision, batch=batch, reason=reason
    )
    record(
        action=AuditAction.VALIDATION_REQUESTED,
        actor=actor,
        at=at,
        subject=subject_of(request, label=str(intended_use)),
        payload={
            "intended_use": str(intended_use.uuid),
            "batch": batch,
            "plan_digest": request.plan_digest,
            "decision": str(decision.uuid),
            "basis_digest": request.basis.digest,
        },
        correlation_id=correlation_id,
    )
    ring_for(request)
    return request


def create_request(
    *,
    actor: Actor,
    at: datetime,
    intended_use: IntendedUse,
    decision: PolicyDecision,
    batch: str,
    reason: str,
    scores_from: ScoreSource = ScoreSource.ARTIFACT,
) -> ValidationRequest:
    """Write the row of a request, with the plan that the decision implies and its basis. Raises ``VAL002``."""
    plan = plan_of(decision)
    try:
        with transaction.atomic():
            request = ValidationRequest.objects.create(
                intended_use=intended_use,
                decision=decision,
                plan=plan,
                plan_digest=digest(plan),
                batch=batch,
                scores_from=scores_from,
                status=RequestStatus.REQUESTED,
                reason=reason,
                requested_by=Person.objects.get(uuid=actor.person_uuid),
                requested_at=at,
            )
            content = gather_basis(intended_use=intended_use, at=at, scores_from=scores_from)
            keep_basis(request=request, content=content)
    except IntegrityError as error:
        raise Conflict(
            "VAL002",
            "a validation of this use on this batch is open already",
            remedy="Wait for it to end, or cancel it.",
        ) from error
    return request


def ring_for(request: ValidationRequest) -> None:
    """Wake a worker once the caller's transaction has committed."""
    ring(RUN_TASK, str(request.uuid), queue=RUN_QUEUE)
