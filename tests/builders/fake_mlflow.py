"""A small MLflow over real HTTP: any number of model versions, with files, data sets and tags."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
SAMPLES = ("train", "test", "recent", "shifted")
MLMODEL = """\
flavors:
  python_function: {{loader_module: mlflow.{flavour}, data: model.json}}
  {flavour}: {{data: model.json}}
signature:
  inputs: '[{{"type": "double", "name": "PAY_0", "required": true}}]'
  outputs: '[{{"type": "double"}}]'
"""


@dataclass
class FakeVersion:
    """One model version. ``files`` are the artefact's, ``datasets`` by file name; ``manifest`` is their description."""

    name: str
    number: str
    files: dict[str, bytes] = field(default_factory=dict)
    datasets: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=lambda: {"test_auc": 0.78})

    @property
    def folder(self) -> str:
        """Where the store keeps its run."""
        return f"1/{self.name}-{self.number}/artifacts"

    def stored(self) -> dict[str, bytes]:
        """Return every file of the run by its path in the store."""
        model = {f"{self.folder}/model/{name}": data for name, data in self.files.items()}
        return model | {f"{self.folder}/datasets/{name}": data for name, data in self.datasets.items()}


@dataclass
class FakeMlflow:
    """What the server holds. ``status`` other than 200 is given to every call; ``posted`` keeps what was written."""

    versions: dict[tuple[str, str], FakeVersion] = field(default_factory=dict)
    posted: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    status: int = 200
    url: str = ""

    def reset(self) -> None:
        """Hold nothing, and answer well."""
        self.versions.clear()
        self.posted.clear()
        self.status = 200

    def add(
        self, name: str, number: str = "1", *, flavour: str = "xgboost", tags: dict[str, str] | None = None
    ) -> FakeVersion:
        """Add a version with four data sets that match their manifest."""
        version = FakeVersion(name=name, number=number, tags=tags or {})
        version.files = {
            "MLmodel": MLMODEL.format(flavour=flavour).encode(),
            "model.json": f"{name} {number}".encode(),
        }
        version.datasets = {f"{role}.parquet": f"{role} of {name}".encode() for role in SAMPLES}
        version.datasets["manifest.json"] = manifest_of(version.datasets)
        self.versions[name, number] = version
        return version

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        """Return what MLflow would."""
        stored = {name: data for version in self.versions.values() for name, data in version.stored().items()}
        if path == f"{API}/model-versions/get":
            version = self.versions.get((query["name"][0], query["version"][0]))
            return (404, b"{}") if version is None else (200, _row(version))
        if path == f"{API}/runs/get":
            run = query["run_id"][0]
            version = next(row for row in self.versions.values() if _run_id(row) == run)
            return 200, _run(version)
        if path == ARTIFACTS:
            return 200, json.dumps({"files": _listing(stored, query["path"][0])}).encode()
        data = stored.get(path.removeprefix(f"{ARTIFACTS}/"))
        return (404, b"{}") if data is None else (200, data)


def manifest_of(datasets: dict[str, bytes]) -> bytes:
    """Return the manifest that describes the data sets."""
    rows = [
        {
            "name": file.removesuffix(".parquet"),
            "file": file,
            "sha256": hashlib.sha256(data).hexdigest(),
            "rows": 7500,
            "label": "default",
        }
        for file, data in datasets.items()
    ]
    return json.dumps({"datasets": rows}).encode()


def _run_id(version: FakeVersion) -> str:
    return f"run-{version.name}-{version.number}"


def _row(version: FakeVersion) -> bytes:
    row = {
        "name": version.name,
        "version": version.number,
        "status": "READY",
        "source": f"mlflow-artifacts:/{version.folder}/model",
        "run_id": _run_id(version),
        "tags": [{"key": key, "value": value} for key, value in version.tags.items()],
    }
    return json.dumps({"model_version": row}).encode()


def _run(version: FakeVersion) -> bytes:
    run = {
        "info": {"user_id": "dana", "artifact_uri": f"mlflow-artifacts:/{version.folder}"},
        "data": {"metrics": [{"key": key, "value": value} for key, value in version.metrics.items()]},
    }
    return json.dumps({"run": run}).encode()


def _listing(stored: dict[str, bytes], folder: str) -> list[dict[str, object]]:
    under = [path.removeprefix(f"{folder}/") for path in stored if path.startswith(f"{folder}/")]
    names = dict.fromkeys(path.partition("/")[0] for path in under)
    return [
        {"path": name, "is_dir": name not in under, "file_size": len(stored.get(f"{folder}/{name}", b""))}
        for name in names
    ]


@contextmanager
def fake_mlflow() -> Iterator[FakeMlflow]:
    """Serve it on a free port."""
    fake = FakeMlflow()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, body = fake.answer(unquote(parts.path), parse_qs(parts.query))
            self._send(status, body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fake.posted.append((self.path, json.loads(body)))
            self._send(200, b"{}")

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status if fake.status == 200 else fake.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
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
