"""Effects of single inputs: closed forms, stated signs, and what cannot be judged."""

from dataclasses import replace

import numpy as np
import pytest

from registry.domain.clock import SystemClock
from registry.domain.vocab import Verdict
from tests.oracle.validation.values import explanation_value
from tests.unit.validation.builders import (
    NAMES,
    WEIGHTS,
    LinearExplainer,
    at_least,
    estimates,
    execute,
    inputs,
    plan,
)
from validation.catalog import load_catalog
from validation.domain.inputs import FloatArray
from validation.domain.results import CheckResult
from validation.domain.tools import Tools
from validation.engine.core import execute_check
from validation.stats.effects import feature_effect, quantile_grid, sign_violations

CHECK = "explain.effects"
U = (np.arange(1000) + 0.5) / 1000.0
DIAGONAL = np.column_stack([U, U])


class Humped(LinearExplainer):
    """The first input rises and then falls as fast; only predictions are at hand."""

    route, space = "black_box", "probability"

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        return np.asarray(-np.abs(rows[:, 0]) + rows[:, 1])


def humped(**params: str) -> CheckResult:
    (request,) = plan(CHECK, params=params).requests
    return execute_check(
        check=load_catalog()[CHECK],
        request=request,
        inputs=inputs(),
        tools=lambda _spec, seed: Tools(seed=seed, explainer=Humped()),
        seed=5,
        clock=SystemClock(),
    )


def test_a_product_on_the_diagonal_has_the_effects_of_the_closed_form() -> None:
    effect = feature_effect(
        predict=lambda rows: np.asarray(rows[:, 0] * rows[:, 1]),
        rows=DIAGONAL,
        background=DIAGONAL,
        feature=0,
        grid=np.linspace(0.0, 1.0, 101),
    )
    case = "x1*x2 on the diagonal"
    assert effect.partial[-1] == pytest.approx(explanation_value(case, "partial dependence at 1"), abs=1e-9)
    # The mean of u^2 / 2 by trapezia of 1/100 lies h^2 / 12 = 8.3e-6 above 1/6.
    assert effect.accumulated[-1] == pytest.approx(
        explanation_value(case, "accumulated effect at 1"), abs=9e-6
    )
    assert effect.counts.tolist() == [10.0] * 100
    # The curves differ by (u - u^2) / 2 - 1/12: most at the ends.
    assert effect.gap == pytest.approx(1.0 / 12.0, abs=1e-5)


def test_independent_additive_inputs_leave_no_gap() -> None:
    rows = np.random.default_rng(3).normal(size=(400, 3))
    effect = feature_effect(
        predict=lambda given: np.asarray(given @ WEIGHTS),
        rows=rows,
        background=rows[:50],
        feature=1,
        grid=quantile_grid(values=rows[:, 1], intervals=10),
    )
    assert effect.gap < 1e-12
    assert effect.reach == pytest.approx(0.8 * np.ptp(rows[:, 1]))


def test_an_interval_without_rows_has_no_step_and_a_constant_no_effect() -> None:
    rows = np.array([[0.0, 1.0], [1.0, 1.0], [3.0, 1.0]])

    def first(given: FloatArray) -> FloatArray:
        return np.asarray(given[:, 0])

    holed = feature_effect(
        predict=first, rows=rows, background=rows, feature=0, grid=np.array([0.0, 1.0, 2.0, 3.0])
    )
    assert holed.counts.tolist() == [2.0, 0.0, 1.0]
    assert np.diff(holed.accumulated) == pytest.approx([1.0, 0.0, 1.0])
    constant = feature_effect(predict=first, rows=rows, background=rows, feature=1, grid=np.array([1.0]))
    assert (constant.gap, constant.reach, constant.counts.tolist()) == (0.0, 0.0, [])


def test_a_grid_holds_observed_values_only() -> None:
    values = np.array([0.0] * 6 + [10.0] * 2)
    assert quantile_grid(values=values, intervals=4).tolist() == [0.0, 10.0]


