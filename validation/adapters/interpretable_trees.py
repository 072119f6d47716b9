"""Boosted trees of depth two whose output moves one way with each input, the way of the training sample.

XGBoost with constraints of monotonicity; its own dump is the table, so every
leaf can be read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from validation.domain.challengers import Setting
from validation.domain.results import decimal_text
from validation.domain.rows import FloatArray, Rows
from validation.domain.tools import Challenger
from validation.stats.monotone_bins import risk_direction

_DEPTH = 2
_LEAST_WEIGHT = 5.0


def fit_trees(
    *,
    setting: Setting,
    names: Sequence[str],
    features: FloatArray,
    labels: FloatArray,
    score_rows: Rows,
    seed: int,
) -> Challenger:
    """Fit the trees; ``setting`` holds ``rounds`` and ``rate``. An input that ranks nothing is held to rising."""
    import xgboost

    rounds, rate = int(setting["rounds"]), setting["rate"]
    # A sign of 0 would set the input free.
    signs = tuple(risk_direction(values=column, labels=labels) or 1 for column in features.T)
    rate_of_default = float(labels.mean())
    model = xgboost.train(
        {
            "objective": "binary:logistic",
            "max_depth": _DEPTH,
            "eta": rate,
            "min_child_weight": _LEAST_WEIGHT,
            "tree_method": "hist",
            "monotone_constraints": str(signs),
            "base_score": rate_of_default,
            "nthread": 1,
            "seed": seed % 2**31,
        },
        xgboost.DMatrix(features, label=labels, nthread=1),
        num_boost_round=rounds,
    )
    intercept = float(np.log(rate_of_default / (1.0 - rate_of_default)))
    rows = [("(intercept)", "", "", decimal_text(intercept))]
    for number, text in enumerate(model.get_dump(dump_format="json"), start=1):
        rows += _leaves(f"tree {number}", json.loads(text), names)

    def score(rows: FloatArray) -> FloatArray:
        return np.asarray(model.predict(xgboost.DMatrix(rows, nthread=1)), dtype=np.float64)

    return Challenger(
        title=f"monotone boosted trees of depth {_DEPTH}, {rounds} rounds at rate {rate:g}",
        scores=score_rows.map(score),
        columns=("tree", "first condition", "second condition", "contribution to log-odds"),
        rows=tuple(rows),
    )


def _leaves(tree: str, root: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, str, str, str]]:
    padded = [((*conditions, "", ""), leaf) for conditions, leaf in _paths(root, (), names)]
    return [(tree, where[0], where[1], decimal_text(leaf)) for where, leaf in padded]


def _paths(
    node: Mapping[str, Any], conditions: tuple[str, ...], names: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], float]]:
    if "leaf" in node:
        yield conditions, float(node["leaf"])
        return
    name, limit = names[int(node["split"].removeprefix("f"))], decimal_text(float(node["split_condition"]))
    children = {child["nodeid"]: child for child in node["children"]}
    yield from _paths(children[node["yes"]], (*conditions, f"{name} < {limit}"), names)
    yield from _paths(children[node["no"]], (*conditions, f"{name} >= {limit}"), names)
