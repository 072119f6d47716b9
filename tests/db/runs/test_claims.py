"""Claims: one holder at a time, by the database's clock; a voided claim writes nothing."""

from hashlib import sha256
from uuid import uuid4

import pytest

from registry.domain.vocab import RunStatus, Verdict
from tests.db.runs.conftest import LAPSED_S, claimed, finished_check
from validation.domain.attached import Attached
from validation.domain.share import Share
from validation.runs import claims
from validation.runs.claims import FencedError
from validation.runs.models import Attachment, CheckRecord, ValidationRun

pytestmark = pytest.mark.django_db


def test_a_request_has_one_run_however_often_the_bell_rings() -> None:
    request_uuid = uuid4()

    first = claims.ensure_run(request_uuid=request_uuid)
    again = claims.ensure_run(request_uuid=request_uuid)

    assert first.uuid == again.uuid
    assert first.status == RunStatus.QUEUED
    assert first.queued_at.tzinfo is not None


def test_a_claimed_run_is_not_given_out_twice(run: ValidationRun) -> None:
    claim = claimed(run)

    assert (claim.fence, claim.attempt, claim.request_uuid) == (1, 1, run.request_uuid)
    assert claims.claim(run_uuid=run.uuid, owner="host-b:1") is None


def test_a_lapsed_lease_lets_the_next_worker_in_and_fences_the_first(run: ValidationRun) -> None:
    sleeper = claimed(run, lease_s=LAPSED_S)

    taken_over = claimed(run)

    assert (taken_over.fence, taken_over.attempt) == (2, 2)
    with pytest.raises(FencedError):
        claims.ensure_held(claim=sleeper)
    with pytest.raises(FencedError):
        claims.heartbeat(claim=sleeper, progress="still here")
    with pytest.raises(FencedError):
        claims.note_processes(claim=sleeper, processes={"worker": 1})
    with pytest.raises(FencedError):
        claims.flush_check(claim=sleeper, position=0, title="AUC", result=finished_check())
    assert not CheckRecord.objects.exists()
    claims.ensure_held(claim=taken_over)


def test_the_first_claim_sets_start_and_deadline_and_later_ones_keep_them(run: ValidationRun) -> None:
    claimed(run, lease_s=LAPSED_S)
    run.refresh_from_db()
    first = (run.started_at, run.deadline_at)

    claimed(run)

    run.refresh_from_db()
    assert (run.started_at, run.deadline_at) == first
    assert run.started_at is not None
    assert run.deadline_at is not None
    assert (run.deadline_at - run.started_at).total_seconds() == pytest.approx(3600, abs=1)


def test_a_share_is_shown_while_its_step_lasts(run: ValidationRun) -> None:
    claim = claimed(run)

    def shown() -> tuple[int, int, str, int]:
        run.refresh_from_db()
        return run.share_done, run.share_total, run.share_of, run.share_percent

    claims.heartbeat(claim=claim, progress="predicting", share=Share(done=2, total=3, of="rows"))
    assert shown() == (2, 3, "rows", 66)
    claims.heartbeat(claim=claim, progress="checks")
    assert shown() == (0, 0, "", 0)
    claims.heartbeat(claim=claim, progress="predicting", share=Share(done=2, total=3, of="rows"))
    ValidationRun.objects.filter(uuid=run.uuid).update(lease_until=run.queued_at)
    claimed(run)
    assert shown() == (0, 0, "", 0)


def test_a_heartbeat_renews_the_lease_and_tells_the_progress(run: ValidationRun) -> None:
    claim = claimed(run, lease_s=5.0)
    run.refresh_from_db()
    before = run.lease_until

    claims.heartbeat(claim=claim, progress="x" * 300)

    run.refresh_from_db()
    assert run.lease_until is not None
    assert before is not None
    assert run.lease_until >= before
    assert run.progress == "x" * 240


def test_a_check_is_recorded_once_and_the_first_record_stays(run: ValidationRun) -> None:
    claim = claimed(run)

    assert claims.flush_check(claim=claim, position=0, title="AUC", result=finished_check())
    assert not claims.flush_check(
        claim=claim, position=7, title="AUC", result=finished_check(verdict=Verdict.FAIL)
    )

    record = CheckRecord.objects.get()
    assert (record.position, record.verdict) == (0, "pass")
    assert claims.recorded_checks(claim=claim) == ("discrimination.auc",)


def test_what_a_check_left_is_recorded_with_it_or_not_at_all(run: ValidationRun) -> None:
    claim, content = claimed(run), b"<p>report</p>"
    left = Attached(file="report.html", sha256=sha256(content).hexdigest(), size=len(content))
    given = {"position": 0, "title": "AUC", "result": finished_check(), "attachments": [(left, content)]}
    assert claims.flush_check(claim=claim, **given)
    assert not claims.flush_check(claim=claim, **given)
    kept = Attachment.objects.get()
    assert (bytes(kept.content), kept.sha256, kept.size, kept.check_id) == (
        *(content, left.sha256, left.size),
        "discrimination.auc",
    )
    ValidationRun.objects.filter(uuid=run.uuid).update(fence=9)
    with pytest.raises(FencedError):
        claims.flush_check(claim=claim, **{**given, "result": finished_check(check="drift.data")})
    assert Attachment.objects.count() == 1


def test_what_one_attempt_recorded_the_next_attempt_sees(run: ValidationRun) -> None:
    first = claimed(run, lease_s=LAPSED_S)
    CheckRecord.objects.create(
        run=run,
        check_id="stability.psi",
        check_major=1,
        title="PSI",
        position=3,
        verdict="pass",
        result={},
        recorded_at=run.queued_at,
    )

    second = claimed(run)

    assert first.run_uuid == second.run_uuid
    assert claims.recorded_checks(claim=second) == ("stability.psi",)


def test_a_run_without_attempts_left_is_not_given_out(run: ValidationRun) -> None:
    for _ in range(claims.MAX_ATTEMPTS):
        claimed(run, lease_s=LAPSED_S)

    assert claims.claim(run_uuid=run.uuid, owner="host-b:1") is None


def test_a_run_past_its_deadline_is_not_given_out(run: ValidationRun) -> None:
    claimed(run, lease_s=LAPSED_S)
    ValidationRun.objects.filter(uuid=run.uuid).update(deadline_at=run.queued_at)

    assert claims.claim(run_uuid=run.uuid, owner="host-b:1") is None
