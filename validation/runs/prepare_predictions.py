"""A run folder made ready from a file of predictions: no artefact is fetched, no model box is opened."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from registry.domain.canonical import Json, canonical_bytes
from validation.domain.check import CheckSpec
from validation.domain.inputs import CheckInputs
from validation.domain.predictions import (
    CodedColumn,
    PredictionRows,
    needs_predictions_only,
    to_arrays,
)
from validation.engine.inputs import write_inputs
from validation.runs.grades import grade_edges
from validation.sandbox.parse import ParsedPredictions, parse_predictions

Say = Callable[[Mapping[str, Json]], None]
GRADING_SAMPLES = ("train", "test", "recent")


def plan_for_predictions(*, plan: Mapping[str, Json], specs: Mapping[str, CheckSpec]) -> dict[str, Json]:
    """Return the plan as decided; where it asks for no check, every one that needs nothing but such a file."""
    able: list[Json] = [
        {"check": check} for check, spec in specs.items() if needs_predictions_only(spec=spec)
    ]
    return {**plan, "checks": plan["checks"] or able}


def prepare_predictions(*, run_dir: Path, order: Mapping[str, Any], say: Say) -> None:
    """Write arrays and tools into the folder. Raises what the box raises, and ``PRD020`` to ``PRD024``."""
    file = order["predictions"]
    say({"event": "step", "text": "reading the file of predictions"})
    parsed = parse_predictions(path=run_dir / file["file"], sha256=file["sha256"], columns=file["columns"])
    arrays = to_arrays(rows=_rows(parsed))
    graded = next(arrays[name] for name in (f"{one}.scores" for one in GRADING_SAMPLES) if name in arrays)
    inputs = CheckInputs(
        feature_names=(),
        arrays=arrays,
        grade_edges=grade_edges(portfolio=order["portfolio"], scores=graded),
        portfolio={str(key): str(value) for key, value in order["portfolio"].items()},
        segment_names=parsed.names.get("segment", ()),
        vintage_names=parsed.names.get("vintage", ()),
        from_predictions=True,
    )
    write_inputs(run_dir=run_dir, inputs=inputs)
    (run_dir / "tools.json").write_bytes(canonical_bytes(order["tools"]))


def _rows(parsed: ParsedPredictions) -> PredictionRows:
    coded = {
        meaning: CodedColumn(values=parsed.columns[meaning], names=parsed.names[meaning])
        for meaning in ("sample", "segment", "vintage")
        if meaning in parsed.columns
    }
    return PredictionRows(
        score=parsed.columns["score"],
        outcome=parsed.columns["outcome"],
        sample=coded.get("sample"),
        segment=coded.get("segment"),
        vintage=coded.get("vintage"),
        score_before=parsed.columns.get("score_before"),
    )
