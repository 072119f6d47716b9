"""The output floor where it is decided, on the published example: 76 before the floor, 140 standardised.

Under the Basel schedule the floor is 91 in 2026 and 101.5 from 2028.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from registry import api
from registry.domain.errors import MrmError
from registry.domain.vocab import Provenance, Verdict
from registry.inventory.models import IntendedUse
from tests.builders.floor_bank import build_floor_bank, capital_story, declare, measured
from tests.builders.registry import AT, ENTITY, Story, a_story, actor, by, submission

pytestmark = pytest.mark.usefixtures("bank")

TODAY, LATER = AT.date(), AT + timedelta(days=1)


def entity_floor(on: date = TODAY, *, at: object = None, who: str = "vera") -> api.EntityFloorView:
    return api.get_entity_floor(actor=actor(who), key=ENTITY, on=on, at=at or LATER)  # type: ignore[arg-type]


def use_floor(use: IntendedUse, on: date = TODAY) -> api.UseFloorView:
    return api.get_use_floor(actor=actor("vera"), uuid=use.uuid, on=on, at=LATER)


def newest_decision(use: IntendedUse) -> api.PolicyDecision:
    return api.list_decisions(actor=actor("vera"), intended_use=use)[0]


def decision_floor(use: IntendedUse, row: api.PolicyDecision | None = None) -> api.UseFloorView:
    """Return the floor on a decision of the pair, the newest unless another is given."""
    view = api.find_decision_floor(actor=actor("vera"), decision=row or newest_decision(use))
    assert view is not None
    return view


def totals(view: api.EntityFloorView) -> tuple[Decimal, Decimal, Decimal]:
    assert view.report is not None
    assert view.report.today is not None
    result = view.report.today.floor.result
    return result.pre_floor_rwa_eur, result.floored_rwa_eur, result.distance_eur


def effect_of(view: api.UseFloorView) -> tuple[Decimal, Decimal]:
    """Return what the model saves before the floor and after it."""
    assert view.report is not None
    assert view.report.effect is not None
    return view.report.effect.pre_floor_saving_eur, view.report.effect.floored_saving_eur


def with_model_eur(view: api.UseFloorView) -> Decimal:
    """Return the entity's RWA before the floor, with the model."""
    assert view.report is not None
    return view.report.with_model.entity.pre_floor_rwa_eur


def test_the_published_bank_is_floored_on_any_day_of_the_schedule() -> None:
    build_floor_bank()
    assert totals(entity_floor()) == (76, 91, 15)
    view = entity_floor(date(2028, 1, 1))
    assert totals(view) == (76, Decimal("101.5"), Decimal("25.5"))
    assert view.report is not None
    for allocation in view.report.allocations:
        assert sum(share for _, share in allocation.shares_eur) == Decimal("25.5")
    assert [stand.figures.provenance for stand in view.stands] == [Provenance.DECLARED] * 3
    assert totals(entity_floor(date(2023, 6, 1))) == (76, 76, -6)
    capped = entity_floor(date(2027, 6, 1)).report
    assert capped is not None
    assert capped.today is not None
    assert capped.today.capped is not None
    assert capped.today.capped.result.floored_rwa_eur == 95


def test_what_was_declared_later_was_not_there_before() -> None:
    before = AT - timedelta(seconds=1)
    build_floor_bank()
    declare("loans", at=LATER, figures=("retail_other", "A-IRB", "100", "100"))
    assert entity_floor(at=before).report is None
    assert "had been declared by then" in entity_floor(at=before).sentence
    assert totals(entity_floor(at=AT))[0] == 76
    assert totals(entity_floor(at=LATER))[0] == 176


@pytest.mark.parametrize(("jurisdiction", "code"), [("Atlantis", "CAP003"), ("UK", "CAP030")])
def test_an_entity_without_a_floor_that_can_be_computed_is_unknown(jurisdiction: str, code: str) -> None:
    build_floor_bank(jurisdiction=jurisdiction)
    report = entity_floor().report
    assert report is not None
    assert report.refusal is not None
    assert (report.today, report.refusal.code) == (None, code)
    story = capital_story().requested().run(measured("40", "45"))
    view = use_floor(story.use)
    assert view.sentence.startswith("Whether the output floor binds for Meridian-Eu is not known")
    assert view.report is not None
    assert view.report.effect is None


