"""What the registry reads from MLflow, and what it does when MLflow misbehaves."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from registry.domain.errors import (
    IntegrityMismatch,
    InvalidInput,
    LimitExceeded,
    MrmError,
    NotFound,
    UpstreamUnavailable,
)
from registry.mlflow_gateway import GatewayLimits, MlflowGateway
from tests.flows.mlflow_server import free_port
from tests.unit.gateway.fake_mlflow import API, ARTIFACTS, FakeMlflow, fake_mlflow

LOCATION = "1/models/m-0123456789abcdef/artifacts"
LIMITS = GatewayLimits(connect_s=0.5, read_s=0.5, call_s=2.0, reply_bytes=100_000)


@pytest.fixture
def mlflow() -> Iterator[FakeMlflow]:
    with fake_mlflow() as fake:
        yield fake


def gateway(mlflow: FakeMlflow, **changes: int) -> MlflowGateway:
    return MlflowGateway(base_url=mlflow.url, limits=replace(LIMITS, **changes))


def test_reads_a_version_with_its_run_signature_and_lineage(mlflow: FakeMlflow) -> None:
    info = gateway(mlflow).get_model_version("models:/pd/1")
    assert (info.name, info.version, info.run_id, info.user) == ("pd", "1", "r1", "dana")
    assert info.flavours == ("python_function", "xgboost")
    assert info.mlmodel.input_names == ("income", "debt")
    assert (info.artifact_location, info.run_artifact_location) == (LOCATION, "1/r1/artifacts")
    assert (info.metrics, info.params, info.tags) == ({"test_auc": "0.78"}, {"eta": "0.1"}, {"owner": "owen"})
    assert [(d.name, d.digest, d.context) for d in info.datasets] == [("cards", "d1", "train")]


@pytest.mark.parametrize("uri", ["runs:/x", "models:/pd", "models:/pd/0", "models:/../1", "models:/a/b/1"])
def test_refuses_what_is_no_version_uri(mlflow: FakeMlflow, uri: str) -> None:
    with pytest.raises((InvalidInput, NotFound)) as refused:
        gateway(mlflow).get_model_version(uri)
    assert refused.value.code in ("MLF011", "MLF010")


def test_an_unknown_version_is_not_found(mlflow: FakeMlflow) -> None:
    with pytest.raises(NotFound, match="MLF010 MLflow has no version 7 of a model named 'pd'"):
        gateway(mlflow).get_model_version("models:/pd/7")


def test_downloads_exactly_the_bytes_that_it_hashed(mlflow: FakeMlflow, tmp_path: Path) -> None:
    client = gateway(mlflow)
    seen = client.hash_artifacts(location=LOCATION)
    got = client.download(location=LOCATION, folder=tmp_path / "m", expected_digest=seen.digest)
    assert got == seen
    assert {f.path: f.sha256 for f in got.files} == {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (tmp_path / "m").iterdir()
    }


def test_changed_bytes_are_refused_and_leave_nothing(mlflow: FakeMlflow, tmp_path: Path) -> None:
    client = gateway(mlflow)
    digest = client.hash_artifacts(location=LOCATION).digest
    mlflow.files["model.json"] = b"[]"
    with pytest.raises(IntegrityMismatch, match="MLF030"):
        client.download(location=LOCATION, folder=tmp_path / "m", expected_digest=digest)
    assert list((tmp_path / "m").iterdir()) == []


def test_files_in_folders_are_found(mlflow: FakeMlflow, tmp_path: Path) -> None:
    mlflow.files["extra/card.json"] = b"card"
    mlflow.listings[LOCATION] = [{"path": "extra", "is_dir": True}, {"path": "MLmodel", "is_dir": False}]
    mlflow.listings[f"{LOCATION}/extra"] = [{"path": "card.json", "is_dir": False}]
    manifest = gateway(mlflow).download(location=LOCATION, folder=tmp_path / "m")
    assert [f.path for f in manifest.files] == ["MLmodel", "extra/card.json"]
    assert (tmp_path / "m" / "extra" / "card.json").read_bytes() == b"card"


@pytest.mark.parametrize("name", ["..", "../x", "/etc/passwd", "a\\b", "", "a\x00b", "x" * 256, None])
def test_a_name_that_leaves_the_artefact_is_refused(
    mlflow: FakeMlflow, tmp_path: Path, name: str | None
) -> None:
    mlflow.listings[LOCATION] = [{"path": name, "is_dir": False}]
    with pytest.raises(InvalidInput, match="MLF041"):
        gateway(mlflow).download(location=LOCATION, folder=tmp_path / "m")
    assert [path.name for path in tmp_path.rglob("*")] == ["m"]


def test_one_file_is_written_as_it_comes_in(mlflow: FakeMlflow, tmp_path: Path) -> None:
    mlflow.files["train.parquet"] = bytes(range(256)) * 4_000
    target = tmp_path / "data" / "train.parquet"
    client = gateway(mlflow)
    kept = client.save_file(location=LOCATION, path="train.parquet", target=target, limit=2_000_000)
    assert target.read_bytes() == mlflow.files["train.parquet"]
    assert (kept.size, kept.sha256) == (1_024_000, hashlib.sha256(target.read_bytes()).hexdigest())
    for path, limit, refusal in (("train.parquet", 1_000_000, "MLF020"), ("absent", 9, "MLF012")):
        with pytest.raises(MrmError, match=refusal):
            client.save_file(location=LOCATION, path=path, target=tmp_path / path, limit=limit)


def test_a_full_folder_is_not_downloaded_into(mlflow: FakeMlflow, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    with pytest.raises(InvalidInput, match="MLF043"):
        gateway(mlflow).download(location=LOCATION, folder=tmp_path)
    assert (tmp_path / "precious").read_text() == "kept"


def test_caps_on_size_count_and_depth(mlflow: FakeMlflow) -> None:
    mlflow.files["big"] = bytes(5_000)
    with pytest.raises(LimitExceeded, match="MLF020"):
        gateway(mlflow, artifact_bytes=4_000).hash_artifacts(location=LOCATION)
    wide = gateway(mlflow, artifact_bytes=4_000).hash_artifacts(location=LOCATION, limit=9_000)
    assert wide.size > 5_000
    with pytest.raises(LimitExceeded, match="MLF021"):
        gateway(mlflow, artifact_files=2).hash_artifacts(location=LOCATION)
    with pytest.raises(LimitExceeded, match="MLF020"):
        gateway(mlflow, mlmodel_bytes=10).get_model_version("models:/pd/1")
    with pytest.raises(LimitExceeded, match="MLF023"):
        gateway(mlflow, transfer_s=-1).hash_artifacts(location=LOCATION)
    for depth in range(10):
        folder = "/".join([LOCATION, *["d"] * depth])
        mlflow.listings[folder] = [{"path": "d", "is_dir": True}]
    with pytest.raises(LimitExceeded, match="MLF021"):
        gateway(mlflow).hash_artifacts(location=LOCATION)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ((500, b"{}"), "MLF003"),
        ((403, b"{}"), "MLF003"),
        ((302, b"", {"Location": "http://169.254.169.254/"}), "MLF005"),
        ((200, b"<html>"), "MLF004"),
        ((200, b"[1]"), "MLF004"),
        ((200, b"[" * 90_000), "MLF004"),
        ((200, b"{}"), "MLF004"),
        ((200, b'{"model_version": {"run_id": 3}}'), "MLF004"),
        ((200, b'{"model_version": {"source": "s3://bucket/model"}}'), "MLF007"),
        ((200, b'{"model_version": {"source": "file:///etc"}}'), "MLF007"),
    ],
)
def test_nonsense_from_the_server_is_its_failure(
    mlflow: FakeMlflow, reply: tuple[int, bytes], code: str
) -> None:
    mlflow.replies[f"{API}/model-versions/get"] = reply
    with pytest.raises(UpstreamUnavailable) as failure:
        gateway(mlflow).get_model_version("models:/pd/1")
    assert failure.value.code == code
    assert failure.value.remedy


def test_a_location_cannot_climb_out_of_the_store(mlflow: FakeMlflow) -> None:
    source = b'{"model_version": {"source": "mlflow-artifacts:/1/../../secret"}}'
    mlflow.replies[f"{API}/model-versions/get"] = (200, source)
    with pytest.raises(InvalidInput, match="MLF041"):
        gateway(mlflow).get_model_version("models:/pd/1")


def test_an_oversized_reply_is_cut_off(mlflow: FakeMlflow) -> None:
    mlflow.replies[f"{API}/model-versions/get"] = (200, b" " * 200_000)
    with pytest.raises(LimitExceeded, match="MLF020"):
        gateway(mlflow).get_model_version("models:/pd/1")


def test_a_missing_mlmodel_is_named(mlflow: FakeMlflow) -> None:
    del mlflow.files["MLmodel"]
    with pytest.raises(NotFound, match="MLF012 the artefact holds no file 'MLmodel'"):
        gateway(mlflow).get_model_version("models:/pd/1")


def test_a_slow_server_and_an_absent_one(mlflow: FakeMlflow) -> None:
    mlflow.pause_s = 0.8
    with pytest.raises(UpstreamUnavailable, match="MLF002"):
        gateway(mlflow).ping()
    mlflow.pause_s = 0.0
    gateway(mlflow).ping()
    with pytest.raises(UpstreamUnavailable, match="MLF001"):
        MlflowGateway(base_url=f"http://127.0.0.1:{free_port()}", limits=LIMITS).ping()


@pytest.mark.parametrize("base_url", ["", "ftp://host", "http://", "http://host/?x=1", "file:///etc"])
def test_the_base_url_is_checked(base_url: str) -> None:
    with pytest.raises(InvalidInput, match="MLF006"):
        MlflowGateway(base_url=base_url)


def test_an_empty_artefact_is_no_artefact(mlflow: FakeMlflow) -> None:
    mlflow.replies[ARTIFACTS] = (200, b"{}")
    with pytest.raises(NotFound, match="MLF012"):
        gateway(mlflow).hash_artifacts(location=LOCATION)
    mlflow.replies[ARTIFACTS] = (200, b'{"files": ["x"]}')
    with pytest.raises(MrmError, match="MLF004"):
        gateway(mlflow).hash_artifacts(location=LOCATION)


def test_writes_tags_and_aliases(mlflow: FakeMlflow) -> None:
    client = gateway(mlflow)
    client.set_version_tag(name="pd", version="1", key="mrm.permit", value="issued")
    client.set_alias(name="pd", alias="champion", version="1")
    client.delete_alias(name="pd", alias="champion")
    assert mlflow.posted == [
        (
            "POST",
            f"{API}/model-versions/set-tag",
            {"name": "pd", "version": "1", "key": "mrm.permit", "value": "issued"},
        ),
        ("POST", f"{API}/registered-models/alias", {"name": "pd", "alias": "champion", "version": "1"}),
        ("DELETE", f"{API}/registered-models/alias", {"name": "pd", "alias": "champion"}),
    ]
