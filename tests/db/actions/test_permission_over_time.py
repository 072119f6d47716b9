"""The permission on another day: on record for a past one, projected for one ahead, and the days that turn it."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry import api
from registry.audit.models import AuditEvent
from registry.decisions.models import PolicyDecision
from registry.domain.errors import MrmError
from tests.builders.permits import impose, release_later_pack
from tests.builders.registry import AT, Story, a_story, actor, by, create_use_case, make_use

pytestmark = pytest.mark.usefixtures("bank")
TODAY = AT.date()
TERM_TIER_3 = 730
"""Days: two years, for a model in collections (house pack, H13)."""


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


def on(story: Story, day: date, *, at: Any = AT, who: str = "rex", **stated: Any) -> api.PermissionOn:
    return api.get_permission_on(
        actor=actor(who),
        at=at,
        intended_use_uuid=story.use.uuid,
        on=day,
        statement=api.UseStatement(**stated) if stated else None,
    )


def timeline(story: Story, **asked: Any) -> api.Timeline:
    return api.get_timeline(**{"actor": actor("rex"), "at": AT, "intended_use_uuid": story.use.uuid, **asked})


def changes(found: api.Timeline) -> list[tuple[date, str]]:
    return [(turn.on, turn.state) for turn in found.turns if turn.is_change]


def test_a_past_day_is_the_decision_that_stood_at_its_end_and_replays() -> None:
    story = a_story()
    story.requested()
    story.at = AT + timedelta(days=1)
    story.run().challenged().signed().submitted()
    story.at = AT + timedelta(days=3)
    story.decided()
    story.at = AT + timedelta(days=5)
    api.suspend_permit(**by("vera", at=story.at), permit_uuid=story.permit.uuid, reason="drift")
    now = AT + timedelta(days=9)
    found = [on(story, after(days), at=now) for days in range(8)]
    assert [item.permission.state for item in found] == [
        *["may_be_validated"] * 3,
        *["allow_with_conditions"] * 2,
        *["deny"] * 3,
    ]
    for item in found:
        assert not item.is_projected
        assert item.sentence == f"On record for {item.on}: {item.permission.sentence}"
        row = item.permission.decision
        assert row is not None
        assert row.as_of_date <= item.on
        assert api.replay_decision(actor=actor("rex"), uuid=row.uuid) == row.body_digest
    assert found[4].permission.until == story.permit.expires_on


def test_before_the_first_decision_nothing_is_known() -> None:
    story = a_story().requested()
    answer = on(story, after(-1))
    assert (answer.permission.state, answer.permission.decision) == ("refer", None)
    assert answer.sentence.endswith(f"was on record on {after(-1)}.")


def test_a_day_ahead_is_projected_from_what_is_known_and_stored_nowhere() -> None:
    story = a_story().permitted()
    before = (AuditEvent.objects.count(), PolicyDecision.objects.count(), story.state())
    ends = story.permit.expires_on
    assert ends == after(TERM_TIER_3)
    found = [on(story, day) for day in (TODAY, ends - timedelta(days=1), ends)]
    assert [item.permission.state for item in found] == ["allow_with_conditions"] * 2 + ["deny"]
    assert all(item.is_projected and item.permission.decision is None for item in found)
    assert found[2].sentence.startswith(f"Projected for {ends} from what is known on {TODAY}: ")
    assert "the permit has expired" in found[2].sentence
    assert found[2].permission.checks[0].kind in {"expiry", "monitoring"}
    assert (AuditEvent.objects.count(), PolicyDecision.objects.count(), story.state()) == before


def test_a_projection_comes_true() -> None:
    """What was projected for a day is what the gate decides on that day, when nothing else has happened."""
    story = a_story("underwriting").validated().safeguarded(days=30).argued(days=40).submitted().decided()
    for days in (0, 29, 30, 31, 39, 40, 41, 182):
        projected = on(story, after(days)).permission
        decided = story.check(at=AT + timedelta(days=days))
        assert (projected.state, projected.sentence) == (decided.state, decided.sentence), days


def test_a_use_may_be_stated_for_a_day_ahead_and_not_for_a_past_one() -> None:
    story = a_story().permitted()
    impose(story, {"kind": "exposure_cap", "params": {"maximum_eur": "10"}, "text": "Ten.", "cites": []})
    assert on(story, after(10), exposure_eur="10").permission.state == "allow_with_conditions"
    assert on(story, after(10), exposure_eur="11").permission.state == "deny"
    refused("DEC040", lambda: on(story, after(-1), exposure_eur="10"))


def refused(code: str, act: Any) -> None:
    with pytest.raises(MrmError) as caught:
        act()
    assert caught.value.code == code


def test_a_day_beyond_reach_is_refused() -> None:
    story = a_story().requested()
    refused("DEC041", lambda: on(story, date(2099, 1, 1)))
    refused("DEC041", lambda: timeline(story, days=40_000))


@pytest.mark.parametrize("username", ["nia", "fred"])
def test_who_may_not_see_the_pair_gets_neither_day_nor_timeline(username: str) -> None:
    story = a_story().permitted()
    refused("INV013", lambda: on(story, after(1), who=username))
    refused("INV013", lambda: timeline(story, actor=actor(username)))
    listed = api.list_permissions_on(actor=actor(username), at=AT, on=TODAY)
    assert [use.pk for use, _ in listed.rows] == []
    refused("INV013", lambda: api.get_timeline(actor=actor("rex"), at=AT, intended_use_uuid=uuid4()))


def test_the_timeline_of_a_boosted_model_in_underwriting_worked_by_hand() -> None:
    """Safeguards to day 30, the economic case to day 40, the permit 182 days, the report valid 365 days.

    A safeguard holds on its last day, so day 31 refers. A trade-off with no day
    left is denied, so day 40 denies. The permit ends on day 182, the report is
    older than a year on day 366; neither changes a denial.
    """
    story = a_story("underwriting").validated().safeguarded(days=30).argued(days=40).submitted().decided()
    found = timeline(story)
    assert changes(found) == [(after(31), "refer"), (after(40), "deny")]
    assert found.summary == (
        f"Permitted up to and including {after(30)}; from {after(31)} referred to a person because it is not known"
        " whether human oversight is evidenced and dated; it is not known whether circuit breaker is evidenced"
        " and dated; and 3 more."
    )
    days = {turn.on: turn for turn in found.turns}
    assert days[after(31)].events == [
        f"The evidence of the safeguard {name} ends"
        for name in ("circuit breaker", "data governance", "human oversight", "monitoring", "validation")
    ]
    assert {item["rule"] for item in days[after(40)].because} == {"house/2026-11#term-set"}
    assert {item["rule"] for item in days[after(182)].because} == {"house/2026-11#permit-current"}
    assert days[after(182)].events == ["The permit ends"]
    assert {item["rule"] for item in days[after(366)].because} == {"house/2026-11#validation-recent-high"}
    assert found.last == TODAY + timedelta(days=1098)
    assert date(2027, 1, 1) not in days


def test_every_turn_is_where_the_day_before_was_otherwise() -> None:
    story = a_story("underwriting").validated().safeguarded(days=30).argued(days=40).submitted().decided()
    for day, state in changes(timeline(story)):
        assert on(story, day).permission.state == state
        assert on(story, day - timedelta(days=1)).permission.state != state


def test_steps_of_the_output_floor_are_told_where_capital_rests_on_them() -> None:
    story = a_story("capital-qrre").requested()
    steps = [(turn.on, turn.events) for turn in timeline(story).turns if "output floor" in str(turn.events)]
    assert steps == [
        (date(year, 1, 1), [f"The output floor of EU becomes {factor} of standardised assets (VERIFIED)"])
        for year, factor in ((2027, "0.6"), (2028, "0.65"), (2029, "0.7"))
    ]
    plain = a_story("collections", key="other").requested()
    assert not [turn for turn in timeline(plain).turns if "output floor" in str(turn.events)]


def test_a_pack_that_comes_and_one_that_supersedes_it_turn_the_permission() -> None:
    story = a_story().permitted()
    release_later_pack(on=after(50))
    release_later_pack(
        on=after(70), version="2", supersedes="later/1", when="{fact: model.is_vendor, op: is_true}"
    )
    found = timeline(story)
    assert changes(found)[:2] == [(after(50), "deny"), (after(70), "allow_with_conditions")]
    days = {turn.on: turn for turn in found.turns}
    assert days[after(50)].events == ["The policy pack later/1 comes into force"]
    assert [item["rule"] for item in days[after(50)].because] == ["later/1#later"]
    assert "The policy pack later/1 is superseded" in days[after(70)].events
    assert [item["rule"] for item in days[after(70)].no_longer] == ["later/1#later"]
    assert found.summary == (
        f"Permitted up to and including {after(49)}; from {after(50)} denied because"
        " the pack that comes later says so."
    )


def test_what_time_does_not_change_is_said_so() -> None:
    story = a_story("capital-equity")
    assert timeline(story, days=30).summary == (
        f"Not permitted now (denied); up to {after(30)} time alone changes nothing about that."
    )


def test_the_register_of_a_past_day_is_read_in_as_many_queries_whatever_its_length() -> None:
    story = a_story().permitted()
    rex, later = actor("rex"), AT + timedelta(days=4)
    api.suspend_permit(**by("vera", at=AT + timedelta(days=2)), permit_uuid=story.permit.uuid, reason="drift")

    def read(day: date) -> tuple[list[tuple[str, str]], int]:
        with CaptureQueriesContext(connection) as seen:
            page = api.list_permissions_on(actor=rex, at=later, on=day)
        return [(str(use), row.permission_state if row else "") for use, row in page.rows], len(seen)

    first = read(after(1))
    assert first == ([(str(story.use), "allow_with_conditions")], 2)
    for number in range(3):
        create_use_case(f"fraud-{number}", like="fraud")
        make_use(story.use.version, f"fraud-{number}")
    assert [state for _, state in read(after(2))[0]] == ["deny", "", "", ""]
    assert read(after(2))[1] == 2
    assert read(after(-1))[0] == []
    refused("DEC042", lambda: api.list_permissions_on(actor=rex, at=AT, on=after(1)))


def test_a_long_register_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.actions.permission_over_time.PAGE_LENGTH", 2)
    story = a_story().requested()
    for key in ("underwriting", "fraud"):
        make_use(story.use.version, key)
    pages, after_row = [], 0
    while True:
        page = api.list_permissions_on(actor=actor("rex"), at=AT, on=TODAY, after=after_row)
        pages.append(len(page.rows))
        if not page.next_cursor:
            break
        after_row = int(page.next_cursor)
    assert pages == [2, 1]


def test_a_condition_that_names_its_day_ends_the_permit_then() -> None:
    ends = after(120)
    effect = f'{{condition: {{kind: expiry, text: Until then., params: {{ends_on: "{ends}"}}}}}}'
    release_later_pack(on=TODAY, stage="gate:approve", effect=effect)
    story = a_story().permitted()
    assert story.permit.expires_on == ends
    assert changes(timeline(story))[0] == (ends, "deny")
