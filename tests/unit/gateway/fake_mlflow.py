"""An HTTP server that plays MLflow, well or badly."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

MLMODEL = b"""\
flavors:
  python_function:
    loader_module: mlflow.xgboost
    data: model.json
  xgboost:
    data: model.json
    model_format: json
mlflow_version: 3.17.2
run_id: r1
signature:
  inputs: '[{"type": "double", "name": "income"}, {"type": "double", "name": "debt"}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
"""
API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass
class FakeMlflow:
    """One version of ``pd`` with two files; ``replies`` overrides single paths.

    A reply is ``(status, body)`` or ``(status, body, headers)``; ``pause_s`` delays them all.
    """

    files: dict[str, bytes] = field(default_factory=lambda: {"MLmodel": MLMODEL, "model.json": b"{}"})
    listings: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    replies: dict[str, tuple[int, bytes] | tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    posted: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    pause_s: float = 0.0
    url: str = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        """Return what MLflow would."""
        known: dict[str, object] = {
            "/health": {"ok": True},
            f"{API}/runs/get": RUN,
            f"{API}/logged-models/m-0123456789abcdef": LOGGED_MODEL,
        }
        if path in known:
            return 200, json.dumps(known[path]).encode()
        if path == f"{API}/model-versions/get" and (query["name"], query["version"]) == (["pd"], ["1"]):
            return 200, json.dumps(VERSION).encode()
        if path == ARTIFACTS:
            return 200, json.dumps({"files": self._list(query["path"][0])}).encode()
        name = path.removeprefix(f"{ARTIFACTS}/1/models/m-0123456789abcdef/artifacts/")
        return (200, self.files[name]) if name in self.files else (404, b"{}")

    def _list(self, path: str) -> list[dict[str, object]]:
        if path in self.listings:
            return self.listings[path]
        return [{"path": n, "is_dir": False, "file_size": len(d)} for n, d in self.files.items()]


VERSION = {
    "model_version": {
        "name": "pd",
        "version": "1",
        "status": "READY",
        "source": "models:/m-0123456789abcdef",
        "run_id": "r1",
        "tags": [{"key": "owner", "value": "owen"}],
        "aliases": ["champion"],
    }
}
LOGGED_MODEL = {
    "model": {"info": {"artifact_uri": "mlflow-artifacts:/1/models/m-0123456789abcdef/artifacts"}}
}
RUN = {
    "run": {
        "info": {"user_id": "dana", "artifact_uri": "mlflow-artifacts://localhost:5000/1/r1/artifacts"},
        "data": {"metrics": [{"key": "test_auc", "value": 0.78}], "params": [{"key": "eta", "value": "0.1"}]},
        "inputs": {
            "dataset_inputs": [
                {
                    "tags": [{"key": "mlflow.data.context", "value": "train"}],
                    "dataset": {"name": "cards", "digest": "d1", "source_type": "local", "source": "{}"},
                }
            ]
        },
    }
}


@contextmanager
def fake_mlflow() -> Iterator[FakeMlflow]:
    """Serve a fake MLflow on a free port."""
    fake = FakeMlflow()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(fake.pause_s)
            parts = urlsplit(self.path)
            path = unquote(parts.path)
            status, body, *headers = fake.replies.get(path) or fake.answer(path, parse_qs(parts.query))
            self._send(status, body, headers[0] if headers else {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fake.posted.append((self.command, self.path, json.loads(body)))
            self._send(200, b"{}", {})

        def do_DELETE(self) -> None:
            self.do_POST()

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            # The gateway hangs up on what is too long or too late.
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
