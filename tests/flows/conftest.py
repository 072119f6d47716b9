"""A registered version with real bytes and data, and a validation of it that the engine ran to its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from registry import api
from registry.domain.vocab import RunStatus
from registry.validations.models import ValidationRequest
from tests.builders.fake_mlflow import FakeMlflow, fake_mlflow, manifest_of
from tests.builders.registry import DETAILS, build_bank, by
from tests.builders.run_folder import write_artifact, write_samples
from validation.runs import perform
from validation.runs.heart import Heart
from validation.runs.work import run_plan

URI = "models:/pd-cards/1"


class QuietHeart(Heart):
    """A heart whose thread does not start: inside a test's transaction it would see nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.ensure_beating()


def run(request: ValidationRequest, work: perform.Work = run_plan) -> RunStatus | None:
    """Run a request as a worker does."""
    return perform.perform(request_uuid=request.uuid, owner="host-a:1", work=work)


@pytest.fixture
def mlflow(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMlflow]:
    """Serve a real booster with real data sets, and let runs keep their folders under the test's own."""
    monkeypatch.setattr(perform, "Heart", QuietHeart)
    settings.MRM_VAR_DIR = tmp_path / "var"
    write_artifact(tmp_path / "made" / "artifact")
    write_samples(tmp_path / "made", rows=1500)
    with fake_mlflow() as server:
        settings.MRM_MLFLOW_URL = server.url
        version = server.add("pd-cards")
        version.files = {file.name: file.read_bytes() for file in (tmp_path / "made/artifact").iterdir()}
        version.datasets = {
            file.name: file.read_bytes() for file in sorted((tmp_path / "made/data").glob("*.parquet"))
        }
        version.datasets["manifest.json"] = manifest_of(version.datasets)
        yield server


@pytest.fixture
def original(mlflow: FakeMlflow) -> ValidationRequest:
    """A registered version with a validation that ran to its end."""
    build_bank()
    api.register_version(**by("dana"), mlflow_uri=URI, use_case_keys=("collections",), details=DETAILS)
    request = ValidationRequest.objects.get()
    assert run(request) is RunStatus.SUCCEEDED
    return request
