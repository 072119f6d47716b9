"""Work on proposals in the background: the row is the queue, a lease on the database's clock keeps two workers apart.

Each step claims the job, works, and lets it go. A worker that died leaves a
lease that lapses; one that was taken for dead finds its fence gone and
changes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.audit.database_clock import database_now
from registry.decisions.proposals import PackJob, PackProposal
from registry.domain.errors import Conflict
from registry.domain.vocab import PackJobKind, Role, RunStatus
from registry.outbox.doorbell import ring
from registry.people.actors import Actor, service_actor
from registry.people.models import Person

PACK_TASK, PACK_QUEUE = "registry.work_on_pack", "light"
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 3
OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)
CLERK = "policy clerk"


class JobLostError(Exception):
    """Another worker has taken the job over: write nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A worker's right to one step of a job."""

    job: PackJob
    fence: int

    def write(self, **columns: object) -> None:
        """Write to the job. Raises ``JobLostError`` when the claim no longer holds."""
        if not _held(self).update(**columns):
            raise JobLostError

    def progress(self, *, said: str, done: int, planned: int) -> None:
        """Say what is being done, and keep the job for longer."""
        self.write(progress=said, done=done, planned=planned, lease_until=database_now() + LEASE)


def clerk() -> Actor:
    """Return the part of the program that works on proposals."""
    return service_actor(name=CLERK, role=Role.SYSTEM)


def open_job(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    proposal: PackProposal,
    kind: PackJobKind,
    planned: int = 0,
    not_before: date | None = None,
) -> PackJob:
    """Queue work inside the caller's transaction, and ring after it. Raises ``PKP012`` while such work is open."""
    try:
        with transaction.atomic():
            job = PackJob.objects.create(
                kind=kind,
                proposal=proposal,
                status=RunStatus.QUEUED,
                not_before=not_before,
                requested_by=Person.objects.get(uuid=actor.person_uuid),
                requested_at=at,
                correlation_id=correlation_id,
                planned=planned,
            )
    except IntegrityError as error:
        raise Conflict(
            "PKP012",
            "this is being worked on already",
            remedy="Wait for it to end; the page shows how far it is.",
        ) from error
    ring(PACK_TASK, str(job.uuid), queue=PACK_QUEUE)
    return job


def list_pack_jobs_to_run(*, on: date, limit: int) -> list[UUID]:
    """Return the oldest jobs that nobody works on and that are due."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=on)
    rows = _free().filter(due).order_by("id")
    return list(rows.values_list("uuid", flat=True)[:limit])


def claim_job(*, job_uuid: UUID, on: date) -> Claim | None:
    """Take the job for one step; none when it is held, has ended or is not due."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=on)
    with transaction.atomic():
        taken = (
            _free()
            .filter(due, uuid=job_uuid)
            .update(
                status=RunStatus.RUNNING,
                fence=F("fence") + 1,
                attempt=F("attempt") + 1,
                lease_until=database_now() + LEASE,
            )
        )
        if not taken:
            return None
        job = PackJob.objects.select_related("proposal__author", "proposal__release").get(uuid=job_uuid)
    return Claim(job=job, fence=job.fence)


def let_go(*, claim: Claim) -> None:
    """End a step that succeeded: the next may begin at once, with all attempts before it."""
    claim.write(lease_until=None, attempt=0)


def end_job(*, claim: Claim, at: datetime, status: RunStatus, reason: str = "") -> None:
    """End the job for good; a failure leaves an event. Raises ``JobLostError``."""
    with transaction.atomic():
        claim.write(status=status, ended_at=at, ended_reason=reason, lease_until=None, progress="")
        if status is RunStatus.FAILED:
            record(
                action=AuditAction.IMPACT_FAILED,
                actor=clerk(),
                at=at,
                subject=subject_of(claim.job.proposal),
                payload={"kind": claim.job.kind, "reason": reason},
                correlation_id=claim.job.correlation_id,
            )


def _held(claim: Claim) -> QuerySet[PackJob]:
    return PackJob.objects.filter(pk=claim.job.pk, fence=claim.fence, status=RunStatus.RUNNING)


def _free() -> QuerySet[PackJob]:
    lapsed = Q(lease_until__isnull=True) | Q(lease_until__lt=database_now())
    return PackJob.objects.filter(lapsed, status__in=OPEN)
