"""Shapley values of a model known by its predictions alone, against ``shap.PermutationExplainer``.

The model is an ensemble behind a plain function, so that exact values are known from its trees and the error of both
sides can be measured. The peer is run with the budget that gives it our error (found in a first run by the law that
its squared error falls as its budget rises, and measured again in every turn), and with its own default, which leaves
it more error than we have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np

from tests.benchmarks.harness import Entry, Result, Side, in_process, measure
from tests.benchmarks.tree_shap import credit
from validation.adapters.tree_compiled import compiled
from validation.adapters.tree_formats import read_forest, read_xgboost
from validation.stats.shapley import sample_values
from validation.stats.tree_shap import TreeShap

BACKGROUND, EXPLAINED, PAIRS, PILOT = 100, 20, 2, 10
# By chance alone two errors measured on 20 rows of 40 contributions differ by some per cent.
SAME = 1.15
NAMED = 1.96

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model as a function, the rows, and what is exactly true of them."""

    title: str
    predict: Predict
    rows: np.ndarray
    background: np.ndarray
    exact: np.ndarray

    def error(self, values: np.ndarray) -> float:
        """Return the root of the mean squared error."""
        return float(np.sqrt(np.mean((values - self.exact) ** 2)))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The error of one turn, and the share of contributions within 1.96 standard errors of the truth."""

    error: float
    covered: float = 1.0


def results() -> list[Result]:
    """Measure a boosted model on the log-odds and a forest on the probability."""
    rows, labels = credit()
    return [
        measure(entry)
        for make in (_xgboost, _forest)
        for case in (make(rows, labels),)
        for entry in (_equal_error(case), _default(case))
    ]


def _equal_error(case: Case) -> Entry:
    width = case.rows.shape[1]
    pilot = np.mean([case.error(_peer(case, PILOT)()) ** 2 for _ in range(4)])
    ours = np.mean([_ours(case, PAIRS)().error ** 2 for _ in range(5)])
    orders = round(PILOT * float(pilot / ours))
    seen: list[tuple[float, float]] = []

    def is_equal(mine: Answer, theirs: Answer) -> bool:
        seen.append((mine.error, theirs.error))
        ratio = np.sqrt(np.mean(np.square(seen), axis=0))
        return bool(1.0 / SAME <= ratio[0] / ratio[1] <= SAME) and mine.covered >= 0.9

    return Entry(
        name=f"black box, equal error: {case.title}",
        work=f"{case.title}: black-box SHAP of {EXPLAINED} rows of {width}, equal error "
        f"({PAIRS} pairs a background row; peer: {orders} pairs)",
        ours=in_process("own orders for every background row", _ours(case, PAIRS)),
        peer=_peer_side(case, orders),
        is_equal=is_equal,
        runs=3,
        warm_up=0,
        sizes={"rows": EXPLAINED, "features": width, "background": BACKGROUND, "pairs of the peer": orders},
        note=f"root mean squared error: ours {np.sqrt(ours):.3g}, the peer with {PILOT} pairs {np.sqrt(pilot):.3g}; "
        "equal: the errors measured in the turns differ by less than 15 %, and at least nine in ten of our "
        "contributions lie within 1.96 of their standard errors of the exact ones",
    )


def _default(case: Case) -> Entry:
    return Entry(
        name=f"black box, the peer's default: {case.title}",
        work=f"{case.title}: black-box SHAP of {EXPLAINED} rows, one pair a background row; peer: default budget",
        ours=in_process("own orders for every background row", _ours(case, 1)),
        peer=_peer_side(case, None),
        is_equal=lambda mine, theirs: mine.error <= theirs.error,
        runs=3,
        warm_up=0,
        sizes={"rows": EXPLAINED, "features": case.rows.shape[1], "background": BACKGROUND},
        note="equal: our error is not greater",
    )


def _ours(case: Case, pairs: int) -> Callable[[], Answer]:
    seeds = count()

    def explain() -> Answer:
        found = sample_values(
            predict=case.predict, rows=case.rows, background=case.background, pairs=pairs, seed=next(seeds)
        )
        is_near = np.abs(found.values - case.exact) <= NAMED * found.errors
        return Answer(error=case.error(found.values), covered=float(is_near.mean()))

    return explain


def _peer(case: Case, orders: int | None) -> Callable[[], np.ndarray]:
    import shap

    masker = shap.maskers.Independent(case.background, max_samples=BACKGROUND)
    explainer = shap.PermutationExplainer(case.predict, masker)
    given = {} if orders is None else {"max_evals": orders * (2 * case.rows.shape[1] + 1)}
    return lambda: np.asarray(explainer(case.rows, silent=True, **given).values)


def _peer_side(case: Case, orders: int | None) -> Side:
    explain = _peer(case, orders)
    return in_process("shap.PermutationExplainer", lambda: Answer(error=case.error(explain())))


def _xgboost(rows: np.ndarray, labels: np.ndarray) -> Case:
    import xgboost

    given = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "tree_method": "hist", "nthread": 1}
    booster = xgboost.train(given, xgboost.DMatrix(rows, labels, nthread=1), 300)
    trees = read_xgboost(declared=bytes(booster.save_raw("json")))[0]
    few, some = rows[:BACKGROUND], rows[-EXPLAINED:]

    def predict(given: np.ndarray) -> np.ndarray:
        return np.asarray(booster.inplace_predict(given, predict_type="margin"), dtype=np.float64)

    return Case(
        title="XGBoost, 300 trees of depth 6, log-odds",
        predict=predict,
        rows=some,
        background=few,
        exact=TreeShap(trees, kernels=compiled()).interventional(rows=some, background=few).values,
    )


def _forest(rows: np.ndarray, labels: np.ndarray) -> Case:
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(100, max_depth=8, random_state=1, n_jobs=1)
    forest.fit(rows[:20_000], labels[:20_000])
    names = ("children_left", "children_right", "feature", "threshold", "value",
             "weighted_n_node_samples", "missing_go_to_left")  # fmt: skip
    arrays = [{name: getattr(one.tree_, name) for name in names} for one in forest.estimators_]
    trees = read_forest(trees=arrays, width=rows.shape[1], outcome=1)
    few, some = rows[:BACKGROUND], rows[-EXPLAINED:]
    return Case(
        title="scikit-learn, forest of 100 trees of depth 8, probability",
        predict=lambda given: np.asarray(forest.predict_proba(given)[:, 1]),
        rows=some,
        background=few,
        exact=TreeShap(trees, kernels=compiled()).interventional(rows=some, background=few).values,
    )
