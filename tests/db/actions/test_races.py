"""Two at once on PostgreSQL: one wins, the other is told so, and nothing is doubled."""

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.utils import DatabaseError

from mrm.database import database_settings
from registry import api
from registry.actions import approve_pack, decide_approval, register_version
from registry.audit.models import AuditEvent
from registry.domain.errors import MrmError
from registry.domain.vocab import Role
from registry.people.models import RoleAssignment
from tests.builders.fake_mlflow import FakeMlflow
from tests.builders.policy import (
    DESK,
    LATER,
    approval,
    approve,
    fill_inventory,
    hire_second_line,
    proposed,
    reported,
    work,
)
from tests.builders.registry import AT, DETAILS, ENTITY, a_story, build_bank, by, make_model, person

pytestmark = pytest.mark.services("postgresql")

POSTGRES = os.environ.get("MRM_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
TEMPLATE = f"mrm_races_{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def template(django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database with the bank in it, cloned for each test."""
    maintain(f'CREATE DATABASE "{TEMPLATE}"')
    try:
        with connected_to(TEMPLATE, django_db_blocker, tmp_path_factory.mktemp("template")):
            call_command("migrate", verbosity=0)
            build_bank()
        yield TEMPLATE
    finally:
        maintain(f'DROP DATABASE "{TEMPLATE}" WITH (FORCE)')


@pytest.fixture
def server(template: str, django_db_blocker: Any, tmp_path: Path) -> Iterator[None]:
    name = f"mrm_race_{uuid.uuid4().hex[:12]}"
    maintain(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        with connected_to(name, django_db_blocker, tmp_path):
            yield
    finally:
        maintain(f'DROP DATABASE "{name}" WITH (FORCE)')


class connected_to:  # noqa: N801 - reads as a statement
    """Put a database of the server under ``connections["default"]`` for a while."""

    def __init__(self, name: str, blocker: Any, folder: Path) -> None:
        url = POSTGRES.rsplit("/", 1)[0] + f"/{name}"
        self._settings = {**database_settings(url, var_dir=folder), "CONN_MAX_AGE": 0}
        self._blocker = blocker

    def __enter__(self) -> None:
        self._before, self._ours = connections.settings["default"], connections["default"]
        connections.settings["default"] = {**self._before, "OPTIONS": {}, **self._settings}
        del connections["default"]
        self._blocker.unblock()

    def __exit__(self, *error: object) -> None:
        connection.close()
        self._blocker.restore()
        connections.settings["default"] = self._before
        connections["default"] = self._ours


def maintain(statement: str) -> None:
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(statement)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts in threads and return what each gave, a refusal's code included."""

    def run(act: Callable[[], object]) -> object:
        try:
            return act()
        except MrmError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def meeting(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    """Let both callers pass a step of the action before either goes on."""
    barrier, original = threading.Barrier(2, timeout=20), getattr(module, name)

    def wait(*args: Any, **named: Any) -> object:
        found = original(*args, **named)
        barrier.wait()
        return found

    monkeypatch.setattr(module, name, wait)


@pytest.mark.usefixtures("server")
def test_two_approvers_at_once_issue_one_permit_on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    RoleAssignment.objects.create(
        person=person("rex"),
        role=Role.APPROVER,
        entity_key=ENTITY,
        valid_from=AT.date(),
        granted_by_name="set-up",
    )
    story = a_story("underwriting").validated().safeguarded().argued().submitted()
    meeting(monkeypatch, decide_approval, "ensure_transition")
    asked = {"approval_uuid": story.approval.uuid, "is_granted": True, "comment": "Yes.", "row_version": 1}
    given = at_once(*(partial(api.decide_approval, **by(name), **asked) for name in ("ada", "rex")))
    assert given.count("APR004") == 1
    assert api.Permit.objects.count() == 1
    assert AuditEvent.objects.filter(action="approval.granted").count() == 1
    assert story.permit.status == "issued"


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("known", [[], ["1"]], ids=["new_model", "known_model"])
def test_one_version_registered_twice_at_once_is_there_once_on_postgresql(
    mlflow: FakeMlflow, monkeypatch: pytest.MonkeyPatch, known: list[str]
) -> None:
    for number in ("1", "2"):
        mlflow.add("pd-cards", number)

    def register(number: str, call: dict[str, Any]) -> api.RegistrationResult:
        uri = f"models:/pd-cards/{number}"
        return api.register_version(**call, mlflow_uri=uri, use_case_keys=["collections"], details=DETAILS)

    for number in known:
        register(number, by("dana"))
    meeting(monkeypatch, register_version, "read_version")
    first, second = at_once(*(partial(register, "2", by(name)) for name in ("dana", "dora")))
    assert isinstance(first, api.RegistrationResult), first
    assert isinstance(second, api.RegistrationResult), second
    assert first.version == second.version
    assert {first.is_new, second.is_new} == {True, False}
    assert AuditEvent.objects.filter(action="model_version.registered").count() == 1 + len(known)
    assert api.ValidationRequest.objects.count() == 1 + len(known)


@pytest.mark.usefixtures("server")
def test_recorded_rows_stay_as_they_are_on_postgresql() -> None:
    a_story("underwriting").permitted()
    for table in (
        "registry_policy_decision",
        "registry_evidence_record",
        "registry_model_version",
        "audit_event",
    ):
        for change in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
                cursor.execute(change.format(table))


@pytest.mark.usefixtures("server")
def test_models_without_tier_come_last_on_postgresql_too() -> None:
    for key, tier in (("a", None), ("b", 2), ("c", None), ("d", 1)):
        make_model(key, risk_tier=tier)
    shown = {}
    for sort in ("tier", "-tier"):
        query, shown[sort] = api.InventoryQuery(sort=sort, limit=1), []
        while True:
            page = api.list_models(actor=by("rex")["actor"], query=query)
            shown[sort] += [row.registered_model.key for row in page.rows]
            if not page.next_cursor:
                break
            query = api.InventoryQuery(sort=sort, limit=1, after=page.next_cursor)
    assert shown == {"tier": ["d", "b", "a", "c"], "-tier": ["b", "d", "c", "a"]}


@pytest.mark.usefixtures("server")
def test_two_activations_at_once_release_one_pack_on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    hire_second_line()
    fill_inventory()
    row = proposed()
    report = reported(row)
    approve(row, report, "alma")
    meeting(monkeypatch, approve_pack, "clean_text")
    asked = approval(row, report)
    given = at_once(*(partial(api.approve_pack, **by(name, at=LATER), **asked) for name in ("amir", "anna")))
    assert given.count("PKP004") == 1
    assert api.PackRelease.objects.filter(instrument="desk").count() == 1
    assert AuditEvent.objects.filter(action="pack.activated").count() == 1
    assert AuditEvent.objects.filter(action="pack.approved").count() == 2
    work()
    assert AuditEvent.objects.filter(action="pack.compared").count() == 1
    for table in ("registry_pack_approval", "registry_impact_report", "registry_impact_effect"):
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(f"UPDATE {table} SET id = id")


@pytest.mark.usefixtures("server")
def test_of_two_proposals_at_once_the_second_needs_a_new_report_on_postgresql(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hire_second_line()
    fill_inventory()
    rows = [proposed(), proposed(DESK.replace("instrument: desk", "instrument: bench"))]
    reports = [reported(row) for row in rows]
    for row, report in zip(rows, reports, strict=True):
        approve(row, report, "alma")
    meeting(monkeypatch, approve_pack, "clean_text")
    asked = [approval(row, report) for row, report in zip(rows, reports, strict=True)]
    given = at_once(*(partial(api.approve_pack, **by("amir", at=LATER), **form) for form in asked))
    assert given.count("PKP010") == 1
    assert api.PackRelease.objects.filter(instrument__in=["desk", "bench"]).count() == 1
    assert AuditEvent.objects.filter(action="pack.approved").count() == 3


@pytest.mark.usefixtures("server")
def test_two_workers_at_once_report_once_on_postgresql() -> None:
    hire_second_line()
    fill_inventory()
    row = proposed()
    job = api.request_impact(**by("vito", at=LATER), proposal_uuid=row.uuid)
    step = partial(api.step_pack_job, job_uuid=job.uuid, at=LATER)
    assert at_once(step, step) == [False, False]
    assert row.reports.count() == 1
    assert AuditEvent.objects.filter(action="impact.assessed").count() == 1
