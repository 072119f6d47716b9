"""Every page that anybody can reach by links works, is well formed, and carries nothing a strict policy blocks."""

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.db.web.conftest import Door
from tests.db.web.reading import Document

MOST = 400


def read_all(client: Client, start: str) -> dict[str, tuple[HttpResponse, Document | None]]:
    """Follow every link from ``start`` and return what each address answered."""
    todo, seen = [start], {}
    while todo:
        address = todo.pop(0)
        if address in seen or len(seen) > MOST:
            continue
        response = client.get(address)
        is_attached = response.headers.get("Content-Disposition", "").startswith("attachment")
        is_page = response.headers["Content-Type"].startswith("text/html") and not is_attached
        document = Document(response.content.decode()) if is_page and not response.streaming else None
        seen[address] = (response, document)
        for link in document.links if document else []:
            target = f"{address.partition('?')[0]}{link}" if link.startswith("?") else link.partition("#")[0]
            # One filter at a time is enough: their combinations are the selector's business.
            if target.startswith("/") and target.count("=") < 2 and "/audit/0" not in target:
                todo.append(target)
    return seen


@pytest.mark.parametrize(
    ("username", "start", "fewest"),
    [
        ("dana", "/", 40),
        ("owen", "/", 40),
        ("vera", "/", 40),
        ("ada", "/", 40),
        ("rex", "/portal/", 40),
        ("nia", "/", 8),
    ],
)
def test_it_works(door: Door, published: int, username: str, start: str, fewest: int) -> None:
    pages = read_all(door(username), start)
    assert len(pages) >= fewest
    assert {address: r.status_code for address, (r, _) in pages.items() if r.status_code != 200} == {}
    problems = {address: found for address, (_, d) in pages.items() if d and (found := d.problems())}
    assert problems == {}


def test_pages_of_people_are_not_cached_and_carry_the_policy(door: Door) -> None:
    response = door("vera").get("/models/")
    assert response["Cache-Control"] == "no-store"
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_stranger_is_asked_to_sign_in_everywhere(client: Client, db: None) -> None:
    for address in ("/", "/models/", "/audit/", "/portal/", "/runs/00000000-0000-0000-0000-000000000000/"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/?next=")


def test_a_regulator_is_led_to_the_portal(door: Door) -> None:
    for address in ("/", "/models/", "/audit/"):
        assert door("rex").get(address)["Location"] == "/portal/"


def test_somebody_without_a_role_sees_nothing(door: Door, world: object) -> None:
    document = Document(door("nia").get("/models/").content.decode())
    assert "The inventory is empty" in document.text
    assert "pd-cards" not in document.text
