"""What the engine said, under which packs, and the signed permission that followed."""

from typing import Any
from uuid import uuid4

from django.db import models

from registry.domain.vocab import BindingLevel, Outcome, PermissionState, PermitStatus, Stage
from registry.inventory.models import IntendedUse


class PackRelease(models.Model):
    """A policy pack as it was when it came into force here: its text and its hash. Never updated."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    instrument = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=240)
    binding_level = models.CharField(
        max_length=30, choices=[(level.value, level.name) for level in BindingLevel]
    )
    effective_from = models.DateField()
    content_sha256 = models.CharField(max_length=64)
    text = models.TextField()
    released_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_pack_release"
        constraints = [models.UniqueConstraint(fields=["instrument", "version"], name="one_pack_release")]

    def __str__(self) -> str:
        return f"{self.instrument} {self.version}"


class PolicyDecision(models.Model):
    """One answer of the engine, with the facts it saw. ``body`` is the canonical text that replays. Never updated.

    ``permission_state`` and ``permission_until`` are what the answer made of the
    permission. ``stated`` is what a caller said about the one use he asked about;
    such an answer is about that use and leaves the pair's permission alone.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    intended_use = models.ForeignKey(IntendedUse, on_delete=models.PROTECT, related_name="decisions")
    stage = models.CharField(max_length=20, choices=[(stage.value, stage.name) for stage in Stage])
    outcome = models.CharField(max_length=24, choices=[(outcome.value, outcome.name) for outcome in Outcome])
    tier = models.PositiveSmallIntegerField(null=True)
    sentence = models.TextField()
    as_of_date = models.DateField()
    facts: "models.JSONField[Any, Any]" = models.JSONField()
    facts_digest = models.CharField(max_length=64)
    body = models.TextField()
    body_digest = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=20)
    decided_at = models.DateTimeField()
    stated: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    permission_state = models.CharField(
        max_length=24, null=True, choices=[(state.value, state.name) for state in PermissionState]
    )
    permission_until = models.DateField(null=True)

    class Meta:
        app_label = "registry"
        db_table = "registry_policy_decision"
        indexes = [models.Index(fields=["intended_use", "-id"], name="decision_of_use")]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.stage}"


class Permit(models.Model):
    """A signed, dated statement that a version may serve a use case, under conditions, until a date."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    intended_use = models.ForeignKey(IntendedUse, on_delete=models.PROTECT, related_name="permits")
    approval_uuid = models.UUIDField()
    decision = models.ForeignKey(PolicyDecision, on_delete=models.PROTECT, related_name="permits")
    statement = models.TextField()
    signature = models.CharField(max_length=120)
    key_id = models.CharField(max_length=16)
    conditions: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    version_digest = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_on = models.DateField()
    status = models.CharField(max_length=12, choices=[(status.value, status.name) for status in PermitStatus])
    status_reason = models.TextField(blank=True)

    class Meta:
        app_label = "registry"
        db_table = "registry_permit"
        constraints = [
            models.UniqueConstraint(
                fields=["intended_use"], condition=models.Q(status="issued"), name="one_issued_permit"
            ),
        ]

    def __str__(self) -> str:
        return f"permit {self.uuid}"
