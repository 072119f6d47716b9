"""What a pack does to tiers that a person or a scorecard gave is foreseen too, and comes as foreseen."""

from datetime import timedelta

import pytest

from registry import api
from registry.decisions.proposals import EffectComparison
from registry.policy.pack import PACKS_FOLDER
from tests.builders.policy import LATER, activated, work
from tests.builders.registry import Story, a_story, by, create_use_case

pytestmark = pytest.mark.usefixtures("uses")

TIERS = """\
instrument: desk
version: 2026-12
title: Desk rules on tiers
binding_level: house
effective_from: "2026-11-01"
clauses:
  - {id: D1, citation: "Desk rules, Tiers", text: In our own words., url: docs/packs.md, verification: VERIFIED}
rules:
  - id: desk-is-first
    stage: tiering
    title: What orders calls is of the first tier
    when:
      all:
        - {fact: use.archetype, op: eq, value: collections}
        - {fact: use.materiality, op: eq, value: medium}
        - {fact: tier.relief, op: le, value: "1"}
    effect: {set_tier: "1"}
    cites: [D1]
examples:
  - title: Calls
    stage: tiering
    facts: {use.archetype: collections, use.materiality: medium, tier.relief: "0"}
    fires: [desk-is-first]
  - title: Relieved
    stage: tiering
    facts: {use.archetype: collections, use.materiality: medium, tier.relief: "2"}
    silent: [desk-is-first]
"""


def relieved() -> Story:
    """Return a pair of tier 2 by the matrix, to which an approver gave tier 3."""
    create_use_case("desk", like="collections", materiality="medium")
    story = a_story("desk", key="pd-e")
    api.override_tier(
        **by("ada"), intended_use_uuid=story.use.uuid, tier=3, reason="A book in run-off.",
        expires_on=LATER.date() + timedelta(days=30),
    )  # fmt: skip
    return story


def foreseen(row: api.PackProposal) -> dict[int, tuple[int | None, int | None]]:
    report = api.find_impact_report(proposal=row)
    assert report is not None
    return {
        effect.intended_use.pk: (effect.tier_before, effect.tier_after) for effect in report.effects.all()
    }


def test_a_milder_tier_that_stricter_rules_end_is_foreseen() -> None:
    story = relieved()
    assert story.check(at=LATER).decision.tier == 3  # type: ignore[union-attr]
    row = activated(TIERS)
    assert foreseen(row) == {story.use.pk: (3, 1)}
    work()
    assert [item.is_as_reported for item in EffectComparison.objects.all()] == [True]
    assert story.check(at=LATER).decision.tier == 1  # type: ignore[union-attr]


def test_a_milder_tier_that_rules_leave_alone_holds() -> None:
    story = relieved()
    row = activated(
        TIERS.replace("value: medium", "value: high").replace("materiality: medium", "materiality: high")
    )
    assert story.use.pk not in foreseen(row)
    assert story.check(at=LATER).decision.tier == 3  # type: ignore[union-attr]


def test_a_scorecard_that_begins_to_rule_is_foreseen_as_it_comes() -> None:
    story = relieved()
    api.withdraw_override(**by("owen"), intended_use_uuid=story.use.uuid, reason="The book grows again.")
    assert story.check(at=LATER).decision.tier == 2  # type: ignore[union-attr]
    text = (PACKS_FOLDER / "house" / "2026-11.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("standing: beside", "standing: rules"),
        ("version: 2026-11", "version: 2026-12"),
        ("adopts:", "supersedes: [house/2026-11]\nadopts:"),
        ('{tier: "2", at_least: "45"}', '{tier: "2", at_least: "55"}'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    row = activated(text)
    # Medium materiality and a boosted model: 20 and 30 of 100 points, hence the third tier of the sum.
    assert foreseen(row)[story.use.pk] == (2, 3)
    work()
    compared = list(EffectComparison.objects.all())
    assert compared
    assert all(item.is_as_reported for item in compared)
