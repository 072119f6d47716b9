"""Sixteen callers send one request under one key at once, on a database that really commits."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings

from mrm.database import database_settings
from registry import api
from registry.validations.models import SafeguardEvidence
from tests.builders.web_world import SYSTEM, World, build_world
from tests.db.rest.conftest import NOW, Answer, Caller
from tests.db.rest.test_idempotency import KEY, SAFEGUARD
from tests.services.throw_away import postgresql_database

CALLERS = 16


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services("postgresql"))])
def committed_world(request: Any, tmp_path: Path, django_db_blocker: Any) -> Iterator[World]:
    """The bank in a database of its own, which every thread reaches over its own connection."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'race.sqlite3'}"
        if request.param == "postgresql":
            url = stack.enter_context(postgresql_database(prefix="mrm_rest"))
        ours, before = connections["default"], connections.settings["default"]
        connections.settings["default"] = {
            **before,
            "OPTIONS": {},
            **database_settings(url, var_dir=tmp_path),
            "CONN_MAX_AGE": 0,
        }
        del connections["default"]
        stack.enter_context(django_db_blocker.unblock())
        try:
            call_command("migrate", verbosity=0, skip_checks=True)
            with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
                yield build_world()
        finally:
            connection.close()
            connections.settings["default"] = before
            connections["default"] = ours


def test_one_of_many_simultaneous_requests_acts_and_the_others_wait_or_repeat_its_answer(
    committed_world: World,
) -> None:
    _, secret = api.issue_token(
        actor=SYSTEM,
        at=NOW,
        correlation_id="set-up",
        username="owen",
        name="race",
        scopes=["evidence"],
        expires_at=NOW + timedelta(days=1),
    )
    path = f"intended-uses/{committed_world.uses['card-underwriting'].uuid}/safeguards"
    together = threading.Barrier(CALLERS)

    def send(_number: int) -> Answer:
        together.wait(timeout=30)
        try:
            return Caller(secret=secret).post(path, SAFEGUARD, Idempotency_Key=KEY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(send, range(CALLERS)))
    assert SafeguardEvidence.objects.count() == 1
    assert {(answer.status, answer.code) for answer in answers} <= {(201, ""), (409, "API022")}
    done = [answer for answer in answers if answer.status == 201]
    assert len({answer.raw for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in done) == 1
