"""Reasons for a denial: worked by hand, merged, repeated, and refused where nothing could be compared."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from registry.domain.clock import SystemClock
from registry.domain.vocab import Verdict
from tests.oracle.validation.values import explanation_value
from tests.unit.validation.builders import NAMES, WEIGHTS, LinearExplainer, estimates, execute, inputs, plan
from validation.catalog import load_catalog
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.results import CheckResult
from validation.domain.tools import Attribution, Tools
from validation.engine.core import execute_check
from validation.stats.proportions import wilson_interval
from validation.stats.reasons import (
    correlated_groups,
    leading_reasons,
    log_odds,
    lowest_overlap,
    merge_contributions,
)

CHECK = "explain.reasons"


class Unsteady(LinearExplainer):
    """Another answer for every seed."""

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        sound = super().attribute(rows=rows, background=background, seed=seed)
        noise = np.random.default_rng(seed).normal(scale=3.0, size=rows.shape)
        return Attribution(values=sound.values + noise, base=sound.base)


class BlackBox(LinearExplainer):
    """The same model, known by its probabilities alone."""

    route, space = "black_box", "probability"

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        return np.asarray(1.0 / (1.0 + np.exp(-super().outputs(rows=rows))))

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        raise AssertionError("contributions to a probability are no reasons")


def tell(
    make: Callable[[], LinearExplainer] = LinearExplainer, given: CheckInputs | None = None, **params: str
) -> CheckResult:
    (request,) = plan(CHECK, params=params).requests
    return execute_check(
        check=load_catalog()[CHECK],
        request=request,
        inputs=given or inputs(),
        tools=lambda _spec, seed: Tools(seed=seed, explainer=make()),
        seed=5,
        clock=SystemClock(),
    )


def rows(result: CheckResult, name: str) -> tuple[tuple[str, ...], ...]:
    return next(one.rows for one in result.tables if one.id == name)


@pytest.mark.parametrize(("hits", "n"), [(81, 263), (15, 148), (0, 20), (1, 29)])
def test_wilsons_interval_is_the_published_one(hits: int, n: int) -> None:
    lower, upper = wilson_interval(hits=hits, n=n, confidence=0.95)
    case = f"Wilson {hits} of {n}"
    assert lower == pytest.approx(explanation_value(case, "lower"), abs=5e-5)
    assert upper == pytest.approx(explanation_value(case, "upper"), abs=5e-5)
    assert 0.0 <= lower <= hits / n <= upper <= 1.0
    mirror = wilson_interval(hits=n - hits, n=n, confidence=0.95)
    assert mirror == pytest.approx((1.0 - upper, 1.0 - lower))
    assert 0.0 <= mirror[0] <= 1.0 - hits / n <= mirror[1] <= 1.0


@pytest.mark.parametrize("n", [1, 10, 40, 1000])
def test_wilsons_interval_of_all_or_none_stays_inside(n: int) -> None:
    assert wilson_interval(hits=n, n=n, confidence=0.95)[1] == 1.0
    assert wilson_interval(hits=0, n=n, confidence=0.95)[0] == 0.0


def test_a_chain_of_correlated_columns_is_one_group() -> None:
    steps = np.arange(8.0)
    first = steps
    second = np.array([1.0, 0.0, 3.0, 2.0, 5.0, 4.0, 7.0, 6.0])
    third = np.array([2.0, 0.0, 1.0, 3.0, 5.0, 4.0, 7.0, 6.0])
    given = np.column_stack([first, np.ones(8), second, -third, np.array([0, 7, 1, 6, 2, 5, 3, 4.0])])
    # By hand: rho = 1 - sum d^2 / 84: first-second 1 - 8/84 = .905; second-third 1 - 6/84 = .929;
    # first-third 1 - 10/84 = .881. A limit of .9 joins the first and third through the second alone.
    assert correlated_groups(rows=given, above=0.9) == ((0, 2, 3), (1,), (4,))
    assert correlated_groups(rows=given, above=0.92) == ((0,), (1,), (2, 3), (4,))


def test_reasons_push_towards_denial_and_are_few() -> None:
    values = np.array([0.5, -2.0, 0.1, 0.5, 1e-12, 0.3])
    assert leading_reasons(values=values, most=4, least_share=0.0) == (0, 3, 5, 2)
    assert leading_reasons(values=values, most=6, least_share=0.0) == (0, 3, 5, 2)
    assert leading_reasons(values=values, most=1, least_share=0.0) == (0,)
    # Pushes towards denial sum to 1.4: .1 is 7 % of them, .3 is 21 %.
    assert leading_reasons(values=values, most=4, least_share=0.1) == (0, 3, 5)
    assert leading_reasons(values=values, most=4, least_share=0.25) == (0, 3)
    assert leading_reasons(values=-np.ones(3), most=4, least_share=0.0) == ()
    assert leading_reasons(values=np.zeros(3), most=4, least_share=0.0) == ()
    merged = merge_contributions(values=values, groups=((0, 1), (2,), (3, 4, 5)))
    assert merged.tolist() == pytest.approx([-1.5, 0.1, 0.8])


def test_the_lowest_overlap_counts() -> None:
    assert lowest_overlap(reasons=(1, 2), others=[(2, 1), (1, 2)]) == 1.0
    assert lowest_overlap(reasons=(1, 2), others=[(1, 2), (2, 3)]) == pytest.approx(1.0 / 3.0)
    assert lowest_overlap(reasons=(), others=[()]) == 0.0


def test_log_odds_of_sure_outcomes_are_finite() -> None:
    assert log_odds(chances=np.array([0.5, 0.75])).tolist() == pytest.approx([0.0, np.log(3.0)])
    assert np.isfinite(log_odds(chances=np.array([0.0, 1.0]))).all()


def test_reasons_of_a_linear_model_are_distances_from_the_nearly_denied() -> None:
    result = tell(reference="120", band="0.2")
    given = inputs()
    margins = {name: given.array(f"{name}.features") @ WEIGHTS - 1.5 for name in ("train", "test")}
    low, cutoff = np.quantile(margins["test"], [0.6, 0.8], method="inverted_cdf")
    pool = given.array("train.features")[(margins["train"] >= low) & (margins["train"] <= cutoff)]
    told = dict(rows(result, "reference"))
    assert told["cut-off"].endswith(f"log-odds {cutoff:.6g}")
    assert told["reference group"].endswith(f": {len(pool)}")
    assert told["denied applicants in the sample"] == str(int((margins["test"] > cutoff).sum()))
    # A contribution is weight x (value - mean of the reference rows); 120 of these are near the mean of all.
    riskiest = given.array("test.features")[np.argmax(margins["test"])]
    expected = dict(zip(NAMES, ((riskiest - pool.mean(axis=0)) * WEIGHTS).tolist(), strict=True))
    everyone = rows(tell(reference="120", band="0.2", applicants="5000"), "examples")
    last = {row[2]: float(row[3]) for row in everyone if row[0] == "5"}
    assert list(last)[:2] == sorted(expected, key=lambda name: -expected[name])[:2] == ["income", "debt"]
    assert all(value == pytest.approx(expected[name], abs=0.2) for name, value in last.items())


def test_only_the_reference_sample_moves_the_reasons_of_an_exact_route() -> None:
    found = estimates(tell())
    assert found["reasons_hold_reseeded"] == 1.0
    assert found["reasons_hold"] == found["reasons_hold_resampled"] < 1.0
    narrow, wide = (estimates(tell(reference=size, band="0.3", runs="5")) for size in ("5", "300"))
    # A sample is at most half of the 236 who are near the cut-off.
    assert dict(rows(tell(), "reference"))["reference sample"] == "118 of these in each run"
    assert wide["reasons_hold"] > narrow["reasons_hold"]
    assert wide["convergence_ratio"] < narrow["convergence_ratio"]


def test_reasons_that_the_seed_picks_do_not_hold() -> None:
    found = estimates(tell(Unsteady))
    assert found["reasons_hold_reseeded"] < 0.2
    assert found["reasons_hold"] <= found["reasons_hold_reseeded"]
    assert found["lowest_overlap"] < estimates(tell())["lowest_overlap"]


def test_probabilities_alone_give_the_reasons_of_the_log_odds() -> None:
    boxed = tell(BlackBox, black_box_reference="100", black_box_applicants="40")
    exact = tell(reference="100")
    assert rows(boxed, "reasons") == rows(exact, "reasons")
    first, second = ([float(row[3]) for row in rows(one, "examples")] for one in (boxed, exact))
    assert first == pytest.approx(second, abs=1e-6)


def test_inputs_that_move_together_are_one_reason() -> None:
    given = inputs()
    arrays = dict(given.arrays)
    for name in ("train", "test"):
        features = given.array(f"{name}.features").copy()
        features[:, 2] = features[:, 0] + 0.1 * features[:, 2]
        arrays[f"{name}.features"] = features
    result = tell(given=replace(given, arrays=arrays))
    assert rows(result, "merged") == (("income + age", "2"),)
    assert {row[0] for row in rows(result, "reasons")} <= {"income + age", "debt"}
    apart = tell(given=replace(given, arrays=arrays), merge_above="1")
    assert rows(apart, "merged")[0][0].startswith("none")
    assert {row[0] for row in rows(apart, "reasons")} == set(NAMES)


def test_an_input_that_never_differs_is_no_reason() -> None:
    flat = {f"{name}_features": inputs().array(f"{name}.features").copy() for name in ("train", "test")}
    for features in flat.values():
        features[:, 1] = 0.5
    result = tell(given=inputs(**flat))
    assert {row[0] for row in rows(result, "reasons")} == {"income", "age"}
    assert result.figures[0].ticks == ("income", "age")


def test_no_more_reasons_than_the_plan_allows() -> None:
    for result in (tell(most="1"), tell(most="2")):
        told = [row[0] for row in rows(result, "examples")]
        assert max(told.count(example) for example in told) == int(result.params["most"])


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"cutoff": "0.99", "fewest": "20"}, "above the cut-off; 20 are needed"),
        ({"fewest_reference": "300"}, "near the cut-off; 600 are needed"),
    ],
)
def test_too_few_on_either_side_of_the_cutoff_is_not_applicable(params: dict[str, str], words: str) -> None:
    result = tell(**params)
    assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "insufficient_data")
    assert result.detail.endswith(words)
    assert result.n_needed is not None
    assert result.n_needed > 1200


def test_a_model_of_one_answer_denies_nobody() -> None:
    class Constant(LinearExplainer):
        def outputs(self, *, rows: FloatArray) -> FloatArray:
            return np.zeros(len(rows))

    assert tell(Constant).verdict is Verdict.NOT_APPLICABLE


def test_columns_and_names_must_agree_in_number() -> None:
    result = execute(CHECK, replace(inputs(), feature_names=("one",)))
    assert (result.verdict, result.reason) == (Verdict.ERROR, "malformed_input")
