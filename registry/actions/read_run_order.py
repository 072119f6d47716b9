"""What a worker needs to run a plan, and the bytes it works on, checked against their digests."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from registry.actions.read_mlflow import DATASET_FOLDER, DATASET_LIMIT, mlflow_gateway
from registry.domain.canonical import Json
from registry.domain.errors import IntegrityMismatch, NotFound
from registry.domain.vocab import RequestStatus
from registry.validations.basis import find_basis, gather_basis
from registry.validations.models import PredictionsChunk, ValidationRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionsOrder:
    """The file to read in place of an artefact: its digest, and the columns by what they mean."""

    sha256: str
    columns: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOrder:
    """One validation to run, as it was frozen. ``assumptions`` hold the portfolio as text, with its provenance.

    ``predictions`` names a file of scores and outcomes; then no artefact and no data set is fetched.
    ``is_for_report``: the run comes to nothing unless a library's report is attached.
    """

    request_uuid: UUID
    label: str
    mlflow_uri: str
    artifact_digest: str
    flavour: str
    family: str
    datasets: list[dict[str, Json]]
    plan: list[Json]
    seed: int
    batch: str
    claimed_metrics: dict[str, str]
    is_interpretable: bool
    assumptions: dict[str, str]
    entity_portfolios: list[dict[str, str]]
    jurisdiction: str
    as_of: date
    predictions: PredictionsOrder | None = None
    is_for_report: bool = False

    def dataset(self, role: str) -> dict[str, Json]:
        """Return the data set of that role. Raises ``VAL040``."""
        for entry in self.datasets:
            if entry["role"] == role:
                return entry
        raise NotFound(
            "VAL040",
            f"the version has no data set {role!r}",
            remedy="Log train, test and recent data sets with the run.",
        )


def list_requests_to_run(*, limit: int = 200) -> list[UUID]:
    """Return the requests that have not ended, oldest first."""
    rows = ValidationRequest.objects.filter(status=RequestStatus.REQUESTED).order_by("id")
    return list(rows.values_list("uuid", flat=True)[:limit])


def get_run_order(*, request_uuid: UUID) -> RunOrder:
    """Return the order behind a request. Raises ``VAL010``."""
    request = (
        ValidationRequest.objects.select_related(
            "intended_use__version__registered_model",
            "intended_use__use_case__entity",
            "intended_use__use_case__portfolio",
        )
        .filter(uuid=request_uuid)
        .first()
    )
    if request is None:
        raise NotFound(
            "VAL010", f"there is no validation request {request_uuid}", remedy="Check the identifier."
        )
    version = request.intended_use.version
    basis = _basis(request)
    return RunOrder(
        request_uuid=request.uuid,
        label=str(request.intended_use),
        mlflow_uri=version.mlflow_uri,
        artifact_digest=basis["artifact_digest"],
        flavour=version.flavour,
        family=basis["family"],
        datasets=basis["datasets"],
        plan=request.plan,
        seed=basis["seed"],
        batch=request.batch,
        claimed_metrics=basis["claims"],
        is_interpretable=basis["family"] in ("linear", "scorecard", "additive", "tree"),
        assumptions=basis["portfolio"],
        entity_portfolios=basis["entity_portfolios"],
        jurisdiction=basis["jurisdiction"],
        as_of=date.fromisoformat(basis["as_of"]),
        predictions=_predictions(request),
        is_for_report=request.reports_on_id is not None,
    )


def _basis(request: ValidationRequest) -> dict[str, Any]:
    """Return what the request was frozen with; one that waits from before bases were kept takes what stands now."""
    kept = find_basis(request=request)
    if kept is not None:
        return dict(kept.content)
    return dict(gather_basis(intended_use=request.intended_use, at=request.requested_at))


def _predictions(request: ValidationRequest) -> PredictionsOrder | None:
    if not request.is_from_predictions:
        return None
    file = request.predictions
    return PredictionsOrder(sha256=file.sha256, columns=file.columns)


def fetch_artifact(*, order: RunOrder, folder: Path) -> None:
    """Download the artefact into an empty folder. Raises ``MLF030`` when the bytes are not those registered."""
    gateway = mlflow_gateway()
    info = gateway.get_model_version(order.mlflow_uri)
    gateway.download(location=info.artifact_location, folder=folder, expected_digest=order.artifact_digest)


def fetch_dataset(*, order: RunOrder, role: str, path: Path) -> None:
    """Download one data set as it comes in, never whole. Raises ``VAL041`` when its bytes are not those registered."""
    entry = order.dataset(role)
    gateway = mlflow_gateway()
    info = gateway.get_model_version(order.mlflow_uri)
    file = gateway.save_file(
        location=f"{info.run_artifact_location}/{DATASET_FOLDER}",
        path=str(entry["path"]),
        target=path,
        limit=DATASET_LIMIT,
    )
    if file.sha256 != entry["sha256"]:
        path.unlink()
        raise IntegrityMismatch(
            "VAL041",
            f"the data set {role!r} is not the one that was registered",
            remedy="Register a new version with the changed data.",
            role=role,
        )


def fetch_predictions(*, order: RunOrder, path: Path) -> None:
    """Write the file of predictions as it was sent. Raises ``VAL042`` when its bytes are not those received."""
    assert order.predictions is not None
    chunks = PredictionsChunk.objects.filter(file__request__uuid=order.request_uuid).order_by("position")
    sha256 = hashlib.sha256()
    with path.open("wb") as target:
        for content in chunks.values_list("content", flat=True).iterator(chunk_size=1):
            sha256.update(content)
            target.write(content)
    if sha256.hexdigest() != order.predictions.sha256:
        raise IntegrityMismatch(
            "VAL042",
            "the stored file of predictions is not the one that was sent",
            remedy="Send the file again, and have the database examined.",
        )
