"""Endings: one terminal state, told to the registry once, in one transaction."""

from uuid import uuid4

import pytest
from django.db import OperationalError

from registry import api as registry_api
from registry.domain.errors import InvalidTransition, NotFound
from registry.domain.vocab import RequestStatus, RunStatus, Verdict
from tests.db.runs.conftest import LAPSED_S, FakeRegistry, claimed, finished_check
from validation.runs import claims, endings
from validation.runs.claims import FencedError
from validation.runs.models import ValidationRun

pytestmark = pytest.mark.django_db

VERA = registry_api.system_actor(name="Vera")


def test_the_end_of_a_run_hands_over_its_results(registry: FakeRegistry, run: ValidationRun) -> None:
    claim = claimed(run)
    claims.flush_check(claim=claim, position=0, title="AUC", result=finished_check())
    claims.flush_check(
        claim=claim,
        position=1,
        title="PSI",
        result=finished_check(check="stability.psi", verdict=Verdict.FAIL),
    )

    endings.finish(claim=claim, status=RunStatus.SUCCEEDED, reason="2 checks")

    run.refresh_from_db()
    assert (run.status, run.ended_reason, run.lease_until) == (RunStatus.SUCCEEDED, "2 checks", None)
    (told,) = registry.told
    assert (told["request_uuid"], told["run_uuid"], told["at"]) == (run.request_uuid, run.uuid, run.ended_at)
    assert (told["status"], told["reason"]) == (RequestStatus.COMPLETED, "2 checks")
    submissions = told["submissions"]
    assert isinstance(submissions, list)
    assert [(s["check"], s["major"], s["verdict"]) for s in submissions] == [
        ("discrimination.auc", 1, "pass"),
        ("stability.psi", 1, "fail"),
    ]


def test_a_run_ends_once(registry: FakeRegistry, run: ValidationRun) -> None:
    claim = claimed(run)
    endings.finish(claim=claim, status=RunStatus.SUCCEEDED, reason="done")

    with pytest.raises(FencedError):
        endings.finish(claim=claim, status=RunStatus.FAILED, reason="again")

    assert len(registry.told) == 1
    assert claims.claim(run_uuid=run.uuid, owner="host-b:1") is None


def test_a_worker_that_was_taken_over_cannot_end_the_run(registry: FakeRegistry, run: ValidationRun) -> None:
    sleeper = claimed(run, lease_s=LAPSED_S)
    claimed(run)

    with pytest.raises(FencedError):
        endings.finish(claim=sleeper, status=RunStatus.SUCCEEDED, reason="done")

    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING
    assert registry.told == []


def test_nothing_is_half_done_when_the_database_goes_away(registry: FakeRegistry, run: ValidationRun) -> None:
    claim = claimed(run)
    registry.refusals = [OperationalError("the server closed the connection")]

    with pytest.raises(OperationalError):
        endings.finish(claim=claim, status=RunStatus.SUCCEEDED, reason="done")

    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING
    claims.ensure_held(claim=claim)


def test_results_that_the_registry_refuses_fail_the_run_visibly(
    registry: FakeRegistry, run: ValidationRun
) -> None:
    claim = claimed(run)
    claims.flush_check(claim=claim, position=0, title="AUC", result=finished_check())
    registry.refusals = [ValueError("a figure is not decimal text")]

    reached = endings.finish(claim=claim, status=RunStatus.SUCCEEDED, reason="done")

    run.refresh_from_db()
    assert reached == run.status == RunStatus.FAILED
    assert run.ended_reason.startswith("RUN008 The registry refused the results: ValueError")
    (told,) = registry.told
    assert (told["status"], told["submissions"]) == (RequestStatus.FAILED, [])


def test_a_run_whose_worker_died_three_times_fails_visibly(
    registry: FakeRegistry, run: ValidationRun
) -> None:
    for _ in range(2):
        claimed(run, lease_s=LAPSED_S)
    assert endings.give_up(run_uuid=run.uuid) is None
    claimed(run, lease_s=LAPSED_S)

    assert endings.give_up(run_uuid=run.uuid) is RunStatus.FAILED
    assert endings.give_up(run_uuid=run.uuid) is None

    run.refresh_from_db()
    assert run.ended_reason.startswith("RUN002 The run was started 3 times and its worker died each time")
    assert [told["status"] for told in registry.told] == [RequestStatus.FAILED]


def test_a_run_is_not_given_up_while_somebody_works_on_it(registry: FakeRegistry, run: ValidationRun) -> None:
    for _ in range(2):
        claimed(run, lease_s=LAPSED_S)
    claimed(run)

    assert endings.give_up(run_uuid=run.uuid) is None
    assert registry.told == []


def test_a_run_past_its_deadline_expires(registry: FakeRegistry, run: ValidationRun) -> None:
    claimed(run, lease_s=LAPSED_S)
    ValidationRun.objects.filter(uuid=run.uuid).update(deadline_at=run.queued_at)

    assert endings.give_up(run_uuid=run.uuid) is RunStatus.EXPIRED

    assert [told["status"] for told in registry.told] == [RequestStatus.FAILED]


def test_a_cancelled_run_keeps_its_figures_and_fences_its_worker(
    registry: FakeRegistry, run: ValidationRun
) -> None:
    claim = claimed(run)
    claims.flush_check(claim=claim, position=0, title="AUC", result=finished_check(verdict=Verdict.FAIL))

    endings.cancel(run_uuid=run.uuid, actor=VERA, reason="Vera cancelled it")

    assert registry.told[-1]["actor"] == VERA
    with pytest.raises(FencedError):
        claims.ensure_held(claim=claim)
    (told,) = registry.told
    assert (told["status"], told["reason"]) == (RequestStatus.CANCELLED, "Vera cancelled it")
    assert isinstance(told["submissions"], list)
    assert len(told["submissions"]) == 1


def test_a_run_that_ended_cannot_be_cancelled(registry: FakeRegistry, run: ValidationRun) -> None:
    endings.cancel(run_uuid=run.uuid, actor=VERA, reason="Vera cancelled it")

    with pytest.raises(InvalidTransition, match="RUN005 the run has ended already: cancelled"):
        endings.cancel(run_uuid=run.uuid, actor=VERA, reason="again")
    with pytest.raises(NotFound, match="RUN004"):
        endings.cancel(run_uuid=uuid4(), actor=VERA, reason="no such run")
