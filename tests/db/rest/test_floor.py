"""The output floor over REST: on a day past or future, by whom it may be seen, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.builders.web_world import AT, World
from tests.db.rest.conftest import CallerFor
from tests.db.rest.test_contract import ensure_problem

ENTITY = "entities/meridian-eu/output-floor"


def floor_of(world: World, key: str) -> str:
    return f"intended-uses/{world.uses[key].uuid}/output-floor"


def test_an_entity_on_a_future_day(caller: CallerFor) -> None:
    """55 % in 2026, 72.5 % in 2030, of 7 909 090 909.09 standardised; 4.259bn before the floor."""
    vera = caller("vera", "read")
    today, later = vera.get(ENTITY), vera.get(f"{ENTITY}?as_of=2030-06-30")
    assert (today.status, later.status) == (200, 200)
    assert (today.body["as_of"], later.body["as_of"]) == (AT.date().isoformat(), "2030-06-30")
    day = later.body["report"]["today"]
    assert (day["multiplier"], day["verification"], day["is_binding"]) == ("0.725", "VERIFIED", True)
    assert Decimal(day["pre_floor_rwa_eur"]) == 4_259_000_000
    assert Decimal(day["floored_rwa_eur"]) == Decimal("0.725") * Decimal("7909090909.09")
    assert day["capped_rwa_eur"] is None
    assert [step["on"][:4] for step in later.body["report"]["path"]] == [str(y) for y in range(2025, 2031)]
    for allocation in later.body["report"]["allocations"]:
        shares = sum(Decimal(one["share_eur"]) for one in allocation["shares"])
        assert shares == Decimal(allocation["add_on_eur"]) == Decimal("1475090909.09")
    assert {one["provenance"] for one in later.body["portfolios"]} == {"assumed"}
    assert vera.get(f"{ENTITY}?as_of=2030-06-30", If_None_Match=later.headers["ETag"]).status == 304


def test_a_past_day_knows_only_what_was_recorded_by_its_end(caller: CallerFor) -> None:
    vera = caller("vera", "read")
    before = vera.get(f"{ENTITY}?as_of={AT.date() - timedelta(days=1)}").body
    assert (before["portfolios"], before["report"]) == ([], None)
    assert "had been declared by then" in before["sentence"]


def test_what_a_use_does_to_it(caller: CallerFor, world: World) -> None:
    body = caller("vera", "read").get(floor_of(world, "pd-capital-qrre")).body
    assert body["without"] == "the standardised approach"
    assert Decimal(body["effect"]["pre_floor_saving_eur"]) == 669_000_000
    assert round(Decimal(body["effect"]["floored_saving_eur"]), 2) == 529_000_000
    assert body["effect"]["is_neutralised"] is False
    level = body["model_level"]
    assert (level["required_share"], level["is_binding"]) == ("0.80", False)
    assert round(Decimal(level["share_of_benchmark"]), 4) == Decimal("0.8731")
    cards = next(one for one in body["portfolios"] if one["key"] == "cards-qrre")
    assert cards["evidence"] == level["evidence"]
    assert body["with_model"]["today"]["is_binding"] is True
    assert body["without_model"]["today"]["is_binding"] is False


def test_a_use_without_a_portfolio_is_answered_with_what_is_missing(caller: CallerFor, world: World) -> None:
    body = caller("vera", "read").get(floor_of(world, "equity-capital")).body
    assert (body["effect"], body["with_model"], body["model_level"]) == (None, None, None)
    assert "no portfolio" in body["sentence"]


def test_what_cannot_be_asked_is_refused(caller: CallerFor, world: World) -> None:
    vera = caller("vera", "read")
    for text in ("2026-13-01", "20261101", "tomorrow"):
        ensure_problem(vera.get(f"{ENTITY}?as_of={text}"), status=400, code="API005")
    ensure_problem(vera.get(floor_of(world, "collections")), status=404, code="INV060")
    ensure_problem(vera.get("entities/elsewhere/output-floor"), status=404, code="INV014")


@pytest.mark.parametrize("path", [ENTITY, ""])
def test_whoever_may_not_see_the_entity_finds_nothing(caller: CallerFor, world: World, path: str) -> None:
    nia = caller("nia", "read")
    ensure_problem(nia.get(path or floor_of(world, "pd-capital-qrre")), status=404)
