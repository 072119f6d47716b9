"""Results: decimal text, JSON both ways, tables beside figures, evidence for the registry."""

import pytest

from registry.domain.canonical import canonical_bytes, digest
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Verdict
from validation.domain.evidence import to_evidence
from validation.domain.results import (
    CheckResult,
    Figure,
    Metric,
    Series,
    Table,
    decimal_text,
    result_from_json,
)

GINI = Metric(
    name="gini", estimate=0.5, lower=0.25, upper=0.75, confidence=0.95, n=100, method="DeLong, logit scale"
)
BARS = Figure(
    id="bars",
    title="Bars",
    kind="bar",
    x_label="grade",
    y_label="rate",
    ticks=("A",),
    series=(Series(name="PD", points=((1.0, 0.25), (2.0, 0.5))),),
)


def result(**changed: object) -> CheckResult:
    fields: dict[str, object] = {
        "check": "discrimination.auc",
        "major": 1,
        "verdict": Verdict.FAIL,
        "reason": "threshold_breached",
        "detail": "gini must be at least 0.6; it is 0.5",
        "metrics": (GINI, Metric(name="auc", estimate=0.75, n=100, method="no interval")),
        "facts": {"evidence.gini": "0.5", "evidence.artifact_verified": True, "level": 3},
        "tables": (Table(id="t", title="T", columns=("a",), rows=(("1",),)),),
        "figures": (BARS,),
        "notes": ("a note",),
        "params": {"confidence": "0.95"},
        "thresholds": ({"metric": "gini", "inclusive": True},),
        "seed": 4,
        "versions": {"numpy": "2"},
        "elapsed_s": 1.25,
        **changed,
    }
    return CheckResult(**fields)  # type: ignore[arg-type]


def test_result_survives_json() -> None:
    one = result()
    assert result_from_json(data=one.to_json()) == one
    assert canonical_bytes(one.to_json())


def test_figures_are_decimal_text_of_ten_digits() -> None:
    assert decimal_text(1 / 3) == "0.3333333333"
    assert decimal_text(-0.0) == "0"
    assert {name: str(value) for name, value in GINI.figures().items()} == {
        "gini": "0.5",
        "gini.lower": "0.25",
        "gini.upper": "0.75",
    }


def test_every_point_of_a_figure_is_in_its_table() -> None:
    assert BARS.twin().rows == (("PD", "A", "0.25"), ("PD", "2", "0.5"))
    assert BARS.twin().columns == ("series", "grade", "rate")


@pytest.mark.parametrize(
    "changed",
    [
        {"metrics": "none"},
        {"metrics": [3]},
        {"facts": []},
        {"facts": {"x": None}},
        {"major": True},
        {"major": "1"},
        {"verdict": "good"},
        {"verdict": 1},
        {"seed": 1.5},
        {"elapsed_s": "soon"},
        {"thresholds": [1]},
        {"figures": [{**BARS.to_json(), "series": [{"name": "PD", "points": [["1"]]}]}]},
    ],
)
def test_what_is_no_result_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        result_from_json(data={**result().to_json(), **changed})
    assert refusal.value.code == "CHK010"


def test_a_field_that_is_missing_is_refused() -> None:
    with pytest.raises(InvalidInput):
        result_from_json(data={"check": "x"})


def test_needed_rows_survive_json() -> None:
    assert result_from_json(data=result(n_needed=40).to_json()).n_needed == 40


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_a_measured_check_feeds_facts(verdict: Verdict) -> None:
    evidence = to_evidence(result=result(verdict=verdict))
    measured = verdict in (Verdict.PASS, Verdict.WARN, Verdict.FAIL)
    assert bool(evidence["facts"]) is measured
    assert evidence["digest"] == digest(result(verdict=verdict).to_json())


def test_evidence_leaves_out_figures_that_are_not_numbers() -> None:
    broken = Metric(name="gini", estimate=float("nan"), n=1, method="none")
    evidence = to_evidence(result=result(verdict=Verdict.ERROR, metrics=(broken,)))
    assert evidence["metrics"] == []
    assert canonical_bytes(evidence)
