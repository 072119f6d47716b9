"""Train a scorecard and a boosted model of the probability of default, and log both to MLflow.

Run with ``MLFLOW_TRACKING_URI`` naming a tracking server. Everything is at
fixed seeds. Each run carries its model with a signature, the metrics claimed,
the data sets as inputs, and their bytes under ``datasets/``.

The scorecard is logged twice over: as the scikit-learn pipeline that MLflow
serves (a pickle, which the registry opens only in its box), and as
``scorecard.json``, the same bins and points as plain data that anybody can
read. The boosted model is saved as XGBoost's JSON, which is data only.
"""

import json
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable
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
import sklearn
import xgboost
from mlflow.data.pandas_dataset import from_pandas
from mlflow.models import ModelSignature, infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import KBinsDiscretizer

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from examples.credit_data import FEATURES, LABEL, SEED, DataSets, load_data_sets, write_data_sets
from examples.inventory_record import describe

EXPERIMENT = "credit-card-pd"
SCORECARD_NAME = "pd-scorecard"
BOOSTED_NAME = "pd-cards"

STATUS_COLUMNS = ("pay_0", "pay_2", "pay_3")
AMOUNT_COLUMNS = ("limit_bal", "bill_amt1", "pay_amt1", "pay_amt2", "pay_amt3")
SCORECARD_COLUMNS = STATUS_COLUMNS + AMOUNT_COLUMNS
STATUS_BINS = 10
AMOUNT_BINS = 6
ROUNDS = 200

started = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress, with the seconds since the start."""
    sys.stdout.write(f"[{time.monotonic() - started:5.1f} s] {text}\n")
    sys.stdout.flush()


def features(frame: pd.DataFrame, *, columns: Iterable[str] = FEATURES) -> pd.DataFrame:
    """Return the model's columns as doubles, so that a missing value has a representation."""
    return frame[list(columns)].astype("float64")


