"""SHAP values of trees against Shapley's formula over all coalitions, written without any of our tables."""

from collections.abc import Callable
from itertools import combinations
from math import factorial, isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.trees import Nested, ensemble, random_nested, random_rows
from validation.domain.tools import Attribution
from validation.stats.tree_shap import TreeShap

Game = Callable[[frozenset[int]], float]

# The trees of x1 x2 on {0, 2} x {0, 3}: a row of (2, 3) gives 6, every other 0.
PRODUCT: Nested = (0, 1.0, True, (0.0, 2.0), (1, 1.0, True, (0.0, 1.0), (6.0, 1.0)))
# v() = 1, v(1) = 2, v(2) = 3, v(1, 2) = 6 against the background (0, 0).
TABLE: Nested = (
    *(0, 1.0, True),
    (1, 1.0, True, (1.0, 1.0), (3.0, 1.0)),
    (1, 1.0, True, (2.0, 1.0), (6.0, 1.0)),
)


def shapley(game: Game, players: int) -> list[float]:
    """Weigh what each player adds to every coalition of the others."""
    found = []
    for player in range(players):
        others = [one for one in range(players) if one != player]
        found.append(
            sum(
                factorial(size) * factorial(players - size - 1) / factorial(players)
                * (game(frozenset(some) | {player}) - game(frozenset(some)))
                for size in range(players)
                for some in combinations(others, size)
            )
        )  # fmt: skip
    return found


def reached(node: Nested, row: list[float]) -> float:
    """Walk down to the leaf of a row."""
    if len(node) == 2:
        return float(node[0])
    feature, threshold, missing_left, left, right = node
    value = row[feature]
    return reached(left if (missing_left if isnan(value) else value < threshold) else right, row)


def cover(node: Nested) -> float:
    return float(node[1]) if len(node) == 2 else cover(node[3]) + cover(node[4])


def expected(node: Nested, row: list[float], known: frozenset[int]) -> float:
    """Walk down where the feature is known; elsewhere average by the training weight."""
    if len(node) == 2:
        return float(node[0])
    feature, threshold, missing_left, left, right = node
    if feature in known:
        value = row[feature]
        return expected(left if (missing_left if isnan(value) else value < threshold) else right, row, known)
    weights = cover(left), cover(right)
    parts = expected(left, row, known), expected(right, row, known)
    return (weights[0] * parts[0] + weights[1] * parts[1]) / sum(weights)


def path_game(trees: list[Nested], row: list[float]) -> Game:
    return lambda known: sum(expected(tree, row, known) for tree in trees)


def interventional_game(trees: list[Nested], row: list[float], background: np.ndarray) -> Game:
    def game(known: frozenset[int]) -> float:
        mixed = [[row[i] if i in known else other[i] for i in range(len(row))] for other in background]
        return float(np.mean([sum(reached(tree, one) for tree in trees) for one in mixed]))

    return game


def assert_equal(found: Attribution, games: list[Game], width: int) -> None:
    for values, game in zip(found.values, games, strict=True):
        assert values == pytest.approx(shapley(game, width), abs=1e-6)
        assert found.base == pytest.approx(game(frozenset()), abs=1e-9)
        assert found.base + values.sum() == pytest.approx(game(frozenset(range(width))), abs=1e-6)


@pytest.mark.parametrize(("nested", "values", "base"), [(PRODUCT, [3, 3], 0), (TABLE, [2, 3], 1)])
def test_values_worked_by_hand(nested: Nested, values: list[float], base: float) -> None:
    found = TreeShap(ensemble(nested, width=2)).interventional(
        rows=np.array([[2.0, 3.0]]), background=np.array([[0.0, 0.0]])
    )
    assert found.values[0].tolist() == pytest.approx(values)
    assert found.base == pytest.approx(base)


def test_path_dependent_values_worked_by_hand() -> None:
    # v() = 6/4, v(1) = 6/2 (the second test is a coin), v(2) = 6/2 (half of the weight is above), v(1, 2) = 6.
    found = TreeShap(ensemble(PRODUCT, width=2)).path_dependent(rows=np.array([[2.0, 3.0]]))
    assert found.base == pytest.approx(1.5)
    assert found.values[0].tolist() == pytest.approx([2.25, 2.25])


@settings(max_examples=60, derandomize=True)
@given(seed=st.integers(0, 10_000), width=st.integers(1, 5), depth=st.integers(0, 5), bits=st.integers(1, 12))
def test_random_trees_follow_shapley_s_formula(seed: int, width: int, depth: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    trees = [random_nested(rng, width=width, depth=depth) for _ in range(3)]
    rows, background = (random_rows(rng, rows=number, width=width) for number in (4, 6))
    explained = TreeShap(ensemble(*trees, width=width), bits=bits)

    games = [interventional_game(trees, row.tolist(), background) for row in rows]
    assert_equal(explained.interventional(rows=rows, background=background), games, width)
    along = [path_game(trees, row.tolist()) for row in rows]
    assert_equal(explained.path_dependent(rows=rows), along, width)
