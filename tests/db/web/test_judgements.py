"""Tiers that people set and scope by regime, as pages show them and forms record them."""

from datetime import timedelta

import pytest

from registry import api
from registry.decisions.models import ScopeDetermination, TierOverride
from registry.domain.clock import SystemClock
from tests.builders.web_world import World
from tests.db.web.conftest import Door
from tests.db.web.reading import Document


def ahead(days: int = 30) -> str:
    return (SystemClock().now().date() + timedelta(days=days)).isoformat()


def text_of(door: Door, username: str, address: str) -> str:
    response = door(username).get(address)
    assert response.status_code == 200
    document = Document(response.content.decode())
    assert document.problems() == []
    return " ".join(document.text.split())


@pytest.fixture
def use(world: World, db: None) -> api.IntendedUse:
    return world.uses["collections"]


def test_ada_sets_a_milder_tier_which_every_page_then_shows(door: Door, use: api.IntendedUse) -> None:
    address = f"/intended-uses/{use.uuid}/"
    assert "Nobody has set another tier." in text_of(door, "ada", address)
    asked = {"tier": "4", "reason": "The book is in run-off.", "expires_on": ahead()}
    refused = door("vera").post(f"{address}tier/new/", asked)
    assert (refused.status_code, b"TIE001" in refused.content) == (403, True)
    assert door("ada").post(f"{address}tier/new/", asked)["Location"] == address
    for username, prefix in (("dana", ""), ("rex", "/portal")):
        text = text_of(door, username, f"{prefix}{address}")
        assert "Set by a person Tier 4 Counts The book is in run-off. Ada Brenner" in text
        assert "Rules in force Tier 3 Replaced" in text
    use.refresh_from_db()
    decision = text_of(door, "dana", f"/decisions/{use.permission_decision_uuid}/")
    assert "tier set by a person" in decision
    assert f"tier override {TierOverride.objects.get().uuid} by Ada Brenner" in decision
    done = door("owen").post(f"{address}tier/withdrawal/", {"reason": "It grows again."})
    assert done["Location"] == address
    assert "Withdrawn; the rules computed tier 3: It grows again." in text_of(
        door, "rex", f"/portal{address}"
    )


def test_the_weighted_sum_stands_beside_with_the_regimes_that_it_does_not_satisfy(
    door: Door, use: api.IntendedUse
) -> None:
    # low materiality 0 of 40, high complexity 30 of 30: the band of tier 3 starts at 20
    text = text_of(door, "vera", f"/intended-uses/{use.uuid}/")
    assert "Weighted sum Tier 3 Shown beside 30 of 100 points." in text
    assert "IN A low factor must not offset a high one, and a sum lets it. (in-rbi-draft/2026-06#20)" in text


def test_a_form_that_the_rules_refuse_says_so_beside_the_field(door: Door, use: api.IntendedUse) -> None:
    address = f"/intended-uses/{use.uuid}/tier/new/"
    assert "You may set a stricter tier only: Dana Okafor developed this version" in text_of(
        door, "dana", address
    )
    for asked, code, field in (
        ({"tier": "3", "reason": "Same."}, "TIE004", "#id_tier"),
        ({"tier": "4", "reason": "No end."}, "TIE003", "#id_expires_on"),
        ({"tier": "1", "reason": "An end.", "expires_on": ahead()}, "TIE005", "#id_expires_on"),
    ):
        response = door("ada").post(address, asked)
        document = Document(response.content.decode())
        assert response.status_code == 400
        assert code in document.text
        assert field in document.links or field == "#id_tier"
        assert document.problems() == []
    assert TierOverride.objects.count() == 0


def test_the_model_shows_its_scope_and_vera_departs_from_it(door: Door, world: World) -> None:
    model = world.versions["pd-cards"].registered_model
    page = f"/models/{model.uuid}/"
    text = text_of(door, "vera", page)
    assert "SR 26-2, OCC Bulletin 2026-13 and FIL-15-2026, Model risk management Determine otherwise" in text
    assert "Inside SR 26-2, which is not enforceable on its own" in text
    assert "non enforceable guidance" in text
    address = f"{page}scope/us-sr-26-2/new/"
    asked = {
        "answer": "outside",
        "reason": "The branch decides nothing with it.",
        "cites": ["us-sr-11-7/2011-04#VI"],
        "review_on": ahead(90),
    }
    refused = door("dana").post(address, asked)
    assert (refused.status_code, b"PEO001" in refused.content) == (403, True)
    wrong = door("vera").post(address, asked | {"review_on": ahead(400)})
    assert (wrong.status_code, b"INP003" in wrong.content) == (400, True)
    assert ScopeDetermination.objects.filter(departs_from__isnull=False).count() == 0
    assert door("vera").post(address, asked)["Location"] == f"{page}#scope"
    for username, prefix in (("owen", ""), ("rex", "/portal")):
        text = text_of(door, username, f"{prefix}{page}")
        assert "Outside The branch decides nothing with it. The rules say inside." in text
        assert "SR 11-7, section VI STALE" in text
        assert "Vera Castellanos, review on" in text


def test_the_version_shows_what_was_counted_and_where(door: Door, world: World) -> None:
    text = text_of(door, "rex", f"/portal/versions/{world.versions['pd-cards'].uuid}/").replace(" ,", ",")
    assert "300 trees, deepest 4, 8214 nodes (counted in the bytes of model.ubj)" in text
    other = text_of(door, "vera", f"/versions/{world.versions['pd-cards-scorecard'].uuid}/")
    assert "Not known (not counted: the artefact holds no booster as data)" in other
