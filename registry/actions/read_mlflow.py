"""What registration reads from MLflow, before any transaction: bytes hashed, lineage, signature, details."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings

from registry.domain.artifact_shape import ArtifactShape
from registry.domain.booster import read_booster_shape
from registry.domain.canonical import Json, sha256_hex
from registry.domain.errors import IntegrityMismatch, InvalidInput
from registry.domain.lightgbm_text import read_lightgbm_shape
from registry.domain.skops_schema import read_skops_shape
from registry.domain.vocab import ModelFamily
from registry.inventory.families import estimator_families, family_of
from registry.mlflow_gateway import ArtifactManifest, MlflowGateway, ModelVersionInfo

DETAIL_TAG = "mrm."
DATASET_FOLDER = "datasets"
DATASET_LIMIT = 4 * 2**30
DATASETS_LIMIT = 3 * DATASET_LIMIT
"""The largest data set that a run fetches, and the most that all data sets of a version may hold."""
MANIFEST_LIMIT = 262_144
COUNTED_LIMIT = 16 * 2**20
"""The largest file that is counted at registration; of a larger one only the flavour is known."""
MANIFEST_KEYS = ("name", "file", "sha256", "rows", "label")
WITHHELD_KEYS = ("segment", "vintage", "score_before")
"""Columns that a manifest may name: like the label they are for checks, and no model's box gets them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionReading:
    """A model version as it was read over HTTP. ``details`` are the ``mrm.*`` tags without the prefix.

    ``shape`` holds what was counted in the bytes (``trees``, ``max_depth``, ``parameters``) with its ``source``.
    """

    info: ModelVersionInfo
    artifact: ArtifactManifest
    family: ModelFamily
    family_source: str
    shape: dict[str, Json]
    signature: Json
    datasets: list[dict[str, Json]]
    details: Mapping[str, str]

    @property
    def flavour(self) -> str:
        """The most specific flavour."""
        return next((name for name in self.info.flavours if name != "python_function"), "python_function")


def mlflow_gateway() -> MlflowGateway:
    """Return a gateway to the configured MLflow server."""
    return MlflowGateway(base_url=settings.MRM_MLFLOW_URL)


def read_version(*, mlflow_uri: str) -> VersionReading:
    """Read and hash everything that registration records. Nothing is unpickled.

    Raises what the gateway raises, and ``INV030`` or ``INV031`` for a data set
    manifest that cannot be read or does not match the bytes.
    """
    gateway = mlflow_gateway()
    info = gateway.get_model_version(mlflow_uri)
    artifact = gateway.hash_artifacts(location=info.artifact_location)
    family, family_source = family_of(
        flavours=info.flavours, file_names=[file.path for file in artifact.files]
    )
    form = _declarative_form(info)
    if form is None:
        counted: ArtifactShape | str = "the artefact holds no model as data"
    else:
        counted = _stands_in(info, form) or _count(gateway, info, artifact, form)
    if form and isinstance(counted, ArtifactShape):
        family, family_source = counted.family, f"flavour {form.flavour} and the bytes of {form.path}"
    return VersionReading(
        info=info,
        artifact=artifact,
        family=family,
        family_source=family_source,
        shape=_shape(counted, path=form.path if form else ""),
        signature=json.loads(info.mlmodel.signature) if info.mlmodel.signature else None,
        datasets=_read_datasets(gateway, info),
        details={
            key.removeprefix(DETAIL_TAG): value
            for key, value in info.tags.items()
            if key.startswith(DETAIL_TAG)
        },
    )


@dataclass(frozen=True, slots=True)
class _DeclarativeForm:
    """A file that is the model itself, as data: its flavour's loader reads it and nothing else."""

    flavour: str
    path: str
    read: Callable[..., ArtifactShape]


def _declarative_form(info: ModelVersionInfo) -> _DeclarativeForm | None:
    """Return where the flavour says that the model lies as data, or nothing."""
    for flavour, named_by, endings, kept_as, read in _FORMS:
        options = info.mlmodel.flavours.get(flavour, {})
        path = options.get(named_by)
        is_data = kept_as is None or options.get("serialization_format") == kept_as
        if is_data and isinstance(path, str) and path.endswith(endings):
            return _DeclarativeForm(flavour, path, read)
    return None


