"""What leaves the register in bulk is recorded before it leaves."""

from datetime import datetime
from uuid import uuid5

from django.db import transaction

from registry.audit.api import AuditAction, Subject, record
from registry.people.actors import SERVICE_NAMESPACE, Actor


def record_inventory_export(*, actor: Actor, at: datetime, correlation_id: str, query: str) -> None:
    """Record that the inventory was exported under a query (as in the address; empty for all of it)."""
    label = query[:200] or "all of it"
    with transaction.atomic():
        record(
            action=AuditAction.INVENTORY_EXPORTED,
            actor=actor,
            at=at,
            subject=Subject(type="inventory", uuid=uuid5(SERVICE_NAMESPACE, "inventory"), label=label),
            payload={"query": query[:2000]},
            correlation_id=correlation_id,
        )


def record_log_export(*, actor: Actor, at: datetime, correlation_id: str, size: int) -> None:
    """Record that the whole audit log was handed out, up to the checkpoint of that size."""
    with transaction.atomic():
        record(
            action=AuditAction.AUDIT_LOG_EXPORTED,
            actor=actor,
            at=at,
            subject=Subject(
                type="audit_log",
                uuid=uuid5(SERVICE_NAMESPACE, "audit log"),
                label=f"the first {size} events",
            ),
            payload={"size": size},
            correlation_id=correlation_id,
        )
