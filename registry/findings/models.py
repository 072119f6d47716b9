"""Weaknesses and what is done about them."""

from uuid import uuid4

from django.db import models

from registry.domain.vocab import FindingStatus, Severity
from registry.inventory.models import IntendedUse
from registry.people.models import Person


class Finding(models.Model):
    """A weakness with severity, owner, due date and lifecycle. One per failing check of a run."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    intended_use = models.ForeignKey(IntendedUse, on_delete=models.PROTECT, related_name="findings")
    run_uuid = models.UUIDField()
    check_id = models.CharField(max_length=60)
    evidence_uuid = models.UUIDField()
    severity = models.CharField(max_length=10, choices=[(s.value, s.name) for s in Severity])
    title = models.CharField(max_length=240)
    detail = models.TextField()
    status = models.CharField(max_length=24, choices=[(s.value, s.name) for s in FindingStatus])
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="owned_findings")
    due_date = models.DateField()
    raised_at = models.DateTimeField()
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="closed_findings")
    closed_at = models.DateTimeField(null=True)
    closing_reason = models.TextField(blank=True)
    accepted_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="accepted_findings"
    )
    accepted_until = models.DateField(null=True)
    acceptance_reason = models.TextField(blank=True)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "registry"
        db_table = "registry_finding"
        constraints = [
            models.UniqueConstraint(fields=["run_uuid", "check_id"], name="one_finding_per_check"),
            models.CheckConstraint(
                condition=models.Q(closed_by__isnull=True) | ~models.Q(closed_by=models.F("owner")),
                name="finding_not_closed_by_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_by__isnull=True) | ~models.Q(accepted_by=models.F("owner")),
                name="risk_not_accepted_by_owner",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=FindingStatus.RISK_ACCEPTED)
                | models.Q(accepted_by__isnull=False, accepted_until__isnull=False),
                name="risk_accepted_by_somebody_until_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RemediationPlan(models.Model):
    """What the owner will do about a finding, and by when. Never updated; a new plan is a new row."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="remediation_plans")
    actions = models.TextField()
    due_date = models.DateField()
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="remediation_plans")
    proposed_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_remediation_plan"

    def __str__(self) -> str:
        return self.actions[:60]
