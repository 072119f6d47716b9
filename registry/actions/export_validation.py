"""A validation as a file that stands alone: everything recorded of it, with the digests that bind it together."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.contrib.staticfiles import finders
from django.db import transaction
from django.template.loader import render_to_string

from registry.actions.read_inventory import safe_cell
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.canonical import Json, to_json
from registry.domain.errors import InvalidInput
from registry.domain.false_alarms import FalseAlarmBound, read_bound
from registry.people.actors import Actor
from registry.validations.basis import find_basis
from registry.validations.models import (
    ChallengeNote,
    EvidenceRecord,
    ValidationBasis,
    ValidationReport,
    ValidationRequest,
)
from registry.validations.selectors import evidence_digest, find_report, get_validation_request, list_evidence

COLUMNS = (
    *("check", "check_major", "verdict", "reason", "metric", "estimate", "lower", "upper", "confidence"),
    *("n", "method", "evidence_digest", "scores_from", "reperforms", "reports_on"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationDossier:
    """A validation with all that was recorded of it. ``evidence_digest`` is what a report is signed over.

    ``basis`` is what it was built on besides the plan; none where that was not kept.
    """

    request: ValidationRequest
    basis: ValidationBasis | None
    evidence: list[EvidenceRecord]
    challenges: list[ChallengeNote]
    report: ValidationReport | None
    evidence_digest: str

    @property
    def false_alarms(self) -> FalseAlarmBound | None:
        """Return how often the statistical alarms may be false together; None where no result records it."""
        return read_bound(row.body for row in self.evidence)

    @property
    def reperforms(self) -> UUID | None:
        """Return the validation that this one repeats, if it is a re-performance."""
        return None if self.request.reperforms is None else self.request.reperforms.uuid

    @property
    def reports_on(self) -> UUID | None:
        """Return the evidence record on which a library's report was asked for, if this run is for one."""
        return None if self.request.reports_on is None else self.request.reports_on.uuid

    def to_json(self) -> dict[str, Json]:
        """Return everything as canonical JSON values."""
        request, use = self.request, self.request.intended_use
        document = {
            "validation": request.uuid,
            "model_version": use.version.mlflow_uri,
            "artifact_digest": use.version.artifact_digest,
            "use_case": use.use_case.key,
            "batch": request.batch,
            "scores_from": request.scores_from,
            "scores_from_in_words": request.scores_from_sentence,
            "predictions": request.predictions.summary() if request.is_from_predictions else None,
            "status": request.status,
            "requested_at": request.requested_at,
            "requested_by": request.requested_by.username,
            "ended_at": request.ended_at,
            "ended_reason": request.ended_reason,
            "decision": request.decision.uuid,
            "plan": request.plan,
            "plan_digest": request.plan_digest,
            "basis": None if self.basis is None else self.basis.content,
            "basis_digest": None if self.basis is None else self.basis.digest,
            "reperforms": self.reperforms,
            "reports_on": self.reports_on,
            "false_alarms": self.false_alarms.to_json() if self.false_alarms else None,
            "evidence": [_evidence(row) for row in self.evidence],
            "evidence_digest": self.evidence_digest,
            "challenges": [_challenge(note) for note in self.challenges],
            "report": _report(self.report),
        }
        return {name: to_json(value) for name, value in document.items()}

    def to_csv(self) -> Iterator[str]:
        """Yield one line per figure; a check without figures has a line of its own."""
        yield _line(COLUMNS)
        of_all = (self.request.scores_from_sentence, self.reperforms, self.reports_on)
        for row in self.evidence:
            for metric in row.metrics or [{}]:
                figures = (
                    metric.get(name)
                    for name in ("name", "estimate", "lower", "upper", "confidence", "n", "method")
                )
                lead = (row.check_id, row.check_major, row.verdict, row.reason)
                yield _line((*lead, *figures, row.digest, *of_all))


@dataclass(frozen=True, kw_only=True, slots=True)
class DossierFile:
    """A dossier ready to be handed out."""

    name: str
    content_type: str
    content: bytes


