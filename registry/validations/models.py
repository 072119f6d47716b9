"""What was asked of validation, what it found, who challenged it, and who signed."""

from typing import Any
from uuid import uuid4

from django.db import models

from registry.decisions.models import PolicyDecision
from registry.domain.canonical import Json
from registry.domain.vocab import Opinion, ReportStatus, RequestStatus, Safeguard, ScoreSource, Verdict
from registry.inventory.models import IntendedUse
from registry.people.models import Person

FEEDS_FACTS = models.Q(scores_from=ScoreSource.ARTIFACT, reperforms=None, reports_on=None)
"""The requests whose evidence policy may read: neither on a file of predictions nor aside of a validation."""


class ValidationRequest(models.Model):
    """A plan to be run for one intended use, as a decision implied it.

    Two kinds stand aside of a validation, and their evidence feeds no fact. One that
    ``reperforms`` another repeats it as it was, and shows nothing but whether the
    numbers come out the same. One that ``reports_on`` an evidence record redoes that
    check so that a library's own report of the same rows can be attached.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    intended_use = models.ForeignKey(
        IntendedUse, on_delete=models.PROTECT, related_name="validation_requests"
    )
    decision = models.ForeignKey(PolicyDecision, on_delete=models.PROTECT, related_name="validation_requests")
    plan: "models.JSONField[Any, Any]" = models.JSONField()
    plan_digest = models.CharField(max_length=64)
    batch = models.CharField(max_length=40)
    scores_from = models.CharField(
        max_length=12,
        choices=[(b.value, b.name) for b in ScoreSource],
        default=ScoreSource.ARTIFACT.value,
    )
    status = models.CharField(max_length=12, choices=[(s.value, s.name) for s in RequestStatus])
    reason = models.CharField(max_length=240)
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="requested_validations")
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.TextField(blank=True)
    reperforms = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="reperformances", editable=False
    )
    reports_on = models.ForeignKey(
        "EvidenceRecord", on_delete=models.PROTECT, null=True, related_name="reported_by", editable=False
    )

    class Meta:
        app_label = "registry"
        db_table = "registry_validation_request"
        constraints = [
            models.UniqueConstraint(
                fields=["intended_use", "batch"],
                condition=models.Q(status="requested", reperforms=None, reports_on=None),
                name="one_open_validation_request",
            ),
            models.UniqueConstraint(
                fields=["reperforms"],
                condition=models.Q(status="requested"),
                name="one_open_reperformance",
            ),
            models.UniqueConstraint(
                fields=["reports_on"],
                condition=models.Q(status__in=["requested", "completed"]),
                name="one_library_report",
            ),
        ]

    def __str__(self) -> str:
        return f"validation {self.uuid}"

    @property
    def feeds_facts(self) -> bool:
        """Whether policy may read its evidence; ``FEEDS_FACTS`` as a property."""
        return self.scores_from == ScoreSource.ARTIFACT and not self.aside

    @property
    def aside(self) -> str:
        """What it is, in words, where it stands aside of a validation; empty for a validation."""
        if self.reperforms_id is not None:
            return "a re-performance"
        return "" if self.reports_on_id is None else "a run for a library's report"

    @property
    def is_from_predictions(self) -> bool:
        """Whether its scores come from a file, so that no figure of it feeds a fact."""
        return self.scores_from == ScoreSource.PREDICTIONS

    @property
    def scores_from_sentence(self) -> str:
        """What stands beside every figure of it."""
        return ScoreSource(self.scores_from).sentence


class PredictionsFile(models.Model):
    """The file of scores and outcomes that a validation reads in place of an artefact. Never updated."""

    request = models.OneToOneField(ValidationRequest, on_delete=models.PROTECT, related_name="predictions")
    file_name = models.CharField(max_length=160)
    columns: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        app_label = "registry"
        db_table = "registry_predictions_file"

    def __str__(self) -> str:
        return self.file_name

    def summary(self) -> dict[str, Json]:
        """Return what identifies the file and how its columns were named; not its bytes."""
        return {
            "file_name": self.file_name,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "columns": self.columns,
        }


class PredictionsChunk(models.Model):
    """A part of a file of predictions; the parts in order are its bytes. Never updated."""

    file = models.ForeignKey(PredictionsFile, on_delete=models.PROTECT, related_name="chunks")
    position = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Meta:
        app_label = "registry"
        db_table = "registry_predictions_chunk"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["file", "position"], name="one_predictions_chunk_per_position"),
        ]

    def __str__(self) -> str:
        return f"part {self.position}"


class ValidationBasis(models.Model):
    """What a request is built on besides its plan, as it stood when the request was made. Never updated."""

    request = models.OneToOneField(ValidationRequest, on_delete=models.PROTECT, related_name="basis")
    content: "models.JSONField[Any, Any]" = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        app_label = "registry"
        db_table = "registry_validation_basis"

    def __str__(self) -> str:
        return f"basis of {self.request}"


class EvidenceRecord(models.Model):
    """The immutable result of one check: figures, interval, size, verdict, digest. Policy reads only these."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    request = models.ForeignKey(ValidationRequest, on_delete=models.PROTECT, related_name="evidence")
    run_uuid = models.UUIDField()
    check_id = models.CharField(max_length=60)
    check_major = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=16, choices=[(v.value, v.name) for v in Verdict])
    reason = models.CharField(max_length=400, blank=True)
    metrics: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    facts: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    body: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_evidence_record"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["run_uuid", "check_id", "check_major"], name="one_evidence_per_check"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_id} {self.verdict}"


class ChallengeNote(models.Model):
    """A question that a validator put, the answer, and what came of it. Never updated."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    request = models.ForeignKey(ValidationRequest, on_delete=models.PROTECT, related_name="challenges")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="challenge_notes")
    question = models.TextField()
    answer = models.TextField()
    disposition = models.CharField(max_length=240)
    noted_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_challenge_note"

    def __str__(self) -> str:
        return self.question[:60]


class ValidationReport(models.Model):
    """A validator's signed conclusion on the evidence of one request."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    request = models.OneToOneField(ValidationRequest, on_delete=models.PROTECT, related_name="report")
    status = models.CharField(max_length=10, choices=[(s.value, s.name) for s in ReportStatus])
    opinion = models.CharField(max_length=24, choices=[(o.value, o.name) for o in Opinion])
    summary = models.TextField()
    evidence_digest = models.CharField(max_length=64)
    signed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signed_reports")
    signed_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_validation_report"

    def __str__(self) -> str:
        return f"report {self.uuid}"


class SafeguardEvidence(models.Model):
    """A safeguard that somebody showed to be in place, with a date and a source. Never updated."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    intended_use = models.ForeignKey(IntendedUse, on_delete=models.PROTECT, related_name="safeguards")
    safeguard = models.CharField(max_length=40, choices=[(s.value, s.name) for s in Safeguard])
    statement = models.TextField()
    source = models.CharField(max_length=400)
    evidenced_on = models.DateField()
    expires_on = models.DateField()
    evidenced_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="safeguard_evidence")
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_safeguard_evidence"

    def __str__(self) -> str:
        return self.safeguard


class TradeOffStatement(models.Model):
    """The owner's economic case for a model that explains itself less than its use asks. Never updated."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    intended_use = models.ForeignKey(IntendedUse, on_delete=models.PROTECT, related_name="trade_offs")
    statement = models.TextField()
    benefit_eur = models.DecimalField(max_digits=20, decimal_places=2)
    expires_on = models.DateField()
    stated_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="trade_offs")
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "registry"
        db_table = "registry_trade_off_statement"

    def __str__(self) -> str:
        return self.statement[:60]
