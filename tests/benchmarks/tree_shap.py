"""Exact SHAP of tree ensembles, all rows, against SHAP and the libraries' own exact algorithms.

The peers' cost is linear in rows, so they are timed on a stated number of rows
and scaled. Compiling, which is done once and kept, is in the warm-up.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from tests.benchmarks.harness import Entry, Result, Sample, Side, in_process, measure
from tests.benchmarks.peers import import_peer
from validation.adapters.tree_compiled import compiled
from validation.adapters.tree_formats import read_forest, read_lightgbm, read_xgboost
from validation.stats.tree_model import TreeEnsemble
from validation.stats.tree_shap import TreeShap

ROWS, FEATURES, BACKGROUND, FEW = 100_000, 40, 20_000, 100
TOLERANCE = 1e-5


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model, what explains its rows without a background, and what does with one of ``FEW`` rows."""

    title: str
    read: Callable[[], TreeEnsemble]
    rows: np.ndarray
    along: tuple[str, Callable[[np.ndarray], np.ndarray]]
    along_rows: int
    against: tuple[str, Callable[[np.ndarray], np.ndarray]]
    against_rows: int


def results() -> list[Result]:
    """Measure XGBoost, LightGBM where it can be loaded, and a forest of scikit-learn."""
    rows, labels = credit()
    xgboost = _xgboost(rows, labels)
    found = [
        measure(_against(xgboost, BACKGROUND)),
        measure(_against(xgboost, FEW)),
        measure(_along(xgboost)),
    ]
    for make in (_lightgbm, _forest):
        case = make(rows, labels)
        if case is not None:
            found += [measure(_against(case, BACKGROUND)), measure(_along(case))]
    return found


def credit() -> tuple[np.ndarray, np.ndarray]:
    """Return made-up customers, one in ten of whom defaults, for reasons that interact; single precision."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(ROWS, FEATURES)).astype(np.float32).astype(np.float64)
    weights = rng.normal(size=FEATURES) / FEATURES**0.5
    odds = rows @ weights * 1.2 + 0.5 * rows[:, 0] * rows[:, 1] + 0.4 * np.abs(rows[:, 2]) - 3.0
    return rows, (rng.random(ROWS) < 1.0 / (1.0 + np.exp(-odds))).astype(np.float64)


def _against(case: Case, size: int) -> Entry:
    """Compare with the peer's ``FEW`` background rows; equal backgrounds are compared outside the timed turns."""
    name, explain = case.against
    few, background = case.rows[:FEW], case.rows[-size:] if size > FEW else case.rows[:FEW]
    some = case.rows[: case.against_rows]

    def ours() -> np.ndarray:
        explained = TreeShap(case.read(), kernels=compiled())
        return explained.interventional(rows=case.rows, background=background).values

    @cache
    def references() -> tuple[np.ndarray, np.ndarray]:
        explained = TreeShap(case.read(), kernels=compiled())
        return tuple(explained.interventional(rows=some, background=one).values for one in (few, background))

    def is_equal(mine: np.ndarray, theirs: np.ndarray) -> bool:
        same, whole = references()
        return bool(np.abs(same - theirs).max() < TOLERANCE > np.abs(whole - mine[: len(some)]).max())

    return Entry(
        name="interventional SHAP",
        work=f"{case.title}: interventional SHAP of {ROWS:,} rows, {size:,} background rows (peer: {FEW})",
        ours=in_process("tables of patterns, from the model's bytes on", ours),
        peer=_scaled(in_process(f"{name}, {len(some)} rows scaled", lambda: explain(some)), ROWS / len(some)),
        is_equal=is_equal,
        runs=3,
        warm_up=1,
        sizes={"rows": ROWS, "features": FEATURES, "background": size, "background of the peer": FEW,
               "rows of the peer": len(some)},
        note="equal: every contribution within 1e-5 of the peer's on its rows against its background",
    )  # fmt: skip


