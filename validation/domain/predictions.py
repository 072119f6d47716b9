"""The rows of a file of predictions as inputs of checks, and the checks that need nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from registry.domain.errors import InvalidInput
from validation.domain.check import CheckSpec
from validation.domain.inputs import SAMPLES, FloatArray

HELD = frozenset({"scores", "labels", "segments", "vintages", "scores_before"})
"""Parts of the inputs that a file of predictions can fill."""

DEFAULT_SAMPLE = "test"
LABELS_LATER = "recent"
"""The sample whose outcomes may not be known yet."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class CodedColumn:
    """A column of names: each value is a place in ``names``, or a number itself where there are none."""

    values: FloatArray
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PredictionRows:
    """The columns of a file, all of one length; what a row leaves out is NaN, or the name ``""``."""

    score: FloatArray
    outcome: FloatArray
    sample: CodedColumn | None = None
    segment: CodedColumn | None = None
    vintage: CodedColumn | None = None
    score_before: FloatArray | None = None


def needs_predictions_only(*, spec: CheckSpec) -> bool:
    """Return whether a check reads nothing that a file of predictions cannot hold, and asks for no tool."""
    parts = {need.rpartition(".")[2] for need in spec.needs if "." in need}
    others = {need for need in spec.needs if "." not in need}
    return not spec.tools and parts <= HELD and others <= {"grade_edges"}


def to_arrays(*, rows: PredictionRows) -> dict[str, FloatArray]:
    """Return the arrays that checks read, such as ``test.scores``.

    A row of no stated sample is of the test sample. Rows of ``recent`` may all
    leave their outcome out. Raises ``InvalidInput``, naming the first row at fault:
    ``PRD020`` no rows, ``PRD021`` a value is missing, ``PRD022`` a score outside 0 to 1,
    ``PRD023`` an outcome other than 0 and 1, ``PRD024`` an unknown sample.
    """
    if not len(rows.score):
        raise InvalidInput(
            "PRD020",
            "the file holds no rows",
            remedy="Send at least one row below the header, better thousands.",
        )
    _ensure_scores(rows.score, "score")
    places = _samples(rows)
    _ensure_outcomes(rows.outcome, places.get(LABELS_LATER))
    parts: dict[str, FloatArray] = {"scores": rows.score, "labels": rows.outcome}
    for name, column in (("segment", rows.segment), ("vintage", rows.vintage)):
        if column is not None:
            _ensure_stated(column, name)
            parts[f"{name}s"] = column.values
    if rows.score_before is not None:
        _ensure_scores(rows.score_before, "score_before")
        parts["scores_before"] = rows.score_before
    arrays = {
        f"{sample}.{part}": values[mask] for sample, mask in places.items() for part, values in parts.items()
    }
    return {name: values for name, values in arrays.items() if not np.isnan(values).any()}


def _samples(rows: PredictionRows) -> Mapping[str, Mask]:
    if rows.sample is None:
        return {DEFAULT_SAMPLE: np.ones(len(rows.score), dtype=np.bool_)}
    names = [name.strip().lower() for name in rows.sample.names]
    known = {
        name: np.isin(rows.sample.values, [i for i, n in enumerate(names) if n == name]) for name in SAMPLES
    }
    unknown = ~np.logical_or.reduce(list(known.values()))
    if unknown.any():
        code = rows.sample.values[np.argmax(unknown)]
        said = rows.sample.names[int(code)] if code in range(len(names)) else ""
        raise InvalidInput(
            "PRD024",
            f"row {_first(unknown)} is of the sample {said[:40]!r}",
            remedy=f"Write one of {', '.join(SAMPLES)}, or leave the column out: then every row is of test.",
        )
    return {name: mask for name, mask in known.items() if mask.any()}


def _ensure_scores(values: FloatArray, column: str) -> None:
    _ensure_there(np.isnan(values), column)
    outside = (values < 0) | (values > 1)
    if outside.any():
        raise InvalidInput(
            "PRD022",
            f"row {_first(outside)}: {column} is {values[np.argmax(outside)]:g}, outside 0 to 1",
            remedy="Write probabilities of default from 0 to 1; turn points of a scorecard into probabilities first.",
        )


def _ensure_outcomes(values: FloatArray, later: Mask | None) -> None:
    absent = np.isnan(values)
    if later is not None and absent[later].all():
        absent &= ~later
    _ensure_there(absent, "outcome")
    other = ~np.isnan(values) & (values != 0) & (values != 1)
    if other.any():
        raise InvalidInput(
            "PRD023",
            f"row {_first(other)}: outcome is {values[np.argmax(other)]:g}, neither 0 nor 1",
            remedy="Write 1 for a default and 0 for none.",
        )


def _ensure_stated(column: CodedColumn, name: str) -> None:
    blank = [place for place, word in enumerate(column.names) if not word.strip()]
    _ensure_there(~np.isfinite(column.values) | np.isin(column.values, blank), name)


def _ensure_there(absent: Mask, column: str) -> None:
    if absent.any():
        raise InvalidInput(
            "PRD021",
            f"row {_first(absent)} has no {column}; {int(absent.sum()):,} rows have none",
            remedy="Fill the column in every row, or leave those rows out and say so in a challenge note; outcomes "
            "may be left out for all rows of recent together.",
        )


def _first(mask: Mask) -> str:
    return f"{int(np.argmax(mask)) + 1:,}"
