"""Scores of a model from MLflow, computed in a box, with what is known of the model."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from validation.sandbox.box import BoxReport, Inspection, open_box
from validation.sandbox.declared import UNKNOWN, Declaration, score_scorecard
from validation.sandbox.limits import BoxLimits

Columns = Mapping[str, NDArray[np.float64]]
FORMS_BESIDE_THE_MODEL = {"scorecard": ("scorecard.json", "extra_files/scorecard.json")}
ROWS_COMPARED = 2_000
AGREEMENT = 1e-9


@dataclass(frozen=True, kw_only=True)
class BoxedScores:
    """Scores by sample, scores of a second pass where asked for, and the box's report.

    ``declaration`` is what may be believed of the artefact: a description that
    lies beside the model counts only if the model's scores agree with it.
    """

    scores: Mapping[str, NDArray[np.float64]]
    repeated: Mapping[str, NDArray[np.float64]]
    inspection: Inspection
    declaration: Declaration
    report: BoxReport


def score_samples(
    *,
    model_dir: Path,
    samples: Mapping[str, Columns],
    repeat: Collection[str] = (),
    limits: BoxLimits | None = None,
) -> BoxedScores:
    """Score every sample in one box. Give features only: a model that asks for the label gets it.

    Raises ``BoxError``, see ``validation.sandbox.errors``.
    """
    with open_box(model_dir=model_dir, limits=limits) as box:
        scores = {name: box.predict(columns=columns) for name, columns in samples.items()}
        repeated = {name: box.predict(columns=samples[name]) for name in repeat}
        report, inspection = box.report, box.inspection
    return BoxedScores(
        scores=scores,
        repeated=repeated,
        inspection=inspection,
        declaration=believed(model_dir=model_dir, inspection=inspection, samples=samples, scores=scores),
        report=replace(report, exit_cause="closed"),
    )


def believed(
    *,
    model_dir: Path,
    inspection: Inspection,
    samples: Mapping[str, Columns],
    scores: Mapping[str, NDArray[np.float64]],
) -> Declaration:
    """Return the declaration, or ``UNKNOWN`` when it only describes the model and scores differ."""
    declaration = inspection.declaration
    names = FORMS_BESIDE_THE_MODEL.get(declaration.form)
    if names is None:
        return declaration
    path = next(model_dir / name for name in names if (model_dir / name).is_file())
    for sample, columns in samples.items():
        if not set(declaration.features) <= set(columns):
            return UNKNOWN
        rows = {name: columns[name][:ROWS_COMPARED].tolist() for name in declaration.features}
        expected = np.array(score_scorecard(path, columns=rows))
        if np.abs(expected - scores[sample][:ROWS_COMPARED]).max(initial=0.0) > AGREEMENT:
            return UNKNOWN
    return declaration if samples else UNKNOWN
