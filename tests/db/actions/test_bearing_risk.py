"""Accepting the risk of a finding, and reinstating a permit: who may, until when, and what policy says to it."""

from datetime import timedelta
from typing import Any

import pytest

from registry import api
from registry.actions.gather_facts import gather_facts
from registry.audit.models import AuditEvent
from registry.domain.errors import MrmError
from registry.domain.vocab import FindingStatus, Severity, Verdict
from registry.findings.models import Finding
from registry.outbox.models import OutboxMessage
from tests.builders.registry import AT, Story, a_story, actor, by, submission

pytestmark = pytest.mark.usefixtures("bank")
SEEN = ("dana", "dora", "owen", "olga", "vera", "ada", "rex")
FAILING = submission("stability.psi", Verdict.FAIL, facts={"evidence.psi": "0.12"})


@pytest.fixture
def finding(bank: None) -> Finding:
    found = a_story().requested().run(FAILING).use.findings.get()
    Finding.objects.filter(pk=found.pk).update(severity=Severity.HIGH)
    found.refresh_from_db()
    return found


def accept(finding: Finding, username: str = "ada", **changed: Any) -> Finding:
    given = {
        "reason": "small and watched",
        "accepted_until": AT.date() + timedelta(days=60),
        "row_version": finding.row_version,
    }
    return api.accept_risk(**by(username), finding_uuid=finding.uuid, **(given | changed))


def code_of(call: Any) -> str:
    before = AuditEvent.objects.count()
    with pytest.raises(MrmError) as caught:
        call()
    assert AuditEvent.objects.count() == before
    return caught.value.code


def open_high(finding: Finding, *, days: int) -> object:
    facts = gather_facts(intended_use=finding.intended_use, on=AT.date() + timedelta(days=days))
    return facts["findings.open_high"].value


def test_an_accepted_risk_counts_as_open_again_after_its_last_day(finding: Finding) -> None:
    assert open_high(finding, days=0) == 1
    accepted = accept(finding)
    assert (accepted.status, accepted.accepted_by.username) == (FindingStatus.RISK_ACCEPTED, "ada")  # type: ignore[union-attr]
    assert [open_high(finding, days=days) for days in (0, 60, 61)] == [0, 0, 1]
    event = AuditEvent.objects.get(action="finding.risk_accepted")
    assert b"small and watched" in bytes(event.entry)
    assert AuditEvent.objects.filter(action="policy.decided", id__gt=event.pk).exists()


def test_the_timeline_says_when_an_accepted_risk_counts_again(finding: Finding) -> None:
    accept(finding)
    found = api.get_timeline(actor=actor("rex"), at=AT, intended_use_uuid=finding.intended_use.uuid)
    turns = [turn.on for turn in found.turns if "The acceptance of a finding's risk ends" in turn.events]
    assert turns == [AT.date() + timedelta(days=61)]


def test_only_an_independent_approver_accepts(finding: Finding) -> None:
    codes = {name: code_of(lambda who=name: accept(finding, who)) for name in SEEN if name != "ada"}
    assert set(codes.values()) == {"PEO001"}
    assert code_of(lambda: accept(finding, "nia")) == "FND001"
    Finding.objects.filter(pk=finding.pk).update(owner=api.Person.objects.get(username="ada"))
    assert code_of(lambda: accept(finding)) == "PEO004"


def test_what_cannot_be_accepted_changes_nothing(finding: Finding) -> None:
    today = AT.date()
    assert code_of(lambda: accept(finding, accepted_until=today)) == "INP003"
    assert code_of(lambda: accept(finding, accepted_until=today + timedelta(days=367))) == "INP003"
    assert code_of(lambda: accept(finding, reason=" ")) == "INP001"
    assert code_of(lambda: accept(finding, row_version=99)) == "FND003"
    Finding.objects.filter(pk=finding.pk).update(severity=Severity.CRITICAL)
    assert code_of(lambda: accept(finding)) == "FND004"
    finding.refresh_from_db()
    assert (finding.status, finding.accepted_until) == (FindingStatus.OPEN, None)


def suspended() -> Story:
    story = a_story().permitted()
    api.suspend_permit(**by("vera"), permit_uuid=story.permit.uuid, reason="drift")
    assert story.state() == "deny"
    return story


def reinstate(story: Story, username: str = "ada", **changed: Any) -> api.Permit:
    given = {"reason": "the data feed is mended"}
    return api.reinstate_permit(**by(username), permit_uuid=story.permit.uuid, **(given | changed))


def test_a_reinstated_permit_answers_as_before(bank: None) -> None:
    story = suspended()
    statement = story.permit.statement
    messages = OutboxMessage.objects.count()
    permit = reinstate(story)
    assert (permit.status, permit.statement, story.state()) == ("issued", statement, "allow_with_conditions")
    assert b"drift" in bytes(AuditEvent.objects.get(action="permit.reinstated").entry)
    assert OutboxMessage.objects.count() > messages
    assert code_of(lambda: reinstate(story)) == "LIF001"


def test_only_an_independent_approver_reinstates(bank: None) -> None:
    story = suspended()
    codes = {name: code_of(lambda who=name: reinstate(story, who)) for name in SEEN if name != "ada"}
    assert set(codes.values()) == {"PEO001"}
    assert code_of(lambda: reinstate(story, "nia")) == "DEC030"
    assert code_of(lambda: reinstate(story, reason="")) == "INP001"


def test_policy_has_the_last_word_on_a_reinstatement(bank: None) -> None:
    story = suspended()
    late = by("ada", at=AT + timedelta(days=800))
    code = code_of(lambda: api.reinstate_permit(**late, permit_uuid=story.permit.uuid, reason="r"))
    assert code == "DEC032"
    assert story.permit.status == "suspended"
