"""Conditions of a permit against a use: each kind held, exceeded, unknown, and at its limit."""

from datetime import date

import pytest

from registry.domain.vocab import ConditionKind, ConditionStatus, Provenance
from registry.policy.condition_checks import check_conditions, condition_facts, end_date, is_checkable
from registry.policy.facts import Fact, known
from tests.builders.condition_cases import CAP, FLOOR, RECORDED, REVIEW, STATED, Case

NAMES = {
    "exposure_eur": "use.stated_exposure_eur",
    "segment": "use.stated_segment",
    "overlays": "use.stated_overlays",
    "review_rate": "use.stated_review_rate",
    "share_of_benchmark": "use.stated_share_of_benchmark",
}


def facts_of(case: Case) -> dict[str, Fact]:
    stated = {
        NAMES[name]: ", ".join(value) if isinstance(value, tuple) else value
        for name, value in case.stated.items()
    }
    return {
        **{
            name: known(name=name, value=value, source="the register")
            for name, value in case.recorded.items()
        },
        **{name: known(name=name, value=value, source="the caller") for name, value in stated.items()},
    }


@pytest.mark.parametrize("case", [*STATED, *RECORDED], ids=lambda case: case.title)
def test_a_condition_is_held_exceeded_unknown_or_an_obligation(case: Case) -> None:
    (check,) = check_conditions(conditions=[case.condition], facts=facts_of(case))
    assert (check.kind, check.status) == (case.kind, case.status)
    if check.status in (ConditionStatus.UNKNOWN, ConditionStatus.OBLIGATION):
        assert check.reason or not case.recorded
    elif case.stated:
        assert check.source == "the caller"
    else:
        assert check.source == "the register"


def test_a_check_shows_what_it_compared_and_where_that_comes_from() -> None:
    share = {"capital.model_share_of_benchmark": "0.87"}
    facts = {
        **facts_of(Case(title="", kind="", params={}, stated={"exposure_eur": "2000000"}, status="")),
        **{
            name: known(name=name, value=value, provenance=Provenance.ASSUMED, source="evidence 7")
            for name, value in share.items()
        },
    }
    cap, floor = check_conditions(
        conditions=[
            {"kind": "exposure_cap", "params": CAP, "text": "At most a million."},
            {"kind": "model_output_floor", "params": FLOOR, "text": "Eight tenths."},
        ],
        facts=facts,
    )
    assert (cap.observed, cap.limit, cap.text) == ("2000000", "at most EUR 1000000", "At most a million.")
    assert (floor.observed, floor.limit, floor.source) == ("0.87", "at least 0.80", "evidence 7 (assumed)")


def test_a_condition_that_is_not_one_is_unknown() -> None:
    checks = check_conditions(conditions=["nonsense", {"kind": "exposure_cap", "params": "none"}], facts={})
    assert [check.status for check in checks] == [ConditionStatus.UNKNOWN] * 2


def test_exceeded_and_unknown_are_counted_and_named_and_the_term_is_left_to_its_own_fact() -> None:
    conditions = [
        {"kind": "exposure_cap", "params": CAP, "text": "At most a million."},
        {"kind": "segment", "params": {"segments": "consumer"}, "text": "Consumers only."},
        {"kind": "human_review_rate", "params": REVIEW, "text": "Review."},
        {"kind": "expiry", "params": {}, "text": "A year."},
        {"kind": "moon_phase", "params": {}, "text": "At full moon."},
    ]
    facts = {
        "use.exposure_eur": known(name="use.exposure_eur", value="1000001"),
        "permit.days_left": known(name="permit.days_left", value=0),
    }
    counted = condition_facts(checks=check_conditions(conditions=conditions, facts=facts))
    assert {name: fact.value for name, fact in counted.items()} == {
        "conditions.exceeded": 1,
        "conditions.unknown": 2,
    }
    exceeded, unknown = counted["conditions.exceeded"], counted["conditions.unknown"]
    assert exceeded.source == "At most a million. Observed: 1000001; limit: at most EUR 1000000"
    assert "Consumers only. Observed: nothing was stated; limit: one of consumer" in unknown.source
    assert "At full moon." in unknown.source
    assert "limit: not readable" in unknown.source
    none = condition_facts(checks=())
    assert [(fact.value, fact.source) for fact in none.values()] == [(0, "conditions of the permit")] * 2


@pytest.mark.parametrize(
    ("kind", "params", "is_sound"),
    [
        (ConditionKind.EXPOSURE_CAP, CAP, True),
        (ConditionKind.EXPOSURE_CAP, {"maximum": "1"}, False),
        (ConditionKind.EXPOSURE_CAP, {"maximum_eur": "-1"}, False),
        (ConditionKind.SEGMENT, {"segments": ""}, False),
        (ConditionKind.HUMAN_REVIEW_RATE, REVIEW, True),
        (ConditionKind.HUMAN_REVIEW_RATE, REVIEW | {"unstated": "ignore"}, False),
        (ConditionKind.MONITORING, {"every": "month"}, True),
        (ConditionKind.EXPIRY, {"basis": "tier"}, True),
        (ConditionKind.EXPIRY, {"ends_on": "2027-06-30"}, True),
        (ConditionKind.EXPIRY, {"ends_on": "summer"}, False),
    ],
)
def test_a_pack_says_limits_that_can_be_compared(
    kind: ConditionKind, params: dict[str, str], *, is_sound: bool
) -> None:
    assert is_checkable(kind=kind, params=dict(params)) is is_sound


def test_an_expiry_may_name_its_day() -> None:
    assert end_date(params={"ends_on": "2027-06-30"}) == date(2027, 6, 30)
    assert end_date(params={}) is None
