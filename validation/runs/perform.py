"""One doorbell: claim the run, do its work, end it.

This code lives in the worker's main process, which imports and computes
nothing heavy: the work happens in child processes that can be killed.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError

from registry.domain.errors import MrmError
from registry.domain.vocab import RunStatus
from validation.runs import claims, endings
from validation.runs.beginnings import begin
from validation.runs.claims import LEASE_S, Claim, FencedError
from validation.runs.heart import Heart
from validation.runs.processes import kill_descendants

logger = logging.getLogger(__name__)

Work = Callable[[Claim, Heart, Path], str]
"""Does a run's work in a folder of its own and returns a sentence on how it went."""


def perform(*, request_uuid: UUID, owner: str, work: Work, lease_s: float = LEASE_S) -> RunStatus | None:
    """Run the request's plan unless somebody else does, and return the status reached.

    ``None`` means that there was nothing to do, or that the claim was lost:
    whoever holds the run now will end it. Whatever goes wrong in ``work`` ends
    the run as failed, with code and remedy; only an unreachable database
    leaves it to the next attempt.
    """
    run = claims.ensure_run(request_uuid=request_uuid)
    claim = begin(run_uuid=run.uuid, owner=owner, lease_s=lease_s)
    if claim is None:
        return endings.give_up(run_uuid=run.uuid)
    try:
        with _run_folder(claim) as folder:
            status, reason = _do(work, claim, folder)
            return endings.finish(claim=claim, status=status, reason=reason)
    except FencedError as lost:
        logger.info("stopped: %s", lost)
        return None
    finally:
        _kill_children()


def _do(work: Work, claim: Claim, folder: Path) -> tuple[RunStatus, str]:
    try:
        with Heart(claim=claim, kill=_kill_children) as heart:
            return RunStatus.SUCCEEDED, work(claim, heart, folder)
    except (FencedError, OperationalError, InterfaceError):
        raise
    except MrmError as error:
        logger.warning("run %s failed: %s", claim.run_uuid, error)
        return RunStatus.FAILED, f"{str(error).rstrip('.')}. {error.remedy}"
    except Exception as error:
        logger.exception("run %s broke", claim.run_uuid)
        return RunStatus.FAILED, (
            f"RUN007 The worker broke: {type(error).__name__}. "
            "The worker's log has the details; request the validation again once the cause is removed."
        )


@contextmanager
def _run_folder(claim: Claim) -> Iterator[Path]:
    """Yield an empty folder for this attempt; remove it and what earlier attempts left behind."""
    runs = Path(settings.MRM_VAR_DIR) / "runs"
    for left in runs.glob(f"{claim.run_uuid}-*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = runs / f"{claim.run_uuid}-{claim.fence}"
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        _kill_children()
        shutil.rmtree(folder, ignore_errors=True)


def _kill_children() -> None:
    kill_descendants(of=os.getpid())
