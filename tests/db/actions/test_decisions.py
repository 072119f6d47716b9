"""Evidence in, decisions out: replay, unknown facts, tiers, safeguards that end, and promises that hold."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from registry import api
from registry.audit.models import AuditEvent
from registry.decisions.models import PolicyDecision
from registry.domain.canonical import sha256_hex
from registry.domain.errors import MrmError
from registry.domain.vocab import Provenance, RequestStatus, Safeguard, Verdict
from registry.inventory.models import RegisteredModel
from tests.builders.registry import (
    AT,
    ENTITY,
    Story,
    a_story,
    actor,
    by,
    create_use_case,
    make_model,
    make_use,
    make_version,
    show_safeguard,
    submission,
)

pytestmark = pytest.mark.usefixtures("bank")

DAYS_TO_MEND_TIER_2 = 180
"""A failing check of a tier 2 model raises a medium finding, due in 180 days."""


def refused(code: str, act: Callable[..., Any], **asked: Any) -> None:
    before = (AuditEvent.objects.count(), PolicyDecision.objects.count())
    with pytest.raises(MrmError) as caught:
        act(**asked)
    assert caught.value.code == code
    assert (AuditEvent.objects.count(), PolicyDecision.objects.count()) == before


def facts_of(story: Story) -> dict[str, Any]:
    return {
        name: fact.value
        for name, fact in api.gather_facts(intended_use=story.use, on=story.at.date()).items()
    }


def record(story: Story, **changed: Any) -> None:
    call = {
        "actor": api.worker_actor(name="worker"),
        "at": AT,
        "correlation_id": "run",
        "request_uuid": story.request.uuid,
        "run_uuid": uuid4(),
        "status": RequestStatus.COMPLETED,
        "reason": "done",
        "submissions": [submission("discrimination.auc")],
    }
    api.record_validation(**(call | changed))


def test_every_stored_decision_replays_to_the_same_bytes() -> None:
    a_story("underwriting").permitted()
    rows = list(PolicyDecision.objects.all())
    assert {row.stage for row in rows} == {"gate:register", "gate:approve", "gate:use"}
    for row in rows:
        assert sha256_hex(row.body.encode()) == row.body_digest
        assert api.replay_decision(actor=actor("rex"), uuid=row.uuid) == row.body_digest


def test_the_model_keeps_the_strictest_tier_of_its_uses() -> None:
    story = a_story("collections").requested()
    model = story.use.version.registered_model
    assert RegisteredModel.objects.get(pk=model.pk).risk_tier == 3
    Story(use=make_use(story.use.version, "capital-qrre")).requested()
    assert RegisteredModel.objects.get(pk=model.pk).risk_tier == 1
    story.check()
    assert RegisteredModel.objects.get(pk=model.pk).risk_tier == 1


def test_figures_of_capital_are_no_better_known_than_their_portfolio() -> None:
    details = api.PortfolioDetails(
        key="cards",
        name="Credit cards",
        entity=ENTITY,
        exposure_class="retail_qrre_revolver",
        approach="A-IRB",
        exposure_eur="1000000",
        rwa_pre_floor_eur="600000",
        rwa_standardised_eur="750000",
        as_of_date=AT.date(),
        provenance=Provenance.ASSUMED,
        source="a house assumption",
    )
    api.declare_portfolio(**by("owen"), details=details)
    create_use_case("capital-cards", like="capital-qrre", portfolio="cards")
    Story(use=make_use(make_version(make_model()), "capital-cards")).requested().run(
        submission("capital.rwa_effect"), submission("discrimination.auc")
    )
    decision = PolicyDecision.objects.last()
    assert decision is not None
    shown = {
        fact.name: fact.provenance for fact in api.get_decision(actor=actor("rex"), uuid=decision.uuid).facts
    }
    assert shown["capital.model_share_of_benchmark"] == "assumed"
    assert shown["evidence.auc"] == "measured"
    assert "capital.model_share_of_benchmark" in {
        fact.name for fact in api.get_decision(actor=actor("rex"), uuid=decision.uuid).assumed
    }


def test_a_run_leaves_evidence_one_finding_per_failing_check_and_its_events() -> None:
    story = a_story("underwriting").requested()
    before = AuditEvent.objects.count()
    story.run(submission("stability.psi", Verdict.FAIL, facts={"evidence.psi": "0.12"}))
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)[before:])
    assert actions == ["validation.completed", "finding.raised", "policy.decided"]
    evidence = list(api.list_evidence(actor=actor("vera"), request=story.request))
    assert [row.check_id for row in evidence] == [item["check"] for item in story.request.plan]
    finding = story.use.findings.get()
    due = AT.date() + timedelta(days=DAYS_TO_MEND_TIER_2)
    assert (finding.check_id, finding.severity, finding.due_date, finding.owner.username) == (
        "stability.psi",
        "medium",
        due,
        "owen",
    )
    facts = facts_of(story)
    assert (facts["checks.failed"], facts["checks.errored"], facts["validation.completed"]) == (1, 0, True)
    assert (str(facts["evidence.psi"]), str(facts["evidence.auc"])) == ("0.12", "0.78")


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.NOT_APPLICABLE])
def test_a_check_that_says_nothing_feeds_nothing(verdict: Verdict) -> None:
    story = a_story().requested().run(submission("discrimination.auc", verdict))
    facts = facts_of(story)
    assert facts["evidence.auc"] is None
    assert facts["checks.errored"] == (1 if verdict is Verdict.ERROR else 0)
    assert story.state() in ("deny", "refer")


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("PEO001", {"actor": "vera"}),
        ("VAL010", {"request_uuid": uuid4()}),
        ("VAL011", {"status": RequestStatus.REQUESTED}),
    ],
)
def test_results_come_from_a_worker_for_an_open_request(code: str, changed: dict[str, Any]) -> None:
    story = a_story().requested()
    changed = {name: actor(value) if name == "actor" else value for name, value in changed.items()}
    refused(code, record, story=story, **changed)
    record(story)
    refused("LIF001", record, story=story)
    assert story.request.evidence.count() == 1


@pytest.mark.parametrize("status", [RequestStatus.FAILED, RequestStatus.CANCELLED])
def test_a_run_that_did_not_complete_decides_nothing(status: RequestStatus) -> None:
    story = a_story().requested()
    decisions = PolicyDecision.objects.count()
    record(story, status=status)
    assert PolicyDecision.objects.count() == decisions
    assert facts_of(story)["validation.completed"] is False
    assert story.requested().request.status == "requested"


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("VAL002", {}),
        ("VAL003", {"batch": "no-such-batch"}),
        ("INV013", {"intended_use_uuid": uuid4()}),
    ],
)
def test_a_request_that_cannot_be_run_is_refused(code: str, asked: dict[str, Any]) -> None:
    story = a_story().requested()
    refused(code, api.request_validation, **({**by("dana"), "intended_use_uuid": story.use.uuid} | asked))


def test_a_banned_use_is_not_validated() -> None:
    story = a_story("capital-equity")
    refused("VAL001", api.request_validation, **by("dana"), intended_use_uuid=story.use.uuid)


def test_signing_waits_for_the_run_for_a_challenge_and_happens_once() -> None:
    story = a_story().requested()
    sign = {**by("vera"), "request_uuid": story.request.uuid, "opinion": "fit", "summary": "Sound."}
    refused("VAL020", api.sign_report, **sign)
    story.run()
    refused("VAL023", api.sign_report, **sign)
    story.challenged()
    refused("VAL022", api.sign_report, **sign | {"opinion": "splendid"})
    refused("INP001", api.sign_report, **sign | {"summary": " "})
    api.sign_report(**sign)
    refused("VAL021", api.sign_report, **sign)
    asked = {"question": "q", "answer": "a", "disposition": "d"}
    refused("VAL021", api.note_challenge, **by("vera"), request_uuid=story.request.uuid, **asked)
    story.requested("shifted").run().challenged()
    refused("VAL024", api.sign_report, **sign | {"request_uuid": story.request.uuid})


def test_an_approval_needs_a_report_and_is_decided_once() -> None:
    story = a_story()
    submit = {**by("dana"), "intended_use_uuid": story.use.uuid}
    refused("APR002", api.request_approval, **submit)
    story.validated().submitted()
    refused("APR003", api.request_approval, **submit)
    decide = {**by("ada"), "approval_uuid": story.approval.uuid, "is_granted": False, "comment": "No."}
    refused("APR004", api.decide_approval, **decide, row_version=story.approval.row_version + 1)
    story.decided(is_granted=False)
    assert (story.approval.status, api.find_permit(intended_use=story.use)) == ("rejected", None)
    refused("LIF001", api.decide_approval, **decide, row_version=story.approval.row_version)


def test_policy_is_asked_again_at_the_last_step_and_a_refusal_leaves_the_request_pending() -> None:
    story = a_story("underwriting").validated().submitted()
    decide = {**by("ada"), "approval_uuid": story.approval.uuid, "is_granted": True, "comment": "Yes."}
    refused("APR006", api.decide_approval, **decide, row_version=1)
    story.approval.refresh_from_db()
    assert (story.approval.status, story.approval.row_version) == ("pending", 1)
    assert story.safeguarded().argued().decided().permit.status == "issued"


def test_an_approval_rests_on_the_newest_evidence_or_is_not_given() -> None:
    story = a_story().validated().submitted()
    story.at += timedelta(hours=1)
    story.validated()
    decide = {
        **by("ada", at=story.at),
        "approval_uuid": story.approval.uuid,
        "comment": "Yes.",
        "row_version": 1,
    }
    refused("APR007", api.decide_approval, **decide, is_granted=True)
    api.decide_approval(**decide, is_granted=False)
    story.submitted().decided()
    assert story.permit.statement


def test_a_finding_is_closed_on_what_was_read_and_not_reopened_by_its_owner() -> None:
    story = (
        a_story().requested().run(submission("stability.psi", Verdict.FAIL, facts={"evidence.psi": "0.12"}))
    )
    finding = story.use.findings.get()
    plan = {
        **by("owen"),
        "finding_uuid": finding.uuid,
        "actions": "Train again.",
        "due_date": finding.due_date,
    }
    refused("FND002", api.propose_remediation, **plan | {"due_date": finding.due_date + timedelta(days=1)})
    refused("FND002", api.propose_remediation, **plan | {"due_date": AT.date()})
    api.propose_remediation(**plan)
    close = {**by("vera"), "finding_uuid": finding.uuid, "reason": "Trained again."}
    refused("FND003", api.close_finding, **close, row_version=finding.row_version)
    api.close_finding(**close, row_version=finding.row_version + 1)
    refused("LIF001", api.close_finding, **close, row_version=finding.row_version + 2)
    refused("LIF001", api.propose_remediation, **plan)


@pytest.mark.parametrize("left_out", list(Safeguard))
def test_what_the_decision_says_would_flip_it_does(left_out: Safeguard) -> None:
    """All is in place but one safeguard: the decision names it, and showing it has the effect that was foretold."""
    story = a_story("underwriting").validated().safeguarded(left_out).argued()
    assert story.state() == "refer"
    row = PolicyDecision.objects.filter(intended_use=story.use).latest("pk")
    view = api.get_decision(actor=actor("vera"), uuid=row.uuid)
    named = [[change["fact"] for change in flip.changes] for flip in view.flips]
    assert [f"safeguard.{left_out.value}"] in named
    foretold = view.flips[named.index([f"safeguard.{left_out.value}"])].outcome
    show_safeguard(story.use, left_out)
    after = PolicyDecision.objects.filter(intended_use=story.use).latest("pk")
    assert (row.outcome, after.outcome) == ("refer", foretold)


def test_a_safeguard_and_a_trade_off_end_on_their_day() -> None:
    story = a_story("underwriting").validated().safeguarded(days=30).argued(days=40).submitted().decided()
    states = [story.check(at=AT + timedelta(days=day)).state for day in (30, 31)]
    assert states == ["allow_with_conditions", "refer"]
    for safeguard in Safeguard:
        show_safeguard(story.use, safeguard, at=AT + timedelta(days=31))
    states = [story.check(at=AT + timedelta(days=day)).state for day in (39, 40)]
    assert states == ["allow_with_conditions", "deny"]


SHOW = {
    "safeguard": "monitoring",
    "statement": "In place.",
    "source": "minutes",
    "evidenced_on": AT.date(),
    "expires_on": AT.date() + timedelta(days=1),
}
ARGUE = {"statement": "Fewer losses.", "benefit_eur": "100.00", "expires_on": AT.date() + timedelta(days=1)}


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("VAL030", {"safeguard": "luck"}),
        ("VAL031", {"evidenced_on": AT.date() + timedelta(days=1)}),
        ("INP003", {"expires_on": AT.date()}),
        ("INP003", {"expires_on": date(2028, 1, 1)}),
        ("INP001", {"statement": "\x07"}),
    ],
)
def test_a_safeguard_is_shown_with_dates_and_words(code: str, changed: dict[str, Any]) -> None:
    call = {**by("owen"), "intended_use_uuid": a_story().use.uuid, **SHOW}
    refused(code, api.evidence_safeguard, **call | changed)
    assert api.evidence_safeguard(**call).pk


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("INP002", {"benefit_eur": "NaN"}),
        ("INP002", {"benefit_eur": "-1"}),
        ("INP002", {"benefit_eur": "1.001"}),
        ("VAL032", {"benefit_eur": "0.00"}),
        ("INP003", {"expires_on": AT.date()}),
        ("INP001", {"statement": ""}),
    ],
)
def test_an_economic_case_states_a_benefit_and_an_end(code: str, changed: dict[str, Any]) -> None:
    call = {**by("owen"), "intended_use_uuid": a_story().use.uuid, **ARGUE}
    refused(code, api.state_trade_off, **call | changed)
    assert api.state_trade_off(**call).pk


RECORDED = ("registry_model_version", "registry_policy_decision", "registry_evidence_record", "registry_challenge_note",
            "registry_validation_report", "registry_safeguard_evidence", "registry_trade_off_statement",
            "registry_pack_release", "registry_tier_override", "registry_scope_determination",
            "audit_event")  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {table}",
        "UPDATE {table} SET id = id",
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ],
)
def test_the_database_refuses_to_change_what_is_recorded(statement: str) -> None:
    set_tier(scoped(a_story("underwriting").permitted()))
    for table in RECORDED:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM " + table)
            assert cursor.fetchone()[0]
            with transaction.atomic(), pytest.raises(DatabaseError, match="append-only"):
                cursor.execute(statement.format(table=table))


def scoped(story: Story) -> Story:
    """Determine the scope of the model."""
    api.determine_scope(**by("dana"), registered_model=story.use.version.registered_model)
    return story


def set_tier(story: Story) -> object:
    """Set a stricter tier."""
    return api.override_tier(
        **by("dana"), intended_use_uuid=story.use.uuid, tier=1, reason="A new market.", expires_on=None
    )


ACTS: dict[str, tuple[Callable[[Story], object], Callable[[Story], object]]] = {
    "request_validation": (lambda story: story, lambda story: story.requested()),
    "record_validation": (lambda story: story.requested(), lambda story: story.run()),
    "note_challenge": (lambda story: story.requested().run(), lambda story: story.challenged()),
    "sign_report": (lambda story: story.requested().run().challenged(), lambda story: story.signed()),
    "evidence_safeguard": (lambda story: story, lambda story: story.safeguarded()),
    "state_trade_off": (lambda story: story, lambda story: story.argued()),
    "request_approval": (lambda story: story.validated(), lambda story: story.submitted()),
    "decide_approval": (lambda story: story.validated().submitted(), lambda story: story.decided()),
    "issue_permit": (lambda story: story.validated().submitted(), lambda story: story.decided()),
    "decide_policy": (lambda story: story.validated().submitted(), lambda story: story.decided()),
    "override_tier": (lambda story: story, set_tier),
    "determine_scope": (lambda story: story, scoped),
    "suspend_permit": (
        lambda story: story.validated().submitted().decided(),
        lambda story: api.suspend_permit(**by("vera"), permit_uuid=story.permit.uuid, reason="drift"),
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_no_act_without_its_event(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, act = ACTS[name]
    story = a_story()
    before(story)
    state = everything()
    with monkeypatch.context() as broken:
        broken.setattr(f"registry.actions.{name}.record", refuse_to_record)
        with pytest.raises(RuntimeError, match="the log is gone"):
            act(story)
    assert everything() == state
    if story.approval is not None:
        story.approval.refresh_from_db()
    act(story)
    assert everything() != state


def refuse_to_record(**event: object) -> None:
    raise RuntimeError("the log is gone")


def everything() -> dict[str, list[Any]]:
    """Return every row of the registry, as it is."""
    with connection.cursor() as cursor:
        names = [
            name
            for name in connection.introspection.table_names(cursor)
            if name.startswith(("registry_", "audit_", "outbox"))
        ]
        return {name: cursor.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}
