"""Tables of the audit log. Rows are inserted and never changed; database triggers refuse the rest."""

from types import MappingProxyType
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Func
from django.db.models.sql.compiler import SQLCompiler


class TransactionNumber(Func):
    """The number of the running transaction, supplied by the database as a column default.

    PostgreSQL answers with its 64-bit transaction id, which the sequencer
    compares with the ids still in flight. SQLite has a single writer, so row
    order is commit order and the number is 0.
    """

    arity = 0
    template = "0"
    output_field = models.BigIntegerField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any] | tuple[Any, ...]]:
        """Return the PostgreSQL form (``xid8`` has no direct cast to a number)."""
        return self.as_sql(compiler, connection, template="(pg_current_xact_id()::text::bigint)")


TEXT_LIMITS = MappingProxyType(
    {
        "subject_type": 64,
        "subject_label": 300,
        "actor_name": 200,
        "actor_role": 100,
        "correlation_id": 100,
    }
)
"""Characters that the free texts of an event may have. SQLite does not enforce a column's length."""


class AuditEvent(models.Model):
    """One recorded act. ``entry`` is what is hashed; the other columns repeat it for queries.

    ``at`` is business time as the surface gave it; ``recorded_at`` is the
    database's clock. Keys into other tables are values, never foreign keys:
    the log outlives what it speaks of.
    """

    uuid = models.UUIDField(unique=True, editable=False)
    entry = models.BinaryField(editable=False)
    action = models.CharField(max_length=64, editable=False)
    subject_type = models.CharField(max_length=TEXT_LIMITS["subject_type"], editable=False)
    subject_uuid = models.UUIDField(editable=False)
    subject_label = models.CharField(max_length=TEXT_LIMITS["subject_label"], editable=False)
    actor_uuid = models.UUIDField(editable=False)
    actor_name = models.CharField(max_length=TEXT_LIMITS["actor_name"], editable=False)
    actor_role = models.CharField(max_length=TEXT_LIMITS["actor_role"], editable=False)
    correlation_id = models.CharField(max_length=TEXT_LIMITS["correlation_id"], editable=False)
    at = models.DateTimeField(editable=False)
    recorded_at = models.DateTimeField(editable=False)
    transaction_number = models.BigIntegerField(db_default=TransactionNumber(), editable=False)

    class Meta:
        app_label = "registry"
        db_table = "audit_event"
        ordering = ("id",)
        indexes = [
            models.Index(fields=["subject_uuid", "id"], name="audit_event_subject"),
            models.Index(fields=["actor_uuid", "id"], name="audit_event_actor"),
            models.Index(fields=["action", "id"], name="audit_event_action"),
            models.Index(fields=["correlation_id"], name="audit_event_correlation"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_label}"


class AuditLeaf(models.Model):
    """The place of a committed event in the Merkle tree: indexes are gapless from 0."""

    index = models.BigIntegerField(primary_key=True, editable=False)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="leaf", editable=False)
    leaf_hash = models.BinaryField(max_length=32, editable=False)

    class Meta:
        app_label = "registry"
        db_table = "audit_leaf"
        ordering = ("index",)

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Checkpoint(models.Model):
    """A signed statement of the log's size and root.

    ``note`` is the exact C2SP signed note. ``peaks`` are the roots of the
    perfect subtrees at that size, so that the next signature hashes new
    entries only; they prove themselves, since they must combine to ``root``.
    """

    size = models.BigIntegerField(unique=True, editable=False)
    root = models.BinaryField(max_length=32, editable=False)
    peaks = models.BinaryField(editable=False)
    note = models.TextField(editable=False)
    signed_at = models.DateTimeField(editable=False)

    class Meta:
        app_label = "registry"
        db_table = "audit_checkpoint"
        ordering = ("size",)

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"
