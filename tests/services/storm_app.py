"""The worker of the storm: our Celery application and claims, with work that takes a known time.

Lease and beat are short, so that a killed worker is replaced within seconds.
"""

import time
from functools import partial
from pathlib import Path

import django

django.setup()

from mrm.celery import app  # noqa: E402
from registry.domain.vocab import Verdict  # noqa: E402
from tests.services.storm_plan import CHECK_S, CHECKS, FAILING  # noqa: E402
from validation import tasks  # noqa: E402
from validation.domain.results import CheckResult  # noqa: E402
from validation.runs import claims, perform  # noqa: E402
from validation.runs.claims import Claim  # noqa: E402
from validation.runs.heart import Heart  # noqa: E402

__all__ = ["app"]


def steady_work(claim: Claim, heart: Heart, folder: Path) -> str:
    """Record four checks, one after another, that earlier attempts did not record."""
    (folder / "scratch").mkdir()
    claims.note_plan(claim=claim, checks_planned=len(CHECKS))
    for position, check in enumerate(CHECKS):
        if check in claims.recorded_checks(claim=claim):
            continue
        heart.step(check, limit_s=30)
        time.sleep(CHECK_S)
        verdict = Verdict.FAIL if check == FAILING else Verdict.PASS
        result = CheckResult(
            check=check, major=1, verdict=verdict, reason="measured", detail=f"by {claim.fence}"
        )
        claims.flush_check(claim=claim, position=position, title=check, result=result)
    return "all recorded"


tasks.run_plan = steady_work
tasks.perform = partial(perform.perform, lease_s=2.0)
perform.Heart = partial(Heart, beat_s=0.5, watch_s=0.2)  # type: ignore[misc]
