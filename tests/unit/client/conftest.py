"""A server that plays the registry, and an environment that points at it."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mrm.client import connection

TOKEN = "mrm_test-token"


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class FakeRegistry:
    """Answers from ``answers``: per path a list, of which the last one stays."""

    answers: dict[str, list[tuple[int, object]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def take(self, path: str) -> tuple[int, object]:
        waiting = self.answers.get(path, [(404, problem("API009", "no such address"))])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def problem(code: str, detail: str, remedy: str = "Do something.", **more: object) -> dict[str, object]:
    return {"code": code, "detail": detail, "remedy": remedy, "correlation_id": "c-1", **more}


def permission(state: str = "allow", use_case: str = "collections", **more: object) -> dict[str, object]:
    return {
        "intended_use": "11111111-1111-4111-8111-111111111111",
        "mlflow_uri": "models:/pd/1",
        "use_case": use_case,
        "state": state,
        "sentence": f"pd version 1 for {use_case}: {state}.",
        "until": "2027-11-22" if state.startswith("allow") else None,
        "conditions": [{"text": "Only <cards>.", "kind": "segment"}] if state.endswith("conditions") else [],
        "reasons": [{"text": "No internal model may serve."}] if state == "deny" else [],
        "missing": [],
        "decision": "22222222-2222-4222-8222-222222222222",
        "page": "http://registry/intended-uses/1/",
        **more,
    }


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    fake = FakeRegistry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            is_json = self.headers.get("Content-Type") == "application/json"
            body = json.loads(raw) if is_json else raw or None
            fake.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            status, answer = fake.take(self.path.removeprefix("/api/v1/"))
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("MRM_URL", fake.url)
    monkeypatch.setenv("MRM_TOKEN", TOKEN)
    monkeypatch.delenv("MRM_TOKEN_FILE", raising=False)
    monkeypatch.setattr(connection, "FIRST_PAUSE_S", 0.001)
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()
