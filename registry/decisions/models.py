"""What the engine said, under which packs, and the signed permission that followed."""

from typing import Any
from uuid import uuid4

from django.db import models

from registry.domain.vocab import (
    BindingLevel,
    Outcome,
    PermissionState,
    PermitStatus,
    ScopeAnswer,
    Stage,
    Verification,
)
from registry.inventory.models import IntendedUse, RegisteredModel
from registry.people.models import Person


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


class TierOverride(models.Model):
    """A tier that a person set in place of the computed one; without a tier, its withdrawal. Never updated.

    The newest row of a use counts. ``computed`` is what the rules gave when it was recorded.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    intended_use = models.ForeignKey(IntendedUse, on_delete=models.PROTECT, related_name="tier_overrides")
    tier = models.PositiveSmallIntegerField(null=True)
    computed = models.PositiveSmallIntegerField()
    reason = models.TextField()
    expires_on = models.DateField(null=True)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tier_overrides")
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_tier_override"
        indexes = [models.Index(fields=["intended_use", "-id"], name="tier_override_of_use")]

    def __str__(self) -> str:
        return "withdrawal" if self.tier is None else f"tier {self.tier} in place of {self.computed}"


class ScopeDetermination(models.Model):
    """Whether a regime takes a registered model for a model, as rules or a person said on a day. Never updated.

    A person's row departs from the computed one in ``departs_from`` and holds until ``review_on`` at the latest.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    registered_model = models.ForeignKey(
        RegisteredModel, on_delete=models.PROTECT, related_name="scope_determinations"
    )
    regime = models.CharField(max_length=60)
    pack_version = models.CharField(max_length=20)
    pack_sha256 = models.CharField(max_length=64)
    in_force_from = models.DateField()
    answer = models.CharField(max_length=16, choices=[(item.value, item.name) for item in ScopeAnswer])
    reason = models.TextField()
    cites: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    binding_level = models.CharField(
        max_length=30, choices=[(level.value, level.name) for level in BindingLevel]
    )
    verification = models.CharField(max_length=12, choices=[(item.value, item.name) for item in Verification])
    facts: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    departs_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="departures")
    review_on = models.DateField(null=True)
    determined_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="scope_determinations"
    )
    determined_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_scope_determination"
        indexes = [
            models.Index(fields=["registered_model", "regime", "-id"], name="scope_of_model"),
            models.Index(fields=["pack_sha256", "registered_model"], name="scope_by_pack"),
        ]

    def __str__(self) -> str:
        return f"{self.regime}: {self.answer}"
