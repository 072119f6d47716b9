"""What holds for every address: one error shape, strict input, scopes, and nothing said of what one may not see."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from registry.rest import inventory
from registry.rest.permissions import ANY_SCOPE
from tests.builders.web_world import World
from tests.db.rest.conftest import ALL_SCOPES, Answer, Caller, CallerFor

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
USE_CASE = {
    "key": "limits",
    "name": "Limits",
    "description": "Sets limits.",
    "entity": "meridian-eu",
    "jurisdiction": "EU",
    "archetype": "pricing",
    "is_customer_facing": True,
    "decides_on_individuals": True,
    "exposure_eur": "10.00",
    "materiality": "low",
    "owner": "owen",
}


def ensure_problem(answer: Answer, *, status: int, code: str = "") -> None:
    assert answer.status == status, answer.raw[:300]
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.body
    assert {"type", "title", "status", "detail", "code", "remedy", "correlation_id"} <= set(body)
    assert set(body) <= {
        *("type", "title", "status", "detail", "code", "remedy", "correlation_id"),
        *("context", "fields"),
    }
    assert (body["status"], body["type"]) == (status, f"urn:mrm:problem:{body['code']}")
    assert re.fullmatch(r"[A-Z]{3}[0-9]{3}", body["code"])
    assert body["detail"]
    assert body["remedy"]
    assert body["correlation_id"] == answer.headers["X-Correlation-ID"]
    assert not code or body["code"] == code


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every address under /api/v1/ with its view class."""
    for item in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns, path)
        elif isinstance(item, URLPattern) and path.startswith("api/v1/"):
            filled = re.sub(r"<uuid:[a-z_]+>", str(uuid4()), path).replace("<slug:key>", "no-such-key")
            yield filled.removeprefix("api/v1/"), item.callback.view_class  # type: ignore[attr-defined]


def test_every_method_of_every_address_takes_its_scope_and_no_other(caller: CallerFor, world: World) -> None:
    callers = {scope: caller("dana", scope) for scope in ALL_SCOPES}
    stranger = Caller()
    served = 0
    for path, view in routes():
        for method in METHODS:
            needed = view.scopes.get(method)
            if not hasattr(view, method.lower()):
                ensure_problem(callers["read"].send(method, path), status=405, code="API008")
                continue
            served += 1
            assert needed is not None, f"{method} {path} declares no scope"
            ensure_problem(stranger.send(method, path), status=401, code="API010")
            for scope, one in callers.items():
                answer = one.send(method, path)
                if needed in (ANY_SCOPE, scope):
                    assert answer.status not in (401, 403), (method, path, answer.raw)
                else:
                    ensure_problem(answer, status=403, code="PEO002")
    assert served >= 30


def test_a_method_without_a_declared_scope_is_refused(
    caller: CallerFor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory.ModelList, "scopes", {})
    ensure_problem(caller("dana").get("models"), status=403, code="API013")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer mrm_wrong",
        "Basic ZGFuYTpwdw==",
        "Token mrm_x",
        "Bearer mrm_x mrm_y",
        "Bearer " + "a" * 500,
    ],
)
def test_a_token_that_speaks_for_nobody_is_challenged(world: World, header: str) -> None:
    answer = Caller().get("whoami", Authorization=header)
    ensure_problem(answer, status=401, code="PEO012")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mrm"'


def test_a_session_means_nothing_to_the_api(world: World, client: Any) -> None:
    client.force_login(world.people["dana"])
    assert client.get("/api/v1/whoami").status_code == 401


def test_what_one_may_not_see_looks_exactly_like_what_is_not_there(caller: CallerFor, world: World) -> None:
    assert world.validated is not None
    nia, rex = caller("nia"), caller("rex")
    evidence = world.validated.evidence.first()
    finding = rex.get("findings").body["items"][0]["uuid"]
    decision = rex.get(f"intended-uses/{world.uses['collections'].uuid}").body["decisions"][0]
    event = rex.get("audit-events").body["items"][0]["uuid"]
    assert evidence is not None
    there = {
        f"models/{world.versions['pd-cards'].registered_model.uuid}": "INV010",
        f"model-versions/{world.versions['pd-cards'].uuid}": "INV011",
        "use-cases/collections": "INV012",
        f"intended-uses/{world.uses['collections'].uuid}": "INV013",
        f"decisions/{decision}": "DEC001",
        f"validation-requests/{world.validated.uuid}": "VAL010",
        f"validation-requests/{world.validated.uuid}/run": "VAL010",
        f"validation-requests/{world.validated.uuid}/reperformances": "VAL010",
        f"validation-requests/{world.validated.uuid}/reproduction": "VAL010",
        f"evidence/{evidence.uuid}": "VAL012",
        f"findings/{finding}": "FND001",
        f"audit-events/{event}": "AUD012",
    }
    for path, code in there.items():
        name = path.split("/")[1]
        absent = "collectiong" if name == "collections" else str(uuid4())
        assert rex.get(path).status in (200, 404), path
        unseen, missing = nia.get(path), nia.get(path.replace(name, absent))
        ensure_problem(unseen, status=404, code=code)
        assert _without_names(unseen, name) == _without_names(missing, absent), path
    for path in ("models", "model-versions", "use-cases", "findings", "approvals", "validation-requests"):
        assert nia.get(path).body["items"] == [], path
        counted = nia.get("models?facets=1").body["facets"]
        assert all(facet["options"] == [] for facet in counted)


