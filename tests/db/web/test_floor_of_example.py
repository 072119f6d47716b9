"""The pages of the output floor on the published example: floors that bind, that nobody read, that nobody knows."""

import pytest
from django.test import Client

from registry import api
from registry.people.models import Person
from tests.builders.floor_bank import build_floor_bank, capital_story, measured
from tests.builders.registry import ENTITY, actor, build_bank
from tests.db.web.reading import Document

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    build_bank()
    vera = Client()
    vera.force_login(Person.objects.get(username="vera"))
    return vera


def read(client: Client, path: str) -> Document:
    response = client.get(path)
    assert response.status_code == 200
    shown = Document(response.content.decode())
    assert shown.problems() == []
    return shown


def read_decision(client: Client, model: str, benchmark: str) -> Document:
    """Validate a version with these RWA and read the decision that followed."""
    use = capital_story().requested().run(measured(model, benchmark)).use
    row = api.list_decisions(actor=actor("vera"), intended_use=use)[0]
    return read(client, f"/decisions/{row.uuid}/")


def test_a_model_below_its_share_of_the_benchmark_is_shown_with_what_is_added(client: Client) -> None:
    build_floor_bank()
    text = read_decision(client, "30", "50").text
    assert (
        "RWA on the model are 60.00 % of RWA on the interpretable benchmark (30.00 against 50.00 EUR)" in text
    )
    assert "The decision asks at least 80 % : the floor binds, and EUR 10.00 are added" in text
    assert "The model-level floor binds: RWA on the model are EUR 30 and count here at EUR 40." in text
    assert "DECLARED" in text


def test_an_unread_factor_carries_its_mark_on_both_pages(client: Client) -> None:
    build_floor_bank(jurisdiction="Australia")
    mark = "A clause behind it is UNVERIFIED: the floor is shown, and no decision rests on it."
    for shown in (read_decision(client, "40", "45"), read(client, f"/entities/{ENTITY}/")):
        assert mark in shown.text
        assert "101.50" in shown.text


@pytest.mark.parametrize(("jurisdiction", "code"), [("Atlantis", "CAP003"), ("UK", "CAP030")])
def test_a_floor_that_cannot_be_computed_says_why_and_what_to_do(
    client: Client, jurisdiction: str, code: str
) -> None:
    build_floor_bank(jurisdiction=jurisdiction)
    for shown in (read_decision(client, "40", "45"), read(client, f"/entities/{ENTITY}/")):
        assert "Whether the output floor binds for Meridian-Eu is not known" in shown.text
        assert code in shown.text
        assert "Euler share" not in shown.text
        assert "declared for" in shown.text
