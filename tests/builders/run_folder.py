"""A small model and its data sets on disk, as a worker would have fetched them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost

FEATURES = ("limit_bal", "pay_0")
LABEL = "default"
SIGNATURE = json.dumps([{"name": name, "type": "double", "required": True} for name in FEATURES])
MLMODEL = f"""
flavors:
  python_function: {{loader_module: mlflow.xgboost, data: model.json}}
  xgboost: {{data: model.json, model_format: json, model_class: xgboost.core.Booster}}
signature:
  inputs: '{SIGNATURE}'
  outputs: '[{{"type": "double"}}]'
"""


def write_artifact(folder: Path, *, mlmodel: str = MLMODEL) -> None:
    """Write an MLflow folder that holds a booster of two trees as XGBoost's JSON."""
    folder.mkdir(parents=True)
    data = credit_rows(seed=1, rows=400)
    matrix = xgboost.DMatrix(data[list(FEATURES)], label=data[LABEL])
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 2, "nthread": 1, "seed": 1}, matrix, num_boost_round=2
    )
    booster.save_model(folder / "model.json")
    (folder / "MLmodel").write_text(mlmodel)


def write_samples(
    folder: Path, *, rows: int = 400, extra: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, dict[str, str]]:
    """Write training, test and recent data and return what an order says of them.

    ``extra`` holds further columns by sample and name.
    """
    (folder / "data").mkdir(parents=True)
    samples = {}
    for seed, name in enumerate(("train", "test", "recent"), start=1):
        path = folder / "data" / f"{name}.parquet"
        credit_rows(seed=seed, rows=rows).assign(**(extra or {}).get(name, {})).to_parquet(path, index=False)
        samples[name] = {
            "file": f"data/{name}.parquet",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "label": LABEL,
        }
    return samples


def write_order(
    folder: Path, *, checks: tuple[str, ...], samples: dict[str, dict[str, str]]
) -> dict[str, Any]:
    """Write the order of a run, and return it."""
    order = {
        "plan": [{"check": check, "params": {}, "thresholds": []} for check in checks],
        "samples": samples,
        "portfolio": {"grade_edges": "0.1,0.3,0.5"},
        "claims": {"test_auc": "0.7", "recent_auc": "0.6"},
        "tools": {},
        "artifact": {"digest_recorded": "a" * 64, "digest_seen": "a" * 64, "family": "tree_ensemble"},
    }
    (folder / "order.json").write_text(json.dumps(order))
    return order


def credit_rows(*, seed: int, rows: int) -> pd.DataFrame:
    """Return obligors whose default depends on months of delay."""
    random = np.random.default_rng(seed)
    delay = random.integers(-2, 6, rows)
    chance = 1 / (1 + np.exp(1.5 - 0.6 * delay))
    return pd.DataFrame(
        {
            "limit_bal": random.uniform(1e4, 5e5, rows),
            "pay_0": delay.astype("float64"),
            LABEL: (random.random(rows) < chance).astype("int64"),
        }
    )
