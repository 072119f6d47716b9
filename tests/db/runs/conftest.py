"""What the tests of runs share: a registry that remembers what it was told."""

from collections.abc import Mapping
from uuid import uuid4

import pytest

from registry.domain.vocab import Verdict
from validation.domain.results import CheckResult
from validation.runs import claims, endings
from validation.runs.claims import Claim
from validation.runs.models import ValidationRun

LAPSED_S = -1.0


class FakeRegistry:
    """Takes the place of ``record_validation``; ``refusals`` are raised first, one per call."""

    def __init__(self) -> None:
        self.told: list[Mapping[str, object]] = []
        self.refusals: list[Exception] = []

    def record_validation(self, **told: object) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.told.append(told)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    registry = FakeRegistry()
    monkeypatch.setattr(endings.registry_api, "record_validation", registry.record_validation)
    return registry


@pytest.fixture
def run() -> ValidationRun:
    return claims.ensure_run(request_uuid=uuid4())


def claimed(run: ValidationRun, *, lease_s: float = 60.0) -> Claim:
    claim = claims.claim(run_uuid=run.uuid, owner="host-a:1", lease_s=lease_s)
    assert claim is not None
    return claim


def finished_check(*, check: str = "discrimination.auc", verdict: Verdict = Verdict.PASS) -> CheckResult:
    return CheckResult(check=check, major=1, verdict=verdict, reason="measured", detail="")