def _along(case: Case) -> Entry:
    name, explain = case.along
    some = case.rows[: case.along_rows]

    def ours() -> np.ndarray:
        return TreeShap(case.read(), kernels=compiled()).path_dependent(rows=case.rows).values

    return Entry(
        name="path-dependent SHAP",
        work=f"{case.title}: path-dependent SHAP of {ROWS:,} rows",
        ours=in_process("tables of patterns, from the model's bytes on", ours),
        peer=_scaled(in_process(f"{name}, {len(some)} rows scaled", lambda: explain(some)), ROWS / len(some)),
        is_equal=lambda mine, theirs: bool(np.abs(mine[: len(some)] - theirs).max() < TOLERANCE),
        runs=3,
        warm_up=1,
        sizes={"rows": ROWS, "features": FEATURES, "rows of the peer": len(some)},
        note="equal: every contribution within 1e-5 of the peer's on its rows",
    )


def _scaled(side: Side, factor: float) -> Side:
    def turn() -> Sample:
        found = side.turn()
        return replace(found, cpu_s=found.cpu_s * factor, wall_s=found.wall_s * factor)

    return replace(side, turn=turn, peak_mib=None)


def _shap(model: Any, rows: np.ndarray, outcome: int | None = None) -> Callable[[np.ndarray], np.ndarray]:
    """Return SHAP's explanation against a background, or along the trees where ``rows`` holds none."""
    import shap

    given = {"data": rows, "feature_perturbation": "interventional"} if len(rows) else {}
    explainer = shap.TreeExplainer(model, **given)

    def explain(some: np.ndarray) -> np.ndarray:
        values = np.asarray(explainer.shap_values(some, check_additivity=False))
        return values if outcome is None else values[:, :, outcome]

    return explain


def _xgboost(rows: np.ndarray, labels: np.ndarray) -> Case:
    import xgboost

    given = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "tree_method": "hist", "nthread": 1}
    booster = xgboost.train(given, xgboost.DMatrix(rows, labels, nthread=1), 300)
    declared = bytes(booster.save_raw("json"))

    def native(some: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(xgboost.DMatrix(some, nthread=1), pred_contribs=True)[:, :-1])

    return Case(
        title="XGBoost, 300 trees of depth 6",
        read=lambda: read_xgboost(declared=declared)[0],
        rows=rows,
        along=("XGBoost's pred_contribs", native),
        along_rows=500,
        against=("shap.TreeExplainer", _shap(booster, rows[:FEW])),
        against_rows=100,
    )


def _lightgbm(rows: np.ndarray, labels: np.ndarray) -> Case | None:
    try:
        lightgbm = import_peer("lightgbm")
    except (ImportError, OSError, RuntimeError) as error:
        sys.stderr.write(f"LightGBM is not measured: it cannot be loaded ({error})\n")
        return None
    given = {"objective": "binary", "num_leaves": 31, "num_threads": 1, "verbose": -1, "seed": 1}
    booster = lightgbm.train(given, lightgbm.Dataset(rows, labels), 300)
    declared = booster.model_to_string().encode()
    return Case(
        title="LightGBM, 300 trees of 31 leaves",
        read=lambda: read_lightgbm(declared=declared)[0],
        rows=rows,
        along=("shap.TreeExplainer (LightGBM's pred_contrib)", _shap(booster, rows[:0])),
        along_rows=500,
        against=("shap.TreeExplainer", _shap(booster, rows[:FEW])),
        against_rows=100,
    )


def _forest(rows: np.ndarray, labels: np.ndarray) -> Case:
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(100, max_depth=8, random_state=1, n_jobs=1)
    forest.fit(rows[:BACKGROUND], labels[:BACKGROUND])
    names = ("children_left", "children_right", "feature", "threshold", "value",
             "weighted_n_node_samples", "missing_go_to_left")  # fmt: skip
    arrays = [{name: getattr(one.tree_, name) for name in names} for one in forest.estimators_]
    return Case(
        title="scikit-learn, forest of 100 trees of depth 8",
        read=lambda: read_forest(trees=arrays, width=FEATURES, outcome=1),
        rows=rows,
        along=("shap.TreeExplainer", _shap(forest, rows[:0], 1)),
        along_rows=200,
        against=("shap.TreeExplainer", _shap(forest, rows[:FEW], 1)),
        against_rows=50,
    )