def test_violations_of_the_worked_curve() -> None:
    curve = np.array([0.02, 0.03, 0.03, 0.05, 0.045, 0.06])
    rising, falling = (sign_violations(curve=curve, sign=sign) for sign in (1, -1))
    assert rising.steps == pytest.approx(explanation_value("six points", "share of steps against"))
    assert rising.mass == pytest.approx(explanation_value("six points", "share of mass against"))
    assert (falling.steps, falling.mass) == pytest.approx((0.6, 0.9))
    flat = sign_violations(curve=np.ones(4), sign=1)
    assert (flat.steps, flat.mass) == (0.0, 0.0)
    # One part in ten billion of the movement is rounding.
    rounded = sign_violations(curve=np.array([0.0, 1.0, 1.0 - 1e-10]), sign=1)
    assert (rounded.steps, rounded.mass) == (0.0, 0.0)


def test_a_linear_model_keeps_its_signs_and_breaks_the_opposite() -> None:
    kept = execute(CHECK, params={"rising": "income, age", "falling": "debt"})
    assert estimates(kept) == pytest.approx(
        {"ale_pdp_gap": 0.0, "inputs_with_sign": 3.0, "violating_steps": 0.0, "violating_mass": 0.0},
        abs=1e-9,
    )
    broken = execute(CHECK, params={"rising": "income,debt"})
    assert (estimates(broken)["violating_steps"], estimates(broken)["violating_mass"]) == (1.0, 1.0)
    rows = {row[0]: row[4:] for row in broken.tables[0].rows}
    assert rows == {
        "income": ("rising", "0", "0"),
        "debt": ("rising", "1", "1"),
        "age": ("none stated", "", ""),
    }


def test_the_inputs_of_the_furthest_reach_are_drawn_with_both_curves() -> None:
    result = execute(CHECK, params={"shown": "2"})
    assert [one.id for one in result.figures] == ["effect_1", "effect_2"]
    assert [one.x_label for one in result.figures] == list(NAMES[:2])
    assert [one.name for one in result.figures[0].series] == [
        "accumulated local effect",
        "partial dependence",
    ]
    assert len(result.figures[0].twin().rows) == 2 * 21


def test_without_a_stated_sign_a_threshold_on_violations_is_an_error() -> None:
    bar = at_least("violating_mass", "0") | {"direction": "at_most"}
    silent = execute(CHECK, params={}, thresholds=[bar])
    assert (silent.verdict, silent.reason) == (Verdict.ERROR, "not_measured")
    stated = execute(CHECK, params={"rising": "income"}, thresholds=[bar])
    assert stated.verdict is Verdict.PASS
    assert execute(CHECK, params={"rising": "debt"}, thresholds=[bar]).verdict is Verdict.FAIL


def test_a_hump_is_seen_through_predictions_alone() -> None:
    result = humped(rising="income")
    # Quantiles of a symmetric input: half of the steps fall, with about half of the movement.
    assert estimates(result)["violating_steps"] == pytest.approx(0.5, abs=0.1)
    assert estimates(result)["violating_mass"] == pytest.approx(0.5, abs=0.15)
    assert result.notes == (
        "route black_box, effects in probability",
        "accumulated effects of 400 rows, partial dependence over 50",
    )


def test_a_model_of_one_answer_has_no_effect() -> None:
    flat = inputs(test_features=np.ones((1200, 3)))
    found = estimates(execute(CHECK, flat, params={"rising": "income"}))
    assert (found["ale_pdp_gap"], found["violating_steps"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"rising": "income,height"}, "unknown_column"),
        ({"rising": "income", "falling": "income"}, "contradictory_sign"),
    ],
)
def test_a_sign_must_fit_the_inputs(params: dict[str, str], reason: str) -> None:
    result = execute(CHECK, params=params)
    assert (result.verdict, result.reason) == (Verdict.ERROR, reason)


def test_columns_and_names_must_agree_in_number() -> None:
    result = execute(CHECK, replace(inputs(), feature_names=("one",)))
    assert (result.verdict, result.reason) == (Verdict.ERROR, "malformed_input")
