"""Evidently's own report, asked for after a real run: the engine redoes the check, and the page is attached."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from registry import api as registry_api
from registry.audit.models import AuditEvent
from registry.domain.vocab import RunStatus
from registry.findings.models import Finding
from registry.validations.models import EvidenceRecord, ValidationRequest
from tests.builders.fake_mlflow import FakeMlflow
from tests.builders.registry import actor, by
from tests.flows.conftest import run
from validation import api
from validation.domain.results import result_from_json
from validation.runs import claims
from validation.runs.attachments import ensure_attached
from validation.runs.claims import Claim
from validation.runs.heart import Heart

pytestmark = [pytest.mark.flow, pytest.mark.django_db]


def ask(record: EvidenceRecord) -> ValidationRequest:
    found = registry_api.request_library_report(**by("vera"), evidence_uuid=record.uuid)
    assert found.is_new
    assert found.request is not None
    return found.request


def stands(record: EvidenceRecord) -> registry_api.LibraryReport:
    return registry_api.get_library_report(actor=actor("dana"), evidence_uuid=record.uuid)


def test_evidently_draws_its_page_of_the_same_rows_and_nothing_else_changes(
    original: ValidationRequest, mlflow: FakeMlflow
) -> None:
    record = EvidenceRecord.objects.get(request=original, check_id="drift.data")
    kept = (record.body, record.digest)
    decided = AuditEvent.objects.filter(action="policy.decided").count()
    findings = Finding.objects.count()
    request = ask(record)
    assert run(request) is RunStatus.SUCCEEDED
    found = stands(record)
    assert found.state == "made"
    assert found.figures is not None
    assert (found.figures.sameness, found.figures.differences) == ("same", ())
    assert found.file is not None

    (attachment,) = api.list_attachments(actor=actor("dana"), request_uuid=request.uuid)
    bytes_kept = bytes(attachment.content)
    assert sha256(bytes_kept).hexdigest() == attachment.sha256 == found.file.sha256
    assert b"<html" in bytes_kept.lower()
    assert len(bytes_kept) == found.file.size > 100_000
    event = AuditEvent.objects.get(action="evidence.attached")
    assert event.subject_uuid == original.uuid
    payload = json.loads(bytes(event.entry))["payload"]
    assert (payload["sha256"], payload["figures"]) == (attachment.sha256, "same")
    assert (payload["asked_by"], payload["evidence"]) == ("vera", str(record.uuid))

    record.refresh_from_db()
    assert (record.body, record.digest) == kept
    assert AuditEvent.objects.filter(action="policy.decided").count() == decided
    assert Finding.objects.count() == findings
    (again,) = EvidenceRecord.objects.filter(request=request)
    assert again.check_id == "drift.data"
    assert not again.request.feeds_facts


def test_a_run_without_a_report_fails_with_words_and_it_may_be_asked_for_again(
    original: ValidationRequest, mlflow: FakeMlflow
) -> None:
    record = EvidenceRecord.objects.get(request=original, check_id="drift.data")
    said = "Evidently's report is larger than 16,777,216 bytes and was not attached"

    def too_large(claim: Claim, _heart: Heart, _folder: Path) -> str:
        body = json.loads(json.dumps(record.body))
        body["notes"].append(said)
        result = result_from_json(data=body)
        claims.flush_check(claim=claim, position=0, title="Data drift", result=result)
        ensure_attached(claim=claim)
        return "not reached"

    assert run(ask(record), too_large) is RunStatus.FAILED
    found = stands(record)
    assert found.state == "failed"
    assert found.request is not None
    assert found.request.ended_reason.startswith(f"RUN018 no report came of it: {said}. The figures")

    (version,) = mlflow.versions.values()
    version.datasets["test.parquet"] += b" "
    assert run(ask(record)) is RunStatus.FAILED
    found = stands(record)
    assert (found.state, found.may_ask) == ("failed", True)
    assert found.request is not None
    assert found.request.ended_reason.startswith("VAL041")
    assert not AuditEvent.objects.filter(action="evidence.attached").exists()
