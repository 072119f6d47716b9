"""The calls that the registry makes to MLflow."""

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from registry.domain.errors import (
    IntegrityMismatch,
    InvalidInput,
    LimitExceeded,
    NotFound,
    UpstreamUnavailable,
)
from registry.mlflow_gateway.http import MlflowConnection, malformed
from registry.mlflow_gateway.manifest import (
    ArtifactFile,
    ArtifactManifest,
    ensure_plain_name,
    ensure_plain_path,
)
from registry.mlflow_gateway.mlmodel import parse_mlmodel
from registry.mlflow_gateway.records import DatasetRef, GatewayLimits, ModelVersionInfo

API = "api/2.0/mlflow"
ARTIFACTS = "api/2.0/mlflow-artifacts/artifacts"
VERSION_URI = re.compile(r"models:/(?P<name>[^/:@\x00-\x1f]{1,250})/(?P<version>[1-9][0-9]{0,9})")
MODEL_SOURCE = re.compile(r"models:/(?P<model_id>m-[0-9a-f]{8,64})")
PROXIED = "mlflow-artifacts:/"


class MlflowGateway:
    """One MLflow server.

    Raises ``UpstreamUnavailable`` ``MLF001`` to ``MLF007`` when it is away or
    answers nonsense, ``NotFound`` ``MLF010`` and ``MLF012``, ``LimitExceeded``
    ``MLF020`` to ``MLF023``, ``InvalidInput`` ``MLF011``, ``MLF040`` and
    ``MLF041``, ``IntegrityMismatch`` ``MLF030``.
    """

    def __init__(
        self, *, base_url: str, limits: GatewayLimits | None = None, token: str | None = None
    ) -> None:
        self._limits = limits or GatewayLimits()
        self._http = MlflowConnection(base_url=base_url, limits=self._limits, token=token)

    def ping(self) -> None:
        """Return if the server is healthy; raise ``UpstreamUnavailable`` if not."""
        self._http.get_bytes("health", limit=self._limits.reply_bytes)

    def get_model_version(self, uri: str) -> ModelVersionInfo:
        """Read a model version, its run and its ``MLmodel``, given ``models:/name/version``."""
        name, version = parse_version_uri(uri)
        row = self._get_version(name=name, version=version)
        run_id, source = _text(row, "run_id"), _text(row, "source")
        run = self._get_run(run_id) if run_id else {}
        run_info, run_data = _mapping(run, "info"), _mapping(run, "data")
        run_location = _location(_text(run_info, "artifact_uri")) if run else ""
        model_id, location = self._resolve(source)
        return ModelVersionInfo(
            uri=uri,
            name=name,
            version=version,
            status=_text(row, "status"),
            source=source,
            run_id=run_id,
            model_id=model_id,
            user=_text(run_info, "user_id"),
            artifact_location=location,
            run_artifact_location=run_location,
            mlmodel=parse_mlmodel(
                self.read_file(location=location, path="MLmodel", limit=self._limits.mlmodel_bytes)
            ),
            metrics=_pairs(run_data, "metrics"),
            params=_pairs(run_data, "params"),
            tags=_pairs(row, "tags"),
            aliases=tuple(sorted(str(alias) for alias in _sequence(row, "aliases"))),
            datasets=tuple(_datasets(_mapping(run, "inputs"))),
        )

    def hash_artifacts(self, *, location: str, limit: int | None = None) -> ArtifactManifest:
        """Stream every file under ``location`` and return names, sizes, hashes and the digest.

        ``limit`` caps the bytes of all files together, in place of the cap on an artefact.
        """
        return self._transfer(location=location, folder=None, limit=limit)

    def download(
        self, *, location: str, folder: Path, expected_digest: str | None = None
    ) -> ArtifactManifest:
        """Write every file under ``location`` into ``folder``, which must be empty or absent.

        Raises ``IntegrityMismatch`` ``MLF030`` if the digest over the bytes
        received is not ``expected_digest``; the files are removed then.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidInput(
                "MLF043", "the folder to download into is not empty", remedy="Give an empty folder."
            )
        try:
            manifest = self._transfer(location=location, folder=folder)
            _ensure_digest(manifest, expected=expected_digest)
        except BaseException:
            _empty(folder)
            raise
        return manifest

    def read_file(self, *, location: str, path: str, limit: int) -> bytes:
        """Return the bytes of one small file under ``location``, at most ``limit`` of them."""
        with _named(path):
            return self._http.get_bytes(_file_path(location, ensure_plain_path(path)), limit=limit)

    def save_file(self, *, location: str, path: str, target: Path, limit: int) -> ArtifactFile:
        """Write one file of at most ``limit`` bytes under ``location`` to ``target`` as it comes in."""
        deadline = time.monotonic() + self._limits.transfer_s
        with _named(path):
            return self._fetch(
                location, ensure_plain_path(path), target=target, limit=limit, deadline=deadline
            )

    def list_files(self, *, location: str) -> tuple[str, ...]:
        """Return the paths of all files under ``location``, sorted, within the count and depth caps."""
        paths: list[str] = []
        folders = [""]
        entries = 0
        while folders:
            for path, is_folder in self._list_folder(location, folders.pop()):
                entries += 1
                if entries > self._limits.artifact_files or path.count("/") > self._limits.artifact_depth:
                    raise LimitExceeded(
                        "MLF021",
                        f"the artefact holds more than {self._limits.artifact_files:,} files, or nests too deep",
                        remedy="Log an artefact of fewer files and folders.",
                    )
                (folders if is_folder else paths).append(path)
        return tuple(sorted(paths))

    def set_version_tag(self, *, name: str, version: str, key: str, value: str) -> None:
        """Set one tag of a model version. Repeating it changes nothing."""
        self._http.post_json(
            f"{API}/model-versions/set-tag",
            body={"name": name, "version": version, "key": key, "value": value},
        )

    def set_alias(self, *, name: str, alias: str, version: str) -> None:
        """Point an alias of a registered model at a version. Repeating it changes nothing."""
        self._http.post_json(
            f"{API}/registered-models/alias", body={"name": name, "alias": alias, "version": version}
        )

    def delete_alias(self, *, name: str, alias: str) -> None:
        """Remove an alias. Repeating it changes nothing."""
        self._http.post_json(
            f"{API}/registered-models/alias", body={"name": name, "alias": alias}, method="DELETE"
        )

    def _get_version(self, *, name: str, version: str) -> Mapping[str, object]:
        try:
            reply = self._http.get_json(f"{API}/model-versions/get", query={"name": name, "version": version})
        except NotFound as error:
            raise NotFound(
                "MLF010",
                f"MLflow has no version {version} of a model named {name!r}",
                remedy="Check name and version in MLflow, or register the model there first.",
            ) from error
        return _required(reply, "model_version")

    def _get_run(self, run_id: str) -> Mapping[str, object]:
        return _required(self._http.get_json(f"{API}/runs/get", query={"run_id": run_id}), "run")

    def _resolve(self, source: str) -> tuple[str, str]:
        """Return the logged model's id, if any, and the artefact's location in the store."""
        match = MODEL_SOURCE.fullmatch(source)
        if match is None:
            return "", _location(source)
        model_id = match["model_id"]
        model = _required(self._http.get_json(f"{API}/logged-models/{model_id}"), "model")
        return model_id, _location(_text(_mapping(model, "info"), "artifact_uri"))

    def _transfer(self, *, location: str, folder: Path | None, limit: int | None = None) -> ArtifactManifest:
        deadline = time.monotonic() + self._limits.transfer_s
        left = self._limits.artifact_bytes if limit is None else limit
        files = []
        for path in self.list_files(location=location):
            target = folder.joinpath(*path.split("/")) if folder else None
            file = self._fetch(location, path, target=target, limit=left, deadline=deadline)
            left -= file.size
            files.append(file)
        if not files:
            raise NotFound("MLF012", "the artefact holds no file", remedy="Log the model again.")
        return ArtifactManifest.of(files)

    def _fetch(
        self, location: str, path: str, *, target: Path | None, limit: int, deadline: float
    ) -> ArtifactFile:
        hasher = hashlib.sha256()
        url_path = _file_path(location, path)
        if target is None:
            size = self._http.stream(url_path, sink=hasher.update, limit=limit, deadline=deadline)
            return ArtifactFile(path=path, size=size, sha256=hasher.hexdigest())
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:

            def keep(chunk: bytes) -> None:
                hasher.update(chunk)
                out.write(chunk)

            size = self._http.stream(url_path, sink=keep, limit=limit, deadline=deadline)
        return ArtifactFile(path=path, size=size, sha256=hasher.hexdigest())

    def _list_folder(self, location: str, prefix: str) -> Iterator[tuple[str, bool]]:
        reply = self._http.get_json(ARTIFACTS, query={"path": "/".join(p for p in (location, prefix) if p)})
        for entry in _sequence(reply, "files"):
            if not isinstance(entry, dict):
                raise malformed("a file that is no object")
            name = ensure_plain_name(entry.get("path"))
            yield f"{prefix}/{name}" if prefix else name, entry.get("is_dir") is True


def parse_version_uri(uri: str) -> tuple[str, str]:
    """Return name and version of ``models:/name/version``. Raises ``InvalidInput`` ``MLF011``."""
    match = VERSION_URI.fullmatch(uri)
    if match is None:
        raise InvalidInput(
            "MLF011",
            f"{uri[:120]!r} is no model version",
            remedy="Write models:/<name>/<version> with the version's number, such as models:/pd-cards/1.",
        )
    return match["name"], match["version"]


def _location(uri: str) -> str:
    if not uri.startswith(PROXIED):
        raise UpstreamUnavailable(
            "MLF007",
            "the model's artefacts are not served by the MLflow server",
            remedy="Start MLflow with --artifacts-destination, so that it serves artefacts itself.",
        )
    # mlflow-artifacts:/path and mlflow-artifacts://host:port/path mean the same store: ours.
    rest = uri.removeprefix(PROXIED)
    path = rest.lstrip("/").partition("/")[2] if rest.startswith("/") else rest
    return ensure_plain_path(path)


def _file_path(location: str, path: str) -> str:
    return f"{ARTIFACTS}/{ensure_plain_path(location)}/{path}"


def _ensure_digest(manifest: ArtifactManifest, *, expected: str | None) -> None:
    if expected is not None and manifest.digest != expected:
        raise IntegrityMismatch(
            "MLF030",
            "the artefact's bytes are not those that were registered",
            remedy="Register the changed model as a new version; never replace files of a version.",
            expected=expected,
            actual=manifest.digest,
        )


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Name the file that the artefact does not hold."""
    try:
        yield
    except NotFound as error:
        raise NotFound(
            "MLF012",
            f"the artefact holds no file {path!r}",
            remedy="Log the model again with MLflow's log_model.",
        ) from error


