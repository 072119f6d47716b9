"""What registration counts in an artefact's bytes, and what it keeps where nothing can be counted."""

import json

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from registry import api
from registry.actions import read_mlflow
from registry.audit.models import AuditEvent
from registry.domain.errors import IntegrityMismatch
from registry.inventory.facts import facts_for
from registry.inventory.models import ModelVersion
from registry.mlflow_gateway import MlflowGateway
from tests.builders.fake_mlflow import FakeMlflow, FakeVersion
from tests.builders.registry import DETAILS, by
from tests.unit.domain.lightgbm_texts import lightgbm_text, stump
from tests.unit.sandbox.artefacts import booster

pytestmark = pytest.mark.usefixtures("bank")


def register() -> ModelVersion:
    return api.register_version(
        **by("dana"), mlflow_uri="models:/pd-cards/1", use_case_keys=["collections"], details=DETAILS
    ).version


@pytest.fixture
def version(mlflow: FakeMlflow) -> FakeVersion:
    found = mlflow.add("pd-cards")
    found.files["model.json"] = json.dumps(booster()).encode()
    return found


def test_a_booster_is_counted_in_the_bytes_that_were_hashed(version: FakeVersion) -> None:
    row = register()
    assert (row.family, row.complexity) == ("tree", "low")
    assert row.family_source == "flavour xgboost and the bytes of model.json"
    assert row.shape == {
        "trees": 1,
        "max_depth": 1,
        "parameters": 3,
        "source": "counted in the bytes of model.json",
        "complexity_reason": "a tree that fits on a page",
    }
    facts = facts_for(intended_use=row.intended_uses.get())
    assert facts["version.is_interpretable"].value is True
    assert facts["model.complexity"].source.endswith("counted in the bytes of model.json")


def ensure_as_the_flavour_says(row: ModelVersion, reason: str) -> None:
    assert (row.family, row.complexity, row.family_source) == ("tree_ensemble", "high", "flavour xgboost")
    assert row.shape["source"] == f"not counted: {reason}"
    assert "parameters" not in row.shape


def test_what_is_no_booster_keeps_the_strict_reading_of_its_flavour(version: FakeVersion) -> None:
    version.files["model.json"] = b"\x80\x04 a pickle under another name"
    ensure_as_the_flavour_says(register(), "model.json: neither JSON nor UBJSON")


def test_a_booster_that_is_too_large_is_not_read(
    version: FakeVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_mlflow, "COUNTED_LIMIT", 10)
    ensure_as_the_flavour_says(register(), "model.json has more than 10 bytes")


def test_a_booster_saved_in_a_form_of_its_own_is_not_read(version: FakeVersion) -> None:
    version.files["MLmodel"] = version.files["MLmodel"].replace(b"model.json", b"model.xgb")
    ensure_as_the_flavour_says(register(), "the artefact holds no model as data")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"xgboost: {", b"xgboost: {code: code, ", "the artefact brings code of its own"),
        (b"{loader_module", b"{code: code, loader_module", "the artefact brings code of its own"),
        (b"mlflow.xgboost", b"house.loader", "house.loader loads the model, not mlflow.xgboost"),
    ],
)
def test_a_booster_that_code_may_stand_in_for_is_not_counted(
    version: FakeVersion, old: bytes, new: bytes, reason: str
) -> None:
    version.files["MLmodel"] = version.files["MLmodel"].replace(old, new)
    ensure_as_the_flavour_says(register(), reason)


def test_a_booster_that_is_missing_is_said_to_be(version: FakeVersion) -> None:
    del version.files["model.json"]
    ensure_as_the_flavour_says(register(), "model.json is not in the artefact")


def test_the_text_of_lightgbm_is_counted(mlflow: FakeMlflow) -> None:
    found = mlflow.add("pd-cards", flavour="lightgbm")
    found.files["MLmodel"] = found.files["MLmodel"].replace(b"model.json", b"model.lgb")
    found.files["model.lgb"] = lightgbm_text(stump())
    row = register()
    assert (row.family, row.complexity) == ("tree", "low")
    assert row.family_source == "flavour lightgbm and the bytes of model.lgb"


def as_skops(found: FakeVersion, *, kept_as: str) -> None:
    kept = f"pickled_model: model.skops, serialization_format: {kept_as}".encode()
    found.files["MLmodel"] = found.files["MLmodel"].replace(
        b"sklearn: {data: model.json}", b"sklearn: {" + kept + b"}"
    )
    features = np.arange(12.0).reshape(6, 2)
    found.files["model.skops"] = skops.io.dumps(LogisticRegression().fit(features, [0, 1, 0, 1, 1, 1]))


def test_a_skops_file_says_what_scikit_learn_would_load(mlflow: FakeMlflow) -> None:
    as_skops(mlflow.add("pd-cards", flavour="sklearn"), kept_as="skops")
    row = register()
    assert (row.family, row.complexity) == ("linear", "low")
    assert row.family_source == "flavour sklearn and the bytes of model.skops"
    assert row.shape["parameters"] == 3


def test_a_pickle_under_the_name_of_skops_says_nothing(mlflow: FakeMlflow) -> None:
    as_skops(mlflow.add("pd-cards", flavour="sklearn"), kept_as="cloudpickle")
    row = register()
    assert (row.family, row.complexity) == ("opaque", "unknown")
    assert row.shape["source"] == "not counted: the artefact holds no model as data"


def test_a_file_that_changes_while_it_is_read_is_refused(
    version: FakeVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = MlflowGateway.read_file

    def other_bytes(gateway: MlflowGateway, *, location: str, path: str, limit: int) -> bytes:
        data = read(gateway, location=location, path=path, limit=limit)
        return data + b" " if path == "model.json" else data

    monkeypatch.setattr(MlflowGateway, "read_file", other_bytes)
    events = AuditEvent.objects.count()
    with pytest.raises(IntegrityMismatch, match="INV048"):
        register()
    assert (ModelVersion.objects.count(), AuditEvent.objects.count()) == (0, events)
