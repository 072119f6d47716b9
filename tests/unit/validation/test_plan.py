"""Plans: read from a decision's JSON, complete, refused with a code when anything is off."""

from decimal import Decimal
from typing import Any

import pytest

from registry.domain.errors import InvalidInput
from tests.unit.validation.builders import at_least
from validation.catalog import list_specs
from validation.domain.check import ParamKind, ParamSpec
from validation.domain.plan import DEFAULT_SEED, ValidationPlan, parse_plan

AUC = {
    "check": "discrimination.auc",
    "params": {"confidence": "0.9"},
    "thresholds": [at_least("gini", "0.4")],
}


def parse(*items: object, **changed: Any) -> ValidationPlan:
    return parse_plan(data={"checks": list(items), **changed} if changed else list(items), specs=list_specs())


def test_defaults_are_filled_in_and_types_kept() -> None:
    (request,) = parse(AUC).requests
    assert request.major == 1
    assert request.deadline_s == 120
    assert request.params["confidence"] == Decimal("0.9")
    assert request.params.number("confidence") == 0.9
    assert request.params.integer("min_defaults") == 20
    assert request.params.text("sample") == "test"
    assert len(request.params) == 3
    assert set(request.params) == {"sample", "confidence", "min_defaults"}
    assert request.thresholds[0].value == Decimal("0.4")


def test_plan_survives_json_and_keeps_its_digest() -> None:
    plan = parse(AUC, {"check": "drift.score", "deadline_s": 9}, seed=5)
    assert plan.seed == 5
    assert parse_plan(data=plan.to_json(), specs=list_specs()).digest() == plan.digest()
    assert parse(AUC).seed == DEFAULT_SEED
    assert parse(AUC).digest() != plan.digest()


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"check": "discrimination.ac"}, "CHK001"),
        ({"check": 7}, "CHK001"),
        ({**AUC, "major": 2}, "CHK001"),
        ({**AUC, "params": {"sampel": "test"}}, "CHK002"),
        ({**AUC, "params": {"confidence": "high"}}, "CHK003"),
        ({**AUC, "params": {"confidence": True}}, "CHK003"),
        ({**AUC, "params": {"confidence": 0.9}}, "CHK003"),
        ({**AUC, "params": {"confidence": "NaN"}}, "CHK003"),
        ({**AUC, "params": {"min_defaults": "2.5"}}, "CHK003"),
        ({**AUC, "params": {"sample": 3}}, "CHK003"),
        ({**AUC, "params": {"sample": "holdout"}}, "CHK004"),
        ({**AUC, "params": {"confidence": "1"}}, "CHK004"),
        ({**AUC, "params": {"min_defaults": 1}}, "CHK004"),
        ({**AUC, "params": []}, "CHK006"),
        ({**AUC, "thresholds": "none"}, "CHK006"),
        ({**AUC, "deadline_s": 0}, "CHK006"),
        ({**AUC, "deadline_s": True}, "CHK006"),
        ({**AUC, "id": 1}, "CHK006"),
        ({"params": {}}, "CHK006"),
        ("discrimination.auc", "CHK006"),
        ({**AUC, "thresholds": [at_least("ginni", "0.4")]}, "CHK007"),
        ({**AUC, "thresholds": [{}]}, "CHK008"),
    ],
)
def test_a_request_that_is_off_is_refused_by_code(item: object, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(item)
    assert refusal.value.code == code


def test_a_check_is_asked_for_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(AUC, AUC)
    assert refusal.value.code == "CHK005"


@pytest.mark.parametrize(
    "data", [[], "all", None, {"checks": [AUC], "seed": "x"}, {"checks": [AUC], "sed": 1}]
)
def test_what_is_no_plan_is_refused(data: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_plan(data=data, specs=list_specs())
    assert refusal.value.code == "CHK006"


def test_a_threshold_may_name_an_end_of_the_interval() -> None:
    (request,) = parse({**AUC, "thresholds": [at_least("gini.lower", "0.3")]}).requests
    assert request.thresholds[0].metric == "gini.lower"


def test_text_without_choices_and_numbers_without_limits_pass() -> None:
    free = ParamSpec(name="note", kind=ParamKind.TEXT, default="", meaning="free text")
    wide = ParamSpec(name="n", kind=ParamKind.INTEGER, default="1", meaning="any number", maximum=Decimal(5))
    assert free.parse(value="anything", check="x") == "anything"
    assert wide.parse(value=-10, check="x") == -10
    with pytest.raises(InvalidInput):
        wide.parse(value=6, check="x")
