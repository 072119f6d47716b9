"""A run of a real request: what the register holds when it has ended."""

from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pytest

from registry import api as registry_api
from registry.audit.models import AuditEvent
from registry.domain.errors import InvalidTransition, NotFound, NotPermitted, UpstreamUnavailable
from registry.domain.vocab import RequestStatus, RunStatus, Verdict
from registry.findings.models import Finding
from registry.people.actors import Actor
from registry.validations.models import EvidenceRecord, ValidationRequest
from tests.builders import bank
from tests.db.runs.conftest import finished_check
from validation import api
from validation.runs import claims, perform
from validation.runs.claims import Claim
from validation.runs.heart import Heart
from validation.tasks import run_validation

pytestmark = pytest.mark.django_db


class QuietHeart(Heart):
    """A heart whose thread does not start: inside a test's transaction it would see nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.ensure_beating()


@pytest.fixture
def request_uuid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> UUID:
    monkeypatch.setattr(perform, "Heart", QuietHeart)
    settings.MRM_VAR_DIR = tmp_path
    bank.set_up_bank()
    return bank.open_requests(1)[0]


def one_pass_one_fail(claim: Claim, _heart: Heart, folder: Path) -> str:
    assert folder.is_dir()
    claims.flush_check(claim=claim, position=0, title="AUC", result=finished_check())
    failed = finished_check(check="stability.psi", verdict=Verdict.FAIL)
    claims.flush_check(claim=claim, position=1, title="PSI", result=failed)
    return "2 checks recorded"


def run(request_uuid: UUID, work: perform.Work = one_pass_one_fail) -> RunStatus | None:
    return perform.perform(request_uuid=request_uuid, owner="host-a:1", work=work)


def events(request_uuid: UUID) -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(subject_uuid=request_uuid).order_by("id")
    return list(rows.values_list("action", "actor_name"))


def vera() -> Actor:
    return bank.actor("vera")


def test_results_reach_the_register_with_one_finding_per_failing_check(
    request_uuid: UUID, tmp_path: Path
) -> None:
    assert run(request_uuid) is RunStatus.SUCCEEDED

    request = ValidationRequest.objects.get(uuid=request_uuid)
    assert (request.status, request.ended_reason) == (RequestStatus.COMPLETED, "2 checks recorded")
    evidence = EvidenceRecord.objects.filter(request=request)
    assert [(row.check_id, row.verdict) for row in evidence] == [
        ("discrimination.auc", Verdict.PASS),
        ("stability.psi", Verdict.FAIL),
    ]
    assert [finding.check_id for finding in Finding.objects.all()] == ["stability.psi"]
    records = api.list_check_records(actor=vera(), request_uuid=request_uuid)
    assert [record.title for record in records] == ["AUC", "PSI"]
    assert list((tmp_path / "runs").iterdir()) == []
    assert events(request_uuid) == [
        ("validation.requested", "Dana"),
        ("validation.started", "validation worker"),
        ("validation.completed", "validation worker"),
    ]


def test_a_second_doorbell_changes_nothing(request_uuid: UUID) -> None:
    run(request_uuid)

    assert run(request_uuid) is None
    run_validation(str(request_uuid))

    assert Finding.objects.count() == 1
    assert api.get_run(actor=vera(), run_uuid=_run_uuid(request_uuid)).attempt == 1


def test_a_doorbell_for_no_request_leaves_no_run() -> None:
    run_validation("00000000-0000-4000-8000-000000000000")

    assert not api.ValidationRun.objects.exists()


def test_a_coded_failure_ends_the_run_with_its_code_and_remedy(request_uuid: UUID) -> None:
    def mlflow_is_away(*_arguments: object) -> str:
        raise UpstreamUnavailable("MLF001", "MLflow does not answer", remedy="Start it.")

    assert run(request_uuid, mlflow_is_away) is RunStatus.FAILED

    request = ValidationRequest.objects.get(uuid=request_uuid)
    assert (request.status, request.ended_reason) == (
        RequestStatus.FAILED,
        "MLF001 MLflow does not answer. Start it.",
    )


def test_a_broken_worker_ends_the_run_without_telling_secrets(request_uuid: UUID) -> None:
    def broken(*_arguments: object) -> str:
        raise KeyError("password of the database")

    assert run(request_uuid, broken) is RunStatus.FAILED

    reason = ValidationRequest.objects.get(uuid=request_uuid).ended_reason
    assert reason.startswith("RUN007 The worker broke: KeyError.")
    assert "password" not in reason


def test_a_cancelled_run_stops_its_worker_and_ends_the_request(request_uuid: UUID) -> None:
    def cancelled_meanwhile(claim: Claim, _heart: Heart, _folder: Path) -> str:
        api.cancel_validation(actor=vera(), request_uuid=claim.request_uuid)
        return "never recorded"

    assert run(request_uuid, cancelled_meanwhile) is None

    request = ValidationRequest.objects.get(uuid=request_uuid)
    assert (request.status, request.ended_reason) == (RequestStatus.CANCELLED, "Vera (vera) cancelled it")
    assert events(request_uuid)[-1] == ("validation.cancelled", "Vera")
    with pytest.raises(InvalidTransition, match="RUN005"):
        api.cancel_validation(actor=vera(), request_uuid=request_uuid)


def test_a_run_can_be_cancelled_before_a_worker_takes_it_up(request_uuid: UUID) -> None:
    assert api.find_run(actor=vera(), request_uuid=request_uuid) is None

    api.cancel_validation(actor=vera(), request_uuid=request_uuid)

    assert run(request_uuid) is None
    assert registry_api.list_requests_to_run() == []


def test_who_may_not_cancel_or_see_is_refused(request_uuid: UUID) -> None:
    run(request_uuid)
    stranger = Actor(person_uuid=vera().uuid, username="nia", name="Nia", grants=frozenset(), channel="web")

    with pytest.raises(NotPermitted, match="RUN012 Ada may not cancel"):
        api.cancel_validation(actor=bank.actor("ada"), request_uuid=request_uuid)
    with pytest.raises(NotFound):
        api.find_run(actor=stranger, request_uuid=request_uuid)
    with pytest.raises(NotFound, match="RUN004"):
        api.get_run(actor=stranger, run_uuid=_run_uuid(request_uuid))


def _run_uuid(request_uuid: UUID) -> UUID:
    found = api.find_run(actor=vera(), request_uuid=request_uuid)
    assert found is not None
    return found.uuid
