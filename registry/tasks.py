"""The registry's Celery tasks: thin loops over the façade. The same acts run under ``loops`` without Celery."""

import logging
import time
from collections.abc import Iterable
from uuid import UUID

from celery import shared_task

from registry import api as registry_api
from registry.domain.clock import SystemClock

logger = logging.getLogger(__name__)

RING_AGAIN_S = 8.0
"""How long a rung request is left alone: a run whose worker died is rung again, a busy one not too often."""

RINGS_AT_ONCE = 50
"""The oldest open requests that are rung: more could not be worked on anyway."""


class Doorbells:
    """Remembers when each open request was last rung."""

    def __init__(self, *, again_s: float = RING_AGAIN_S) -> None:
        self._again_s = again_s
        self._rung: dict[UUID, float] = {}

    def due(self, *, waiting: Iterable[UUID], now_s: float) -> list[UUID]:
        """Return the waiting requests to ring now, and note that they were; forget all others."""
        before = self._rung
        self._rung = {uuid: before.get(uuid, float("-inf")) for uuid in waiting}
        due = [uuid for uuid, rung_s in self._rung.items() if now_s - rung_s >= self._again_s]
        self._rung.update(dict.fromkeys(due, now_s))
        return due


_doorbells = Doorbells()
_pack_doorbells = Doorbells()

WORK_AT_ONCE_S = 2.0
"""How long a task works on a proposal before it lets others have their turn."""


@shared_task(name="registry.dispatch", ignore_result=True)  # type: ignore[untyped-decorator]
def dispatch() -> None:
    """Deliver outward effects, and ring for all work that waits or whose worker may have died."""
    registry_api.deliver_outbox(at=SystemClock().now())
    waiting = registry_api.list_requests_to_run(limit=RINGS_AT_ONCE)
    for uuid in _doorbells.due(waiting=waiting, now_s=time.monotonic()):
        registry_api.ring(registry_api.RUN_TASK, str(uuid), queue=registry_api.RUN_QUEUE)
    jobs = registry_api.list_pack_jobs_to_run(on=SystemClock().now().date(), limit=RINGS_AT_ONCE)
    for uuid in _pack_doorbells.due(waiting=jobs, now_s=time.monotonic()):
        registry_api.ring(registry_api.PACK_TASK, str(uuid), queue=registry_api.PACK_QUEUE)


@shared_task(name="registry.work_on_pack", ignore_result=True)  # type: ignore[untyped-decorator]
def work_on_pack(job_uuid: str) -> None:
    """Work on a proposal's report or comparison, step by step, and ring again while there is more."""
    if _work(UUID(job_uuid)):
        registry_api.ring(registry_api.PACK_TASK, job_uuid, queue=registry_api.PACK_QUEUE)


def work_on_packs() -> None:
    """Work on the oldest job that is due: the same without Celery."""
    for uuid in registry_api.list_pack_jobs_to_run(on=SystemClock().now().date(), limit=1):
        _work(uuid)


def _work(job_uuid: UUID) -> bool:
    """Take steps for a while; return whether more are to be taken."""
    ends_s = time.monotonic() + WORK_AT_ONCE_S
    while registry_api.step_pack_job(job_uuid=job_uuid, at=SystemClock().now()):
        if time.monotonic() > ends_s:
            return True
    return False


@shared_task(name="registry.sequence", ignore_result=True)  # type: ignore[untyped-decorator]
def sequence() -> None:
    """Number the committed audit events."""
    registry_api.sequence_log()


@shared_task(name="registry.checkpoint", ignore_result=True)  # type: ignore[untyped-decorator]
def checkpoint() -> None:
    """Sign and export the state of the audit log, unless nothing is new."""
    registry_api.publish_log(at=SystemClock().now())


@shared_task(name="registry.renew", ignore_result=True)  # type: ignore[untyped-decorator]
def renew() -> None:
    """Decide again what time alone may have changed, and determine scope where a pack has not judged yet."""
    registry_api.renew_decisions(at=SystemClock().now())
    registry_api.renew_scope(at=SystemClock().now())
