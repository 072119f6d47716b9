"""``python -m validation.runs.prepare_child RUNDIR PARENT_PID`` makes a run folder ready for the checks.

It reads what the worker fetched, has data sets parsed and the model asked in
boxes of their own, and writes what the engine reads. Labels stay here: the
model's box gets the model's columns and nothing else. Every event is one line
of JSON on standard output; the last one is ``done`` or ``failed``.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from registry.domain.canonical import Json, canonical_bytes
from registry.domain.errors import InvalidInput, MrmError
from validation.catalog import list_specs
from validation.domain.inputs import ArtifactEvidence, CheckInputs
from validation.domain.plan import parse_plan
from validation.engine.child import die_with_parent
from validation.engine.inputs import write_inputs
from validation.runs.prepared import ORDER_FILE
from validation.sandbox import flavours
from validation.sandbox.box import PredictionBox, open_box
from validation.sandbox.parse import ParsedTable, parse_table

GRADES = 10
CLAIMED_ON = "test_"

Columns = Mapping[str, NDArray[np.float64]]
Say = Callable[[Mapping[str, Json]], None]


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What came out of the model's box."""

    features: tuple[str, ...]
    scores: Mapping[str, NDArray[np.float64]]
    repeat: NDArray[np.float64]
    layers: tuple[str, ...]
    form: str


def main(arguments: Sequence[str]) -> int:
    """Prepare the folder; return 0, or 1 after a line that says what went wrong."""
    run_dir, parent = Path(arguments[0]), int(arguments[1])
    die_with_parent(parent=parent)
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def say(event: Mapping[str, Json]) -> None:
        stream.write(canonical_bytes(event) + b"\n")
        stream.flush()

    try:
        prepare(run_dir=run_dir, say=say)
    except MrmError as error:
        say({"event": "failed", "code": error.code, "message": error.message, "remedy": error.remedy})
        return 1
    say({"event": "done"})
    return 0


def prepare(*, run_dir: Path, say: Say) -> None:
    """Write plan, arrays, scores, declared forms and tools into the folder.

    Raises what the plan, the data sets and the box raise, and ``RUN009`` when
    a data set lacks its label.
    """
    order = json.loads((run_dir / ORDER_FILE).read_bytes())
    specs = list_specs()
    plan = parse_plan(data=order["plan"], specs=specs)
    (run_dir / "plan.json").write_bytes(canonical_bytes(plan.to_json()))
    say({"event": "plan", "titles": {request.check: specs[request.check].title for request in plan.requests}})
    tables = {name: _parse(run_dir, name, sample, say) for name, sample in order["samples"].items()}
    model_dir = run_dir / "artifact"
    say({"event": "step", "text": "opening the model in its box"})
    with open_box(model_dir=model_dir) as box:
        say(
            {
                "event": "process",
                "name": "model_box",
                "pid": box.report.pid,
                "layers": list(box.report.layers),
            }
        )
        scored = _score(box, tables, _labels(order), say)
    _copy_declared_form(model_dir, run_dir / "model", scored.form)
    write_inputs(run_dir=run_dir, inputs=_inputs(order, tables, scored))
    (run_dir / "tools.json").write_bytes(canonical_bytes(_tools(order, model_dir, scored.features)))


def _parse(run_dir: Path, name: str, sample: Mapping[str, str], say: Say) -> ParsedTable:
    say({"event": "step", "text": f"reading the data set {name}"})
    return parse_table(path=run_dir / sample["file"], sha256=sample["sha256"])


def _labels(order: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(sample["label"]) for name, sample in order["samples"].items()}


def _score(
    box: PredictionBox, tables: Mapping[str, ParsedTable], labels: Mapping[str, str], say: Say
) -> Scored:
    everything = next(iter(tables.values())).columns
    features = box.inspection.features or tuple(name for name in everything if name not in labels.values())
    scores = {}
    for name, table in tables.items():
        say({"event": "step", "text": f"predicting {table.rows:,} rows of {name} in the box"})
        scores[name] = box.predict(columns=_features_only(table.columns, features, labels[name]))
    say({"event": "step", "text": "predicting the test rows again"})
    repeat = box.predict(columns=_features_only(tables["test"].columns, features, labels["test"]))
    return Scored(
        features=features,
        scores=scores,
        repeat=repeat,
        layers=box.report.layers,
        form=box.inspection.declaration.form,
    )


def _features_only(columns: Columns, features: Sequence[str], label: str) -> Columns:
    """Return the model's columns; a model that asks for the label does not get it."""
    if label in features:
        raise InvalidInput(
            "RUN010",
            f"the model asks for the label {label!r} among its features",
            remedy="Train and log the model without the outcome among its inputs.",
        )
    return {name: columns[name] for name in features if name in columns}


def _inputs(order: Mapping[str, Any], tables: Mapping[str, ParsedTable], scored: Scored) -> CheckInputs:
    arrays: dict[str, NDArray[Any]] = {"test.scores_repeat": scored.repeat}
    for name, label in _labels(order).items():
        columns = tables[name].columns
        if label not in columns:
            raise InvalidInput(
                "RUN009",
                f"the data set {name} has no column {label!r}, which its manifest names as the label",
                remedy="Log the data set again with a manifest that describes it.",
            )
        arrays[f"{name}.features"] = np.column_stack([columns[feature] for feature in scored.features])
        arrays[f"{name}.labels"] = columns[label]
        arrays[f"{name}.scores"] = scored.scores[name]
    return CheckInputs(
        feature_names=scored.features,
        arrays=arrays,
        grade_edges=_grade_edges(order["portfolio"], scored.scores["train"]),
        portfolio={str(key): str(value) for key, value in order["portfolio"].items()},
        claims=_claims(order["claims"]),
        artifact=ArtifactEvidence(
            digest_recorded=order["artifact"]["digest_recorded"],
            digest_seen=order["artifact"]["digest_seen"],
            family=order["artifact"]["family"],
            layers=scored.layers,
            declarative=scored.form,
        ),
    )


def _grade_edges(portfolio: Mapping[str, str], training: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the declared limits of the PD grades; where none are declared, the deciles of the training scores."""
    declared = str(portfolio.get("grade_edges", ""))
    if declared:
        return tuple(float(edge) for edge in declared.split(","))
    inner = np.quantile(training, np.linspace(0, 1, GRADES + 1)[1:-1])
    return tuple(float(edge) for edge in np.unique(inner))


def _claims(claimed: Mapping[str, str]) -> dict[str, str]:
    """Return what the run claims on the test sample, under the plain names of the figures."""
    return {
        name.removeprefix(CLAIMED_ON): str(value)
        for name, value in claimed.items()
        if name.startswith(CLAIMED_ON)
    }


def _copy_declared_form(model_dir: Path, target: Path, form: str) -> None:
    """Copy the form that can be read without running code, under the name that explainers look for."""
    target.mkdir(exist_ok=True)
    if form == "booster":
        named = (model_dir / str(flavours.choose(model_dir).options["data"])).resolve()
        if named.is_relative_to(model_dir.resolve()):
            shutil.copyfile(named, target / "booster.json")
    if form == "scorecard":
        for name in flavours.SCORECARD_FILES:
            if (model_dir / name).is_file():
                shutil.copyfile(model_dir / name, target / "scorecard.json")


def _tools(order: Mapping[str, Any], model_dir: Path, features: Sequence[str]) -> dict[str, Json]:
    arguments: dict[str, Json] = {"model_dir": str(model_dir), "features": list(features)}
    predictor: Json = {"factory": "validation.runs.boxed:build_predictor", "arguments": arguments}
    return {"predictor": predictor, **order["tools"]}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
