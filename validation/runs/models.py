"""Executions of validation requests. The database is the queue; Celery only rings."""

from typing import Any
from uuid import uuid4

from django.db import models

from registry.domain.vocab import RunStatus, Verdict
from validation.domain.share import WORDS


class ValidationRun(models.Model):
    """One execution. A worker holds it by a lease on the database's clock; the fence voids older claims.

    ``share_total`` is 0 where the step at hand has no share to show.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    request_uuid = models.UUIDField(unique=True)
    status = models.CharField(max_length=12, choices=[(s.value, s.name) for s in RunStatus])
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    progress = models.CharField(max_length=240, blank=True)
    share_done = models.PositiveIntegerField(default=0)
    share_total = models.PositiveIntegerField(default=0)
    share_of = models.CharField(max_length=WORDS, blank=True)
    checks_planned = models.PositiveSmallIntegerField(default=0)
    processes: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        app_label = "validation"
        db_table = "validation_run"
        indexes = [models.Index(fields=["status", "lease_until"], name="run_to_ring")]

    def __str__(self) -> str:
        return f"run {self.uuid}"

    @property
    def share_percent(self) -> int:
        """Return the share of the step at hand in whole per cent, rounded down."""
        return 100 * self.share_done // self.share_total if self.share_total else 0


class Attachment(models.Model):
    """A file that a check left beside its result, which names it by digest. Never changed."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    run = models.ForeignKey(ValidationRun, on_delete=models.PROTECT, related_name="attachments")
    check_id = models.CharField(max_length=60)
    file = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "validation"
        db_table = "validation_attachment"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "check_id", "file"], name="one_attachment_per_name"),
        ]

    def __str__(self) -> str:
        return f"{self.file} of {self.check_id}"


class CheckRecord(models.Model):
    """The result of one check of a run, flushed as soon as it finishes."""

    run = models.ForeignKey(ValidationRun, on_delete=models.PROTECT, related_name="check_records")
    check_id = models.CharField(max_length=60)
    check_major = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=16, choices=[(v.value, v.name) for v in Verdict])
    result: "models.JSONField[Any, Any]" = models.JSONField()
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "validation"
        db_table = "validation_check_record"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "check_id", "check_major"], name="one_record_per_check"),
        ]

    def __str__(self) -> str:
        return f"{self.check_id} {self.verdict}"
