"""The families of challengers as the real libraries fit them: what makes each admissible, and scores as tabled."""

import socket
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.unit.validation.builders import NAMES, sample
from validation.adapters.interpretable import build_challenger
from validation.domain.challengers import EBM, FAMILIES, MONOTONE_GBM, SCORECARD, Family, Setting
from validation.domain.inputs import FloatArray
from validation.domain.rows import HeldRows
from validation.domain.tools import Challenger
from validation.stats.discrimination import auc

TRAIN, TEST = sample(2400, 1), sample(1200, 2)
SETTINGS = [(family, setting) for family in FAMILIES.values() for setting in family.settings]
BOTH = pytest.mark.parametrize("family", [SCORECARD, MONOTONE_GBM], ids=lambda one: one.name)


def fit(family: Family, rows: FloatArray, setting: Setting | None = None, **changed: Any) -> Challenger:
    given: dict[str, Any] = {
        "names": NAMES,
        "features": TRAIN["features"],
        "labels": TRAIN["labels"].astype(float),
        "seed": 3,
    }
    return build_challenger()(
        family=family.name,
        setting=setting or family.settings[0],
        score_rows=HeldRows(rows),
        **given | changed,
    )


def log_odds(scores: FloatArray) -> FloatArray:
    return np.log(scores / (1.0 - scores))


def from_bins(row: FloatArray, rows: tuple[tuple[str, ...], ...]) -> float:
    """Add up the contributions of the bins that hold the row's values."""
    total = 0.0
    for name, low, high, *_, contribution in rows:
        value = row[NAMES.index(name)]
        if (low == "" or value >= float(low)) and (high == "" or value < float(high)):
            total += float(contribution)
    return total


def from_leaves(row: FloatArray, rows: tuple[tuple[str, ...], ...]) -> float:
    """Add up the leaves all of whose conditions hold. XGBoost compares in 32 bits."""

    def holds(condition: str) -> bool:
        if not condition:
            return True
        name, sign, limit = condition.split(" ")
        below = np.float32(row[NAMES.index(name)]) < np.float32(limit)
        return bool(below) is (sign == "<")

    return sum(float(leaf) for _, first, second, leaf in rows if holds(first) and holds(second))


READERS: dict[str, Callable[[FloatArray, tuple[tuple[str, ...], ...]], float]] = {
    SCORECARD.name: from_bins,
    EBM.name: from_bins,
    MONOTONE_GBM.name: from_leaves,
}


@pytest.mark.parametrize(("family", "setting"), SETTINGS)
def test_a_score_can_be_recomputed_by_hand_from_the_table(family: Family, setting: Setting) -> None:
    fitted = fit(family, TEST["features"], setting)
    (first, *_, intercept), *rows = fitted.rows
    assert first == "(intercept)"
    for place in (0, 1, 700):
        by_hand = float(intercept) + READERS[family.name](TEST["features"][place], tuple(rows))
        assert log_odds(fitted.scores)[place] == pytest.approx(by_hand, abs=1e-5)
    assert {len(row) for row in fitted.rows} == {len(fitted.columns)}
    assert auc(labels=TEST["labels"].astype(float), scores=fitted.scores).gini > 0.4


@BOTH
def test_no_input_changes_its_direction(family: Family) -> None:
    # The true signs are those of the weights: rising, falling, rising.
    for place, sign in enumerate((1, -1, 1)):
        paths = np.repeat(TEST["features"][:200, None], 61, axis=1)
        paths[:, :, place] = np.linspace(-4.0, 4.0, 61)
        odds = log_odds(fit(family, paths.reshape(-1, 3)).scores).reshape(200, 61)
        steps = sign * np.diff(odds, axis=1)
        assert (steps >= -1e-6).all()
        assert (steps.max(axis=1) > 0.0).all()


def test_an_input_whose_part_would_turn_round_beside_another_adds_nothing() -> None:
    rng = np.random.default_rng(1)
    rows, apart = rng.normal(size=(3000, 3)), rng.normal(size=3000)
    rows[:, 2] = rows[:, 0] + apart
    # Alone the third input rises with the risk; given the first, it falls.
    odds = 2.0 * rows[:, 0] - apart
    labels = (rng.random(3000) < 1.0 / (1.0 + np.exp(-odds))).astype(float)
    fitted = fit(SCORECARD, rows[:1], features=rows, labels=labels)
    third = [row for row in fitted.rows if row[0] == NAMES[2]]
    assert [float(row[3]) for row in third] == sorted(float(row[3]) for row in third)
    assert len(third) > 2
    assert {float(row[4]) for row in third} == {0.0}


def test_the_scorecard_is_the_ridge_regression_where_no_weight_is_bound() -> None:
    from sklearn.linear_model import LogisticRegression

    from validation.stats.monotone_bins import monotone_binning

    labels = TRAIN["labels"].astype(float)
    binned = [monotone_binning(values=column, labels=labels, bins=10) for column in TRAIN["features"].T]
    evidence, others = (
        np.column_stack([one.weigh(rows[:, i]) for i, one in enumerate(binned)])
        for rows in (TRAIN["features"], TEST["features"])
    )
    peer = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(evidence, labels)
    assert (peer.coef_ > 0.0).all()
    found = fit(SCORECARD, TEST["features"], SCORECARD.settings[1]).scores
    assert found == pytest.approx(peer.predict_proba(others)[:, 1], abs=1e-5)


def test_curves_add_up_whatever_the_truth_between_two_inputs() -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(3000, 3))
    labels = (rng.random(3000) < 1.0 / (1.0 + np.exp(-3.0 * rows[:, 0] * rows[:, 1]))).astype(float)
    corners = np.array([[a, b, 0.0] for a in (-1.5, 1.5) for b in (-1.5, 1.5)])
    odds = log_odds(fit(EBM, corners, features=rows, labels=labels).scores)
    assert odds[0] - odds[1] - odds[2] + odds[3] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda one: one.name)
def test_the_same_seed_gives_the_same_scores_and_nobody_is_called(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("a challenger called out")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    first, second = fit(family, TEST["features"]), fit(family, TEST["features"])
    assert first.scores.tolist() == second.scores.tolist()
    assert first.rows == second.rows


def test_another_seed_bags_other_rows() -> None:
    first, second = (fit(EBM, TEST["features"], seed=seed).scores for seed in (3, 2**32 - 1))
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda one: one.name)
def test_an_input_that_never_moves_adds_nothing(family: Family) -> None:
    rows, others = TRAIN["features"].copy(), TEST["features"].copy()
    rows[:, 1] = others[:, 1] = 7.0
    fitted, moved = (fit(family, one, features=rows) for one in (others, others + np.array([0.0, 5.0, 0.0])))
    assert fitted.scores == pytest.approx(moved.scores, abs=1e-9)
