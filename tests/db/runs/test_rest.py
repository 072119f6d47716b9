"""Runs over REST."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from registry import api as registry_api
from registry.domain.clock import SystemClock
from tests.builders import bank
from tests.db.runs.conftest import finished_check
from validation.runs import claims

pytestmark = pytest.mark.django_db

Call = Callable[..., Any]


@pytest.fixture
def request_uuid() -> UUID:
    bank.set_up_bank()
    return bank.open_requests(1)[0]


@pytest.fixture
def as_vera(request_uuid: UUID) -> Client:
    return client_with("read", "submit")


def client_with(*scopes: str) -> Client:
    now = SystemClock().now()
    _token, secret = registry_api.issue_token(
        actor=bank.actor("vera"),
        at=now,
        correlation_id="token",
        username="vera",
        name="test",
        scopes=list(scopes),
        expires_at=now + timedelta(days=1),
    )
    return Client(headers={"Authorization": f"Bearer {secret}"})


def path(request_uuid: UUID, rest: str) -> str:
    return f"/api/v1/validation-requests/{request_uuid}/{rest}"


def test_a_run_is_followed_check_by_check(as_vera: Client, request_uuid: UUID) -> None:
    before = as_vera.get(path(request_uuid, "run"))
    run = claims.ensure_run(request_uuid=request_uuid)
    claim = claims.claim(run_uuid=run.uuid, owner="host-a:1")
    assert claim is not None
    claims.flush_check(claim=claim, position=0, title="AUC", result=finished_check())

    read = as_vera.get(path(request_uuid, "run")).json()
    listed = as_vera.get(path(request_uuid, "run/checks")).json()

    assert (before.status_code, before.json()["code"]) == (404, "RUN013")
    assert (read["status"], read["attempt"], read["checks_recorded"]) == ("running", 1, 1)
    assert [(item["title"], item["verdict"]) for item in listed["items"]] == [("AUC", "pass")]


def test_a_run_is_cancelled_once(as_vera: Client, request_uuid: UUID) -> None:
    first = as_vera.post(path(request_uuid, "cancellation"))
    again = as_vera.post(path(request_uuid, "cancellation"))

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "RUN005")


def test_a_repeated_key_gets_the_answer_it_got_before(as_vera: Client, request_uuid: UUID) -> None:
    headers = {"Idempotency-Key": "cancel-this-run"}
    first = as_vera.post(path(request_uuid, "cancellation"), headers=headers)
    again = as_vera.post(path(request_uuid, "cancellation"), headers=headers)
    other = as_vera.post(path(request_uuid, "cancellation"), headers={"Idempotency-Key": "another-key"})
    short = as_vera.post(path(request_uuid, "cancellation"), headers={"Idempotency-Key": "x"})

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "RUN005")
    assert (short.status_code, short.json()["code"]) == (400, "RUN014")


def test_a_token_that_only_reads_cancels_nothing(request_uuid: UUID) -> None:
    answer = client_with("read").post(path(request_uuid, "cancellation"))

    assert (answer.status_code, answer.json()["code"]) == (403, "PEO002")