def test_an_unverified_schedule_is_shown_and_decides_nothing() -> None:
    build_floor_bank(jurisdiction="Australia")
    story = capital_story().requested().run(measured("40", "45"))
    view = decision_floor(story.use)
    assert "UNVERIFIED" in view.sentence
    assert effect_of(view) == (84, Decimal("36.5"))
    row = newest_decision(story.use)
    decision = api.get_decision(actor=actor("vera"), uuid=row.uuid)
    shown = {fact.name: fact.value for fact in decision.facts}
    assert shown["output_floor.factor_verified"] == "no"
    assert [one for one in decision.conditions if one["params"].get("subject") == "entity_output_floor"] == []  # type: ignore[index, union-attr, call-overload]


def test_before_a_validation_the_declared_portfolio_stands_in() -> None:
    build_floor_bank()
    story = capital_story().requested()
    view = decision_floor(story.use)
    # 62 against 124 standardised: 138 and 76 before the floor, 138 and 91 after it.
    assert effect_of(view) == (62, 47)
    assert view.instead == "the standardised approach"
    assert "the portfolio as declared lowers pre-floor RWA by EUR 62" in view.sentence
    assert [stand.is_measured for stand in view.stands] == [False, False, False]
    assert view.notes == [
        "No validation has measured this version: its portfolio stands in with the figures declared for it."
    ]
    assert view.model_level is None


@pytest.mark.parametrize("declared", [Provenance.MEASURED, Provenance.ASSUMED])
def test_measured_figures_enter_and_are_no_better_known_than_the_exposures(declared: Provenance) -> None:
    build_floor_bank(provenance=declared)
    story = capital_story().requested().run(measured("40", "45"))
    view = decision_floor(story.use)
    by_key = {stand.row.key: stand for stand in view.stands}
    assert by_key["credit"].figures.pre_floor_rwa_eur == 40
    assert by_key["credit"].figures.provenance == declared
    assert by_key["credit"].is_measured
    assert not by_key["market"].is_measured
    assert effect_of(view) == (84, 47)
    assert view.sentence == (
        "The output floor binds for Meridian-Eu at 65 % of standardised RWA on 2026-11-20. Against the "
        "standardised approach, the model lowers pre-floor RWA by EUR 84, the floor takes back EUR 37, "
        "so RWA fall by EUR 47."
    )


def test_a_check_that_came_to_no_figure_leaves_the_declaration() -> None:
    build_floor_bank()
    broken = measured("40", "45") | {"verdict": Verdict.ERROR.value, "facts": {}}
    story = capital_story().requested().run(broken)
    assert not any(stand.is_measured for stand in use_floor(story.use).stands)
    without_figures = capital_story(2).requested().run(submission("capital.rwa_effect"))
    assert not any(stand.is_measured for stand in use_floor(without_figures.use).stands)


def test_against_the_version_that_stands_a_better_one_buys_no_capital() -> None:
    build_floor_bank()
    first = capital_story().requested().run(measured("60", "62")).challenged().signed()
    first.safeguarded().argued().submitted().decided()
    entity = entity_floor()
    assert totals(entity) == (74, 91, 17)
    assert [str(s.measured.version) for s in entity.stands if s.measured] == ["pd-cards version 1"]
    second = capital_story(2)
    second.at = AT + timedelta(hours=1)
    second.requested().run(measured("50", "55"))
    view = decision_floor(second.use)
    assert effect_of(view) == (10, 0)
    assert view.report is not None
    assert view.report.effect is not None
    assert view.report.effect.is_neutralised
    assert (
        "Against the figures of pd-cards version 1, on which the portfolio stood, the model lowers pre-floor RWA "
        "by EUR 10, the floor takes back EUR 10, so it buys no capital."
    ) in view.sentence
    # The decision that permits the second is still about what it takes the place of.
    second.challenged().signed().safeguarded().argued().submitted().decided()
    assert "on which the portfolio stood" in decision_floor(second.use).sentence
    # Where the portfolio stands on the version itself, it is compared with the standardised approach.
    assert use_floor(second.use).instead == "the standardised approach"
    assert totals(entity_floor()) == (64, 91, 27)


