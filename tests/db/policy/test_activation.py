"""A pack comes into force by two people on a current report, and what was foreseen is compared with what came."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from registry import api
from registry.actions import work_on_packs
from registry.actions.pack_jobs import JobLostError, claim_job
from registry.audit.models import AuditEvent
from registry.decisions.proposals import EffectComparison, PackJob, PackWithdrawal
from registry.domain.errors import Conflict, MrmError
from registry.domain.vocab import PackJobKind, RunStatus
from tests.builders.policy import (
    DESK,
    LATER,
    activated,
    approval,
    approve,
    drafted,
    proposed,
    reported,
    work,
)
from tests.builders.registry import by

Uses = dict[str, api.IntendedUse]


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(MrmError) as refused:
        act()
    assert refused.value.remedy
    return refused.value.code


def events() -> list[str]:
    wanted = ("pack.", "impact.")
    return [row.action for row in AuditEvent.objects.order_by("id") if row.action.startswith(wanted)]


@pytest.mark.parametrize("text", [DESK + "#" * 500_001, DESK + "# \x00"])
def test_what_is_too_long_or_no_text_is_neither_drafted_nor_previewed(uses: Uses, text: str) -> None:
    before = api.PackProposal.objects.count()
    assert code_of(lambda: drafted(text)) == "PKP016"
    vito = by("vito")["actor"]
    assert code_of(lambda: api.preview_pack(actor=vito, text=text, on=LATER.date())) == "PKP016"
    assert api.PackProposal.objects.count() == before
    assert api.preview_pack(actor=vito, text=DESK, on=LATER.date()).counts["lost"] == 2


def test_two_people_activate_and_simulated_equals_actual(uses: Uses) -> None:
    before = AuditEvent.objects.filter(action="policy.decided").count()
    row = activated()
    assert row.status == "activated"
    assert api.PackRelease.objects.get(instrument="desk").content_sha256 == row.content_sha256
    report = api.find_impact_report(proposal=row)
    assert report is not None
    assert {effect.intended_use.pk for effect in report.effects.all()} == {
        uses["permitted"].pk,
        uses["validated"].pk,
    }
    assert report.counts == {"lost": 2, "gained": 0, "changed": 0, "unchanged": 2}
    work()
    compared = EffectComparison.objects.all()
    assert [(item.is_as_reported, item.decision.outcome) for item in compared] == [(True, "deny")] * 2
    assert AuditEvent.objects.filter(action="policy.decided").count() == before + 2
    uses["permitted"].refresh_from_db()
    assert uses["permitted"].permission_state == "deny"
    assert events() == [
        *("pack.drafted", "pack.proposed", "impact.requested", "impact.assessed"),
        *("pack.approved", "pack.approved", "pack.released", "pack.activated", "pack.compared"),
    ]
    page = api.view_proposal(actor=by("alma")["actor"], uuid=row.uuid, on=LATER.date())
    assert page.comparison is not None
    assert (page.comparison.as_reported, page.comparison.otherwise, page.comparison.waiting) == (2, 0, 0)
    assert page.comparison.job.status == RunStatus.SUCCEEDED


def test_one_approval_is_not_enough(uses: Uses) -> None:
    row = proposed()
    approve(row, reported(row), "alma")
    assert row.status == "proposed"
    assert not api.PackRelease.objects.filter(instrument="desk").exists()


@pytest.mark.parametrize(
    ("username", "changed", "code"),
    [
        ("vera", {}, "PKP001"),
        ("ada", {}, "PKP001"),
        ("vito", {}, "PKP001"),
        ("rex", {}, "PKP001"),
        ("nia", {}, "PKP003"),
        ("alma", {"content_sha256": "0" * 64}, "PKP011"),
        ("alma", {"report_digest": "0" * 64}, "PKP010"),
        ("alma", {"row_version": 1}, "PKP004"),
        ("alma", {"comment": " "}, "INP001"),
    ],
)
def test_nobody_else_and_nothing_else_is_approved(
    uses: Uses, username: str, changed: dict[str, Any], code: str
) -> None:
    row = proposed()
    asked = approval(row, reported(row), **changed)
    said = events()
    assert code_of(lambda: api.approve_pack(**by(username, at=LATER), **asked)) == code
    row.refresh_from_db()
    assert (row.status, row.approvals.count(), events()) == ("proposed", 0, said)


def test_the_author_does_not_approve_what_he_wrote(uses: Uses) -> None:
    row = proposed(username="alma")
    asked = approval(row, reported(row))
    assert code_of(lambda: api.approve_pack(**by("alma", at=LATER), **asked)) == "PKP007"


def test_the_same_person_does_not_approve_twice(uses: Uses) -> None:
    row = proposed()
    report = reported(row)
    approve(row, report, "alma")
    assert code_of(lambda: approve(row, report, "alma")) == "PKP008"
    assert row.status == "proposed"


def test_a_token_does_not_approve(uses: Uses) -> None:
    row = proposed()
    report = reported(row)
    actor = api.Actor(
        **{
            name: getattr(by("alma")["actor"], name) for name in ("person_uuid", "username", "name", "grants")
        },
        channel="rest",
        scopes=frozenset({"submit"}),
    )
    call = by("alma", at=LATER) | {"actor": actor}
    assert code_of(lambda: api.approve_pack(**call, **approval(row, report))) == "PEO006"


def test_a_draft_is_not_approved_nor_what_has_ended(uses: Uses) -> None:
    row = drafted()
    report = reported(row)
    assert code_of(lambda: approve(row, report, "alma")) == "PKP009"
    api.reject_pack(**by("alma", at=LATER), proposal_uuid=row.uuid, reason="No.", row_version=1)
    assert code_of(lambda: approve(row, report, "alma")) == "PKP009"
    assert code_of(lambda: api.request_impact(**by("vito", at=LATER), proposal_uuid=row.uuid)) == "PKP013"


def test_without_a_report_there_is_no_approval(uses: Uses) -> None:
    row = proposed()
    asked = {
        "proposal_uuid": row.uuid,
        "content_sha256": row.content_sha256,
        "report_digest": "",
        "comment": "Yes.",
        "row_version": row.row_version,
    }
    with pytest.raises(Conflict, match="nobody has had its impact reported"):
        api.approve_pack(**by("alma", at=LATER), **asked)


def test_a_report_is_stale_once_facts_or_packs_change(uses: Uses) -> None:
    row, other = proposed(), proposed(DESK.replace("2026-12", "2027-01"))
    report = reported(row)
    approve(row, report, "alma")
    api.evidence_safeguard(
        **by("owen", at=LATER),
        intended_use_uuid=uses["permitted"].uuid,
        safeguard="monitoring",
        statement="In place.",
        source="minutes",
        evidenced_on=date(2026, 11, 1),
        expires_on=LATER.date() + timedelta(days=200),
    )
    with pytest.raises(Conflict, match="facts have changed"):
        approve(row, report, "amir")
    again = reported(row)
    with pytest.raises(Conflict, match="newer report"):
        approve(row, report, "amir")
    approve(row, again, "amir")
    assert row.status == "proposed", "the first approval stood on another report"
    other_report = reported(other)
    approve(row, again, "alma")
    assert row.status == "activated"
    with pytest.raises(Conflict, match="other packs are in force"):
        approve(other, other_report, "anna")


def test_a_text_revised_after_its_report_needs_another(uses: Uses) -> None:
    row = drafted()
    reported(row)
    api.revise_pack(
        **by("vito", at=LATER),
        proposal_uuid=row.uuid,
        text=DESK.replace("scorecard.", "scorecard or a tree."),
        rationale="Clearer.",
        row_version=1,
    )
    page = api.view_proposal(actor=by("alma")["actor"], uuid=row.uuid, on=LATER.date())
    assert page.impact is not None
    assert page.impact.stale == "the text has changed since the report"


def test_a_pack_of_the_future_rules_from_its_day_and_is_compared_then(uses: Uses) -> None:
    day = LATER + timedelta(days=30)
    row = activated(DESK.replace("2026-11-01", day.date().isoformat()))
    report = api.find_impact_report(proposal=row)
    assert report is not None
    assert report.as_of_date == day.date()
    work()
    assert EffectComparison.objects.count() == 0
    assert api.list_pack_jobs_to_run(on=LATER.date(), limit=5) == []
    uses["permitted"].refresh_from_db()
    assert uses["permitted"].permission_state == "allow_with_conditions"
    work(at=day)
    uses["permitted"].refresh_from_db()
    assert uses["permitted"].permission_state == "deny"
    assert [item.same_facts for item in EffectComparison.objects.all()].count(True) < 2, "a month has passed"


def test_a_difference_between_report_and_decision_is_shown(uses: Uses) -> None:
    row = activated()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER registry_impact_effect_no_update")
        cursor.execute(
            "UPDATE registry_impact_effect SET after = 'refer' WHERE intended_use_id = %s",
            [uses["validated"].pk],
        )
    work()
    page = api.view_proposal(actor=by("alma")["actor"], uuid=row.uuid, on=LATER.date())
    assert page.comparison is not None
    assert (page.comparison.as_reported, page.comparison.otherwise) == (1, 1)
    assert b'"otherwise":1' in bytes(AuditEvent.objects.get(action="pack.compared").entry)


def test_decisions_made_before_still_replay_and_keep_their_packs(uses: Uses) -> None:
    row = uses["permitted"]
    row.refresh_from_db()
    old = api.get_decision_row(actor=by("alma")["actor"], uuid=row.permission_decision_uuid)
    activated(DESK.replace('"2026-11-01"', '"2026-11-20"'))
    work()
    assert api.replay_decision(actor=by("alma")["actor"], uuid=old.uuid) == old.body_digest
    row.refresh_from_db()
    new = api.get_decision_row(actor=by("alma")["actor"], uuid=row.permission_decision_uuid)
    assert new.outcome == "deny"
    assert api.replay_decision(actor=by("alma")["actor"], uuid=new.uuid) == new.body_digest


def test_a_withdrawal_gives_back_what_the_pack_took_and_history_replays(uses: Uses) -> None:
    activated()
    work()
    release = api.PackRelease.objects.get(instrument="desk")
    uses["permitted"].refresh_from_db()
    denied = api.get_decision_row(actor=by("alma")["actor"], uuid=uses["permitted"].permission_decision_uuid)
    day = LATER + timedelta(days=1)
    row = api.draft_withdrawal(
        **by("vito", at=LATER), release_uuid=release.uuid, effective_from=day.date(), rationale="Too strict."
    )
    api.propose_pack(**by("vito", at=LATER), proposal_uuid=row.uuid, row_version=1)
    report = reported(row)
    assert report.counts["gained"] == 2
    approve(row, report, "alma")
    approve(row, report, "amir")
    assert PackWithdrawal.objects.get().release == release
    work()
    uses["permitted"].refresh_from_db()
    assert uses["permitted"].permission_state == "deny", "it rules until the day"
    work(at=day)
    uses["permitted"].refresh_from_db()
    assert uses["permitted"].permission_state == "allow_with_conditions"
    assert api.replay_decision(actor=by("alma")["actor"], uuid=denied.uuid) == denied.body_digest
    assert AuditEvent.objects.filter(action="pack.withdrawn").count() == 1
    call = by("vito", at=day)
    assert (
        code_of(
            lambda: api.draft_withdrawal(
                **call,
                release_uuid=release.uuid,
                effective_from=day.date() + timedelta(days=2),
                rationale="Again.",
            )
        )
        == "PKP014"
    )


def test_work_is_queued_once_and_a_dead_worker_is_replaced(uses: Uses) -> None:
    row = proposed()
    job = api.request_impact(**by("vito", at=LATER), proposal_uuid=row.uuid)
    assert code_of(lambda: api.request_impact(**by("alma", at=LATER), proposal_uuid=row.uuid)) == "PKP012"
    first = claim_job(job_uuid=job.uuid, on=LATER.date())
    assert first is not None
    assert claim_job(job_uuid=job.uuid, on=LATER.date()) is None
    PackJob.objects.update(lease_until=LATER - timedelta(days=400))
    assert api.list_pack_jobs_to_run(on=LATER.date(), limit=5) == [job.uuid]
    work()
    with pytest.raises(JobLostError):
        first.progress(said="late", done=1, planned=1)
    assert PackJob.objects.get(kind=PackJobKind.IMPACT).status == RunStatus.SUCCEEDED


def test_work_that_crashes_three_times_fails_visibly(uses: Uses, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(**_named: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(work_on_packs, "read_stock", crash)
    row = proposed()
    job = api.request_impact(**by("vito", at=LATER), proposal_uuid=row.uuid)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            api.step_pack_job(job_uuid=job.uuid, at=LATER)
    assert api.step_pack_job(job_uuid=job.uuid, at=LATER) is False
    assert PackJob.objects.get().status == RunStatus.FAILED
    assert events()[-1] == "impact.failed"
    api.request_impact(**by("vito", at=LATER), proposal_uuid=row.uuid)
