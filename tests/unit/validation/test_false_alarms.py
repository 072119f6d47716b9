"""Which limits of a plan raise statistical alarms, what each spends, and plans that spend too much."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from registry.domain.canonical import Json
from registry.domain.errors import InvalidInput
from registry.domain.false_alarms import FalseAlarmBound, JudgedLimit, LimitKind, read_bound
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import at_least, execute, inputs, plan
from validation.catalog import build_catalog, list_specs, load_catalog
from validation.domain.check import CheckSpec, StatisticalAlarm
from validation.domain.false_alarms import ensure_within_level, false_alarm_bound
from validation.domain.plan import parse_plan

SPECS = list_specs()


def at_most(metric: str, value: str, **changed: Json) -> dict[str, Json]:
    return at_least(metric, value, direction="at_most", **changed)


def bound(*items: dict[str, Any], **fields: Any) -> FalseAlarmBound:
    return false_alarm_bound(
        plan=parse_plan(data={"checks": list(items), **fields}, specs=SPECS), specs=SPECS
    )


def only(check: str, *thresholds: dict[str, Json], **params: str) -> JudgedLimit:
    (limit,) = bound({"check": check, "params": params, "thresholds": list(thresholds)}).limits
    return limit


@pytest.mark.parametrize(
    ("check", "threshold", "params", "kind", "spends"),
    [
        ("calibration.jeffreys", at_least("min_p_adjusted", "0.02"), {}, "chance", "0.02"),
        ("calibration.jeffreys", at_least("min_p_adjusted", "-1"), {}, "chance", "0"),
        ("calibration.jeffreys", at_least("min_p_adjusted", "7"), {}, "chance", "1"),
        ("calibration.jeffreys", at_most("min_p_adjusted", "0.5"), {}, "proof", "0"),
        ("calibration.jeffreys", at_most("grades_underestimated", "0"), {"alpha": "0.03"}, "chance", "0.03"),
        ("calibration.jeffreys", at_most("grades_underestimated", "2"), {}, "chance", "0.05"),
        ("calibration.jeffreys", at_most("grades_underestimated", "-1"), {}, "chance", "1"),
        ("calibration.jeffreys", at_most("grades_underestimated", "0", inclusive=False), {}, "chance", "1"),
        ("calibration.jeffreys", at_least("grades_underestimated", "1"), {}, "estimate", "0"),
        (
            "drift.data",
            at_most("share_drifted", "0.15"),
            {"false_alarms_per_year": "0.24"},
            "chance",
            "0.02",
        ),
        ("drift.data", at_most("share_drifted.lower", "0"), {"batches_per_year": "1"}, "chance", "0.5"),
        ("drift.data", at_most("share_drifted.upper", "0.4"), {}, "proof", "0"),
        ("drift.data", at_most("columns_drifted", "1"), {"false_alarms_per_year": "100"}, "chance", "0.5"),
        ("discrimination.auc", at_least("auc", "0.7"), {}, "estimate", "0"),
        ("discrimination.auc", at_least("gini.lower", "0"), {}, "proof", "0"),
        ("discrimination.auc", at_least("auc.upper", "0.7"), {"confidence": "0.9"}, "chance", "0.05"),
        ("stability.psi", at_most("psi.lower", "0.1"), {}, "chance", "0.025"),
        ("stability.psi", at_most("psi.upper", "0.1"), {}, "proof", "0"),
    ],
)
def test_a_limit_is_read_by_what_chance_does_to_it(
    check: str, threshold: dict[str, Json], params: dict[str, str], kind: str, spends: str
) -> None:
    found = only(check, threshold, **params)
    assert (found.kind, found.spends) == (LimitKind(kind), Decimal(spends))
    assert bool(found.null) is (kind == "chance")


def test_limits_on_one_p_value_are_one_event() -> None:
    limit = only(
        "calibration.jeffreys",
        at_least("min_p_adjusted", "0.01"),
        at_least("min_p_adjusted", "0.02", verdict="warn"),
        at_most("grades_underestimated", "0"),
        alpha="0.015",
    )
    assert (limit.figure, limit.spends) == ("min_p_adjusted", Decimal("0.02"))
    assert "posterior" in limit.caveat


def test_a_plan_adds_up_over_its_checks_and_keeps_what_checks_hold_by_themselves() -> None:
    found = bound(
        {"check": "integrity.artifact"},
        {"check": "calibration.jeffreys", "thresholds": [at_least("min_p_adjusted", "0.02")]},
        {"check": "calibration.hosmer_lemeshow", "thresholds": [at_least("p_value", "0.04")]},
        false_alarm_level="0.07",
    )
    assert (found.spent, found.level, found.is_within) == (Decimal("0.06"), Decimal("0.07"), True)
    assert {limit.figure for limit in found.estimates} == {"digest_matches", "predictions_reproducible"}
    ensure_within_level(bound=found)


def test_a_plan_that_spends_more_than_it_declares_is_refused_by_name() -> None:
    found = bound(
        {"check": "calibration.jeffreys", "thresholds": [at_least("min_p_adjusted", "0.05")]},
        {"check": "drift.data", "thresholds": [at_most("share_drifted", "0.15")]},
    )
    with pytest.raises(InvalidInput) as refusal:
        ensure_within_level(bound=found)
    assert refusal.value.code == "CHK013"
    assert "spend 0.09167, more than the 0.05 declared" in str(refusal.value)
    assert "`drift.data` min_p_adjusted 0.04167" in str(refusal.value)


@pytest.mark.parametrize("level", ["0", "1", "NaN", "-Infinity", "much", 0.05, None, True])
def test_the_level_is_a_decimal_between_0_and_1(level: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        bound({"check": "discrimination.auc"}, false_alarm_level=level)
    assert refusal.value.code == "CHK006"


def test_a_result_records_what_its_limits_spend_whatever_becomes_of_it() -> None:
    thresholds = [at_least("min_p_adjusted", "0.02")]
    results = [
        execute("calibration.jeffreys", given, thresholds=thresholds)
        for given in (None, inputs(test_labels=None), inputs(test_scores=inputs().array("test.scores") * 9))
    ]
    assert [one.verdict for one in results] == [Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.ERROR]
    for result in results:
        found = read_bound([result.to_json()])
        assert found == false_alarm_bound(
            plan=plan("calibration.jeffreys", thresholds=thresholds), specs=SPECS
        )


@pytest.mark.parametrize("check", sorted(SPECS))
def test_intervals_have_the_confidence_that_the_catalogue_states(check: str) -> None:
    params = {"confidence": "0.9"} if any(p.name == "confidence" for p in SPECS[check].params) else {}
    stated = SPECS[check].interval_confidence(params=SPECS[check].parse_params(given=params))
    result = execute(check, **({"params": params} if params else {}))
    assert {m.confidence for m in result.metrics if m.confidence is not None} <= {float(stated)}


@pytest.mark.parametrize("check", sorted(SPECS))
def test_counts_of_rejections_are_zero_where_the_p_value_is_above_the_level(check: str) -> None:
    """A level so small that nothing is rejected, and one so large that everything may be."""
    for alarm in (alarm for alarm in SPECS[check].alarms if alarm.counts):
        given = inputs(recent_features=inputs().array("recent.features") + 0.15)
        found = {m.name: m.estimate for m in execute(check, given, params={alarm.level: "0.01"}).metrics}
        level = 0.01 / (12 if alarm.level_over else 1)
        for count in alarm.counts:
            assert found[count] == 0 or found[alarm.p_value] <= level


@pytest.mark.parametrize("check", sorted(SPECS))
def test_every_p_value_of_a_check_is_declared(check: str) -> None:
    p_values = {name for name in SPECS[check].metrics if name.startswith("p_") or "_p_" in f"_{name}_"}
    assert p_values == {alarm.p_value for alarm in SPECS[check].alarms}


@pytest.mark.parametrize(
    "alarm",
    [
        StatisticalAlarm(p_value="p", null="well"),
        StatisticalAlarm(p_value="auc", null="well", counts=("count",)),
        StatisticalAlarm(p_value="auc", null="well", counts=("gini",)),
        StatisticalAlarm(
            p_value="auc", null="well", counts=("gini",), level="confidence", level_over="years"
        ),
    ],
)
def test_an_alarm_that_names_what_its_check_lacks_is_refused(alarm: StatisticalAlarm) -> None:
    spec: CheckSpec = replace(SPECS["discrimination.auc"], id="own.check", alarms=(alarm,))
    module = SimpleNamespace(SPEC=spec, compute=load_catalog()["discrimination.auc"].compute)
    entry: Any = SimpleNamespace(name="own", load=lambda: module)
    with pytest.raises(InvalidInput) as refusal:
        build_catalog(entries=[entry])
    assert refusal.value.code == "CHK011"
