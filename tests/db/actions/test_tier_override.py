"""A tier that a person sets: what it changes, when it lapses, who may, and what every refusal leaves unchanged."""

from datetime import date, timedelta
from typing import Any

import pytest

from registry import api
from registry.audit.models import AuditEvent
from registry.decisions.models import PolicyDecision, TierOverride
from registry.domain.errors import MrmError
from registry.domain.vocab import Role
from registry.inventory.models import RegisteredModel
from registry.people.models import RoleAssignment
from tests.builders.registry import AT, ENTITY, Story, a_story, actor, by, create_use_case, person

pytestmark = pytest.mark.usefixtures("bank")
UNTIL = AT.date() + timedelta(days=30)


def a_use(key: str = "desk", **changed: Any) -> Story:
    """Offer a boosted model for an internal ordering of medium weight: tier 2 by the matrix, no tier forced."""
    create_use_case(key, like="collections", **{"materiality": "medium", **changed})
    return a_story(key)


def put(
    story: Story, tier: int, username: str = "ada", *, until: date | None = UNTIL, **changed: Any
) -> TierOverride:
    return api.override_tier(
        **by(username, at=story.at), intended_use_uuid=story.use.uuid, tier=tier,
        expires_on=until, **{"reason": "A book in run-off.", **changed},
    )  # fmt: skip


def withdraw(story: Story, username: str = "ada") -> TierOverride:
    return api.withdraw_override(
        **by(username, at=story.at), intended_use_uuid=story.use.uuid, reason="The book grows again."
    )


def tier_on(story: Story, *, days: int = 0) -> int | None:
    at = AT + timedelta(days=days)
    decision = story.check(at=at).decision
    assert decision is not None
    return decision.tier


def code_of(act: Any) -> str:
    """Return the code of the refusal, having seen that nothing changed."""
    before = (TierOverride.objects.count(), AuditEvent.objects.count(), PolicyDecision.objects.count())
    with pytest.raises(MrmError) as refusal:
        act()
    assert refusal.value.remedy
    assert before == (
        TierOverride.objects.count(),
        AuditEvent.objects.count(),
        PolicyDecision.objects.count(),
    )
    return refusal.value.code


def model_tier(story: Story) -> int | None:
    return RegisteredModel.objects.get(pk=story.use.version.registered_model.pk).risk_tier


def test_the_timeline_says_when_the_tier_that_a_person_set_ends() -> None:
    story = a_use().requested()
    put(story, 3)
    found = api.get_timeline(actor=actor("rex"), at=AT, intended_use_uuid=story.use.uuid)
    assert [turn.on for turn in found.turns if "The tier that a person set ends" in turn.events] == [UNTIL]


def test_a_milder_tier_decides_until_its_end_and_is_seen_in_the_decision() -> None:
    story = a_use()
    assert tier_on(story) == 2
    row = put(story, 3)
    assert (row.computed, row.tier, row.set_by.username) == (2, 3, "ada")
    assert (tier_on(story), tier_on(story, days=29), tier_on(story, days=30)) == (3, 3, 2)
    decision = PolicyDecision.objects.filter(as_of_date=AT.date()).latest("id")
    view = api.get_decision(actor=actor("rex"), uuid=decision.uuid)
    source = f"tier override {row.uuid} by Ada Doe, until {UNTIL}"
    assert view.tier_set_by == source
    seen = {item["rule"]: item for item in view.tree if "matrix-medium-complex" in str(item["rule"])}
    assert [item["truth"] for item in seen.values()] == ["false"]
    assert {fact.name: (fact.value, fact.source) for fact in view.facts}["tier.relief"] == ("3", source)
    assert api.replay_decision(actor=actor("rex"), uuid=decision.uuid) == decision.body_digest


def test_the_model_carries_the_strictest_tier_of_its_uses_in_both_directions() -> None:
    story = a_use()
    story.check()
    assert model_tier(story) == 2
    put(story, 4)
    assert model_tier(story) == 4
    withdraw(story, "dana")
    assert model_tier(story) == 2
    put(story, 1, "dana", until=None)
    assert model_tier(story) == 1
    other = Story(use=a_story("fraud", number=2).use)
    other.check()
    withdraw(story)
    assert model_tier(story) == 2


def test_a_milder_tier_lapses_when_the_rules_grow_stricter() -> None:
    story = a_use()
    put(story, 3)
    type(story.use.use_case).objects.filter(pk=story.use.use_case.pk).update(materiality="high")
    assert tier_on(story) == 1
    use = api.get_intended_use(actor=actor("ada"), uuid=story.use.uuid)
    standing = api.get_tier_standing(actor=actor("ada"), intended_use=use, on=AT.date())
    assert (standing.holds, standing.compute(), standing.override is not None) == (False, 1, True)


