"""Model folders for the box: a hand-written booster, and pickles that do what a test wants."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import cloudpickle
import numpy as np
import skops.io

SIGNATURE = """signature:
  inputs: '[{"type": "double", "name": "x"}]'
  outputs: '[{"type": "double"}]'
"""
BOOSTER_MLMODEL = (
    """flavors:
  xgboost:
    data: model.json
    model_format: json
"""
    + SIGNATURE
)
PICKLE_MLMODEL = (
    """flavors:
  sklearn:
    pickled_model: model.pkl
    serialization_format: cloudpickle
"""
    + SIGNATURE
)


class Pickled:
    """A model that calls ``on_load`` when unpickled and scores with ``on_predict(rows)``.

    If ``on_load`` raises, every score is 0; if it succeeds, every score is 1,
    unless ``on_predict`` says otherwise.
    """

    def __init__(
        self,
        *,
        on_load: Callable[[], object] | None = None,
        on_predict: Callable[[int], object] | None = None,
    ) -> None:
        self.on_load = on_load
        self.on_predict = on_predict
        self.succeeded = 0.0

    def __setstate__(self, state: dict[str, object]) -> None:
        """Unpickle, and run the payload."""
        self.__dict__.update(state)
        if self.on_load is not None:
            try:
                self.on_load()
                self.succeeded = 1.0
            except (OSError, MemoryError, RuntimeError) as error:
                sys.stdout.write(f"payload: {type(error).__name__}: {error}\n")
                sys.stdout.flush()

    def predict(self, frame: object) -> object:
        """Return the scores."""
        rows = len(frame)  # type: ignore[arg-type]
        return np.full(rows, self.succeeded) if self.on_predict is None else self.on_predict(rows)


def write_pickled(folder: Path, model: Pickled) -> Path:
    """Write a model folder whose pickle carries the payload by value."""
    cloudpickle.register_pickle_by_value(sys.modules[Pickled.__module__])
    caller = sys.modules.get("tests.unit.sandbox.test_attacks")
    if caller is not None:
        cloudpickle.register_pickle_by_value(caller)
    folder.mkdir()
    (folder / "MLmodel").write_text(PICKLE_MLMODEL)
    (folder / "model.pkl").write_bytes(cloudpickle.dumps(model))
    return folder


def write_skops(folder: Path, model: object) -> Path:
    """Write a model folder as MLflow's scikit-learn flavour does by default."""
    folder.mkdir()
    text = PICKLE_MLMODEL.replace("model.pkl", "model.skops").replace("cloudpickle", "skops")
    (folder / "MLmodel").write_text(text)
    skops.io.dump(model, folder / "model.skops")
    return folder


def write_booster(folder: Path) -> Path:
    """Write an XGBoost model of one tree: 0.2 where x < 3, else 0.8 (in probabilities)."""
    folder.mkdir()
    (folder / "MLmodel").write_text(BOOSTER_MLMODEL)
    (folder / "model.json").write_text(json.dumps(booster()))
    return folder


def booster() -> dict[str, object]:
    """Return the JSON of a booster with one split, written by hand after XGBoost's schema."""
    logit = float(np.log(4.0))  # the log-odds of 0.8
    tree = {
        "base_weights": [0.0, -logit, logit],
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": [0, 0, 0],
        "id": 0,
        "left_children": [1, -1, -1],
        "loss_changes": [1.0, 0.0, 0.0],
        "parents": [2147483647, 0, 0],
        "right_children": [2, -1, -1],
        "split_conditions": [3.0, -logit, logit],
        "split_indices": [0, 0, 0],
        "split_type": [0, 0, 0],
        "sum_hessian": [2.0, 1.0, 1.0],
        "tree_param": {
            "num_deleted": "0",
            "num_feature": "1",
            "num_nodes": "3",
            "size_leaf_vector": "1",
        },
    }
    return {
        "version": [3, 2, 0],
        "learner": {
            "attributes": {},
            "feature_names": ["x"],
            "feature_types": ["float"],
            "gradient_booster": {
                "model": {
                    "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"},
                    "iteration_indptr": [0, 1],
                    "tree_info": [0],
                    "trees": [tree],
                },
                "name": "gbtree",
            },
            "learner_model_param": {
                "base_score": "5E-1",
                "boost_from_average": "1",
                "num_class": "0",
                "num_feature": "1",
                "num_target": "1",
            },
            "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}},
        },
    }


def alive(pid: int) -> bool:
    """Return whether a process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
