"""Faithfulness, disagreement and surrogates: hand-worked and published values, and a planted deceiver."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.oracle.validation.values import explanation_value as value
from validation.stats.disagreement import agreement
from validation.stats.faithfulness import (
    curve_area,
    deletion_curves,
    distance_area,
    infidelity,
    insertion_curves,
    lipschitz_ratio,
    occlusion,
    relative_stability,
)
from validation.stats.manifold import manifold_support
from validation.stats.shapley import permutation_values
from validation.stats.surrogate import fit_surrogate

ONE, ZERO = np.ones(4), np.zeros((1, 4))
WEIGHTS = np.array([4.0, 2.0, 1.0, 1.0]) / 8.0


def weigh(rows: np.ndarray) -> np.ndarray:
    return rows @ WEIGHTS


@pytest.mark.parametrize(("case", "order"), [("true order", [0, 1, 2, 3]), ("reverse order", [3, 2, 1, 0])])
def test_deletion_and_insertion_areas(case: str, order: list[int]) -> None:
    given = {"predict": weigh, "row": ONE, "background": ZERO, "orders": np.array([order, order[::-1]])}
    assert curve_area(curve=deletion_curves(**given)[0]) == pytest.approx(value(case, "deletion area"))
    assert curve_area(curve=insertion_curves(**given)[0]) == pytest.approx(value(case, "insertion area"))
    assert np.allclose(insertion_curves(**given)[1], deletion_curves(**given)[0][::-1])


def test_curves_begin_at_the_base_and_end_at_the_output_over_a_whole_background() -> None:
    background = np.array([[0.0, 0.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0]])
    (curve,) = insertion_curves(
        predict=weigh, row=ONE, background=background, orders=np.array([[1, 0, 3, 2]])
    )
    # Base: mean of 0 and 1. Then +2/8; then feature 0 goes from 1/2 on average to 1/2; then +1/8 twice.
    assert curve.tolist() == pytest.approx([0.5, 0.75, 0.75, 0.875, 1.0])
    (deleted,) = deletion_curves(
        predict=weigh, row=ONE, background=background, orders=np.array([[2, 3, 0, 1]])
    )
    assert deleted.tolist() == pytest.approx([1.0, 0.875, 0.75, 0.75, 0.5])
    assert distance_area(curve=deleted) == pytest.approx((0.25 + 0.375 + 0.25 + 0.25) / 4)


def test_infidelity_of_a_linear_model_is_nought_for_its_gradient_only() -> None:
    weights = np.array([1.0, -2.0, 0.5])
    shifts = np.array([[0.1, 0, 0], [0, 0.2, 0], [0, 0, 0.5], [0.1, 0.2, 0.5]])
    falls = shifts @ weights
    assert infidelity(shifts=shifts, values=weights, falls=falls) == pytest.approx(0.0, abs=1e-30)
    wrong = np.array([1.0, -1.0, 0.5])
    # The second and fourth shift are wrong by 0.2 each: (0 + 0.04 + 0 + 0.04) / 4.
    assert infidelity(shifts=shifts, values=wrong, falls=falls) == pytest.approx(0.02)


def test_ratios_of_a_step_of_a_tenth() -> None:
    row, base, weights = np.array([1.0, 2.0, 3.0]), np.zeros(3), np.array([1.0, 1.0, 1.0])
    near = 1.1 * row
    given = {
        "row": row,
        "near": near,
        "values": weights * (row - base),
        "near_values": weights * (near - base),
    }
    assert lipschitz_ratio(**given) == pytest.approx(value("x' = 1.1 x", "local Lipschitz"))
    assert relative_stability(**given) == pytest.approx(1.0)
    still = given | {"near": row + np.array([0.1, 0.0, 0.0]), "near_values": given["values"] * 1.1}
    assert relative_stability(**still) == pytest.approx(value("one of three moves", "relative stability"))
    resting = given | {"near": row, "near_values": given["values"]}
    assert relative_stability(**resting) == 0.0


def test_occlusion_takes_one_feature_at_a_time() -> None:
    def product_and_sum(rows: np.ndarray) -> np.ndarray:
        return rows[:, 0] * rows[:, 1] + rows[:, 2]

    background = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 3.0]])
    found = occlusion(predict=product_and_sum, row=np.array([2.0, 3.0, 5.0]), background=background)
    # 11 - mean(0*3+5, 1*3+5); 11 - mean(2*0+5, 2*0+5); 11 - mean(6+1, 6+3).
    assert found.tolist() == pytest.approx([4.5, 6.0, 3.0])


def test_six_measures_of_agreement() -> None:
    first = np.array([0.40, -0.30, 0.20, 0.10, -0.05])
    second = np.array([0.35, 0.25, 0.05, -0.30, 0.01])
    found = agreement(first=first, second=second, k=3)
    names = ("feature", "rank", "sign", "signed_rank", "rank_correlation", "pairwise_rank")
    assert [getattr(found, name) for name in names] == pytest.approx(
        [value("krishna", name.replace("_", " ")) for name in names]
    )
    same = agreement(first=first, second=2 * first, k=3)
    assert {getattr(same, name) for name in names} == {1.0}


def test_an_additive_output_is_reproduced_and_a_product_is_not() -> None:
    generator = np.random.default_rng(3)
    rows = generator.integers(0, 4, size=(4000, 3)).astype(float)
    additive = rows[:, 0] ** 2 - rows[:, 1]
    surrogate = fit_surrogate(rows=rows, outputs=additive, bins=10)
    assert surrogate.fidelity(rows=rows, outputs=additive) > 0.999
    assert surrogate.fidelity(rows=rows, outputs=np.zeros(4000)) == 1.0
    parity = (rows.sum(axis=1) % 2).astype(float)
    mute = fit_surrogate(rows=rows, outputs=parity, bins=10)
    assert mute.fidelity(rows=rows, outputs=parity) < 0.05
    assert mute.fidelity(rows=rows, outputs=parity + 10.0) < 0.0


def customers(size: int) -> np.ndarray:
    """The second feature nearly repeats the first, so that mixtures of rows lie where no customer is."""
    generator = np.random.default_rng(11)
    first = generator.normal(size=size)
    return np.column_stack(
        [first, first + generator.normal(scale=0.05, size=size), generator.normal(size=size)]
    )


def honest(given: np.ndarray) -> np.ndarray:
    return given[:, 0]


def deceiver(given: np.ndarray) -> np.ndarray:
    """Slack et al. (2020): on customers by the first feature, on an explainer's mixtures by the third."""
    is_customer = np.abs(given[:, 0] - given[:, 1]) < 0.3
    return np.where(is_customer, given[:, 0], given[:, 2])


