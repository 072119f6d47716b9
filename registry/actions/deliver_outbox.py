"""Perform outward effects that were promised: mirror permits to MLflow as tags and alias."""

from datetime import datetime

from registry.actions.issue_permit import MIRROR_KIND
from registry.actions.read_mlflow import mlflow_gateway
from registry.outbox.api import Delivery, DeliveryReport, deliver


def deliver_outbox(*, at: datetime, limit: int = 50) -> DeliveryReport:
    """Attempt the due messages; each effect may happen more than once and does the same each time."""
    return deliver(limit=limit, handlers={MIRROR_KIND: _mirror_permit}, at=at)


def _mirror_permit(delivery: Delivery) -> None:
    gateway = mlflow_gateway()
    payload = delivery.payload
    name, version = str(payload["name"]), str(payload["version"])
    tags = payload["tags"]
    assert isinstance(tags, dict)
    for key, value in tags.items():
        gateway.set_version_tag(name=name, version=version, key=key, value=str(value))
    if payload["alias"]:
        gateway.set_alias(name=name, alias=str(payload["alias"]), version=version)
