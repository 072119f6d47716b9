"""The three lines in a notebook, and what happens when the registry is away or refuses."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import mrm
from mrm.client import calls
from tests.unit.client.conftest import TOKEN, FakeRegistry, permission, problem

REGISTERED = {
    "version": {
        "mlflow_uri": "models:/pd/1",
        "uuid": "33333333-3333-4333-8333-333333333333",
        "artifact_digest": "ab" * 32,
        "page": "http://registry/versions/3/",
    },
    "is_new": True,
    "permissions": [permission("may_be_validated"), permission("deny", "equity")],
}
REQUESTS = "validation-requests?intended_use=11111111-1111-4111-8111-111111111111"


def test_registering_prints_what_the_version_may_be_used_for(registry: FakeRegistry) -> None:
    registry.answers["model-versions"] = [(201, REGISTERED)]
    v = mrm.register("models:/pd/1", use_cases=["collections", "equity"], purpose="Ranking")
    asked = registry.asked[0]
    assert asked.body == {
        "mlflow_uri": "models:/pd/1",
        "use_cases": ["collections", "equity"],
        "details": {"purpose": "Ranking"},
    }
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert len(asked.headers["Idempotency-Key"]) == 36
    assert (
        str(v.permission) == "pd version 1 for collections: may_be_validated.\npd version 1 for equity: deny."
    )
    assert (v.url, v.is_new, len(v.permission)) == ("http://registry/versions/3/", True, 2)
    assert v.permission["equity"].is_denied
    assert not v.permission["collections"].is_allowed
    assert [item.use_case for item in v.permission] == ["collections", "equity"]
    assert str(v).startswith("models:/pd/1 registered: http://registry/versions/3/\npd version 1")
    assert 'href="http://registry/versions/3/"' in v._repr_html_()


def test_a_version_says_what_it_may_be_used_for_on_another_day(registry: FakeRegistry) -> None:
    registry.answers["model-versions"] = [(201, REGISTERED)]
    for use_case, state in (("collections", "allow"), ("equity", "deny")):
        path = f"permission?mlflow_uri=models%3A%2Fpd%2F1&use_case={use_case}&as_of=2027-01-01"
        registry.answers[path] = [(200, permission(state, use_case, is_projected=True))]
    v = mrm.register("models:/pd/1", use_cases=["collections", "equity"])
    then = v.permission_on(date(2027, 1, 1))
    assert [(item.use_case, item.state, item.is_projected) for item in then] == [
        ("collections", "allow", True),
        ("equity", "deny", True),
    ]
    assert mrm.permission_on("models:/pd/1", "equity", date(2027, 1, 1)).is_denied


def test_a_notebook_shows_text_and_never_markup_of_others(registry: FakeRegistry) -> None:
    registry.answers["gate"] = [(200, permission("deny", sentence="<script>alert(1)</script>"))]
    html = mrm.gate("models:/pd/1", "collections")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_one_text_is_not_a_list_of_use_cases(registry: FakeRegistry) -> None:
    with pytest.raises(TypeError, match="list"):
        mrm.register("models:/pd/1", use_cases="collections")
    assert registry.asked == []


def test_a_refusal_says_code_cause_fields_and_what_to_do(registry: FakeRegistry) -> None:
    refusal = problem("API002", "the body has faults", "Correct them.", fields={"use_cases": ["too short"]})
    registry.answers["model-versions"] = [(400, refusal)]
    with pytest.raises(mrm.MrmApiError) as caught:
        mrm.register("models:/pd/1", use_cases=["x"])
    error = caught.value
    assert str(error) == "API002 the body has faults (use_cases: too short); do: Correct them."
    assert (error.status, error.correlation_id, len(registry.asked)) == (400, "c-1", 1)


@pytest.mark.parametrize(
    ("status", "answer"),
    [(503, problem("MLF001", "away")), (502, b"<html>proxy</html>"), (409, problem("API022", "in progress"))],
)
def test_a_passing_failure_is_retried_under_the_same_key(
    registry: FakeRegistry, status: int, answer: object
) -> None:
    registry.answers["gate"] = [(status, answer), (status, answer), (200, permission())]
    assert mrm.gate("models:/pd/1", "collections").is_allowed
    keys = {asked.headers["Idempotency-Key"] for asked in registry.asked}
    assert (len(registry.asked), len(keys)) == (3, 1)


def test_retries_end(registry: FakeRegistry) -> None:
    registry.answers["gate"] = [(503, problem("MLF001", "away"))]
    with pytest.raises(mrm.MrmApiError, match="MLF001 away"):
        mrm.gate("models:/pd/1", "collections")
    assert len(registry.asked) == 4


def test_a_redirect_is_not_followed_with_the_token(registry: FakeRegistry) -> None:
    registry.answers["gate"] = [(301, b"")]
    with pytest.raises(mrm.MrmApiError, match="CLI004"):
        mrm.gate("models:/pd/1", "collections")
    assert len(registry.asked) == 1


def test_permissions_are_read_without_deciding(registry: FakeRegistry) -> None:
    registry.answers["model-versions?mlflow_uri=models%3A%2Fpd%2F1"] = [(200, {"items": [{"uuid": "3"}]})]
    registry.answers["model-versions/3"] = [(200, {"permissions": [permission()]})]
    assert mrm.permission("models:/pd/1")["collections"].is_allowed
    assert {asked.method for asked in registry.asked} == {"GET"}
    registry.answers["model-versions?mlflow_uri=models%3A%2Fpd%2F1"] = [(200, {"items": []})]
    with pytest.raises(mrm.MrmApiError, match="CLI010"):
        mrm.permission("models:/pd/1")


def test_waiting_shows_progress_and_ends_with_the_permissions(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "POLL_S", 0.001)
    open_request = {
        "uuid": "9",
        "status": "requested",
        "page": "http://registry/runs/9/",
        "checks_planned": 3,
    }
    run = {"status": "running", "checks_recorded": 2, "checks_planned": 3}
    registry.answers |= {
        "model-versions": [(201, REGISTERED | {"permissions": [permission("may_be_validated")]})],
        REQUESTS: [
            (200, {"items": [open_request]}),
            (200, {"items": [open_request]}),
            (200, {"items": [open_request]}),
            (200, {"items": [open_request | {"status": "completed"}]}),
        ],
        "validation-requests/9/run": [(404, problem("RUN013", "nobody yet")), (200, run)],
        "model-versions?mlflow_uri=models%3A%2Fpd%2F1": [(200, {"items": [{"uuid": "3"}]})],
        "model-versions/3": [(200, {"permissions": [permission()]})],
    }
    said: list[str] = []
    v = mrm.register("models:/pd/1", use_cases=["collections"])
    assert mrm.wait(v, show=said.append)["collections"].is_allowed
    assert said == [
        "http://registry/runs/9/: waiting for a worker",
        "http://registry/runs/9/: running, 2 of 3 checks done",
    ]
    registry.answers[REQUESTS] = [(200, {"items": [open_request]})]
    with pytest.raises(mrm.MrmApiError, match="CLI011"):
        mrm.wait(v, show=said.append, timeout_s=0.0)


@pytest.mark.parametrize("url", ["", "registry:8500", "ftp://registry"])
def test_an_address_that_is_none_is_named(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("MRM_URL", url)
    with pytest.raises(mrm.MrmApiError, match="CLI001 MRM_URL"):
        mrm.gate("models:/pd/1", "collections")


def test_the_token_comes_from_a_file_where_one_is_named(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    registry.answers["gate"] = [(200, permission())]
    monkeypatch.setenv("MRM_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(mrm.MrmApiError, match="CLI002"):
        mrm.gate("models:/pd/1", "collections")
    (tmp_path / "token").write_text("mrm_from-file\n")
    mrm.gate("models:/pd/1", "collections")
    assert registry.asked[-1].headers["Authorization"] == "Bearer mrm_from-file"
    (tmp_path / "token").write_text("two lines\nmrm_x")
    with pytest.raises(mrm.MrmApiError, match="the token is not one"):
        mrm.gate("models:/pd/1", "collections")


def test_an_unreachable_registry_is_said_plainly(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MRM_URL", "http://127.0.0.1:9")
    with pytest.raises(mrm.MrmApiError, match=r"CLI003 .* cannot be reached"):
        mrm.gate("models:/pd/1", "collections")


def test_importing_the_client_loads_no_framework_and_nothing_of_the_registry() -> None:
    source = (
        "import sys, mrm; assert 'requests' not in sys.modules; mrm.register\n"
        "bad = {'django', 'rest_framework', 'celery', 'registry', 'validation', 'mrm.settings'} & set(sys.modules)\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", source], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_mrm_has_nothing_else() -> None:
    with pytest.raises(AttributeError, match="no attribute 'settingz'"):
        _ = mrm.settingz
