"""A bank and an MLflow for the tests of actions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.fake_mlflow import FakeMlflow, fake_mlflow
from tests.builders.registry import build_bank


@pytest.fixture
def bank(db: None) -> None:
    build_bank()


@pytest.fixture(scope="session")
def mlflow_server() -> Iterator[FakeMlflow]:
    with fake_mlflow() as server:
        yield server


@pytest.fixture
def mlflow(mlflow_server: FakeMlflow, settings: Any, tmp_path: Path) -> FakeMlflow:
    mlflow_server.reset()
    settings.MRM_MLFLOW_URL = mlflow_server.url
    return mlflow_server