def _stands_in(info: ModelVersionInfo, form: _DeclarativeForm) -> str:
    """Return what may act in the place of the file once the model is loaded, or nothing."""
    options, general = (info.mlmodel.flavours.get(name, {}) for name in (form.flavour, "python_function"))
    if options.get("code") or general.get("code"):
        return "the artefact brings code of its own"
    loader = general.get("loader_module", f"mlflow.{form.flavour}")
    return (
        "" if loader == f"mlflow.{form.flavour}" else f"{loader} loads the model, not mlflow.{form.flavour}"
    )


def _read_skops(*, data: bytes) -> ArtifactShape:
    return read_skops_shape(data=data, families=estimator_families())


_FORMS = (
    ("xgboost", "data", (".json", ".ubj"), None, read_booster_shape),
    ("lightgbm", "data", (".lgb",), None, read_lightgbm_shape),
    ("sklearn", "pickled_model", (".skops",), "skops", _read_skops),
)


def _count(
    gateway: MlflowGateway, info: ModelVersionInfo, artifact: ArtifactManifest, form: _DeclarativeForm
) -> ArtifactShape | str:
    """Return what the bytes say, or why nothing was counted. The bytes are those that were hashed."""
    path = form.path
    file = next((file for file in artifact.files if file.path == path), None)
    if file is None:
        return f"{path} is not in the artefact"
    if file.size > COUNTED_LIMIT:
        return f"{path} has more than {COUNTED_LIMIT} bytes"
    data = gateway.read_file(location=info.artifact_location, path=path, limit=COUNTED_LIMIT)
    if sha256_hex(data) != file.sha256:
        raise IntegrityMismatch(
            "INV048",
            f"the file {path!r} changed while it was read",
            remedy="Register the version again once MLflow's store is quiet.",
            path=path,
        )
    try:
        return form.read(data=data)
    except ValueError as error:
        return f"{path}: {error}"


def _shape(counted: ArtifactShape | str, *, path: str) -> dict[str, Json]:
    if isinstance(counted, str):
        return {"source": f"not counted: {counted}"}
    return {
        "trees": counted.trees,
        "max_depth": counted.max_depth,
        "parameters": counted.parameters,
        "source": f"counted in the bytes of {path}",
    }


def _read_datasets(gateway: MlflowGateway, info: ModelVersionInfo) -> list[dict[str, Json]]:
    if not info.run_artifact_location:
        return []
    location = f"{info.run_artifact_location}/{DATASET_FOLDER}"
    names = gateway.list_files(location=location)
    if "manifest.json" not in names:
        return []
    entries = _parse_manifest(
        gateway.read_file(location=location, path="manifest.json", limit=MANIFEST_LIMIT)
    )
    held = {file.path: file for file in gateway.hash_artifacts(location=location, limit=DATASETS_LIMIT).files}
    recorded = {ref.context: ref.digest for ref in info.datasets}
    for entry in entries:
        file = held.get(str(entry["path"]))
        if file is None or file.sha256 != entry["sha256"]:
            raise IntegrityMismatch(
                "INV031",
                f"the data set {entry['path']!r} does not match the digest in its manifest",
                remedy="Log the data sets again with the manifest that describes them.",
                path=entry["path"],
            )
        entry["bytes"] = file.size
        entry["mlflow_digest"] = recorded.get(str(entry["role"]), "")
    return entries


def _parse_manifest(data: bytes) -> list[dict[str, Json]]:
    try:
        return [_parse_entry(row) for row in json.loads(data)["datasets"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            "INV030",
            "datasets/manifest.json is not the manifest we know",
            remedy=f"Write a JSON object with 'datasets', a list of objects with {', '.join(MANIFEST_KEYS)}, and "
            f"where they are there the columns {', '.join(WITHHELD_KEYS)}, each another than the label.",
        ) from error


def _parse_entry(row: dict[str, Json]) -> dict[str, Json]:
    known = {key: row[key] for key in MANIFEST_KEYS}
    withheld = {key: row.get(key, "") for key in WITHHELD_KEYS}
    named = [known["label"], *(name for name in withheld.values() if name)]
    if not all(isinstance(name, str) for name in (*named, *withheld.values())) or len(set(named)) < len(
        named
    ):
        raise ValueError(f"label, {', '.join(WITHHELD_KEYS)} are not names of columns of their own")
    return {**row, **known, **withheld, "role": known["name"], "path": known["file"]}
