"""What a model does to the output floor, on the pages where it is decided."""

import pytest

from registry import api
from registry.audit.models import AuditEvent
from tests.builders.web_world import AT, World
from tests.db.web.conftest import Door
from tests.db.web.reading import Document

SENTENCE = (
    "The output floor binds for Meridian Bank Europe SE at 55 % of standardised RWA on 2026-11-20. Against the "
    "standardised approach, the model lowers pre-floor RWA by EUR 669,000,000, the floor takes back EUR 140,000,000, "
    "so RWA fall by EUR 529,000,000."
)
ENTITY = "/entities/meridian-eu/"


def decision_path(world: World, key: str) -> str:
    use = world.uses[key]
    use.refresh_from_db()
    return f"/decisions/{use.permission_decision_uuid}/"


def page(door: Door, username: str, path: str) -> Document:
    response = door(username).get(path)
    assert response.status_code == 200, path
    return Document(response.content.decode())


@pytest.mark.parametrize(("username", "prefix"), [("vera", ""), ("rex", "/portal")])
def test_a_decision_on_capital_says_what_the_model_buys(
    door: Door, world: World, username: str, prefix: str
) -> None:
    shown = page(door, username, prefix + decision_path(world, "pd-capital-qrre"))
    assert "floor" in shown.ids
    assert SENTENCE in shown.text
    for words in ("4,210,000,000.00", "-141,000,000.00", "-70,500,000.00", "VERIFIED", "ASSUMED", "87.31 %"):
        assert words in shown.text
    assert "The decision asks at least 80 % : the floor does not bind." in shown.text
    table = "Rows of the test sample whose RWA falls furthest below the benchmark's (2 rows)"
    drivers = shown.text.partition(table)[2]
    assert 0 <= drivers.index(" 4182 ") < drivers.index(" 377 ")
    assert f"{prefix}{ENTITY}" in shown.links
    assert shown.problems() == []


@pytest.mark.parametrize("key", ["collections", "card-underwriting"])
def test_a_decision_outside_capital_has_no_such_section(door: Door, world: World, key: str) -> None:
    shown = page(door, "vera", decision_path(world, key))
    assert "floor" not in shown.ids
    assert "What it does to the output floor" not in shown.text
    assert "#floor" not in shown.links


def test_a_capital_use_without_a_portfolio_says_that_nothing_is_known(door: Door, world: World) -> None:
    shown = page(door, "vera", decision_path(world, "equity-capital"))
    assert "is not known: the use case has no portfolio" in shown.text


@pytest.mark.parametrize(("username", "prefix"), [("owen", ""), ("rex", "/portal")])
def test_the_entity_has_a_page_with_path_allocation_and_uses(door: Door, username: str, prefix: str) -> None:
    shown = page(door, username, prefix + ENTITY)
    assert "Meridian Bank Europe SE under the output floor" in shown.text
    for words in (
        "2030-01-01",
        "72.5 %",
        "Euler share",
        "Shapley share",
        "PD for regulatory capital, credit cards",
    ):
        assert words in shown.text
    assert "Collections prioritisation" not in shown.text
    assert shown.problems() == []


def test_the_reading_of_an_entity_is_logged(door: Door, world: World) -> None:
    door("rex").get(f"/portal{ENTITY}")
    event = AuditEvent.objects.filter(action="portal.page_read").latest("id")
    assert b"Meridian Bank Europe SE under the output floor" in bytes(event.entry)


def test_model_use_case_and_decision_lead_to_the_entity(door: Door, world: World) -> None:
    use = world.uses["pd-capital-qrre"]
    for path in (
        f"/models/{use.version.registered_model.uuid}/",
        f"/use-cases/{use.use_case.key}/",
        decision_path(world, "pd-capital-qrre"),
    ):
        assert ENTITY in page(door, "vera", path).links


def test_an_entity_without_portfolios_says_what_to_do(door: Door, world: World) -> None:
    set_up = {"actor": api.system_actor(name="set-up"), "at": AT, "correlation_id": "set-up"}
    api.create_entity(**set_up, key="meridian-au", name="Meridian Australia", jurisdiction="Australia")
    shown = page(door, "vera", "/entities/meridian-au/")
    assert "No portfolio of Meridian Australia had been declared by then." in shown.text
    assert "An owner of the entity declares each" in shown.text
    assert "No version is offered for regulatory capital here." in shown.text


@pytest.mark.parametrize(("username", "path"), [("nia", ENTITY), ("vera", "/entities/elsewhere/")])
def test_an_entity_that_one_may_not_see_is_not_there(door: Door, username: str, path: str) -> None:
    assert door(username).get(path).status_code == 404
