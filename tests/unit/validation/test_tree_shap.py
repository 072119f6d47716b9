"""Tables of tree SHAP: how trees are cut, what is refused, and that compiled loops say what NumPy says."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.builders.trees import Nested, ensemble, random_nested, random_rows, tree
from validation.adapters.tree_compiled import compiled
from validation.domain.inputs import UnusableInputError
from validation.domain.rows import HeldRows, Rows
from validation.stats import tree_shap
from validation.stats.tree_model import TreeEnsemble
from validation.stats.tree_shap import Kernels, TooDeepError, TreeShap
from validation.stats.tree_tables import coalition_weights

RNG = np.random.default_rng(4)
STUMP: Nested = (0, 1.0, True, (1.0, 3.0), (5.0, 1.0))


def chain(depth: int) -> Nested:
    """A path over ``depth`` features with a leaf at every step."""
    return (0.0, 1.0) if depth == 0 else (depth - 1, 0.0, False, (1.0, 1.0), chain(depth - 1))


def forest(trees: int = 20, width: int = 70, depth: int = 7) -> TreeEnsemble:
    nested = [random_nested(RNG, width=width, depth=depth) for _ in range(trees)]
    return ensemble(*nested, width=width, base=0.25)


def test_a_single_leaf_gives_nothing_to_any_feature() -> None:
    found = TreeShap(ensemble((2.5, 1.0), width=3, base=0.5)).path_dependent(rows=np.zeros((2, 3)))
    assert found.values.tolist() == [[0.0] * 3] * 2
    assert found.base == 3.0


def test_a_stump_by_hand() -> None:
    explained = TreeShap(ensemble(STUMP, width=2))
    rows = np.array([[0.0, 9.0], [2.0, 9.0], [np.nan, 9.0], [1.0, 9.0]])
    along = explained.path_dependent(rows=rows)
    assert along.base == pytest.approx(2.0)  # (3 * 1 + 1 * 5) / 4
    assert along.values[:, 0].tolist() == pytest.approx([-1.0, 3.0, -1.0, 3.0])
    against = explained.interventional(rows=rows, background=np.array([[2.0, 0.0], [np.nan, 0.0]]))
    assert against.base == pytest.approx(3.0)
    assert against.values.tolist() == [pytest.approx([v, 0.0]) for v in (-2.0, 2.0, -2.0, 2.0)]


def test_a_missing_value_in_the_middle_of_a_range_is_a_case_apart() -> None:
    # Feature 0 from 1 up to 3, missing values too, and then feature 1.
    inside = (1, 0.0, True, (0.0, 1.0), (8.0, 1.0))
    nested = (0, 1.0, False, (0.0, 2.0), (0, 3.0, True, inside, (0.0, 4.0)))
    rows = np.array([[value, 1.0] for value in (0.0, 1.0, 2.9, 3.0, np.nan)])
    for bits in (2, 12):
        explained = TreeShap(ensemble(nested, width=2), bits=bits)
        found = explained.interventional(rows=rows, background=np.array([[0.0, -1.0]]))
        assert found.values.tolist() == [
            pytest.approx(values) for values in ([0, 0], [4, 4], [4, 4], [0, 0], [4, 4])
        ]


def test_small_trees_share_a_block_and_large_ones_are_cut() -> None:
    assert TreeShap(ensemble(*[STUMP] * 24, width=1)).blocks == 2
    whole = (3.0, 1.0)
    for feature in range(4):
        whole = (feature, 0.0, True, whole, whole)  # type: ignore[assignment]
    # Fifteen tests: seven below each child of the root, and the root's own.
    assert TreeShap(ensemble(whole, width=4)).blocks == 2
    assert TreeShap(ensemble(whole, width=4), bits=15).blocks == 1


def test_blocks_and_groups_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = forest()
    rows, background = (random_rows(RNG, rows=number, width=trees.width) for number in (1500, 40))
    first = TreeShap(trees).interventional(rows=rows, background=background)
    monkeypatch.setattr(tree_shap, "TABLE_BYTES", 1)
    other = TreeShap(trees, bits=8).interventional(rows=rows, background=background)
    assert np.abs(first.values - other.values).max() < 1e-6
    assert first.base == pytest.approx(other.base, abs=1e-12)
    outputs = trees.outputs(rows=rows)
    assert np.abs(outputs - first.base - first.values.sum(axis=1)).max() < 1e-6
    assert first.base == pytest.approx(trees.outputs(rows=background).mean())


def test_compiled_loops_say_what_numpy_says() -> None:
    trees = forest(trees=8, depth=6)
    rows, background = (random_rows(RNG, rows=number, width=trees.width) for number in (1100, 30))
    plain, fast = TreeShap(trees), TreeShap(trees, kernels=compiled())
    assert plain.blocks == fast.blocks
    for one, other in (
        (plain.path_dependent(rows=rows), fast.path_dependent(rows=rows)),
        *[(each.interventional(rows=rows, background=background) for each in (plain, fast))],
    ):
        assert np.abs(one.values - other.values).max() < 1e-6
        assert one.base == pytest.approx(other.base, abs=1e-12)


@pytest.mark.parametrize("kernels", [tree_shap.PLAIN, compiled()], ids=["NumPy", "compiled"])
def test_rows_explained_in_parts_against_a_background_in_parts_get_the_same(
    monkeypatch: pytest.MonkeyPatch, kernels: Kernels
) -> None:
    trees = forest(trees=8, width=12, depth=5)
    rows, background = random_rows(RNG, rows=2500, width=12), random_rows(RNG, rows=700, width=12)
    ready = TreeShap(trees, kernels=kernels)
    whole = ready.interventional(rows=rows, background=background).values
    told: list[tuple[int, int, str]] = []
    monkeypatch.setattr(tree_shap, "PART_VALUES", 12 * 1100)
    monkeypatch.setattr(
        Rows, "stretches", lambda self: (self.stretch(at, at + 300) for at in range(0, 900, 300))
    )
    parts = list(
        ready.parts(
            rows=HeldRows(rows), background=HeldRows(background), advance=lambda *one: told.append(one)
        )
    )
    assert [len(part) for part in parts] == [1100, 1100, 300]
    assert np.array_equal(np.concatenate(parts), whole)
    assert told == sorted(told)
    assert told[-1] == (2500, 2500, "rows explained")


def test_the_compiled_walk_adds_the_same_leaves_in_the_same_order() -> None:
    trees, rows = forest(), random_rows(RNG, rows=900, width=70)
    rows[::7, ::3] = np.nan
    plain = trees.outputs(rows=rows)
    assert np.array_equal(trees.outputs(rows=rows, walk=compiled().walk), plain)
    by_tree = [replace(trees, trees=(one,), base=0.0).outputs(rows=rows) for one in trees.trees]
    assert np.allclose(plain, trees.base + np.sum(by_tree, axis=0), rtol=1e-12)


def test_a_path_over_too_many_features_is_too_deep() -> None:
    rows = np.ones((1, 17))
    found = TreeShap(ensemble(chain(16), width=17)).interventional(rows=rows, background=-rows)
    assert found.base == 1.0
    assert found.values.sum() == pytest.approx(-1.0)
    for kernels in (tree_shap.PLAIN, compiled()):
        with pytest.raises(TooDeepError, match="more than 16 features"):
            TreeShap(ensemble(chain(17), width=17), kernels=kernels)


def test_a_feature_with_more_thresholds_than_codes_is_too_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_shap, "NO_CODE", 3)
    assert TreeShap(ensemble(STUMP, width=1)).blocks == 1
    with pytest.raises(TooDeepError, match="2 thresholds"):
        TreeShap(ensemble(STUMP, (0, 2.0, True, (1.0, 1.0), (2.0, 1.0)), width=1))


def test_weights_of_coalitions_sum_to_one_over_all_orders() -> None:
    weights = coalition_weights(3)
    assert weights[3].tolist() == pytest.approx([1 / 3, 1 / 6, 1 / 3, 0])
    assert weights[1].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"feature": np.array([0, 0])}, "differ in length"),
        ({"right": np.array([-1, -1, -1])}, "one child"),
        ({"right": np.array([1, -1, -1])}, "two parents"),
        ({"right": np.array([7, -1, -1])}, "a child is missing"),
        ({"left": np.array([0, -1, -1])}, "two parents"),
        ({"feature": np.array([2, 0, 0])}, "a feature that is not there"),
        ({"threshold": np.array([np.nan, 0.0, 0.0])}, "no finite number"),
        ({"value": np.array([0.0, np.inf, 1.0])}, "no finite number"),
        ({"cover": np.array([1.0, -1.0, 1.0])}, "no weight"),
    ],
)
def test_what_is_no_tree_is_refused(changed: dict[str, Any], detail: str) -> None:
    sound = ensemble(STUMP, width=2)
    with pytest.raises(UnusableInputError, match=detail) as refusal:
        replace(sound, trees=(replace(tree(STUMP), **changed),))
    assert refusal.value.reason == "malformed_model"


def test_no_trees_and_a_base_that_is_no_number_are_refused() -> None:
    sound = ensemble(STUMP, width=2)
    for changed in ({"trees": ()}, {"base": float("nan")}):
        with pytest.raises(UnusableInputError, match="no trees"):
            replace(sound, **changed)


def test_rows_that_trees_cannot_read_are_refused() -> None:
    trees = ensemble(STUMP, width=2)
    for rows in (np.zeros((1, 3)), np.zeros(2), np.array([[np.inf, 0.0]])):
        with pytest.raises(UnusableInputError) as refusal:
            trees.outputs(rows=rows)
        assert refusal.value.reason == "malformed_input"


def test_values_are_read_as_the_library_reads_them() -> None:
    near = np.array([[1.0 - 1e-12, 0.0]])
    assert ensemble(STUMP, width=2).outputs(rows=near).tolist() == [1.0]
    assert ensemble(STUMP, width=2, rounds=True).outputs(rows=near).tolist() == [5.0]
    yes, no = np.array([True, False]), np.array([False, False])
    left_unless_missing = (0, 1.0, False, (1.0, 3.0), (5.0, 1.0))
    zero = np.array([[0.0, 0.0], [np.nan, 0.0]])
    for nan_is_zero, zero_is_missing, outputs in ((no, no, [1, 5]), (yes, no, [1, 1]), (yes, yes, [5, 5])):
        trees = ensemble(
            left_unless_missing, width=2, nan_is_zero=nan_is_zero, zero_is_missing=zero_is_missing
        )
        assert trees.outputs(rows=zero).tolist() == outputs
