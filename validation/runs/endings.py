"""How a run ends: once, and in one transaction with everything that follows from it.

The terminal state, the evidence, the findings, the audit event and the outbox
rows commit together or not at all. What was recorded before a run failed or
was cancelled is handed over too: nobody can make a bad figure disappear by
stopping the run that found it.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet

from registry import api as registry_api
from registry.domain.canonical import Json
from registry.domain.errors import InvalidTransition, NotFound
from registry.domain.vocab import RequestStatus, RunStatus
from validation.domain.evidence import to_evidence
from validation.domain.results import result_from_json
from validation.runs.claims import MAX_ATTEMPTS, NO_SHARE, Claim, FencedError, claimable, held, spent
from validation.runs.database_time import DatabaseTime
from validation.runs.models import CheckRecord, ValidationRun

logger = logging.getLogger(__name__)

WORKER_NAME = "validation worker"

_REQUEST_STATUS = {
    RunStatus.SUCCEEDED: RequestStatus.COMPLETED,
    RunStatus.FAILED: RequestStatus.FAILED,
    RunStatus.EXPIRED: RequestStatus.FAILED,
    RunStatus.CANCELLED: RequestStatus.CANCELLED,
}


def finish(*, claim: Claim, status: RunStatus, reason: str) -> RunStatus:
    """End a run that the caller holds and return its status.

    A run whose results the registry refuses ends as failed. Raises
    ``FencedError``, and then nothing has changed.
    """
    ended = _end(held(claim=claim), status=status, reason=reason)
    if ended is None:
        raise FencedError(claim)
    return ended


def give_up(*, run_uuid: UUID) -> RunStatus | None:
    """End a run that nobody holds and that has no attempt or no time left; ``None`` if it is not so."""
    forlorn = claimable(run_uuid=run_uuid).filter(spent())
    run = forlorn.first()
    if run is None:
        return None
    if run.attempt >= MAX_ATTEMPTS:
        status = RunStatus.FAILED
        reason = (
            f"RUN002 The run was started {run.attempt} times and its worker died each time, last at: "
            f"{run.progress}. Look at the worker's log, then request the validation again."
        )
    else:
        status = RunStatus.EXPIRED
        reason = "RUN003 The run was not done within its time limit. Request the validation again."
    return _end(forlorn, status=status, reason=reason)


def cancel(*, run_uuid: UUID, actor: registry_api.Actor, reason: str) -> None:
    """Cancel a run; whoever works on it is fenced and stops within seconds. ``reason`` names who asked.

    Raises ``NotFound`` ``RUN004``, or ``InvalidTransition`` ``RUN005`` when the
    run has ended. The caller has checked what the actor may do.
    """
    runs = ValidationRun.objects.filter(uuid=run_uuid)
    is_open = {"status__in": (RunStatus.QUEUED.value, RunStatus.RUNNING.value)}
    if _end(runs.filter(**is_open), status=RunStatus.CANCELLED, reason=reason, actor=actor) is not None:
        return
    run = runs.first()
    if run is None:
        raise NotFound("RUN004", "there is no such validation run", remedy="Check the address.")
    raise InvalidTransition(
        "RUN005",
        f"the run has ended already: {run.status}",
        remedy="Reload the page; request a new validation if one is needed.",
        status=run.status,
    )


def _end(
    runs: QuerySet[ValidationRun],
    *,
    status: RunStatus,
    reason: str,
    actor: registry_api.Actor | None = None,
) -> RunStatus | None:
    """End the one run in ``runs``; ``None`` when it is not there (any more)."""
    try:
        return _end_with(
            runs,
            status=status,
            reason=reason,
            with_results=True,
            actor=actor or registry_api.worker_actor(name=WORKER_NAME),
        )
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("the registry refused what a run handed over")
        refusal = (
            f"RUN008 The registry refused the results: {type(error).__name__} {error}. "
            "The log has the details; request the validation again once the cause is removed."
        )
        return _end_with(
            runs,
            status=RunStatus.FAILED,
            reason=refusal,
            with_results=False,
            actor=registry_api.worker_actor(name=WORKER_NAME),
        )


def _end_with(
    runs: QuerySet[ValidationRun],
    *,
    status: RunStatus,
    reason: str,
    with_results: bool,
    actor: registry_api.Actor,
) -> RunStatus | None:
    with transaction.atomic():
        run = runs.select_for_update().first()
        if run is None:
            return None
        # The raised fence voids the claim of a worker that sleeps through the end of its run.
        ValidationRun.objects.filter(id=run.id).update(
            status=status.value,
            fence=F("fence") + 1,
            lease_until=None,
            progress="",
            **NO_SHARE,
            ended_at=DatabaseTime(),
            ended_reason=reason,
        )
        run.refresh_from_db()
        _hand_over(run, with_results=with_results, actor=actor)
    return status


def _hand_over(run: ValidationRun, *, with_results: bool, actor: registry_api.Actor) -> None:
    assert isinstance(run.ended_at, datetime)
    records = CheckRecord.objects.filter(run=run) if with_results else ()
    registry_api.record_validation(
        actor=actor,
        at=run.ended_at,
        correlation_id=str(run.uuid),
        request_uuid=run.request_uuid,
        run_uuid=run.uuid,
        submissions=[_submission(record) for record in records],
        status=_REQUEST_STATUS[RunStatus(run.status)],
        reason=run.ended_reason,
    )


def _submission(record: CheckRecord) -> dict[str, Json]:
    return {**to_evidence(result=result_from_json(data=record.result)), "body": record.result}
