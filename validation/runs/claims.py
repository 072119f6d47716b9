"""Claims on runs: a lease on the database's clock, and a fence that voids older claims.

A worker holds a run from ``claim`` until it finishes, is fenced, or lets the
lease lapse. Every write carries the fence: a worker that was taken for dead
and wakes up again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from registry.domain.canonical import Json
from registry.domain.errors import MrmError
from registry.domain.vocab import RunStatus
from validation.domain.attached import Attached
from validation.domain.results import CheckResult
from validation.domain.share import Share
from validation.runs.database_time import DatabaseTime
from validation.runs.models import Attachment, CheckRecord, ValidationRun

LEASE_S = 15.0
"""How long a silent worker keeps its run."""

BEAT_S = 4.0
"""How often a worker renews its lease."""

RUN_LIMIT_S = 3600.0
"""How long a run may take, counted from its first claim over all attempts."""

NO_SHARE = MappingProxyType({"share_done": 0, "share_total": 0, "share_of": ""})
"""What a run shows that has no share of its step to show."""

MAX_ATTEMPTS = 3
"""Claims after which a run that never ended is given up."""


class FencedError(MrmError):
    """The run was cancelled, ended, or taken over by another worker: stop and write nothing."""

    kind = "conflict"

    def __init__(self, claim: "Claim") -> None:
        super().__init__(
            "RUN001",
            f"the claim {claim.fence} on run {claim.run_uuid} no longer holds",
            remedy="Nothing to do: whoever holds the run now will end it.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A worker's dated right to write to one run."""

    run_uuid: UUID
    request_uuid: UUID
    owner: str
    fence: int
    attempt: int
    lease_s: float = LEASE_S


def ensure_run(*, request_uuid: UUID) -> ValidationRun:
    """Return the run of a request; queue it when there is none."""
    run, is_new = ValidationRun.objects.get_or_create(
        request_uuid=request_uuid,
        defaults={"status": RunStatus.QUEUED.value, "queued_at": DatabaseTime()},
    )
    if is_new:
        run.refresh_from_db()
    return run


def claim(*, run_uuid: UUID, owner: str, lease_s: float = LEASE_S) -> Claim | None:
    """Take a run that is queued or whose lease has lapsed; ``None`` when somebody else has it.

    A run that used up its attempts or its time is not given out; see
    ``endings.give_up``.
    """
    with transaction.atomic():
        taken = (
            claimable(run_uuid=run_uuid)
            .exclude(spent())
            .update(
                status=RunStatus.RUNNING.value,
                fence=F("fence") + 1,
                attempt=F("attempt") + 1,
                owner=owner[:120],
                lease_until=DatabaseTime(after_s=lease_s),
                started_at=Coalesce(F("started_at"), DatabaseTime()),
                deadline_at=Coalesce(F("deadline_at"), DatabaseTime(after_s=RUN_LIMIT_S)),
                progress="starting",
                **NO_SHARE,
            )
        )
        if not taken:
            return None
        run = ValidationRun.objects.get(uuid=run_uuid)
    return Claim(
        run_uuid=run.uuid,
        request_uuid=run.request_uuid,
        owner=run.owner,
        fence=run.fence,
        attempt=run.attempt,
        lease_s=lease_s,
    )


def claimable(*, run_uuid: UUID) -> QuerySet[ValidationRun]:
    """Return the run if nobody holds it at this instant of the database's clock."""
    lapsed = Q(status=RunStatus.RUNNING.value, lease_until__lt=DatabaseTime())
    return ValidationRun.objects.filter(Q(status=RunStatus.QUEUED.value) | lapsed, uuid=run_uuid)


def spent() -> Q:
    """Return the condition that a run has no attempt or no time left."""
    return Q(attempt__gte=MAX_ATTEMPTS) | Q(deadline_at__isnull=False, deadline_at__lt=DatabaseTime())


def held(*, claim: Claim) -> QuerySet[ValidationRun]:
    """Return the run if the claim still holds; every write of a worker goes through this."""
    return ValidationRun.objects.filter(
        uuid=claim.run_uuid, fence=claim.fence, status=RunStatus.RUNNING.value
    )


def ensure_held(*, claim: Claim) -> None:
    """Raise ``FencedError`` unless the claim still holds. Reads only."""
    if not held(claim=claim).exists():
        raise FencedError(claim)


def heartbeat(*, claim: Claim, progress: str, share: Share | None = None) -> None:
    """Renew the lease and say what is being done, and how much of it is done. Raises ``FencedError``."""
    _write(
        claim,
        lease_until=DatabaseTime(after_s=claim.lease_s),
        progress=progress[:240],
        **(
            {"share_done": share.done, "share_total": share.total, "share_of": share.of}
            if share
            else NO_SHARE
        ),
    )


def note_plan(*, claim: Claim, checks_planned: int) -> None:
    """Record how many checks the run will make. Raises ``FencedError``."""
    _write(claim, checks_planned=checks_planned)


def note_processes(*, claim: Claim, processes: Mapping[str, Json]) -> None:
    """Record which processes do the work and which layers confine them. Raises ``FencedError``."""
    _write(claim, processes=dict(processes))


def flush_check(
    *,
    claim: Claim,
    position: int,
    title: str,
    result: CheckResult,
    attachments: Sequence[tuple[Attached, bytes]] = (),
) -> bool:
    """Record one finished check with what it left; ``False`` when it was there already. Raises ``FencedError``.

    The write to the run row holds off any other claimant until the record is in.
    """
    with transaction.atomic():
        _write(claim, lease_until=DatabaseTime(after_s=claim.lease_s))
        run = ValidationRun.objects.get(uuid=claim.run_uuid)
        _record, is_new = CheckRecord.objects.get_or_create(
            run=run,
            check_id=result.check,
            check_major=result.major,
            defaults={
                "title": title,
                "position": position,
                "verdict": result.verdict.value,
                "result": result.to_json(),
                "recorded_at": DatabaseTime(),
            },
        )
        for attached, content in attachments if is_new else ():
            Attachment.objects.create(
                run=run,
                check_id=result.check,
                file=attached.file,
                sha256=attached.sha256,
                size=attached.size,
                content=content,
                recorded_at=DatabaseTime(),
            )
    return is_new


def recorded_checks(*, claim: Claim) -> tuple[str, ...]:
    """Return the checks that earlier attempts recorded: a resumed run does not repeat them."""
    return tuple(CheckRecord.objects.filter(run__uuid=claim.run_uuid).values_list("check_id", flat=True))


def _write(claim: Claim, **values: object) -> None:
    if not held(claim=claim).update(**values):
        raise FencedError(claim)
