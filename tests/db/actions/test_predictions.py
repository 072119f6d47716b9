"""A file of predictions: kept as it came, asked for by those who may, and blind to policy."""

import hashlib
import io
import random
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from registry import api
from registry.actions.decide_policy import decide_policy
from registry.audit.models import AuditEvent
from registry.decisions.models import PolicyDecision
from registry.domain.canonical import canonical_bytes, digest
from registry.domain.errors import IntegrityMismatch, MrmError
from registry.domain.predictions import FILE_LIMIT
from registry.domain.vocab import RequestStatus, Stage, Verdict
from registry.findings.models import Finding
from registry.policy.facts import facts_to_json
from registry.validations.models import (
    EvidenceRecord,
    PredictionsChunk,
    PredictionsFile,
    ValidationReport,
    ValidationRequest,
)
from tests.builders.predictions import csv_file, csv_text
from tests.builders.registry import AT, Story, a_story, by, submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(bank: None) -> Story:
    """Return a pair that was decided at registration."""
    found = a_story()
    decide_policy(**by("dana"), intended_use=found.use, stage=Stage.GATE_REGISTER)
    return found


def send(story: Story, username: str = "vera", **changed: Any) -> ValidationRequest:
    given: dict[str, Any] = {
        "intended_use_uuid": story.use.uuid,
        "content": csv_file(),
        "file_name": "C:\\models\\vendor scores.csv",
        "columns": {"score": "pd", "segment": ""},
    }
    return api.submit_predictions(**by(username), **given | changed)


def end(request: ValidationRequest, *found: dict[str, Any]) -> None:
    api.record_validation(
        actor=api.worker_actor(name="worker"),
        at=AT,
        correlation_id="run",
        request_uuid=request.uuid,
        run_uuid=uuid4(),
        status=RequestStatus.COMPLETED,
        reason="done",
        submissions=found,
    )


def counts() -> tuple[int, ...]:
    models = (ValidationRequest, PredictionsFile, PredictionsChunk, AuditEvent, PolicyDecision, Finding)
    return tuple(model._default_manager.count() for model in models)


