"""Judgement: direction, inclusiveness, the worst verdict, and what could not be measured."""

from decimal import Decimal
from itertools import permutations

import pytest

from registry.domain.errors import InvalidInput
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import at_least
from validation.domain.thresholds import Threshold, judge, parse_threshold


def threshold(**changed: object) -> Threshold:
    return parse_threshold(data={**at_least("gini", "0.4"), **changed})


@pytest.mark.parametrize(
    ("direction", "inclusive", "observed", "met"),
    [
        ("at_least", True, "0.4", True),
        ("at_least", False, "0.4", False),
        ("at_least", True, "0.3999999999", False),
        ("at_least", False, "0.41", True),
        ("at_most", True, "0.4", True),
        ("at_most", False, "0.4", False),
        ("at_most", True, "0.41", False),
        ("at_most", False, "0.39", True),
    ],
)
def test_direction_and_edge_are_explicit(
    *, direction: str, inclusive: bool, observed: str, met: bool
) -> None:
    found = judge(
        figures={"gini": Decimal(observed)}, thresholds=[threshold(direction=direction, inclusive=inclusive)]
    )
    assert (found.verdict is Verdict.PASS) is met
    assert bool(found.breaches) is not met


def test_worst_verdict_wins_in_any_order() -> None:
    warn, fail = threshold(value="0.6", verdict="warn"), threshold(value="0.5")
    missing = threshold(metric="auc")
    figures = {"gini": Decimal("0.45")}
    for order in permutations([warn, fail]):
        assert judge(figures=figures, thresholds=order).verdict is Verdict.FAIL
    for order in permutations([warn, fail, missing]):
        assert judge(figures=figures, thresholds=order).verdict is Verdict.ERROR
    assert judge(figures=figures, thresholds=[warn]).verdict is Verdict.WARN
    assert judge(figures=figures, thresholds=[]).verdict is Verdict.PASS


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_an_error(text: str) -> None:
    found = judge(figures={"gini": Decimal(text)}, thresholds=[threshold()])
    assert found.verdict is Verdict.ERROR
    assert "could not be measured" in found.breaches[0]


def test_breach_says_limit_and_figure() -> None:
    found = judge(figures={"gini": Decimal("0.31")}, thresholds=[threshold(inclusive=False)])
    assert found.breaches == ("gini must be above 0.4; it is 0.31",)


def test_threshold_survives_json() -> None:
    one = threshold(cites="a house rule")
    assert parse_threshold(data=one.to_json()) == one
    assert one.cites == ("a house rule",)
    without = {name: value for name, value in at_least("gini", "0.4").items() if name != "cites"}
    assert parse_threshold(data=without).cites == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"direction": "above"},
        {"inclusive": "yes"},
        {"value": "much"},
        {"value": "NaN"},
        {"verdict": "error"},
        {"verdict": "bad"},
        {"metric": 3},
        {"cites": 3},
        {"extra": 1},
    ],
)
def test_malformed_threshold_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        threshold(**changed)
    assert refusal.value.code == "CHK008"


@pytest.mark.parametrize("data", ["gini > 0.4", {"metric": "gini"}])
def test_incomplete_threshold_is_refused(data: object) -> None:
    with pytest.raises(InvalidInput):
        parse_threshold(data=data)
