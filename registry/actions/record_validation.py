"""Take the results of a run into the register: evidence, findings, and a new decision."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from django.db import transaction

from registry.actions.decide_policy import decide_policy
from registry.actions.request_validation import MAY_ASK
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.attachments import named_files
from registry.domain.canonical import Json, digest, to_json
from registry.domain.errors import InvalidInput, NotFound
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import FindingStatus, RequestStatus, Role, Severity, Stage, Verdict
from registry.findings.models import Finding
from registry.people.actors import Actor
from registry.validations.facts import VALIDATION_BATCH
from registry.validations.models import EvidenceRecord, ValidationRequest
from registry.validations.reproduction import figures_beside_report, reproduction_of

_DAYS_TO_MEND = MappingProxyType(
    {Severity.CRITICAL: 30, Severity.HIGH: 90, Severity.MEDIUM: 180, Severity.LOW: 365}
)
_ENDS = MappingProxyType(
    {
        RequestStatus.COMPLETED: AuditAction.VALIDATION_COMPLETED,
        RequestStatus.FAILED: AuditAction.VALIDATION_FAILED,
        RequestStatus.CANCELLED: AuditAction.VALIDATION_CANCELLED,
    }
)
_SEVERITY_BY_TIER = MappingProxyType({1: Severity.HIGH, 2: Severity.MEDIUM, 3: Severity.LOW, 4: Severity.LOW})


def record_validation(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    request_uuid: UUID,
    run_uuid: UUID,
    status: RequestStatus,
    reason: str,
    submissions: Sequence[Mapping[str, Json]],
) -> None:
    """End the request with the run's results; called inside the transaction that ends the run.

    ``submissions`` hold ``check``, ``major``, ``verdict``, ``reason``,
    ``detail``, ``metrics``, ``facts`` and the whole result as ``body``. A
    failing check raises one finding, graver the higher the risk tier. What rests on a
    file of predictions, and the results of a re-performance, are kept for people to
    read and compare, and nothing follows from them; nor from a library's report. Raises
    ``VAL010`` for an unknown request, ``VAL011`` for a run that has not ended, ``VAL075`` for one
    that completed without the report it was asked for,
    ``PEO001`` for an actor that is no worker and does not cancel, ``LIF001`` when the request has
    ended already.
    """
    if status not in _ENDS:
        raise InvalidInput("VAL011", f"a request that is {status} has no result", remedy="End the run first.")
    with transaction.atomic():
        request = _lock_request(request_uuid)
        _ensure_may_end(actor, request, status)
        ensure_transition("validation_request", request.status, status)
        records = [_store(request, run_uuid, at, position, item) for position, item in enumerate(submissions)]
        request.status, request.ended_at, request.ended_reason = status, at, reason
        request.save(update_fields=["status", "ended_at", "ended_reason"])
        record(
            action=_ENDS[status],
            actor=actor,
            at=at,
            subject=subject_of(request, label=str(request.intended_use)),
            payload={
                "run": str(run_uuid),
                "batch": request.batch,
                "scores_from": request.scores_from,
                "reason": reason,
                "evidence": {row.check_id: {"verdict": row.verdict, "digest": row.digest} for row in records},
            },
            correlation_id=correlation_id,
        )
        if request.reperforms is not None:
            _note_reproduction(actor, at, correlation_id, request, request.reperforms)
        elif request.reports_on is not None:
            _note_report(actor, at, correlation_id, request, request.reports_on)
        elif request.feeds_facts:
            _follow_up(actor, at, correlation_id, request, records)


def _follow_up(
    actor: Actor,
    at: datetime,
    correlation_id: str,
    request: ValidationRequest,
    records: Sequence[EvidenceRecord],
) -> None:
    """Raise the findings, and decide again where the run has completed."""
    for row in records:
        if row.verdict == Verdict.FAIL:
            _raise_finding(actor, at, correlation_id, row)
    if request.status == RequestStatus.COMPLETED:
        decide_policy(
            actor=actor,
            at=at,
            correlation_id=correlation_id,
            intended_use=request.intended_use,
            stage=Stage.GATE_APPROVE if request.batch == VALIDATION_BATCH else Stage.GATE_USE,
        )


def _note_reproduction(
    actor: Actor, at: datetime, correlation_id: str, again: ValidationRequest, original: ValidationRequest
) -> None:
    """Leave in the log of the original whether its numbers came out the same; nothing if the run broke down."""
    found = reproduction_of(again=again)
    if found is None:
        return
    record(
        action=AuditAction.VALIDATION_REPERFORMED,
        actor=actor,
        at=at,
        subject=subject_of(original, label=str(again.intended_use)),
        payload={
            "reperformance": str(again.uuid),
            "outcome": found.outcome,
            "checks": {check.check_id: check.sameness for check in found.checks},
            "causes": [f"{one.place}: {one.first} became {one.second}" for one in found.causes],
        },
        correlation_id=correlation_id,
    )


def _note_report(
    actor: Actor, at: datetime, correlation_id: str, request: ValidationRequest, about: EvidenceRecord
) -> None:
    """Leave in the log of the validation what was attached to its evidence; nothing if the run broke down."""
    if request.status != RequestStatus.COMPLETED:
        return
    made = request.evidence.first()
    files = () if made is None else named_files(body=made.body)
    if made is None or not files:
        raise InvalidInput(
            "VAL075", "the run attached no report", remedy="End it as failed, and say why there is none."
        )
    record(
        action=AuditAction.EVIDENCE_ATTACHED,
        actor=actor,
        at=at,
        subject=subject_of(about.request, label=str(request.intended_use)),
        payload={
            "evidence": str(about.uuid),
            "evidence_digest": about.digest,
            "made_by": str(request.uuid),
            "asked_by": request.requested_by.username,
            "asked_at": to_json(request.requested_at),
            "file": files[0].file,
            "size": files[0].size,
            "sha256": files[0].sha256,
            "figures": figures_beside_report(of=about, made=made).sameness,
        },
        correlation_id=correlation_id,
    )


def _ensure_may_end(actor: Actor, request: ValidationRequest, status: RequestStatus) -> None:
    """Only a worker hands in results; whoever may ask for a validation may also cancel it."""
    key = request.intended_use.use_case.entity.key
    if status == RequestStatus.CANCELLED and any(actor.holds(role, entity_key=key) for role in MAY_ASK):
        return
    actor.require(Role.WORKER, entity_key="", to="record validation results")


def _lock_request(request_uuid: UUID) -> ValidationRequest:
    request = (
        ValidationRequest.objects.select_for_update(of=("self",))
        .select_related(
            "reperforms",
            "reports_on__request",
            "intended_use__version__registered_model__owner",
            "intended_use__version__registered_model__entity",
            "intended_use__use_case__entity",
        )
        .filter(uuid=request_uuid)
        .first()
    )
    if request is None:
        raise NotFound(
            "VAL010", f"there is no validation request {request_uuid}", remedy="Check the identifier."
        )
    return request


def _store(
    request: ValidationRequest, run_uuid: UUID, at: datetime, position: int, item: Mapping[str, Json]
) -> EvidenceRecord:
    row = EvidenceRecord(
        request=request,
        run_uuid=run_uuid,
        check_id=str(item["check"]),
        check_major=int(str(item["major"])),
        position=position,
        verdict=Verdict(str(item["verdict"])),
        reason=str(item["reason"])[:400],
        metrics=item["metrics"],
        facts={} if request.is_from_predictions else item["facts"],
        body=item["body"],
        recorded_at=at,
    )
    row.digest = digest(
        {
            "check": row.check_id,
            "major": row.check_major,
            "verdict": row.verdict,
            "metrics": row.metrics,
            "facts": row.facts,
            "body": row.body,
            "run": run_uuid,
            **_source(request),
        }
    )
    row.save(force_insert=True)
    return row


def _source(request: ValidationRequest) -> dict[str, Json]:
    """Return what the scores came from: the artefact, or a file that nothing ties to it."""
    if request.is_from_predictions:
        return {"predictions_sha256": request.predictions.sha256}
    return {"artifact_digest": request.intended_use.version.artifact_digest}


def _raise_finding(actor: Actor, at: datetime, correlation_id: str, evidence: EvidenceRecord) -> None:
    request = evidence.request
    tier = request.intended_use.version.registered_model.risk_tier
    severity = _SEVERITY_BY_TIER.get(tier or 1, Severity.HIGH)
    detail = str(evidence.body.get("detail") or evidence.reason)
    finding = Finding.objects.create(
        intended_use=request.intended_use,
        run_uuid=evidence.run_uuid,
        check_id=evidence.check_id,
        evidence_uuid=evidence.uuid,
        severity=severity,
        title=f"{evidence.check_id} fails on the {request.batch} batch",
        detail=detail,
        status=FindingStatus.OPEN,
        owner=request.intended_use.version.registered_model.owner,
        due_date=(at + timedelta(days=_DAYS_TO_MEND[severity])).date(),
        raised_at=at,
    )
    record(
        action=AuditAction.FINDING_RAISED,
        actor=actor,
        at=at,
        subject=subject_of(finding),
        payload={
            "check": evidence.check_id,
            "evidence": str(evidence.uuid),
            "evidence_digest": evidence.digest,
            "severity": severity,
            "due_date": finding.due_date,
        },
        correlation_id=correlation_id,
    )
