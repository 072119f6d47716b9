"""The same numbers or not: what counts as a difference, what may be its cause, and what is neither."""

from typing import Any

import pytest

from registry.domain.canonical import Json
from registry.domain.reproduction import (
    Difference,
    Reproduction,
    ReproductionOutcome,
    Sameness,
    compare_runs,
)


def result(**changed: Any) -> dict[str, Json]:
    return {
        "check": "discrimination.auc",
        "verdict": "pass",
        "metrics": [
            {"name": "auc", "estimate": "0.7812345678", "lower": None, "n": 400},
            {"name": "gini", "estimate": "0.5624691356", "lower": "0.5", "n": 400},
        ],
        "tables": [{"id": "bins", "rows": [["1", "0.25"], ["2", "0.75"]]}],
        "notes": ["one", "two"],
        "params": {"bins": "10"},
        "thresholds": [{"metric": "gini", "value": "0.4"}],
        "seed": 5,
        "major": 1,
        "versions": {"numpy": "2.0.0", "platform": "x86_64"},
        "elapsed_s": "0.120",
        **changed,
    }


def compared(again: dict[str, Json]) -> Reproduction:
    return compare_runs(
        first={"discrimination.auc": result()},
        second={"discrimination.auc": again},
        given_first={"seed": 1},
        given_second={"seed": 1},
    )


def places(found: Reproduction) -> dict[str, tuple[str, str]]:
    return {one.place: (one.first, one.second) for one in found.checks[0].differences}


def test_the_same_result_in_another_time_is_the_same() -> None:
    found = compared(result(elapsed_s="9.999"))
    assert (found.outcome, found.causes) == (ReproductionOutcome.SAME, ())
    assert found.checks[0].is_same


def test_one_digit_in_the_tenth_place_is_another_number() -> None:
    metrics = [*result()["metrics"]]  # type: ignore[misc]
    metrics[0] = {**metrics[0], "estimate": "0.7812345679"}  # type: ignore[dict-item]
    found = compared(result(metrics=metrics))
    assert found.outcome is ReproductionOutcome.UNEXPLAINED
    assert found.checks[0].sameness is Sameness.OTHER
    assert places(found) == {"metrics.auc.estimate": ("0.7812345678", "0.7812345679")}


def test_another_verdict_on_the_same_figures_is_another_result() -> None:
    assert places(compared(result(verdict="warn"))) == {"verdict": ("pass", "warn")}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"notes": ["one"]}, {"notes.2": ("two", "absent")}),
        ({"notes": ["one", "two", "three"]}, {"notes.3": ("absent", "three")}),
        (
            {"tables": [{"id": "bins", "rows": [["1", "0.25"], ["2", "0.74"]]}]},
            {"tables.bins.rows.2.2": ("0.75", "0.74")},
        ),
        ({"facts": {"evidence.auc": "0.78"}}, {"facts.evidence.auc": ("absent", "0.78")}),
        (
            {"metrics": result()["metrics"][:1]},  # type: ignore[index,call-overload]
            {
                "metrics.gini.name": ("gini", "absent"),
                "metrics.gini.estimate": ("0.5624691356", "absent"),
                "metrics.gini.lower": ("0.5", "absent"),
                "metrics.gini.n": ("400", "absent"),
            },
        ),
    ],
    ids=["note gone", "note more", "cell", "fact", "metric gone"],
)
def test_every_part_of_a_result_is_compared(changed: dict[str, Json], expected: dict[str, Any]) -> None:
    assert places(compared(result(**changed))) == expected


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        (
            {"versions": {"numpy": "2.1.0", "platform": "x86_64"}},
            Difference(place="numpy", first="2.0.0", second="2.1.0"),
        ),
        ({"versions": {"numpy": "2.0.0"}}, Difference(place="platform", first="x86_64", second="absent")),
        ({"versions": "unreadable"}, Difference(place="numpy", first="2.0.0", second="absent")),
        ({"seed": 6}, Difference(place="seed", first="5", second="6")),
        ({"params": {"bins": "20"}}, Difference(place="params.bins", first="10", second="20")),
        ({"major": 2}, Difference(place="major", first="1", second="2")),
        (
            {"thresholds": [{"metric": "gini", "value": "0.5"}]},
            Difference(place="thresholds.gini.value", first="0.4", second="0.5"),
        ),
    ],
    ids=["library", "platform", "no versions", "seed", "parameter", "major", "threshold"],
)
def test_what_differs_beside_the_numbers_may_explain_them(
    changed: dict[str, Json], cause: Difference
) -> None:
    same = compared(result(**changed))
    assert same.outcome is ReproductionOutcome.SAME
    assert cause in same.causes
    other = compared(result(**changed, verdict="fail"))
    assert other.outcome is ReproductionOutcome.EXPLAINED
    assert cause in other.checks[0].causes


def test_other_data_explain_a_difference_in_every_check() -> None:
    found = compare_runs(
        first={"discrimination.auc": result()},
        second={"discrimination.auc": result(verdict="fail")},
        given_first={"datasets": [{"role": "test", "sha256": "aa"}], "seed": 1},
        given_second={"datasets": [{"role": "test", "sha256": "bb"}], "seed": 1},
    )
    assert found.outcome is ReproductionOutcome.EXPLAINED
    assert found.causes == (Difference(place="datasets.test.sha256", first="aa", second="bb"),)


def test_a_check_that_ran_in_one_run_only_is_no_reproduction() -> None:
    both = {"a": result(), "b": result()}
    for first, second, sameness in (
        (both, {"a": result()}, Sameness.NOT_RUN_AGAIN),
        ({"a": result()}, both, Sameness.NOT_RUN_BEFORE),
    ):
        found = compare_runs(first=first, second=second, given_first={}, given_second={})
        assert [check.sameness for check in found.checks] == [Sameness.SAME, sameness]
        assert found.outcome is ReproductionOutcome.UNEXPLAINED


def test_nothing_compared_is_nothing_reproduced() -> None:
    found = compare_runs(first={}, second={}, given_first={}, given_second={})
    assert found.outcome is ReproductionOutcome.UNEXPLAINED


def test_one_difference_without_a_cause_leaves_the_whole_unexplained() -> None:
    found = compare_runs(
        first={"a": result(), "b": result()},
        second={"a": result(seed=6, verdict="fail"), "b": result(verdict="fail")},
        given_first={},
        given_second={},
    )
    assert found.outcome is ReproductionOutcome.UNEXPLAINED
    assert found.causes == (Difference(place="seed", first="5", second="6"),)
