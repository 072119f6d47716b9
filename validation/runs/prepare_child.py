"""``python -m validation.runs.prepare_child RUNDIR PARENT_PID`` makes a run folder ready for the checks.

It reads what the worker fetched, has data sets parsed and the model asked in
boxes of their own, and writes what the engine reads. Labels stay here: the
model's box gets the model's columns and nothing else. Every event is one line
of JSON on standard output; the last one is ``done`` or ``failed``.
"""

import errno
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from registry.domain.canonical import Json, canonical_bytes
from registry.domain.errors import InvalidInput, LimitExceeded, MrmError
from validation.adapters.mlflow_box import BoxedScores, score_samples
from validation.adapters.skops_formats import read_skops_linear
from validation.catalog import list_specs
from validation.domain.inputs import ArtifactEvidence, CheckInputs
from validation.domain.plan import parse_plan
from validation.domain.share import Advance
from validation.engine.child import die_with_parent
from validation.engine.inputs import write_features, write_inputs
from validation.engine.plans import write_plan
from validation.runs.grades import grade_edges
from validation.runs.prepare_predictions import Say, plan_for_predictions, prepare_predictions
from validation.runs.prepared import ORDER_FILE, WITHHELD
from validation.sandbox import flavours
from validation.sandbox.limits import SLOWEST_READING
from validation.sandbox.parse import ParsedTable, parse_table

WORDED = ("segment", "vintage")
"""The columns withheld from the model that may hold words."""
CLAIMED_ON = "test_"
DECLARED_AS = {
    "booster": "booster.json",
    "lightgbm": "booster.txt",
    "forest": "trees.skops",
    "boosted": "trees.skops",
}

ROWS_A_SECOND = 10_000
"""Rows that a model scores in a second at the very least; its box ends by itself before."""

