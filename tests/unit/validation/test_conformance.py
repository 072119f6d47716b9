"""One suite over every check of the catalogue, whoever wrote it."""

from dataclasses import replace

import numpy as np
import pytest

from registry.domain.canonical import canonical_bytes
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import execute, inputs, permuted, plan
from validation.catalog import list_specs
from validation.domain.results import CheckResult, result_from_json
from validation.engine.core import MAY_MISS

SPECS = list_specs()
CHECKS = sorted(SPECS)
SETTLED = {Verdict.PASS, Verdict.WARN, Verdict.FAIL}


def array_needs(check: str) -> list[str]:
    return [
        need for need in SPECS[check].needed_inputs(params=SPECS[check].parse_params(given={})) if "." in need
    ]


def spoilt(check: str, value: float) -> dict[str, CheckResult]:
    """Results with one entry of one needed array replaced, by the array."""
    results = {}
    for name in array_needs(check):
        values = inputs().array(name).copy()
        values[(0,) * values.ndim] = value
        results[name] = execute(check, inputs(**{name.replace(".", "_", 1): values}))
    return results


def same_figures(first: CheckResult, second: CheckResult) -> None:
    assert [m.name for m in first.metrics] == [m.name for m in second.metrics]
    for one, other in zip(first.metrics, second.metrics, strict=True):
        for part in ("estimate", "lower", "upper"):
            left, right = getattr(one, part), getattr(other, part)
            assert (left is None) is (right is None)
            assert left is None or left == pytest.approx(right, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("check", CHECKS)
def test_sound_inputs_give_figures_within_their_intervals_and_declared_facts(check: str) -> None:
    result = execute(check)
    assert result.verdict is Verdict.PASS, result.detail
    assert {m.name for m in result.metrics} == set(SPECS[check].metrics)
    for metric in result.metrics:
        assert metric.n > 0
        assert metric.method
        if metric.lower is not None and metric.upper is not None:
            assert metric.lower <= metric.estimate <= metric.upper
            assert metric.confidence is not None
    assert set(result.facts) == {feed.fact for feed in SPECS[check].feeds}
    assert result.seed
    assert result.versions["numpy"]


@pytest.mark.parametrize("check", CHECKS)
def test_result_survives_canonical_json(check: str) -> None:
    result = execute(check)
    text = canonical_bytes(result.to_json())
    assert canonical_bytes(result_from_json(data=result.to_json()).to_json()) == text


@pytest.mark.parametrize("check", CHECKS)
def test_order_of_rows_changes_nothing(check: str) -> None:
    same_figures(execute(check), execute(check, permuted(inputs())))


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_an_error_and_feeds_nothing(check: str, value: float) -> None:
    for name, result in spoilt(check, value).items():
        if np.isnan(value) and SPECS[check].reads_missing and name.endswith(MAY_MISS):
            assert result.verdict is Verdict.PASS, result.detail
            continue
        assert (result.verdict, result.reason) == (Verdict.ERROR, "non_finite_input")
        assert result.facts == {}


@pytest.mark.parametrize("check", CHECKS)
def test_a_huge_value_never_yields_a_figure_that_is_not_finite(check: str) -> None:
    for result in spoilt(check, 1e300).values():
        finite = all(np.isfinite(metric.estimate) for metric in result.metrics)
        assert finite or result.verdict is Verdict.ERROR
        if result.verdict not in SETTLED:
            assert result.facts == {}


@pytest.mark.parametrize("check", CHECKS)
def test_empty_arrays_are_not_applicable(check: str) -> None:
    for name in array_needs(check):
        given = inputs(**{name.replace(".", "_", 1): inputs().array(name)[:0]})
        result = execute(check, given)
        assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "insufficient_data")
        assert result.facts == {}


@pytest.mark.parametrize("check", CHECKS)
def test_a_missing_input_is_not_applicable(check: str) -> None:
    for name in array_needs(check):
        result = execute(check, inputs(**{name.replace(".", "_", 1): None}))
        assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "missing_input")


@pytest.mark.parametrize("check", [c for c in CHECKS if any("labels" in n for n in array_needs(c))])
def test_one_class_is_not_applicable_with_the_rows_needed(check: str) -> None:
    zeros = {f"{s}_labels": np.zeros(len(inputs().array(f"{s}.labels"))) for s in ("train", "test")}
    result = execute(check, inputs(**zeros))
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert result.reason == "insufficient_data"
    assert result.n_needed
    assert result.facts == {}


@pytest.mark.parametrize("check", CHECKS)
def test_constant_scores_never_pass_a_bar_by_accident(check: str) -> None:
    given = inputs()
    flat = {f"{s}_scores": np.full(len(given.array(f"{s}.scores")), 0.2) for s in ("train", "test", "recent")}
    result = execute(check, inputs(**flat))
    assert all(np.isfinite(metric.estimate) for metric in result.metrics)
    if result.verdict not in SETTLED:
        assert result.reason not in {"crashed", "not_measured"}


@pytest.mark.parametrize("check", CHECKS)
def test_an_unknown_parameter_is_refused_by_name(check: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        plan(check, params={"confidnce": "0.9"})
    assert refusal.value.code == "CHK002"
    assert all(param.name in str(refusal.value) for param in SPECS[check].params)


@pytest.mark.parametrize("check", CHECKS)
def test_a_missing_tool_is_an_error(check: str) -> None:
    from registry.domain.clock import SystemClock
    from validation.catalog import load_catalog
    from validation.domain.tools import Tools
    from validation.engine.core import execute_check

    (request,) = plan(check).requests
    result = execute_check(
        check=load_catalog()[check],
        request=request,
        inputs=inputs(),
        tools=lambda _spec, seed: Tools(seed=seed),
        seed=5,
        clock=SystemClock(),
    )
    expected = (Verdict.ERROR, "missing_tool") if SPECS[check].tools else (Verdict.PASS, "measured")
    assert (result.verdict, result.reason) == expected


def test_twenty_rows_are_too_few_for_any_check_that_counts() -> None:
    given = inputs()
    small = replace(given, arrays={name: values[:9] for name, values in given.arrays.items()})
    for check in CHECKS:
        result = execute(check, small)
        if check != "integrity.artifact":
            assert result.verdict is Verdict.NOT_APPLICABLE, check
            assert result.n_needed
