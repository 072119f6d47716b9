"""MLflow's REST API, spoken over HTTP. Nothing here imports mlflow or opens a model.

MLflow is one server at one configured address. Replies are capped in size and
time, redirects are refused, and only that address is ever contacted, whatever
a model version's source says.
"""

from registry.mlflow_gateway.gateway import MlflowGateway
from registry.mlflow_gateway.manifest import ArtifactFile, ArtifactManifest, artifact_digest
from registry.mlflow_gateway.mlmodel import MlModel, parse_mlmodel
from registry.mlflow_gateway.records import DatasetRef, GatewayLimits, ModelVersionInfo

__all__ = [
    "ArtifactFile",
    "ArtifactManifest",
    "DatasetRef",
    "GatewayLimits",
    "MlModel",
    "MlflowGateway",
    "ModelVersionInfo",
    "artifact_digest",
    "parse_mlmodel",
]
