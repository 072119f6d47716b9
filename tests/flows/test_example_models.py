"""The example models against a real MLflow server: logged, read, fetched, scored in a box."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from registry.domain.errors import NotFound
from registry.mlflow_gateway import MlflowGateway
from tests.flows.mlflow_server import mlflow_server
from validation.adapters.data_parquet import load_dataset, read_manifest
from validation.adapters.mlflow_box import BoxedScores, score_samples

pytestmark = pytest.mark.flow

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(folder=tmp_path_factory.mktemp("mlflow")) as url:
        run_script("train_credit_models", url=url)
        yield url


@pytest.fixture
def fetched(server: str, tmp_path: Path) -> "Fetch":
    return Fetch(gateway=MlflowGateway(base_url=server), folder=tmp_path)


class Fetch:
    """Downloads a version with its data sets, and scores it."""

    def __init__(self, *, gateway: MlflowGateway, folder: Path) -> None:
        self.gateway = gateway
        self.folder = folder
        self.labels: dict[str, np.ndarray] = {}

    def score(self, uri: str) -> BoxedScores:
        """Return the scores on all data sets of the version's run."""
        info = self.gateway.get_model_version(uri)
        model, data = self.folder / "model", self.folder / "data"
        digest = self.gateway.hash_artifacts(location=info.artifact_location).digest
        self.gateway.download(location=info.artifact_location, folder=model, expected_digest=digest)
        self.gateway.download(location=f"{info.run_artifact_location}/datasets", folder=data)
        samples = {}
        for entry in read_manifest((data / "manifest.json").read_bytes()):
            table = load_dataset(folder=data, entry=entry)
            self.labels[entry.name] = table.columns[entry.label]
            samples[entry.name] = {name: table.columns[name] for name in entry.features}
        return score_samples(model_dir=model, samples=samples, repeat=("test",))


def run_script(name: str, *, url: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{name}"],
        cwd=PROJECT,
        env=os.environ | {"MLFLOW_TRACKING_URI": url} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize(
    ("uri", "family"), [("models:/pd-scorecard/1", "scorecard"), ("models:/pd-cards/1", "tree_ensemble")]
)
def test_our_figures_are_those_that_the_developer_claims(fetched: Fetch, uri: str, family: str) -> None:
    info = fetched.gateway.get_model_version(uri)
    boxed = fetched.score(uri)
    for sample in ("test", "recent"):
        ours = roc_auc_score(fetched.labels[sample], boxed.scores[sample])
        assert ours == pytest.approx(float(info.metrics[f"{sample}_auc"]), abs=1e-6)
    assert boxed.declaration.family == family
    np.testing.assert_array_equal(boxed.scores["test"], boxed.repeated["test"])
    assert [len(boxed.scores[name]) for name in ("train", "test", "recent", "shifted")] == [
        18_000,
        6_000,
        6_000,
        6_000,
    ]
    assert {d.context for d in info.datasets} == {"train", "test", "recent", "shifted"}


def test_an_unknown_version_is_not_found(fetched: Fetch) -> None:
    with pytest.raises(NotFound, match="MLF010"):
        fetched.gateway.get_model_version("models:/pd-cards/99")


def test_tags_and_aliases_arrive(fetched: Fetch) -> None:
    fetched.gateway.set_version_tag(name="pd-cards", version="1", key="mrm.permit", value="issued")
    fetched.gateway.set_alias(name="pd-cards", alias="capital", version="1")
    info = fetched.gateway.get_model_version("models:/pd-cards/1")
    assert (info.tags["mrm.permit"], info.aliases) == ("issued", ("capital",))


def test_the_hostile_model_gets_its_true_figure_and_nothing_else(
    server: str, fetched: Fetch, tmp_path: Path
) -> None:
    loot = tmp_path / "loot"
    loot.mkdir()
    loot.chmod(0o777)
    signals: list[int] = []
    before = signal.signal(signal.SIGWINCH, lambda number, _: signals.append(number))
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(0.2)
            run_script(
                "hostile_model",
                url=server,
                MRM_HOSTILE_PORT=str(listener.getsockname()[1]),
                MRM_HOSTILE_FOLDER=str(loot),
                MRM_HOSTILE_VICTIM=str(os.getpid()),
            )
            boxed = fetched.score("models:/pd-hostile/1")
            with pytest.raises(TimeoutError):
                listener.accept()
    finally:
        signal.signal(signal.SIGWINCH, before)
    assert list(loot.iterdir()) == []
    assert signals == []
    claimed = fetched.gateway.get_model_version("models:/pd-hostile/1").metrics["test_auc"]
    ours = roc_auc_score(fetched.labels["test"], boxed.scores["test"])
    assert float(claimed) == 0.93
    assert abs(ours - 0.5) < 0.03
    assert boxed.declaration.family == "opaque"
    for attack in ("connect", "environment", "passwd", "write", "signal parent", "signal victim", "fork"):
        assert f"hostile model: {attack}: refused" in boxed.report.log
    assert "hostile model: patch: done" in boxed.report.log