@pytest.mark.parametrize("username", ["dana", "owen", "vera"])
def test_the_file_is_kept_as_it_came_under_its_digest_with_one_event(story: Story, username: str) -> None:
    before = counts()
    request = send(story, username)
    file, data = request.predictions, csv_text().encode()
    assert (file.sha256, file.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (file.file_name, file.columns) == ("vendor scores.csv", {"score": "pd"})
    assert (request.scores_from, request.batch, request.status) == ("predictions", "predictions", "requested")
    assert request.plan
    assert counts() == tuple(a + b for a, b in zip(before, (1, 1, 1, 1, 0, 0), strict=True))
    event = AuditEvent.objects.order_by("-id").first()
    assert event is not None
    assert event.action == "validation.requested"
    assert file.sha256.encode() in bytes(event.entry)


@pytest.mark.parametrize(
    ("username", "changed", "code"),
    [
        ("ada", {}, "PEO003"),
        ("nia", {}, "INV013"),
        ("fred", {}, "INV013"),
        ("vera", {"content": io.BytesIO(b"")}, "PRD002"),
        ("vera", {"content": io.BytesIO(b"x" * (FILE_LIMIT + 1))}, "PRD001"),
        ("vera", {"columns": {"score": "outcome"}}, "PRD003"),
        ("vera", {"intended_use_uuid": uuid4()}, "INV013"),
    ],
)
def test_whoever_may_not_and_whatever_does_not_fit_is_refused_and_nothing_is_kept(
    story: Story, username: str, changed: dict[str, Any], code: str
) -> None:
    before = counts()
    with pytest.raises(MrmError, match=code) as refusal:
        send(story, username, **changed)
    assert refusal.value.remedy
    assert counts() == before


def test_a_pair_on_which_nothing_was_decided_has_no_plan(bank: None) -> None:
    with pytest.raises(MrmError, match="PRD005"):
        send(a_story())


def test_one_is_open_at_a_time_beside_a_validation_of_the_artefact(story: Story) -> None:
    story.requested()
    first = send(story)
    with pytest.raises(MrmError, match="VAL002"):
        send(story)
    end(first)
    assert send(story).uuid != first.uuid


def test_a_large_file_comes_back_in_order_and_a_changed_one_is_noticed(story: Story, tmp_path: Any) -> None:
    content = random.Random(1).randbytes(2_500_000)
    request = send(story, content=io.BytesIO(content))
    order = api.get_run_order(request_uuid=request.uuid)
    assert request.predictions.chunks.count() == 3
    api.fetch_predictions(order=order, path=tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == content
    PredictionsChunk.objects.create(file=request.predictions, position=3, content=b"more")
    with pytest.raises(IntegrityMismatch, match="VAL042"):
        api.fetch_predictions(order=order, path=tmp_path / "file")


@pytest.mark.parametrize("table", ["registry_predictions_file", "registry_predictions_chunk"])
def test_what_was_sent_can_be_neither_changed_nor_removed(story: Story, table: str) -> None:
    send(story)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_order_of_a_validation_of_the_artefact_names_no_file(story: Story) -> None:
    request = story.requested().request
    assert api.get_run_order(request_uuid=request.uuid).predictions is None


def facts(story: Story) -> bytes:
    """Return the facts of the pair, to the byte."""
    return canonical_bytes(facts_to_json(facts=api.gather_facts(intended_use=story.use, on=AT.date())))


@pytest.mark.parametrize("is_validated", [False, True])
def test_no_fact_moves_by_a_byte_whatever_the_file_shows(story: Story, *, is_validated: bool) -> None:
    if is_validated:
        story.requested().run().challenged().signed()
    before, decided = facts(story), _decided(story)
    stored = counts()[4:]
    request = send(story)
    end(
        request,
        submission("discrimination.auc", facts={"evidence.auc": "0.99", "evidence.gini": "0.98"}),
        submission("stability.psi", Verdict.FAIL, facts={"evidence.psi": "9"}),
        submission("calibration.jeffreys", Verdict.ERROR, facts={}),
        submission("capital.rwa_effect", facts={"capital.entity_floor_binding": False}),
    )
    assert counts()[4:] == stored
    assert facts(story) == before
    assert _decided(story) == decided
    assert [row.facts for row in EvidenceRecord.objects.filter(request=request)] == [{}, {}, {}, {}]


def _decided(story: Story) -> tuple[str, str]:
    with transaction.atomic():
        row = decide_policy(**by("dana"), intended_use=story.use, stage=Stage.GATE_APPROVE)
        transaction.set_rollback(True)
    return row.facts_digest, row.body_digest


def test_a_run_that_broke_down_leaves_monitoring_as_it_was(story: Story) -> None:
    before = facts(story)
    request = send(story)
    api.record_validation(
        actor=api.worker_actor(name="worker"), at=AT, correlation_id="run", request_uuid=request.uuid,
        run_uuid=uuid4(), status=RequestStatus.FAILED, reason="PRD022 row 7", submissions=[],
    )  # fmt: skip
    assert facts(story) == before


def test_the_digest_of_its_evidence_binds_the_file_and_not_the_artefact(story: Story) -> None:
    request = send(story)
    end(request, submission("discrimination.auc"))
    row = request.evidence.get()
    bound = {
        "check": "discrimination.auc",
        "major": 1,
        "verdict": "pass",
        "metrics": row.metrics,
        "facts": {},
        "body": row.body,
        "run": row.run_uuid,
    }
    assert row.digest == digest({**bound, "predictions_sha256": request.predictions.sha256})
    assert row.digest != digest({**bound, "artifact_digest": story.use.version.artifact_digest})


def test_it_can_be_challenged_but_no_report_is_signed_on_it(story: Story) -> None:
    request = send(story)
    end(request, submission("discrimination.auc"))
    Story(use=story.use, request=request).challenged()
    assert request.challenges.count() == 1
    with pytest.raises(MrmError, match="VAL025"):
        Story(use=story.use, request=request).signed()
    assert not ValidationReport.objects.exists()


def test_it_is_not_re_performed_and_its_basis_names_no_artefact(story: Story) -> None:
    request = send(story)
    end(request, submission("discrimination.auc"))
    request.refresh_from_db()
    assert (request.basis.content["artifact_digest"], request.basis.content["datasets"]) == ("", [])
    before = counts()
    with pytest.raises(MrmError) as refused:
        api.reperform_validation(**by("vera"), request_uuid=request.uuid)
    assert (refused.value.code, counts()) == ("VAL066", before)


def test_every_export_says_where_the_scores_come_from(story: Story) -> None:
    request = send(story)
    end(request, submission("discrimination.auc"))
    sentence = "from a file of predictions, not recomputed from the artefact"
    for form in ("json", "csv", "html"):
        dossier = api.export_validation(**by("vera"), request_uuid=request.uuid, form=form)
        content = api.dossier_file(dossier=dossier, form=form, at=AT).content.decode()
        assert sentence in content.lower(), form
        assert request.predictions.sha256 in content or form == "csv"
    artefact = story.requested().run().request
    dossier = api.export_validation(**by("vera"), request_uuid=artefact.uuid, form="json")
    assert sentence not in api.dossier_file(dossier=dossier, form="json", at=AT).content.decode()