def _without_names(answer: Answer, name: str) -> bytes:
    return answer.raw.replace(answer.body["correlation_id"].encode(), b"").replace(name.encode(), b"NAME")


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "API002"),
        (b"{", 400, "API001"),
        (b"[]", 400, "API001"),
        (b"null", 400, "API001"),
        (b'"text"', 400, "API001"),
        (b'{"key": "a", "key": "b"}', 400, "API001"),
        (b'{"inner": {"a": 1, "a": 2}}', 400, "API001"),
        (b'{"key": NaN}', 400, "API001"),
        (b'{"key": -Infinity}', 400, "API001"),
        (b'{"key": "\\ud800"}', 400, "API001"),
        (b'{"key": "a\\u0000b"}', 400, "API001"),
        (b'\xff\xfe{"key": 1}', 400, "API001"),
        (b'{"key": ' + b"9" * 5000 + b"}", 400, "API001"),
        (b'{"key": ' + b"[" * 13 + b"]" * 13 + b"}", 413, "API004"),
        (b"[" * 200_000, 413, "API004"),
        (b'{"key": "' + b"a" * 1_048_576 + b'"}', 413, "API003"),
    ],
)
def test_a_body_that_is_not_one_plain_object_changes_nothing(
    caller: CallerFor, world: World, raw: bytes, status: int, code: str
) -> None:
    owen = caller("owen")
    before = len(owen.get("use-cases").body["items"])
    ensure_problem(owen.send("POST", "use-cases", raw=raw), status=status, code=code)
    assert len(owen.get("use-cases").body["items"]) == before


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"kez": "limits"}, "kez", "did you mean 'key'?"),
        ({"xyzzy": 1}, "xyzzy", "known: key, name"),
        ({"name": 7}, "name", "Not a valid string"),
        ({"name": True}, "name", "Not a valid string"),
        ({"name": None}, "name", "null"),
        ({"name": ""}, "name", "blank"),
        ({"name": "n" * 161}, "name", "160"),
        ({"is_customer_facing": "true"}, "is_customer_facing", "boolean"),
        ({"is_customer_facing": 1}, "is_customer_facing", "boolean"),
        ({"exposure_eur": 10.5}, "exposure_eur", "Not a valid string"),
        ({"key": "Not A Slug"}, "key", "pattern"),
        ({"owner": ["owen"]}, "owner", "Not a valid string"),
    ],
)
def test_a_field_at_fault_is_named(
    caller: CallerFor, world: World, change: dict[str, Any], field: str, says: str
) -> None:
    answer = caller("owen").post("use-cases", USE_CASE | change)
    ensure_problem(answer, status=400, code="API002")
    assert list(answer.body["fields"]) == [field]
    assert says in answer.body["fields"][field][0]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("serach=x", "API005"),
        ("tier=1&tier=2", "API005"),
        ("search=%00", "API005"),
        ("search=" + "a" * 401, "API005"),
        ("limit=0", "API005"),
        ("limit=201", "API005"),
        ("limit=ten", "API005"),
        ("limit=%D9%A1", "API005"),
        ("tier=9", "INV022"),
        ("state=odd", "INV022"),
        ("sort=password", "INV020"),
        ("sort=tier&after=nowhere", "INV023"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(
    caller: CallerFor, world: World, query: str, code: str
) -> None:
    ensure_problem(caller("dana").get(f"models?{query}"), status=400, code=code)


def test_an_unknown_parameter_names_the_nearest_known_one(caller: CallerFor, world: World) -> None:
    answer = caller("dana").get("models?serach=x")
    assert answer.body["fields"] == {"serach": ["unknown; did you mean 'search'?"]}


def test_what_is_not_json_is_neither_read_nor_written(caller: CallerFor, world: World) -> None:
    owen = caller("owen")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = owen.send("POST", "use-cases", raw=b"key=limits", Content_Type=kind)
        ensure_problem(answer, status=415, code="API006")
    ensure_problem(owen.get("use-cases", Accept="text/html"), status=406, code="API007")


def test_an_unknown_address_is_a_problem_for_everybody(world: World) -> None:
    for method in METHODS:
        ensure_problem(Caller().send(method, "no-such-thing"), status=404, code="API009")
    ensure_problem(Caller().get("models/not-a-uuid"), status=404, code="API009")


def test_a_crash_is_a_problem_that_tells_nothing(
    caller: CallerFor, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(**_asked: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("registry.rest.inventory.api.list_models_lean", explode)
    answer = caller("dana").get("models", X_Correlation_ID="trace-me-0001")
    ensure_problem(answer, status=500, code="API500")
    assert b"hunter2" not in answer.raw
    assert "trace-me-0001" in caplog.text
    assert "hunter2" in caplog.text


def test_a_correlation_id_is_taken_over_where_it_is_well_formed(caller: CallerFor, world: World) -> None:
    dana = caller("dana")
    question = {"mlflow_uri": "models:/pd-cards/1", "use_case": "collections"}
    answer = dana.post("gate", question, X_Correlation_ID="pipeline-4711")
    assert answer.headers["X-Correlation-ID"] == "pipeline-4711"
    newest = dana.get("audit-events?limit=1").body["items"][0]
    assert newest["correlation_id"] == "pipeline-4711"
    for offered in ("short", "with space in it", "x" * 65, "<script>alert(1)</script>"):
        assert dana.get("whoami", X_Correlation_ID=offered).headers["X-Correlation-ID"] != offered
