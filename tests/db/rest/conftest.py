"""The bank of ``tests.builders.web_world`` behind the API, callers with tokens, and a clock that stands still."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings

from registry import api
from registry.domain.clock import SystemClock
from registry.people.tokens import Scope
from tests.builders.web_world import AT, SYSTEM, World, build_world
from tests.unit.gateway.fake_mlflow import FakeMlflow, fake_mlflow

NOW = AT + timedelta(hours=3)
ALL_SCOPES = tuple(scope.value for scope in Scope)


@dataclass
class Answer:
    """A response, read."""

    status: int
    body: Any
    headers: dict[str, str]
    raw: bytes

    @property
    def code(self) -> str:
        """The problem's code, or nothing."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


@dataclass
class Caller:
    """Somebody with a token."""

    secret: str = ""
    token_uuid: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None, **headers: str
    ) -> Answer:
        """Send a request to ``/api/v1/<path>``; header names are written with ``_``."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret:
            sent.setdefault("Authorization", f"Bearer {self.secret}")
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        kind = sent.pop("Content-Type", "application/json")
        response = Client(raise_request_exception=False).generic(
            method, f"/api/v1/{path}", data, content_type=kind, headers=sent
        )
        is_json = "json" in response.headers.get("Content-Type", "")
        return Answer(
            status=response.status_code,
            body=json.loads(response.content) if is_json and response.content else None,
            headers=dict(response.headers),
            raw=response.content,
        )

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)


CallerFor = Callable[..., Caller]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The surfaces' clock: assign ``clock[0]`` to move it."""
    instant = [NOW]
    monkeypatch.setattr(SystemClock, "now", lambda self: instant[0])
    return instant


@pytest.fixture(scope="module")
def module_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Built once a module, in a transaction that is rolled back; each test undoes its own changes."""
    fast = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), fast, transaction.atomic():
        yield build_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(module_world: World, db: None) -> World:
    return module_world


@pytest.fixture
def caller(world: World) -> CallerFor:
    """Return somebody of the cast with a token of these scopes."""

    def make(username: str, *scopes: str) -> Caller:
        token, secret = api.issue_token(
            actor=SYSTEM,
            at=NOW,
            correlation_id="set-up",
            username=username,
            name="test",
            scopes=list(scopes or ALL_SCOPES),
            expires_at=NOW + timedelta(days=30),
        )
        return Caller(secret=secret, token_uuid=str(token.uuid))

    return make


@pytest.fixture
def mlflow(settings: Any) -> Iterator[FakeMlflow]:
    """A server that speaks MLflow's REST API and holds version 1 of ``pd`` with its data sets."""
    with fake_mlflow() as server:
        settings.MRM_MLFLOW_URL = server.url
        yield server
