"""Registering a version that a real HTTP server, speaking MLflow's REST API, holds."""

import pytest
from django.conf import LazySettings

from registry import api
from registry.inventory.models import ModelVersion, RegisteredModel
from tests.builders.registration import DETAILS, URI, dress
from tests.builders.web_world import SYSTEM, World
from tests.db.rest.conftest import Answer, CallerFor
from tests.db.rest.test_contract import ensure_problem
from tests.unit.gateway.fake_mlflow import API, FakeMlflow

BODY = {"mlflow_uri": URI, "use_cases": ["collections", "equity-capital"]}


def rows() -> tuple[int, int, int]:
    events = api.list_audit_events(actor=SYSTEM, limit=200).events
    return RegisteredModel.objects.count(), ModelVersion.objects.count(), len(events)


def test_a_version_is_registered_once_with_a_permission_per_use(
    caller: CallerFor, world: World, mlflow: FakeMlflow
) -> None:
    dress(mlflow)
    dana = caller("dana")
    first = dana.post("model-versions", BODY)
    assert (first.status, first.body["is_new"]) == (201, True), first.raw
    states = {item["use_case"]: item["state"] for item in first.body["permissions"]}
    assert states == {"collections": "may_be_validated", "equity-capital": "deny"}
    assert all(item["sentence"] and item["page"] for item in first.body["permissions"])
    version = first.body["version"]
    assert (version["mlflow_uri"], version["flavour"], version["family"]) == (URI, "xgboost", "tree_ensemble")
    assert [entry["name"] for entry in version["datasets"]] == ["train", "test", "recent"]
    collections = first.body["permissions"][0]["intended_use"]
    opened = dana.get(f"validation-requests?intended_use={collections}").body["items"]
    assert [item["status"] for item in opened] == ["requested"]
    before = rows()
    again = dana.post("model-versions", BODY)
    assert (again.status, again.body) == (200, first.body | {"is_new": False})
    assert rows() == before


def test_a_later_use_case_is_added_to_the_registered_version(
    caller: CallerFor, world: World, mlflow: FakeMlflow
) -> None:
    dress(mlflow)
    dana = caller("dana")
    dana.post("model-versions", BODY | {"use_cases": ["collections"]})
    more = dana.post("model-versions", BODY | {"use_cases": ["card-underwriting"]})
    assert [item["use_case"] for item in more.body["permissions"]] == ["card-underwriting", "collections"]


def test_missing_details_are_named_and_may_come_with_the_call(
    caller: CallerFor, world: World, mlflow: FakeMlflow
) -> None:
    dress(mlflow, without="purpose")
    dana = caller("dana")
    before = rows()
    refused = dana.post("model-versions", BODY)
    ensure_problem(refused, status=400, code="INV041")
    assert refused.body["context"] == {"missing": ["purpose"], "unknown": []}
    assert rows() == before
    assert dana.post("model-versions", BODY | {"details": {"purpose": DETAILS["purpose"]}}).status == 201


def test_changed_bytes_under_a_registered_number_are_refused(
    caller: CallerFor, world: World, mlflow: FakeMlflow
) -> None:
    dress(mlflow)
    dana = caller("dana")
    assert dana.post("model-versions", BODY).status == 201
    before = rows()
    mlflow.files["model.json"] = b'{"other": 1}'
    ensure_problem(dana.post("model-versions", BODY), status=409, code="INV042")
    assert rows() == before


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"mlflow_uri": "models:/pd/2"}, 404, "MLF010"),
        ({"mlflow_uri": "models:/pd@champion"}, 400, "INV001"),
        ({"mlflow_uri": "runs:/r1/model"}, 400, "INV001"),
        ({"mlflow_uri": "models:/../1"}, 404, "MLF010"),
        ({"use_cases": ["no-such"]}, 404, "INV012"),
        ({"use_cases": []}, 400, "API002"),
        ({"use_cases": "collections"}, 400, "API002"),
        ({"use_cases": [1]}, 400, "API002"),
        ({"details": {"purpose": 1}}, 400, "API002"),
        ({"details": {"colour": "blue"}}, 400, "INV041"),
        ({"details": {"origin": "heaven"}}, 400, "INV044"),
        ({"details": {"entity": "other-bank"}}, 404, "INV014"),
        ({"details": {"owner": "nobody"}}, 404, "PEO020"),
        ({"usecases": ["collections"]}, 400, "API002"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    caller: CallerFor, mlflow: FakeMlflow, change: dict[str, object], status: int, code: str
) -> None:
    dress(mlflow)
    if change.get("mlflow_uri") in ("models:/pd/2", "models:/../1"):
        mlflow.replies.pop(f"{API}/model-versions/get")
    dana = caller("dana")
    before = rows()
    ensure_problem(dana.post("model-versions", BODY | change), status=status, code=code)
    assert rows() == before


def test_a_data_set_that_does_not_match_its_manifest_is_refused(
    caller: CallerFor, world: World, mlflow: FakeMlflow
) -> None:
    dress(mlflow, sha256="0" * 64)
    dana = caller("dana")
    before = rows()
    ensure_problem(dana.post("model-versions", BODY), status=409, code="INV031")
    assert rows() == before


def test_mlflow_away_or_talking_nonsense_is_an_upstream_problem(
    caller: CallerFor, world: World, mlflow: FakeMlflow, settings: LazySettings
) -> None:
    dana = caller("dana")
    before = rows()
    mlflow.replies[f"{API}/model-versions/get"] = (200, b"<html>")
    ensure_problem(dana.post("model-versions", BODY), status=502, code="MLF004")
    mlflow.replies[f"{API}/model-versions/get"] = (500, b"{}")
    ensure_problem(dana.post("model-versions", BODY), status=502, code="MLF003")
    settings.MRM_MLFLOW_URL = "http://127.0.0.1:9"
    away: Answer = dana.post("model-versions", BODY)
    ensure_problem(away, status=503, code="MLF001")
    assert rows() == before


def test_only_a_developer_registers(caller: CallerFor, world: World, mlflow: FakeMlflow) -> None:
    dress(mlflow)
    owen, nia = caller("owen"), caller("nia")
    before = rows()
    ensure_problem(owen.post("model-versions", BODY), status=403, code="PEO001")
    ensure_problem(nia.post("model-versions", BODY), status=404, code="INV012")
    assert rows() == before