def test_a_suspended_or_expired_permit_leaves_the_portfolio_as_declared() -> None:
    build_floor_bank()
    story = capital_story().requested().run(measured("60", "62")).challenged().signed()
    story.safeguarded().argued().submitted().decided()
    after = AT + timedelta(days=4000)
    assert totals(entity_floor(at=after))[0] == 76
    api.suspend_permit(
        **by("vera", at=AT + timedelta(hours=2)), permit_uuid=story.permit.uuid, reason="Drift."
    )
    assert totals(entity_floor(at=AT + timedelta(hours=1)))[0] == 74
    assert totals(entity_floor(at=AT + timedelta(hours=3)))[0] == 76


def test_a_stored_decision_shows_the_same_figures_whatever_came_later() -> None:
    build_floor_bank()
    story = capital_story().requested().run(measured("40", "45"))
    row = newest_decision(story.use)
    before = decision_floor(story.use, row)
    story.at = AT + timedelta(hours=1)
    story.requested().run(measured("70", "72"))
    declare("loans", at=AT + timedelta(hours=2), figures=("retail_other", "A-IRB", "100", "100"))
    again = decision_floor(story.use, row)
    assert (again.sentence, again.report, again.stands) == (before.sentence, before.report, before.stands)
    assert with_model_eur(decision_floor(story.use)) == 84
    assert with_model_eur(use_floor(story.use)) == 184


def test_the_share_that_the_decision_asks_raises_what_counts() -> None:
    """30 is six tenths of 50, eight tenths are asked: 40 count."""
    build_floor_bank()
    story = capital_story().requested().run(measured("30", "50"))
    view = decision_floor(story.use)
    level = view.model_level
    assert level is not None
    assert (level.required_share, level.floor.share_of_benchmark) == (Decimal("0.80"), Decimal("0.6"))
    assert (level.floor.shortfall_eur, level.is_binding) == (10, True)
    assert [table["rows"] for table in level.tables] == [[["17", "-3"]]]
    assert with_model_eur(view) == 40 + 14
    assert view.notes == [
        "The model-level floor binds: RWA on the model are EUR 30 and count here at EUR 40."
    ]


def test_a_model_that_explains_itself_has_no_floor_of_its_own() -> None:
    build_floor_bank()
    explained = submission("explain.shap", facts={"evidence.explainability_achieved": 4})
    story = capital_story().requested().run(measured("30", "50"), explained)
    view = decision_floor(story.use)
    assert view.model_level is not None
    assert (view.model_level.required_share, view.model_level.is_binding) == (None, False)
    assert with_model_eur(view) == 30 + 14
    assert view.notes == []


def test_where_the_check_saw_another_answer_both_are_told() -> None:
    """The check took every other portfolio as declared, and found a floor that binds; 80 + 14 are above 91."""
    build_floor_bank()
    story = capital_story().requested().run(measured("80", "85"))
    (note,) = decision_floor(story.use).notes
    assert note.startswith("The check found that the floor binds, on the model's own RWA")


def test_a_use_without_a_portfolio_says_so() -> None:
    story = a_story("capital-qrre").requested()
    view = decision_floor(story.use)
    assert view.report is None
    assert "the use case has no portfolio" in view.sentence


def test_outside_regulatory_capital_there_is_nothing_to_say() -> None:
    story = a_story("collections").requested()
    row = newest_decision(story.use)
    assert api.find_decision_floor(actor=actor("vera"), decision=row) is None
    with pytest.raises(MrmError, match="INV060"):
        use_floor(story.use)


def test_the_entity_lists_its_uses_in_regulatory_capital_alone() -> None:
    build_floor_bank()
    capital = capital_story()
    Story(use=capital.use).requested()
    a_story("collections", key="pd-loans")
    assert entity_floor().uses == [capital.use]


@pytest.mark.parametrize("stranger", ["nia", "fred"])
def test_what_one_may_not_see_is_not_there(stranger: str) -> None:
    build_floor_bank()
    story = capital_story().requested()
    with pytest.raises(MrmError, match="INV014"):
        entity_floor(who=stranger)
    with pytest.raises(MrmError, match="INV013"):
        api.get_use_floor(actor=actor(stranger), uuid=story.use.uuid, on=TODAY, at=LATER)
