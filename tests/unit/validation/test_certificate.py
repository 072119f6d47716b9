"""The certificate tells a faithful explanation from a shuffled one, an unsteady one and a planted one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from registry.domain.clock import SystemClock
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import NAMES, WEIGHTS, LinearExplainer, estimates, execute, inputs, plan
from validation.catalog import load_catalog
from validation.domain.check import CheckSpec
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.results import CheckResult
from validation.domain.tools import Attribution, Tools
from validation.engine.core import execute_check
from validation.stats.shapley import permutation_values

CHECK = "explain.certificate"


class Shuffled(LinearExplainer):
    """Contributions of the right size at the wrong features."""

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        sound = super().attribute(rows=rows, background=background, seed=seed)
        return Attribution(values=np.roll(sound.values, 1, axis=1), base=sound.base)


class Unsteady(LinearExplainer):
    """Another answer at every run."""

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        sound = super().attribute(rows=rows, background=background, seed=seed)
        noise = np.random.default_rng(seed).normal(scale=3.0, size=rows.shape)
        return Attribution(values=sound.values + noise, base=sound.base)


class Deceived(LinearExplainer):
    """The second feature repeats the first; off that line the model answers by the third alone (Slack 2020)."""

    route = "black_box"

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        return np.where(np.abs(rows[:, 0] - rows[:, 1]) < 0.3, rows[:, 0], rows[:, 2])

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        values, base = permutation_values(
            predict=lambda given: self.outputs(rows=given),
            rows=rows,
            background=background,
            pairs=4,
            seed=seed,
        )
        return Attribution(values=values, base=base)


def certify(
    make: Callable[[], LinearExplainer], given: CheckInputs | None = None, **params: str
) -> CheckResult:
    (request,) = plan(CHECK, params=params).requests

    def tools(spec: CheckSpec, seed: int) -> Tools:
        return Tools(seed=seed, explainer=make())

    return execute_check(
        check=load_catalog()[CHECK],
        request=request,
        inputs=given or inputs(),
        tools=tools,
        seed=5,
        clock=SystemClock(),
    )


def close_pairs() -> CheckInputs:
    found = {}
    for name, rows, seed in (("train", 2400, 1), ("test", 1200, 2)):
        generator = np.random.default_rng(seed)
        first = generator.normal(size=rows)
        near = first + generator.normal(scale=0.05, size=rows)
        found[f"{name}.features"] = np.column_stack([first, near, generator.normal(size=rows)])
    return replace(inputs(), arrays={**inputs().arrays, **found})


def table(result: CheckResult, name: str) -> dict[str, tuple[str, ...]]:
    (found,) = (one for one in result.tables if one.id == name)
    return {row[0]: row[1:] for row in found.rows}


def test_a_sound_explanation_of_a_linear_model_is_certified() -> None:
    result = certify(LinearExplainer)
    found = estimates(result)
    assert result.verdict is Verdict.PASS
    assert found["unsupported_share"] == 0.0
    assert found["features_not_to_name"] == 0.0
    assert found["surrogate_fidelity"] > 0.95
    assert found["feature_agreement"] == 1.0
    assert float(result.facts["evidence.explanation_faithfulness_lower"]) > 0.0
    supported = table(result, "support")
    assert {row[-1] for row in supported.values()} == {"yes"}
    # A bin spread of a linear effect of standard normal values is close to its weight.
    for name, weight in zip(NAMES, WEIGHTS, strict=True):
        assert abs(float(supported[name][1]) - abs(weight)) < 0.1 * abs(weight) + 0.05


def test_contributions_at_the_wrong_features_save_nothing() -> None:
    sound, wrong = (estimates(certify(make)) for make in (LinearExplainer, Shuffled))
    assert sound["faithfulness_gain"] > 0.1
    assert wrong["faithfulness_gain"] < sound["faithfulness_gain"] - 0.1
    assert wrong["beats_random_share"] < sound["beats_random_share"]
    assert wrong["rank_correlation"] < sound["rank_correlation"]


def test_what_runs_differ_on_must_not_be_named() -> None:
    result = certify(Unsteady, leading="1", runs="6")
    rows = table(result, "letters")
    assert estimates(result)["features_not_to_name"] == sum(row[-1] == "no" for row in rows.values()) > 0
    steady = certify(LinearExplainer, leading="1", runs="6", attribution_background="2400")
    assert estimates(steady)["features_not_to_name"] < estimates(result)["features_not_to_name"]


def test_a_planted_deceiver_is_found_by_the_importance_that_nothing_supports() -> None:
    result = certify(Deceived, close_pairs(), black_box_rows="24")
    assert estimates(result)["unsupported_share"] > 0.1
    assert {name for name, row in table(result, "support").items() if row[-1] == "no"} == {NAMES[2]}
    honest = certify(LinearExplainer, close_pairs())
    assert estimates(honest)["unsupported_share"] == 0.0


def test_columns_and_names_must_agree_in_number() -> None:
    result = execute(CHECK, inputs(test_features=np.ones((1200, 2))))
    assert (result.verdict, result.reason) == (Verdict.ERROR, "malformed_input")


def test_a_model_of_one_answer_gains_nothing_and_breaks_nothing() -> None:
    class Constant(LinearExplainer):
        def outputs(self, *, rows: FloatArray) -> FloatArray:
            return np.zeros(len(rows))

        def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
            return Attribution(values=np.zeros(rows.shape), base=0.0)

    found = estimates(certify(Constant))
    assert (found["faithfulness_gain"], found["unsupported_share"]) == (0.0, 0.0)
    assert (found["surrogate_fidelity"], found["relative_stability"]) == (1.0, 0.0)
