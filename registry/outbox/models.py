"""Table of outward effects to perform at least once."""

from django.db import models

from registry.domain.vocab import OutboxStatus


class OutboxMessage(models.Model):
    """One outward effect: a mail, a webhook call, a tag to mirror.

    ``uuid`` travels with the effect, so that a receiver can drop a repeat.
    """

    uuid = models.UUIDField(unique=True, editable=False)
    kind = models.CharField(max_length=64, editable=False)
    payload = models.JSONField(editable=False)
    status = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in OutboxStatus], default=OutboxStatus.PENDING.value
    )
    attempts = models.PositiveIntegerField(default=0)
    enqueued_at = models.DateTimeField(editable=False)
    next_attempt_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        app_label = "registry"
        db_table = "outbox_message"
        ordering = ("id",)
        indexes = [models.Index(fields=["status", "next_attempt_at", "id"], name="outbox_message_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"