@pytest.mark.parametrize("username", ["dana", "owen", "vera", "ada"])
def test_whoever_edits_the_record_may_set_a_stricter_tier_which_holds_without_end(username: str) -> None:
    story = a_use()
    put(story, 1, username, until=None)
    assert (tier_on(story), tier_on(story, days=4000)) == (1, 1)


def test_withdrawing_lets_the_computed_tier_hold_again() -> None:
    story = a_use()
    put(story, 3)
    row = withdraw(story, "owen")
    assert (row.tier, row.computed) == (None, 2)
    assert tier_on(story) == 2
    entries = api.list_tier_overrides(actor=actor("rex"), intended_use=story.use)
    assert [entry.tier for entry in entries] == [None, 3]
    actions = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    kept = [name for name in actions if name.startswith("tier")]
    assert kept == ["tier.overridden", "tier_override.withdrawn"]
    assert code_of(lambda: withdraw(story)) == "TIE010"


def test_the_event_says_who_set_what_and_why() -> None:
    story = a_use()
    row = put(story, 3)
    event = AuditEvent.objects.get(action="tier.overridden")
    assert (event.subject_uuid, event.actor_name) == (story.use.uuid, "Ada Doe")
    page = api.list_audit_events(actor=actor("vera"), subject_uuid=story.use.uuid, action="tier.overridden")
    assert page.events[0].payload == {
        "override": str(row.uuid),
        "tier": 3,
        "computed": 2,
        "reason": "A book in run-off.",
        "expires_on": UNTIL.isoformat(),
    }


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "no approver": ({"tier": 3, "username": "vera"}, "TIE001"),
    "no reason": ({"tier": 3, "reason": " "}, "TIE002"),
    "no end": ({"tier": 3, "until": None}, "TIE003"),
    "an end today": ({"tier": 3, "until": AT.date()}, "TIE003"),
    "an end too far away": ({"tier": 3, "until": AT.date() + timedelta(days=367)}, "INP003"),
    "what is computed": ({"tier": 2}, "TIE004"),
    "stricter with an end": ({"tier": 1}, "TIE005"),
    "no tier": ({"tier": 0}, "TIE007"),
    "beyond the tiers": ({"tier": 5}, "TIE007"),
    "a reader": ({"tier": 1, "until": None, "username": "rex"}, "TIE008"),
    "nobody": ({"tier": 1, "until": None, "username": "nia"}, "INV013"),
    "another entity": ({"tier": 1, "until": None, "username": "fred"}, "INV013"),
    "control characters": ({"tier": 3, "reason": "a\x00b"}, "INP001"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_may_not_be_set_changes_nothing(name: str) -> None:
    asked, code = REFUSALS[name]
    story = a_use()
    assert code_of(lambda: put(story, **asked)) == code
    put(story, 3)


def test_a_forced_tier_is_never_relieved() -> None:
    story = a_story("capital-qrre")
    assert code_of(lambda: put(story, 3)) == "TIE009"
    put(story, 2)
    assert tier_on(story) == 2


def employ(username: str) -> None:
    RoleAssignment.objects.get_or_create(
        person=person(username), role=Role.APPROVER, entity_key=ENTITY, valid_from=AT.date(),
        granted_by_name="set-up",
    )  # fmt: skip


@pytest.mark.parametrize("username", ["dana", "owen", "vera", "olga"])
def test_who_developed_owns_validates_or_submitted_may_not_set_a_milder_tier(username: str) -> None:
    employ(username)
    story = a_use()
    if username == "olga":
        put(story, 3, "olga")
        withdraw(story, "olga")
        story.validated().submitted("olga")
    assert code_of(lambda: put(story, 3, username)) == "PEO004"
    put(story, 1, username, until=None)
    assert code_of(lambda: withdraw(story, username)) == "PEO004"
    put(story, 3)


def test_no_token_sets_a_milder_tier() -> None:
    story = a_use()
    scopes = list(api.Scope)
    _, secret = api.issue_token(
        **by("ada"), username="ada", name="ci", scopes=scopes, expires_at=AT + timedelta(days=1)
    )
    bearer = {"actor": api.actor_for_token(secret=secret, at=AT), "at": AT, "correlation_id": "token"}
    asked = {"intended_use_uuid": story.use.uuid, "reason": "r"}
    assert code_of(lambda: api.override_tier(**bearer, **asked, tier=3, expires_on=UNTIL)) == "PEO006"
    api.override_tier(**bearer, **asked, tier=1, expires_on=None)
    assert code_of(lambda: api.withdraw_override(**bearer, **asked)) == "PEO006"


def test_going_back_to_a_milder_tier_takes_an_approver() -> None:
    story = a_use()
    put(story, 1, "dana", until=None)
    assert code_of(lambda: withdraw(story, "owen")) == "TIE006"
    assert code_of(lambda: withdraw(story, "rex")) == "TIE008"
    withdraw(story)
    assert tier_on(story) == 2
