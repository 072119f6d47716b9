"""Who asked for a version to be used, and who decided."""

from uuid import uuid4

from django.db import models

from registry.domain.vocab import ApprovalStatus
from registry.inventory.models import IntendedUse
from registry.people.models import Person
from registry.validations.models import ValidationReport


class ApprovalRequest(models.Model):
    """A request to use a version for a use case, resting on one signed report and pinned to the artefact's digest."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    intended_use = models.ForeignKey(IntendedUse, on_delete=models.PROTECT, related_name="approval_requests")
    report = models.ForeignKey(ValidationReport, on_delete=models.PROTECT, related_name="approval_requests")
    version_digest = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=[(s.value, s.name) for s in ApprovalStatus])
    submitted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="submitted_approvals")
    submitted_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="decided_approvals"
    )
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "registry"
        db_table = "registry_approval_request"
        constraints = [
            models.UniqueConstraint(
                fields=["intended_use"], condition=models.Q(status="pending"), name="one_pending_approval"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("submitted_by")),
                name="approval_not_decided_by_submitter",
            ),
        ]

    def __str__(self) -> str:
        return f"approval {self.uuid}"