def _empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()


def _required(reply: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = reply.get(key)
    if not isinstance(value, dict):
        raise malformed(f"no {key!r}")
    return value


def _mapping(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    inner = value.get(key, {})
    if not isinstance(inner, dict):
        raise malformed(f"{key!r} is no object")
    return inner


def _sequence(value: Mapping[str, object], key: str) -> list[object]:
    inner = value.get(key, [])
    if not isinstance(inner, list):
        raise malformed(f"{key!r} is no list")
    return inner


def _text(value: Mapping[str, object], key: str) -> str:
    inner = value.get(key, "")
    if not isinstance(inner, str):
        raise malformed(f"{key!r} is no text")
    return inner


def _pairs(value: Mapping[str, object], key: str) -> dict[str, str]:
    pairs = [pair for pair in _sequence(value, key) if isinstance(pair, dict)]
    return {_text(pair, "key"): str(pair.get("value", "")) for pair in pairs}


def _datasets(inputs: Mapping[str, object]) -> Iterator[DatasetRef]:
    for entry in _sequence(inputs, "dataset_inputs"):
        if not isinstance(entry, dict):
            raise malformed("a data set that is no object")
        dataset = _mapping(entry, "dataset")
        yield DatasetRef(
            name=_text(dataset, "name"),
            digest=_text(dataset, "digest"),
            source_type=_text(dataset, "source_type"),
            source=_text(dataset, "source"),
            context=_pairs(entry, "tags").get("mlflow.data.context", ""),
        )