Columns = Mapping[str, NDArray[np.float64]]


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

    Raises what the plan, the data sets and the box raise, ``RUN009`` when a data set
    lacks its label, ``RUN021`` when the disk is full, and ``PRD010`` to ``PRD024`` for a file of predictions.
    """
    order = json.loads((run_dir / ORDER_FILE).read_bytes())
    specs = list_specs()
    is_artifact = "predictions" not in order
    decided = order["plan"] if is_artifact else plan_for_predictions(plan=order["plan"], specs=specs)
    plan = parse_plan(data=decided, specs=specs)
    write_plan(run_dir=run_dir, plan=plan, specs=specs)
    say({"event": "plan", "titles": {request.check: specs[request.check].title for request in plan.requests}})
    fill = _prepare_artifact if is_artifact else prepare_predictions
    try:
        fill(run_dir=run_dir, order=order, say=say)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise LimitExceeded(
            "RUN021",
            "the disk of the worker has no room for the data sets of this run",
            remedy="Free space where MRM_VAR_DIR lies, 16 bytes for each value and the files, and request it again.",
        ) from error


def _prepare_artifact(*, run_dir: Path, order: Mapping[str, Any], say: Say) -> None:
    tables = {name: _parse(run_dir, name, sample, say) for name, sample in order["samples"].items()}
    rows = sum(table.rows for table in tables.values())
    _say_step(say, f"predicting {rows:,} rows in the box", more_s=rows / ROWS_A_SECOND)
    boxed = score_samples(
        model_dir=run_dir / "artifact",
        samples={name: _for_the_model(table, order["samples"][name]) for name, table in tables.items()},
        repeat=("test",),
        advance=_share(say),
    )
    report = boxed.report
    say({"event": "process", "name": "model_box", "pid": report.pid, "layers": list(report.layers)})
    inputs = _inputs(order, tables, boxed)
    write_inputs(run_dir=run_dir, inputs=inputs)
    _write_features(run_dir, tables, inputs.feature_names, say)
    _copy_declared_form(run_dir, boxed.declaration.form, inputs.feature_names)
    (run_dir / "tools.json").write_bytes(canonical_bytes(_tools(order, run_dir, inputs.feature_names)))


def _parse(run_dir: Path, name: str, sample: Mapping[str, str], say: Say) -> ParsedTable:
    path = run_dir / sample["file"]
    _say_step(say, f"reading the data set {name}", more_s=path.stat().st_size / SLOWEST_READING)
    return parse_table(
        path=path,
        sha256=sample["sha256"],
        texts=[column for key in WORDED if (column := sample.get(key))],
        folder=run_dir,
        advance=_share(say),
    )


def _say_step(say: Say, text: str, *, more_s: float) -> None:
    """Begin a step; ``more_s`` is the time that it may take beyond that of a small one."""
    say({"event": "step", "text": text, "more_s": round(more_s)})


def _share(say: Say) -> Advance:
    return lambda done, total, of: say({"event": "share", "done": done, "total": total, "of": of})


def _for_the_model(table: ParsedTable, sample: Mapping[str, str]) -> Columns:
    """Return the columns that a model may see: one that asks for another finds it missing."""
    return table.columns.without({sample.get(key) for key in WITHHELD})


def _write_features(run_dir: Path, tables: Mapping[str, ParsedTable], names: Sequence[str], say: Say) -> None:
    """Write what the model was given, column by column from disk to disk."""
    rows, done = sum(table.rows for table in tables.values()), count(1)
    total = len(tables) * len(names)
    _say_step(say, "writing the model's columns", more_s=8 * rows * len(names) / SLOWEST_READING)

    def columns(table: ParsedTable) -> Iterator[NDArray[np.float64]]:
        for name in names:
            yield table.columns[name]
            _share(say)(next(done), total, "columns")

    for sample, table in tables.items():
        write_features(
            run_dir=run_dir, sample=sample, columns=columns(table), rows=table.rows, count=len(names)
        )


def _inputs(order: Mapping[str, Any], tables: Mapping[str, ParsedTable], boxed: BoxedScores) -> CheckInputs:
    arrays: dict[str, NDArray[Any]] = {"test.scores_repeat": boxed.repeated["test"]}
    features = boxed.inspection.features or tuple(_for_the_model(tables["train"], order["samples"]["train"]))
    for name, sample in order["samples"].items():
        _ensure_named(name, sample, tables[name].columns)
    words = {key: _words(key, order, tables) for key in WORDED}
    for name, sample in order["samples"].items():
        columns = tables[name].columns
        arrays[f"{name}.labels"] = columns[sample["label"]]
        arrays[f"{name}.scores"] = boxed.scores[name]
        if before := sample.get("score_before"):
            arrays[f"{name}.scores_before"] = columns[before]
        for key in WORDED:
            if column := sample.get(key):
                arrays[f"{name}.{key}s"] = _coded(tables[name], column, words[key])
    return CheckInputs(
        segment_names=words["segment"],
        vintage_names=words["vintage"],
        feature_names=features,
        arrays=arrays,
        grade_edges=grade_edges(portfolio=order["portfolio"], scores=boxed.scores["train"]),
        portfolio={str(key): str(value) for key, value in order["portfolio"].items()},
        claims=_claims(order["claims"]),
        artifact=ArtifactEvidence(
            digest_recorded=order["artifact"]["digest_recorded"],
            digest_seen=order["artifact"]["digest_seen"],
            family=order["artifact"]["family"],
            layers=boxed.report.layers,
            declarative=boxed.declaration.form,
        ),
    )


def _ensure_named(name: str, sample: Mapping[str, str], columns: Columns) -> None:
    for key, words in WITHHELD.items():
        column = sample.get(key, "")
        if column not in columns and (column or key == "label"):
            raise InvalidInput(
                "RUN009",
                f"the data set {name} has no column {column!r}, which its manifest names as {words}",
                remedy="Log the data set again with a manifest that describes it.",
            )


def _words(key: str, order: Mapping[str, Any], tables: Mapping[str, ParsedTable]) -> tuple[str, ...]:
    """Return the words that name segments or vintages in any sample, in order; none where they are numbers."""
    words: set[str] = set()
    kinds = set()
    for name, sample in order["samples"].items():
        if column := sample.get(key):
            found = tables[name].categories.get(column)
            kinds.add(found is None)
            words.update(found or ())
    if len(kinds) > 1:
        raise InvalidInput(
            "RUN015",
            f"the {key}s are words in one data set and numbers in another",
            remedy=f"Log the data sets again with one kind of {key}.",
        )
    return tuple(sorted(words))


def _coded(table: ParsedTable, column: str, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the number of each row, or the place of its word among those of all samples."""
    values, words = table.columns[column], table.categories.get(column)
    if words is None:
        return values
    places = np.array([*(names.index(word) for word in words), np.nan])
    # A row without a word reads the last place, which holds none.
    return places[np.where(np.isnan(values), len(words), values).astype(np.int64)]


def _claims(claimed: Mapping[str, str]) -> dict[str, str]:
    """Return what the run claims on the test sample, under the plain names of the figures."""
    return {
        name.removeprefix(CLAIMED_ON): str(value)
        for name, value in claimed.items()
        if name.startswith(CLAIMED_ON)
    }


def _copy_declared_form(run_dir: Path, form: str, features: Sequence[str]) -> None:
    """Copy the form that can be read without running code, under the name that explainers look for."""
    model_dir, target = run_dir / "artifact", run_dir / "model"
    target.mkdir(exist_ok=True)
    if form in DECLARED_AS:
        shutil.copyfile(flavours.data_file(model_dir), target / DECLARED_AS[form])
    if form == "linear":
        weights = read_skops_linear(path=flavours.data_file(model_dir), names=features)
        (target / "linear.json").write_bytes(weights)
    if form == "scorecard":
        found = (model_dir / name for name in flavours.SCORECARD_FILES)
        shutil.copyfile(next(path for path in found if path.is_file()), target / "scorecard.json")


def _tools(order: Mapping[str, Any], run_dir: Path, features: Sequence[str]) -> dict[str, Json]:
    arguments: dict[str, Json] = {"model_dir": str(run_dir / "artifact"), "features": list(features)}
    predictor: Json = {"factory": "validation.runs.boxed:build_predictor", "arguments": arguments}
    return {"predictor": predictor, **order["tools"]}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