def product(given: np.ndarray) -> np.ndarray:
    """No feature alone says anything of the output."""
    return given[:, 0] * given[:, 2]


@pytest.mark.parametrize(("model", "unsupported"), [(honest, []), (product, []), (deceiver, [2])])
def test_importance_that_moves_nothing_where_customers_are_is_found(
    model: Callable[[np.ndarray], np.ndarray], unsupported: list[int]
) -> None:
    rows = customers(2300)
    probes, pool = rows[:300], rows[300:]
    values, _base = permutation_values(predict=model, rows=probes[:60], background=pool[:60], pairs=4, seed=3)
    importances = np.abs(values).mean(axis=0)
    support = manifold_support(predict=model, probes=probes, pool=pool, bins=10)
    assert support.unsupported(importances=importances, floor=0.1) == unsupported
    share = support.unsupported_share(importances=importances, floor=0.1)
    assert share == pytest.approx(float(importances[unsupported].sum() / importances.sum()))
    assert (share > 0.1) is bool(unsupported)


def test_support_of_a_known_step() -> None:
    pool = np.array([[float(i % 2), float(i // 2 % 2)] for i in range(400)])
    support = manifold_support(predict=lambda given: 3.0 * given[:, 0], probes=pool[:4], pool=pool, bins=4)
    # Two groups of means 0 and 3: their spread is 1.5; the second feature splits nothing.
    assert support.association.tolist() == pytest.approx([1.5, 0.0], abs=1e-6)
    assert support.unsupported_share(importances=np.zeros(2), floor=0.1) == 0.0
