"""Rows of a file of predictions as inputs of checks, and what the engine says where they are not enough."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from registry.domain.errors import InvalidInput
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import estimates, execute, inputs
from validation.catalog import list_specs
from validation.domain.absence import why_absent
from validation.domain.inputs import CheckInputs
from validation.domain.predictions import (
    HELD,
    CodedColumn,
    PredictionRows,
    needs_predictions_only,
    to_arrays,
)

MARK = "from a file of predictions, not recomputed from the artefact"
FACTS_FED = {"discrimination.auc", "calibration.jeffreys", "stability.psi", "drift.score"}


def column(*values: float) -> Any:
    return np.array(values, dtype=np.float64)


def rows(**changed: Any) -> PredictionRows:
    """Four rows: two of test, one of train, one of recent."""
    given: dict[str, Any] = {
        "score": column(0.1, 0.9, 0.2, 0.3),
        "outcome": column(0, 1, 0, 1),
        "sample": CodedColumn(values=column(1, 1, 2, 0), names=("recent", "test", " Train ")),
        "segment": CodedColumn(values=column(0, 1, 0, 1), names=("north", "south")),
        "vintage": CodedColumn(values=column(202_401, 202_402, 202_401, 202_403)),
        "score_before": column(0.2, 0.8, 0.2, 0.4),
    }
    return PredictionRows(**given | changed)


def test_rows_are_split_by_their_sample() -> None:
    arrays = to_arrays(rows=rows())
    assert {name: values.tolist() for name, values in arrays.items()} == {
        "train.scores": [0.2],
        "train.labels": [0.0],
        "train.segments": [0.0],
        "train.vintages": [202_401.0],
        "train.scores_before": [0.2],
        "test.scores": [0.1, 0.9],
        "test.labels": [0.0, 1.0],
        "test.segments": [0.0, 1.0],
        "test.vintages": [202_401.0, 202_402.0],
        "test.scores_before": [0.2, 0.8],
        "recent.scores": [0.3],
        "recent.labels": [1.0],
        "recent.segments": [1.0],
        "recent.vintages": [202_403.0],
        "recent.scores_before": [0.4],
    }


def test_two_columns_are_enough_and_then_every_row_is_of_test() -> None:
    arrays = to_arrays(rows=rows(sample=None, segment=None, vintage=None, score_before=None))
    assert {name: len(values) for name, values in arrays.items()} == {"test.scores": 4, "test.labels": 4}


def test_recent_rows_may_leave_their_outcomes_out_together() -> None:
    arrays = to_arrays(rows=rows(outcome=column(0, 1, 0, np.nan)))
    assert "recent.labels" not in arrays
    assert arrays["recent.scores"].tolist() == [0.3]


NAN = float("nan")
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"score": column(), "outcome": column(), "sample": None}, "PRD020", "no rows"),
    ({"score": column(0.1, NAN, 0.2, NAN)}, "PRD021", "row 2 has no score; 2 rows have none"),
    ({"outcome": column(0, 1, NAN, 1)}, "PRD021", "row 3 has no outcome"),
    ({"score": column(0.1, 0.9, 1.2, 0.3)}, "PRD022", "row 3: score is 1.2"),
    ({"score": column(-0.1, 0.9, 0.2, 0.3)}, "PRD022", "row 1: score is -0.1"),
    ({"score": column(float("inf"), 0.9, 0.2, 0.3)}, "PRD022", "row 1: score is inf"),
    ({"score_before": column(0.1, 0.9, 0.2, 30)}, "PRD022", "row 4: score_before is 30"),
    ({"score_before": column(0.1, NAN, 0.2, 0.3)}, "PRD021", "row 2 has no score_before"),
    ({"outcome": column(0, 2, 0, 1)}, "PRD023", "row 2: outcome is 2"),
    ({"outcome": column(0, 0.5, 0, 1)}, "PRD023", "row 2: outcome is 0.5"),
    ({"sample": CodedColumn(values=column(0, 0, 1, 0), names=("test", "oot"))}, "PRD024", "the sample 'oot'"),
    ({"sample": CodedColumn(values=column(0, 7, 0, 0), names=("test",))}, "PRD024", "row 2 is of the sample ''"),
    ({"segment": CodedColumn(values=column(0, 0, 1, 0), names=("a", " "))}, "PRD021", "row 3 has no segment"),
    ({"segment": CodedColumn(values=column(3, NAN, 1, 0))}, "PRD021", "row 2 has no segment"),
    ({"vintage": CodedColumn(values=column(0, 0, 1, 0), names=("a", ""))}, "PRD021", "row 3 has no vintage"),
    ({"vintage": CodedColumn(values=column(3, NAN, 1, 0))}, "PRD021", "row 2 has no vintage"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "code", "says"), FAULTS)
def test_the_first_row_at_fault_is_named(changed: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=code) as refusal:
        to_arrays(rows=rows(**changed))
    assert says in refusal.value.message
    assert refusal.value.remedy


def test_some_outcomes_of_recent_rows_do_not_do() -> None:
    two_recent = CodedColumn(values=column(1, 1, 0, 0), names=("recent", "test"))
    with pytest.raises(InvalidInput, match="PRD021 row 4 has no outcome"):
        to_arrays(rows=rows(sample=two_recent, outcome=column(0, 1, 0, NAN)))


def test_the_checks_that_need_no_artefact_are_found_in_the_catalogue() -> None:
    able = {check for check, spec in list_specs().items() if needs_predictions_only(spec=spec)}
    assert able == {
        *("discrimination.auc", "discrimination.ks", "discrimination.partial_auc", "discrimination.decline"),
        *("discrimination.segments", "calibration.jeffreys", "calibration.hosmer_lemeshow"),
        *("calibration.brier", "calibration.low_default", "calibration.spiegelhalter"),
        *("calibration.monotone_grades", "calibration.segments", "stability.psi", "stability.concentration"),
        *("stability.migrations", "drift.score", "fairness.outcomes"),
    }


def from_file(**changed: Any) -> CheckInputs:
    """What a file of three samples holds of the usual inputs: no features, no artefact, no claims."""
    given = inputs(**changed)
    held = {name: values for name, values in given.arrays.items() if name.partition(".")[2] in HELD}
    return replace(given, feature_names=(), arrays=held, claims={}, artifact=None, from_predictions=True)


@pytest.mark.parametrize("check", sorted(list_specs()))
def test_every_check_measures_or_says_what_is_missing_and_feeds_nothing(check: str) -> None:
    result = execute(check, from_file())
    assert result.facts == {}
    assert MARK in result.notes
    if needs_predictions_only(spec=list_specs()[check]):
        assert result.verdict is Verdict.PASS, result.detail
    else:
        assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "needs_artifact")
        assert "register the artefact" in result.detail


def test_the_same_scores_feed_facts_when_they_come_from_the_artefact() -> None:
    for check in FACTS_FED:
        assert execute(check).facts
        assert MARK not in execute(check).notes
        assert execute(check, from_file()).metrics == execute(check).metrics


def test_segments_of_a_file_carry_their_names() -> None:
    given = replace(from_file(), segment_names=("north", "south"))
    by_segment = execute("discrimination.segments", given)
    (table,) = by_segment.tables
    assert {row[0] for row in table.rows} == {"north", "south"}
    groups = execute("fairness.outcomes", given)
    assert {row[0].removesuffix(", control") for table in groups.tables for row in table.rows} == {
        "north",
        "south",
    }
    assert estimates(by_segment)["lowest_auc"] > 0.5
    assert execute("discrimination.segments", given, params={"column": "age"}).reason == "needs_artifact"


def test_calibration_by_vintage_reads_a_file_and_asks_for_the_column_where_there_is_none() -> None:
    given = from_file()
    by_vintage = {"by": "vintages"}
    missing = execute("calibration.segments", given, params=by_vintage)
    assert (missing.verdict, missing.reason) == (Verdict.NOT_APPLICABLE, "needs_column")
    assert "no `vintage` of the rows of test" in missing.detail
    cohorts = np.arange(len(given.array("test.labels"))) % 3
    words = replace(
        given,
        arrays={**given.arrays, "test.vintages": cohorts.astype(np.float64)},
        vintage_names=("2024-Q1", "2024-Q10", "2024-Q2"),
    )
    numbers = replace(given, arrays={**given.arrays, "test.vintages": 202_401.0 + cohorts})
    for held, first in ((words, "2024-Q1"), (numbers, "vintage 202401")):
        result = execute("calibration.segments", held, params=by_vintage)
        assert result.verdict is Verdict.PASS, result.detail
        assert result.tables[0].rows[0][0] == first
    assert [row[0] for row in execute("calibration.segments", words, params=by_vintage).tables[0].rows][
        :3
    ] == [
        *("2024-Q1", "2024-Q2", "2024-Q10"),
    ]


def test_a_tool_that_is_not_there_is_named_as_part_of_the_artefact() -> None:
    missing = from_file().absence("explainer")
    assert missing.reason == "needs_artifact"
    assert "explanations computed with the artefact" in missing.detail


@pytest.mark.parametrize(
    ("name", "asked", "reason", "says"),
    [
        ("train.features", {}, "needs_artifact", "register the artefact"),
        ("artifact", {}, "needs_artifact", "the artefact itself"),
        ("claims", {}, "needs_artifact", "claims"),
        ("train.scores", {"has_rows": False}, "needs_rows", "no row of the sample train"),
        ("recent.labels", {}, "needs_column", "no `outcome` of the rows of recent"),
        ("test.segments", {}, "needs_column", "no `segment`"),
        ("test.vintages", {}, "needs_column", "no `vintage`"),
        ("test.scores_before", {}, "needs_column", "no `score_before`"),
        ("portfolio", {}, "missing_input", "its owner declares one"),
        ("capital", {}, "missing_input", "its owner declares one"),
        ("grade_edges", {"from_predictions": False}, "missing_input", "limits of grades"),
        ("test.features", {"from_predictions": False}, "missing_input", "test.features was not given"),
    ],
)
def test_what_is_not_there_is_told_with_what_would_bring_it(
    name: str, asked: dict[str, bool], reason: str, says: str
) -> None:
    found, detail = why_absent(name=name, **{"from_predictions": True, "has_rows": True, **asked})
    assert found == reason
    assert says in detail


def test_segments_are_called_by_name_where_they_have_one() -> None:
    named: Callable[[float], str] = replace(from_file(), segment_names=("north", "south")).segment_name
    assert [named(value) for value in (0.0, 1.0, 2.0, 0.5, -1.0)] == ["north", "south", "2", "0.5", "-1"]