def dossier_file(*, dossier: ValidationDossier, form: str, at: datetime) -> DossierFile:
    """Return the dossier as ``json``, ``csv`` or ``html``; the page needs nothing but itself. Raises ``VAL051``."""
    name = f"validation-{dossier.request.uuid}.{form}"
    match form:
        case "json":
            text = json.dumps(dossier.to_json(), indent=2, ensure_ascii=False)
            return DossierFile(name=name, content_type="application/json", content=text.encode())
        case "csv":
            return DossierFile(
                name=name, content_type="text/csv; charset=utf-8", content="".join(dossier.to_csv()).encode()
            )
        case "html":
            found = finders.find("mrm/site.css")
            assert isinstance(found, str)
            context = {
                "dossier": dossier,
                "style": Path(found).read_text(encoding="utf-8"),
                "taken_out_at": at,
            }
            page = render_to_string("registry/dossier.html", context)
            return DossierFile(name=name, content_type="text/html; charset=utf-8", content=page.encode())
    raise InvalidInput(
        "VAL051", f"a validation is not exported as {form[:20]!r}", remedy="Use json, csv or html."
    )


def export_validation(
    *, actor: Actor, at: datetime, correlation_id: str, request_uuid: UUID, form: str
) -> ValidationDossier:
    """Return the dossier, and record that it was taken out as ``form`` (json, csv or html). Raises ``VAL010``."""
    request = get_validation_request(actor=actor, uuid=request_uuid)
    with transaction.atomic():
        record(
            action=AuditAction.EVIDENCE_READ,
            actor=actor,
            at=at,
            subject=subject_of(request, label=str(request.intended_use)),
            payload={"form": form, "batch": request.batch},
            correlation_id=correlation_id,
        )
    return ValidationDossier(
        request=request,
        basis=find_basis(request=request),
        evidence=list(list_evidence(actor=actor, request=request)),
        challenges=list(request.challenges.select_related("author").order_by("id")),
        report=find_report(request=request),
        evidence_digest=evidence_digest(request=request),
    )


def record_attachment_read(
    *, actor: Actor, at: datetime, correlation_id: str, request_uuid: UUID, file: str, sha256: str
) -> None:
    """Record that a file beside a validation's evidence is read. Raises ``VAL010``."""
    request = get_validation_request(actor=actor, uuid=request_uuid)
    with transaction.atomic():
        record(
            action=AuditAction.EVIDENCE_READ,
            actor=actor,
            at=at,
            subject=subject_of(request, label=str(request.intended_use)),
            payload={"form": "attachment", "batch": request.batch, "file": file, "sha256": sha256},
            correlation_id=correlation_id,
        )


def _evidence(row: EvidenceRecord) -> dict[str, Json]:
    return {
        "uuid": str(row.uuid),
        "check": row.check_id,
        "check_major": row.check_major,
        "verdict": row.verdict,
        "reason": row.reason,
        "metrics": row.metrics,
        "facts": row.facts,
        "body": row.body,
        "digest": row.digest,
        "run": str(row.run_uuid),
        "recorded_at": to_json(row.recorded_at),
    }


def _challenge(note: ChallengeNote) -> dict[str, Json]:
    return {
        "question": note.question,
        "answer": note.answer,
        "disposition": note.disposition,
        "author": note.author.username,
        "noted_at": to_json(note.noted_at),
    }


def _report(report: ValidationReport | None) -> dict[str, Json] | None:
    if report is None:
        return None
    return {
        "opinion": report.opinion,
        "summary": report.summary,
        "signed_by": report.signed_by.username,
        "signed_at": to_json(report.signed_at),
        "evidence_digest": report.evidence_digest,
    }


def _line(cells: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(
        ["" if cell is None else _cell(str(cell)) for cell in cells]
    )
    return text.getvalue()


def _cell(text: str) -> str:
    """Leave a negative figure a figure; whatever else begins like a formula is made safe."""
    try:
        float(text)
    except ValueError:
        return safe_cell(text)
    return text
