"""What becomes of the packs: proposals, reports of impact, approvals, withdrawals, and the work on them."""

from typing import Any
from uuid import uuid4

from django.db import models

from registry.decisions.models import PackRelease, PolicyDecision
from registry.domain.vocab import PackJobKind, ProposalKind, ProposalStatus, RunStatus, Stage
from registry.inventory.models import IntendedUse
from registry.people.models import Person


class PackProposal(models.Model):
    """A pack that somebody would release, or a release that he would withdraw. Frozen once proposed.

    ``content_sha256`` is the hash of the pack's content, for a withdrawal that
    of the release. ``effective_from`` is the day from which it would rule, or
    cease to rule.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.name) for kind in ProposalKind])
    instrument = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=240)
    effective_from = models.DateField()
    content_sha256 = models.CharField(max_length=64)
    text = models.TextField()
    rationale = models.TextField()
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="pack_proposals")
    status = models.CharField(
        max_length=12, choices=[(status.value, status.name) for status in ProposalStatus]
    )
    drafted_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="ended_proposals")
    ended_reason = models.TextField(blank=True)
    release = models.ForeignKey(PackRelease, on_delete=models.PROTECT, null=True, related_name="proposals")
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "registry"
        db_table = "registry_pack_proposal"
        indexes = [models.Index(fields=["status", "-id"], name="proposal_by_status")]

    def __str__(self) -> str:
        return f"{self.instrument} {self.version}"

    @property
    def is_withdrawal(self) -> bool:
        """Whether it would end a released pack."""
        return self.kind == ProposalKind.WITHDRAWAL


class PackWithdrawal(models.Model):
    """From this day on a released pack rules no more. Never updated."""

    release = models.OneToOneField(PackRelease, on_delete=models.PROTECT, related_name="withdrawal")
    proposal = models.ForeignKey(PackProposal, on_delete=models.PROTECT, related_name="withdrawals")
    effective_from = models.DateField()
    withdrawn_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_pack_withdrawal"

    def __str__(self) -> str:
        return f"{self.release} until {self.effective_from}"


class PackJob(models.Model):
    """Work on a proposal that a worker does in steps: the queue of record, with a lease and a fence."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.name) for kind in PackJobKind])
    proposal = models.ForeignKey(PackProposal, on_delete=models.PROTECT, related_name="jobs")
    status = models.CharField(max_length=12, choices=[(status.value, status.name) for status in RunStatus])
    not_before = models.DateField(null=True)
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="pack_jobs")
    requested_at = models.DateTimeField()
    correlation_id = models.CharField(max_length=64)
    progress = models.CharField(max_length=120, blank=True)
    done = models.PositiveIntegerField(default=0)
    planned = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        app_label = "registry"
        db_table = "registry_pack_job"
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "kind"],
                condition=models.Q(status__in=["queued", "running"]),
                name="one_open_pack_job",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.proposal}"


class ImpactReport(models.Model):
    """What a proposal would do to the inventory, bound to packs and facts by hash. Never updated."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    job = models.OneToOneField(PackJob, on_delete=models.PROTECT, related_name="report")
    proposal = models.ForeignKey(PackProposal, on_delete=models.PROTECT, related_name="reports")
    proposal_sha256 = models.CharField(max_length=64)
    as_of_date = models.DateField()
    packs_before: "models.JSONField[Any, Any]" = models.JSONField()
    packs_after: "models.JSONField[Any, Any]" = models.JSONField()
    facts_digest = models.CharField(max_length=64)
    pairs = models.PositiveIntegerField()
    counts: "models.JSONField[Any, Any]" = models.JSONField()
    digest = models.CharField(max_length=64)
    reported_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_impact_report"

    def __str__(self) -> str:
        return f"impact of {self.proposal}"


class ImpactEffect(models.Model):
    """One pair that would be decided otherwise, and the rules responsible. Never updated."""

    report = models.ForeignKey(ImpactReport, on_delete=models.PROTECT, related_name="effects")
    intended_use = models.ForeignKey(IntendedUse, on_delete=models.PROTECT, related_name="impact_effects")
    decision = models.ForeignKey(PolicyDecision, on_delete=models.PROTECT, related_name="impact_effects")
    stage = models.CharField(max_length=20, choices=[(stage.value, stage.name) for stage in Stage])
    change = models.CharField(max_length=12)
    before = models.CharField(max_length=24)
    after = models.CharField(max_length=24)
    tier_before = models.PositiveSmallIntegerField(null=True)
    tier_after = models.PositiveSmallIntegerField(null=True)
    terms_after = models.CharField(max_length=64)
    rules: "models.JSONField[Any, Any]" = models.JSONField()

    class Meta:
        app_label = "registry"
        db_table = "registry_impact_effect"
        indexes = [models.Index(fields=["report", "change", "id"], name="effect_by_change")]

    def __str__(self) -> str:
        return f"{self.change}: {self.intended_use}"


class PackApproval(models.Model):
    """One of two people's approval, pinned to the proposal's hash and to a report. Never updated."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    proposal = models.ForeignKey(PackProposal, on_delete=models.PROTECT, related_name="approvals")
    report = models.ForeignKey(ImpactReport, on_delete=models.PROTECT, related_name="approvals")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="pack_approvals")
    proposal_sha256 = models.CharField(max_length=64)
    report_digest = models.CharField(max_length=64)
    comment = models.TextField()
    approved_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_pack_approval"
        constraints = [
            models.UniqueConstraint(fields=["report", "person"], name="one_approval_per_person_and_report")
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.proposal}"


class EffectComparison(models.Model):
    """What the pair's decision after activation was, beside what the report said. Never updated."""

    job = models.ForeignKey(PackJob, on_delete=models.PROTECT, related_name="comparisons")
    effect = models.OneToOneField(ImpactEffect, on_delete=models.PROTECT, related_name="comparison")
    decision = models.ForeignKey(PolicyDecision, on_delete=models.PROTECT, related_name="comparisons")
    is_as_reported = models.BooleanField()
    same_facts = models.BooleanField()

    class Meta:
        app_label = "registry"
        db_table = "registry_effect_comparison"

    def __str__(self) -> str:
        return f"{self.effect}: {'as reported' if self.is_as_reported else 'otherwise'}"
