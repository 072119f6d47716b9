"""Pages on the permission over time: what ends when, another day, one stated use, and the register of a past day."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from registry import api
from registry.audit.models import AuditEvent
from registry.decisions.models import PolicyDecision
from registry.domain.clock import SystemClock
from tests.builders.condition_cases import CAP, REVIEW
from tests.builders.permits import impose
from tests.builders.registry import AT, Story, a_story, build_bank, by, make_use, person
from tests.db.web.reading import Document

NOW = AT + timedelta(days=4)
TODAY = NOW.date()


@pytest.fixture
def story(db: None, monkeypatch: pytest.MonkeyPatch) -> Story:
    build_bank()
    monkeypatch.setattr(SystemClock, "now", lambda self: NOW)
    return a_story("underwriting").validated().safeguarded(days=30).argued(days=40).submitted().decided()


def limit(story: Story) -> None:
    impose(
        story,
        {"kind": "exposure_cap", "params": CAP, "text": "At most a million.", "cites": []},
        {"kind": "human_review_rate", "params": REVIEW, "text": "Review a share.", "cites": []},
    )


def get(username: str, address: str) -> HttpResponse:
    client = Client()
    client.force_login(person(username))
    found = client.get(address)
    assert isinstance(found, HttpResponse)
    return found


def read(username: str, address: str) -> str:
    found = get(username, address)
    document = Document(found.content.decode())
    assert (found.status_code, document.problems()) == (200, [])
    return document.text


@pytest.mark.parametrize(("username", "surface"), [("owen", ""), ("rex", "/portal")])
def test_the_page_of_a_use_says_what_ends_when_and_answers_for_another_day(
    story: Story, username: str, surface: str
) -> None:
    page = f"{surface}/intended-uses/{story.use.uuid}/"
    before = PolicyDecision.objects.count()
    plain = read(username, page)
    last = AT.date() + timedelta(days=30)
    assert f"Permitted up to and including {last}; from {last + timedelta(days=1)} referred" in plain
    assert "The evidence of the safeguard human oversight ends" in plain
    assert "The economic case ends" in plain
    assert "house/2026-11#term-set" in plain
    assert "Projected, not recorded" not in plain
    ahead = read(username, f"{page}?as_of={AT.date() + timedelta(days=40)}")
    assert f"Projected for {AT.date() + timedelta(days=40)} from what is known on {TODAY}" in ahead
    past = read(username, f"{page}?as_of={AT.date()}")
    assert "On record" in past
    assert "The decision that stood, and its rules" in past
    assert PolicyDecision.objects.count() == before


def test_a_use_that_is_stated_on_the_page_is_held_against_the_permit(story: Story) -> None:
    limit(story)
    page = f"/intended-uses/{story.use.uuid}/"
    before = (PolicyDecision.objects.count(), AuditEvent.objects.count())
    within = read("owen", f"{page}?exposure_eur=1000000&review_rate=0.05")
    assert "Projected, not recorded" in within
    assert "Held At most a million. 1000000 , limit: at most EUR 1000000 · stated by Owen Doe" in within
    assert "Held Review a share." in within
    beyond = read("owen", f"{page}?exposure_eur=1000000.01&review_rate=0.05")
    assert "the use exceeds a condition of the permit" in beyond
    assert "Exceeded At most a million." in beyond
    assert (PolicyDecision.objects.count(), AuditEvent.objects.count()) == before


@pytest.mark.parametrize(
    ("query", "code"),
    [("as_of=tomorrow", "DAY001"), ("as_of=2099-01-01", "DEC041"), ("review_rate=2", "FAC002"),
     ("exposure_eur=much", "INP006"), ("as_of=2026-11-20&segment=x", "DEC040")],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_refused_with_its_code(
    story: Story, query: str, code: str
) -> None:
    found = get("owen", f"/intended-uses/{story.use.uuid}/?{query}")
    assert (found.status_code, code in found.content.decode()) == (400, True)


def test_a_decision_on_one_stated_use_says_so_and_what_it_compared(story: Story) -> None:
    limit(story)
    standing = story.check(at=NOW).decision
    answer = api.check_permission(
        **by("dana", at=NOW),
        mlflow_uri=story.use.version.mlflow_uri,
        use_case_key="underwriting",
        statement=api.UseStatement(exposure_eur="2000000"),
    )
    assert answer.decision is not None
    assert standing is not None
    text = read("vera", f"/decisions/{answer.decision.uuid}/")
    assert "This decision is about one stated use (exposure eur: 2000000)" in text
    assert "A later decision has replaced this one" not in text
    assert "Exceeded At most a million." in text
    assert "What ends when" not in text
    newest = read("vera", f"/decisions/{standing.uuid}/")
    assert "What ends when" in newest
    assert "Obligation Review a share." in newest
    assert "One stated use" in read("vera", f"/intended-uses/{story.use.uuid}/")


def test_rex_reads_the_register_of_a_past_day_and_the_read_is_logged(story: Story) -> None:
    api.suspend_permit(**by("vera", at=NOW), permit_uuid=story.permit.uuid, reason="drift")
    make_use(story.use.version, "fraud")
    address = f"/portal/permissions/?as_of={AT.date()}"
    then = read("rex", address)
    assert "Allowed with conditions" in then
    assert "No decision yet" in then
    assert f'"path":"{address}"' in bytes(AuditEvent.objects.latest("id").entry).decode()
    assert "Denied" in read("rex", "/portal/permissions/")
    empty = read("rex", f"/portal/permissions/?as_of={AT.date() - timedelta(days=1)}")
    assert "No version had been offered for a use" in empty


@pytest.mark.parametrize(
    ("query", "code"),
    [("as_of=2026-12-24", "DEC042"), ("as_of=x", "DAY001"), ("after=x", "POR007")],
)
def test_a_list_that_cannot_be_read_is_refused_with_its_code(story: Story, query: str, code: str) -> None:
    found = get("rex", f"/portal/permissions/?{query}")
    assert (found.status_code, code in found.content.decode()) == (400, True)


def test_a_long_register_is_turned_page_by_page(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.actions.permission_over_time.PAGE_LENGTH", 1)
    make_use(story.use.version, "fraud")
    first = get("rex", "/portal/permissions/").content.decode()
    (following,) = [link for link in Document(first).links if "after=" in link]
    assert "Fraud" in read("rex", f"/portal/permissions/{following}")