def train_scorecard(train: pd.DataFrame) -> Pipeline:
    """Fit bins and a ridge logistic regression on their indicators: points per bin, nothing else."""
    # Ten bins of equal width over the range -2 to 8 give each month of delay a bin of its own.
    bins = ColumnTransformer(
        [
            (
                "status",
                KBinsDiscretizer(
                    n_bins=STATUS_BINS, strategy="uniform", encode="onehot-dense", subsample=None
                ),
                list(STATUS_COLUMNS),
            ),
            (
                "amount",
                KBinsDiscretizer(
                    n_bins=AMOUNT_BINS,
                    strategy="quantile",
                    encode="onehot-dense",
                    subsample=None,
                    quantile_method="averaged_inverted_cdf",
                ),
                list(AMOUNT_COLUMNS),
            ),
        ]
    )
    scorecard = Pipeline([("bins", bins), ("points", LogisticRegression(C=1.0, max_iter=500))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # equal quantiles are merged, which is wanted
        scorecard.fit(features(train, columns=SCORECARD_COLUMNS), train[LABEL])
    return scorecard


def describe_scorecard(scorecard: Pipeline) -> dict[str, object]:
    """Return intercept, inner bin edges and log-odds points per bin, as plain data.

    The value x of a characteristic falls into the bin numbered by how many inner edges are <= x.
    """
    weights = [float(w) for w in scorecard.named_steps["points"].coef_[0]]
    characteristics: list[dict[str, object]] = []
    for name, columns in (("status", STATUS_COLUMNS), ("amount", AMOUNT_COLUMNS)):
        binner = scorecard.named_steps["bins"].named_transformers_[name]
        for column, edges in zip(columns, binner.bin_edges_, strict=True):
            inner = [float(edge) for edge in edges[1:-1]]
            points, weights = weights[: len(inner) + 1], weights[len(inner) + 1 :]
            characteristics.append({"name": column, "edges": inner, "points": points})
    return {
        "kind": "scorecard",
        "version": 1,
        "link": "logit",
        "intercept": float(scorecard.named_steps["points"].intercept_[0]),
        "characteristics": characteristics,
    }


def train_boosted(train: pd.DataFrame) -> xgboost.Booster:
    """Fit 200 trees of depth 4 on all behavioural features."""
    return xgboost.train(
        {
            "objective": "binary:logistic",
            "eval_metric": "auc",
            "max_depth": 4,
            "eta": 0.05,
            "subsample": 0.8,
            "colsample_bytree": 0.8,
            "min_child_weight": 20,
            "tree_method": "hist",
            "nthread": 2,
            "seed": SEED,
        },
        xgboost.DMatrix(features(train), label=train[LABEL], nthread=2),
        num_boost_round=ROUNDS,
    )


def signature_for(frame: pd.DataFrame) -> ModelSignature:
    """Return the signature: named double columns in, one double (the PD) out."""
    return infer_signature(frame.head(5), np.zeros(5, dtype="float64"))


def log_inputs(data: DataSets, *, folder: Path) -> None:
    """Record the data sets as inputs of the run, and their bytes as its artefacts."""
    for name, frame in data.items():
        dataset = from_pandas(
            frame, source=f"examples/data#{name}", name=f"credit-cards-{name}", targets=LABEL
        )
        mlflow.log_input(dataset, context=name)
    mlflow.log_artifacts(str(folder), artifact_path="datasets")


def log_metrics(data: DataSets, *, test_pd: np.ndarray, recent_pd: np.ndarray) -> None:
    """Record what the developer claims. The registry computes its own figures."""
    mlflow.log_metrics(
        {
            "test_auc": float(roc_auc_score(data.test[LABEL], test_pd)),
            "recent_auc": float(roc_auc_score(data.recent[LABEL], recent_pd)),
        }
    )


def log_scorecard(data: DataSets, *, folder: Path) -> str:
    """Train, log and register the scorecard; return the version's URI."""
    scorecard = train_scorecard(data.train)
    say("scorecard trained")
    with mlflow.start_run(run_name=SCORECARD_NAME):
        mlflow.log_params({"family": "scorecard", "status_bins": STATUS_BINS, "amount_bins": AMOUNT_BINS})
        test, recent = (features(f, columns=SCORECARD_COLUMNS) for f in (data.test, data.recent))
        log_metrics(
            data,
            test_pd=scorecard.predict_proba(test)[:, 1],
            recent_pd=scorecard.predict_proba(recent)[:, 1],
        )
        log_inputs(data, folder=folder)
        with tempfile.TemporaryDirectory() as scratch:
            card = Path(scratch) / "scorecard.json"
            card.write_text(json.dumps(describe_scorecard(scorecard), indent=2) + "\n")
            info = mlflow.sklearn.log_model(
                scorecard,
                name="model",
                signature=signature_for(test),
                pip_requirements=[
                    f"scikit-learn=={sklearn.__version__}",
                    f"cloudpickle=={cloudpickle.__version__}",
                ],
                pyfunc_predict_fn="predict_proba",
                serialization_format="cloudpickle",
                extra_files=[str(card)],
                registered_model_name=SCORECARD_NAME,
            )
    uri = f"models:/{SCORECARD_NAME}/{info.registered_model_version}"
    describe(
        uri,
        name="Credit card PD, scorecard",
        description="Logistic scorecard on eight binned characteristics.",
        limitations="One bank, one country, six months of 2005; no macro-economic drivers.",
    )
    return uri


def log_boosted(data: DataSets, *, folder: Path) -> str:
    """Train, log and register the boosted model; return the version's URI."""
    booster = train_boosted(data.train)
    say("boosted model trained")
    with mlflow.start_run(run_name=BOOSTED_NAME):
        mlflow.log_params({"family": "tree_ensemble", "rounds": ROUNDS, "max_depth": 4, "eta": 0.05})
        log_metrics(
            data,
            test_pd=booster.predict(xgboost.DMatrix(features(data.test))),
            recent_pd=booster.predict(xgboost.DMatrix(features(data.recent))),
        )
        log_inputs(data, folder=folder)
        info = mlflow.xgboost.log_model(
            booster,
            name="model",
            signature=signature_for(features(data.test)),
            pip_requirements=[f"xgboost=={xgboost.__version__}"],
            model_format="json",
            registered_model_name=BOOSTED_NAME,
        )
    uri = f"models:/{BOOSTED_NAME}/{info.registered_model_version}"
    describe(
        uri,
        name="Credit card PD, boosted trees",
        description="Two hundred gradient-boosted trees of depth four on nineteen behavioural features.",
        limitations="As the scorecard's; its reasons are attributions, not points that anybody can add up.",
    )
    return uri


def main() -> int:
    """Train and log both models; print the two URIs."""
    tracking_uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not tracking_uri.startswith(("http://", "https://")):
        sys.stderr.write("Set MLFLOW_TRACKING_URI to the tracking server, such as http://127.0.0.1:5000\n")
        return 2
    say(f"Python {platform.python_version()}, MLflow {mlflow.__version__}, tracking at {tracking_uri}")
    data = load_data_sets()
    say(", ".join(f"{name} {len(frame):,} rows" for name, frame in data.items()))
    warnings.filterwarnings("ignore", category=UserWarning, module="mlflow")
    mlflow.set_experiment(EXPERIMENT)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_data_sets(data, folder=folder)
        for log in (log_scorecard, log_boosted):
            say(f"registered {log(data, folder=folder)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
