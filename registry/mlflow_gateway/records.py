"""What the gateway returns: plain, frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.mlflow_gateway.mlmodel import MlModel


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """Caps on what one call may cost. Sizes in bytes, times in seconds."""

    connect_s: float = 3.0
    read_s: float = 15.0
    call_s: float = 30.0
    transfer_s: float = 300.0
    reply_bytes: int = 8 * 2**20
    mlmodel_bytes: int = 2**20
    artifact_files: int = 2_000
    artifact_bytes: int = 2 * 2**30
    artifact_depth: int = 8


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A data set that the run named as its input. ``digest`` is what MLflow recorded, not ours."""

    name: str
    digest: str
    source_type: str
    source: str
    context: str


@dataclass(frozen=True, slots=True)
class ModelVersionInfo:
    """A model version as MLflow knows it, with its run and its ``MLmodel``.

    ``artifact_location`` and ``run_artifact_location`` are paths inside
    MLflow's artefact store, to be handed back to the gateway. ``metrics`` are
    claims of the developer, as decimal text.
    """

    uri: str
    name: str
    version: str
    status: str
    source: str
    run_id: str
    model_id: str
    user: str
    artifact_location: str
    run_artifact_location: str
    mlmodel: MlModel
    metrics: Mapping[str, str]
    params: Mapping[str, str]
    tags: Mapping[str, str]
    aliases: tuple[str, ...]
    datasets: tuple[DatasetRef, ...]

    @property
    def flavours(self) -> tuple[str, ...]:
        """Return the flavours' names, sorted."""
        return tuple(sorted(self.mlmodel.flavours))
