"""A real run, repeated on what it was built on: the same numbers, and a planted difference with its cause."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from registry import api as registry_api
from registry.domain.reproduction import Reproduction, ReproductionOutcome
from registry.domain.vocab import RunStatus
from registry.validations.models import EvidenceRecord, ValidationRequest
from tests.builders.fake_mlflow import FakeMlflow
from tests.builders.registry import actor, by
from tests.flows.conftest import run
from validation.domain.results import decimal_text, result_from_json
from validation.runs import claims
from validation.runs.claims import Claim
from validation.runs.heart import Heart

pytestmark = [pytest.mark.flow, pytest.mark.django_db]


def reperform(original: ValidationRequest) -> ValidationRequest:
    return registry_api.reperform_validation(**by("vera"), request_uuid=original.uuid)


def found(request: ValidationRequest) -> registry_api.Reperformance:
    return registry_api.get_reperformance(actor=actor("vera"), request_uuid=request.uuid)


def difference(request: ValidationRequest) -> Reproduction:
    reproduction = found(request).reproduction
    assert reproduction is not None
    return reproduction


def test_a_repeated_run_gives_the_same_numbers_and_a_planted_library_is_named(
    original: ValidationRequest, mlflow: FakeMlflow
) -> None:
    again = reperform(original)
    assert run(again) is RunStatus.SUCCEEDED
    first, second = (
        {row.check_id: row.body for row in EvidenceRecord.objects.filter(request=request)}
        for request in (original, again)
    )
    assert set(first) == {entry["check"] for entry in original.plan}
    assert sum(bool(body["metrics"]) for body in first.values()) >= 10
    for check, body in first.items():
        timeless = [json.dumps({**one, "elapsed_s": ""}) for one in (body, second[check])]
        assert timeless[0] == timeless[1], check
    assert (found(again).outcome, difference(again).causes) == (ReproductionOutcome.SAME, ())

    def as_before_by_another_library(claim: Claim, _heart: Heart, _folder: Path) -> str:
        for position, row in enumerate(EvidenceRecord.objects.filter(request=original)):
            planted = json.loads(json.dumps(row.body))
            planted["versions"]["numpy"] = "0.0.1"
            for metric in planted["metrics"]:
                metric["estimate"] = decimal_text(float(metric["estimate"]) + 1e-6)
            result = result_from_json(data=planted)
            claims.flush_check(claim=claim, position=position, title=row.check_id, result=result)
        return "planted"

    other = reperform(original)
    assert run(other, as_before_by_another_library) is RunStatus.SUCCEEDED
    assert [cause.place for cause in difference(other).causes] == ["numpy"]
    assert difference(other).outcome is ReproductionOutcome.EXPLAINED

    (version,) = mlflow.versions.values()
    version.datasets["test.parquet"] += b" "
    broken = reperform(original)
    assert run(broken) is RunStatus.FAILED
    broken.refresh_from_db()
    assert (found(broken).outcome, broken.ended_reason[:6]) == (ReproductionOutcome.FAILED, "VAL041")


def test_another_seed_gives_other_numbers_and_is_named(
    original: ValidationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    again, order_of = reperform(original), registry_api.get_run_order
    monkeypatch.setattr(registry_api, "get_run_order", lambda **asked: replace(order_of(**asked), seed=4))
    assert run(again) is RunStatus.SUCCEEDED
    assert {cause.place for cause in difference(again).causes} == {"seed"}
    assert difference(again).outcome is ReproductionOutcome.EXPLAINED
    moved = {check.check_id for check in difference(again).checks if check.differences}
    # Only what draws rows or orders depends on the seed.
    assert moved
    assert not moved & {"discrimination.auc", "calibration.jeffreys", "stability.psi", "integrity.artifact"}
