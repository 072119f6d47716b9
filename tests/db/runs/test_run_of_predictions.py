"""A file of predictions through the worker's own path: from the database into the box, the checks and the evidence."""

from pathlib import Path
from typing import Any

import pytest

from registry import api as registry_api
from registry.actions import request_validation
from registry.actions.decide_policy import decide_policy
from registry.decisions.models import PolicyDecision
from registry.domain.vocab import RequestStatus, RunStatus, Stage, Verdict
from registry.findings.models import Finding
from registry.validations.models import EvidenceRecord, ValidationRequest
from tests.builders.predictions import AUC, BRIER, KS, csv_file, csv_text
from tests.builders.registry import a_story, build_bank, by
from tests.db.runs.test_run_of_a_request import QuietHeart
from validation.runs import perform
from validation.runs.work import run_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> Path:
    """Build a bank whose MLflow answers nobody: nothing of the artefact can be fetched."""
    monkeypatch.setattr(perform, "Heart", QuietHeart)
    settings.MRM_VAR_DIR = tmp_path
    settings.MRM_MLFLOW_URL = "http://127.0.0.1:9"
    build_bank()
    return tmp_path


def run(use_case: str, text: str | bytes, **columns: str) -> ValidationRequest:
    story = a_story(use_case)
    decide_policy(**by("dana"), intended_use=story.use, stage=Stage.GATE_REGISTER)
    request = registry_api.submit_predictions(
        **by("vera"), intended_use_uuid=story.use.uuid, content=csv_file(text), file_name="scores.csv", columns=columns
    )  # fmt: skip
    status = perform.perform(request_uuid=request.uuid, owner="host-a:1", work=run_plan)
    request.refresh_from_db()
    completed = status is RunStatus.SUCCEEDED
    assert request.status == (RequestStatus.COMPLETED if completed else RequestStatus.FAILED)
    return request


def figures(row: EvidenceRecord) -> dict[str, float]:
    return {metric["name"]: float(metric["estimate"]) for metric in row.metrics}


def evidence(request: ValidationRequest) -> dict[str, EvidenceRecord]:
    return {row.check_id: row for row in EvidenceRecord.objects.filter(request=request)}


def test_the_decided_plan_is_run_as_far_as_a_file_allows(bank: Path) -> None:
    decisions = PolicyDecision.objects.count() + 1
    request = run("collections", csv_text(header="pd,outcome"), score="pd")

    assert request.status == RequestStatus.COMPLETED, request.ended_reason
    found = evidence(request)
    assert list(found) == [str(item["check"]) for item in request.plan]
    assert figures(found["discrimination.auc"])["auc"] == pytest.approx(AUC)
    assert figures(found["discrimination.ks"])["ks"] == pytest.approx(KS)
    reasons = {check: row.reason for check, row in found.items() if row.verdict == Verdict.NOT_APPLICABLE}
    assert {reasons[check] for check in ("integrity.artifact", "drift.data", "explain.shap")} == {
        "needs_artifact"
    }
    assert reasons["stability.psi"] == "needs_rows"
    assert all(row.facts == row.body["facts"] == {} for row in found.values())
    assert (PolicyDecision.objects.count(), Finding.objects.count()) == (decisions, 0)
    assert list((bank / "runs").iterdir()) == []


def test_without_a_plan_every_check_is_made_that_needs_no_artefact(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_validation, "plan_of", lambda _decision: [])
    lines = csv_text(times=30).splitlines()
    parts = ("train", "test", "recent")
    rows = [
        f"{line},{part},{'north' if n % 2 else 'south'},0.3"
        for part in parts
        for n, line in enumerate(lines[1:])
    ]
    request = run("capital-equity", "\n".join([f"{lines[0]},sample,segment,score_before", *rows]))

    assert request.status == RequestStatus.COMPLETED, request.ended_reason
    assert request.plan == []
    found = evidence(request)
    assert len(found) == 17
    assert figures(found["calibration.brier"])["brier"] == pytest.approx(BRIER)
    assert figures(found["stability.psi"])["psi"] == pytest.approx(0, abs=1e-9)
    measured = {check for check, row in found.items() if row.verdict != Verdict.NOT_APPLICABLE}
    assert {"discrimination.segments", "stability.migrations", "fairness.outcomes"} <= measured
    assert not any(row.verdict == Verdict.ERROR for row in found.values())


@pytest.mark.parametrize(
    ("named", "reason"),
    [({"vintage": "opened"}, "measured"), ({}, "needs_column")],
    ids=["a column of vintages", "no such column"],
)
def test_calibration_by_vintage_runs_where_the_file_says_them_and_else_says_what_is_missing(
    bank: Path, monkeypatch: pytest.MonkeyPatch, named: dict[str, str], reason: str
) -> None:
    by_vintage = {"check": "calibration.segments", "params": {"by": "vintages"}, "thresholds": []}
    monkeypatch.setattr(request_validation, "plan_of", lambda _decision: [by_vintage])
    lines = csv_text(times=100).splitlines()
    rows = [f"{line},2024-Q{n % 2 + 1}" for n, line in enumerate(lines[1:])]
    request = run("capital-equity", "\n".join([f"{lines[0]},opened", *rows]), **named)

    assert request.status == RequestStatus.COMPLETED, request.ended_reason
    (row,) = evidence(request).values()
    assert row.reason == reason
    if reason == "measured":
        names = [cells[0] for table in row.body["tables"] for cells in table["rows"]]
        assert {"2024-Q1", "2024-Q2"} <= set(names)
    else:
        assert (row.verdict, "add that column" in row.body["detail"]) == (Verdict.NOT_APPLICABLE, True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"\xff\xfe\x00", "PRD010"),
        ("pd,bad\n0.1,0\n", "PRD011"),
        ("score,outcome\nhigh,0\n", "PRD012"),
        ("score,outcome\n", "PRD020"),
        ("score,outcome\n0.1,0\n,1\n", "PRD021"),
        ("score,outcome\nnan,0\n", "PRD021"),
        ("score,outcome\n0.1,0\n17,1\n", "PRD022"),
        ("score,outcome\n0.1,2\n", "PRD023"),
        ("score,outcome,sample\n0.1,1,oot\n", "PRD024"),
    ],
)
def test_a_file_that_does_not_do_ends_its_run_with_code_and_remedy(
    bank: Path, text: str | bytes, code: str
) -> None:
    request = run("collections", text)
    assert request.status == RequestStatus.FAILED
    assert request.ended_reason.startswith(code)
    assert request.ended_reason.count(". ") >= 1
    assert not EvidenceRecord.objects.exists()
