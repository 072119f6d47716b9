"""Signing in, signing out, and the health of the process."""

from django.test import Client

from registry.audit.models import AuditEvent
from tests.builders.web_world import PASSWORD, World


def sign_in(client: Client, **given: str) -> object:
    return client.post("/sign-in/", {"username": "vera", "password": PASSWORD, **given})


def test_it_works_and_is_recorded(world: World, client: Client, db: None) -> None:
    before = AuditEvent.objects.filter(action="actor.signed_in").count()
    assert sign_in(client)["Location"] == "/"
    assert (
        AuditEvent.objects.filter(action="actor.signed_in", actor_name="Vera Castellanos").count()
        == before + 1
    )


def test_a_wrong_password_opens_no_session(world: World, client: Client, db: None) -> None:
    response = sign_in(client, password="wrong")
    assert response.status_code == 200
    assert "do not go together" in response.content.decode()
    assert client.get("/models/").status_code == 302


def test_the_next_address_cannot_lead_away(world: World, client: Client, db: None) -> None:
    assert sign_in(client, next="https://elsewhere.example/")["Location"] == "/"
    assert sign_in(Client(), next="/findings/")["Location"] == "/findings/"


def test_signing_out_takes_a_post_and_ends_the_session(world: World, client: Client, db: None) -> None:
    sign_in(client)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/models/").status_code == 302


def test_a_form_without_its_token_is_refused_with_a_page(world: World, db: None) -> None:
    response = sign_in(Client(enforce_csrf_checks=True))
    assert response.status_code == 403


def test_health_needs_no_account(client: Client, db: None) -> None:
    assert client.get("/health/").json() == {"status": "ok", "database": "ok"}
