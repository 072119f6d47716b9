"""Scores of a model from MLflow, computed in a box, with what is known of the model."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from validation.adapters.shap_adapter import AdditiveRoute
from validation.adapters.skops_formats import read_skops_linear, read_skops_trees
from validation.domain.inputs import UnusableInputError
from validation.domain.share import Advance, no_advance
from validation.sandbox.box import BoxReport, Inspection, PredictionBox, open_box
from validation.sandbox.declared import UNKNOWN, Declaration, score_scorecard
from validation.sandbox.flavours import SCORECARD_FILES, data_file
from validation.sandbox.limits import BoxLimits, limits_for_rows

Columns = Mapping[str, NDArray[np.float64]]
Score = Callable[[Columns], NDArray[np.float64]]
ROWS_COMPARED = 2_000
ROWS_AT_ONCE = 20_000
ROWS_IN_WORDS = "rows, some of them twice"
AGREEMENT = 1e-9


@dataclass(frozen=True, kw_only=True)
class BoxedScores:
    """Scores by sample, scores of a second pass where asked for, and the box's report.

    ``declaration`` is what may be believed of the artefact: a description counts
    only if the model's scores agree with it.
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
    advance: Advance = no_advance,
) -> BoxedScores:
    """Score every sample in one box. Give features only: a model that asks for the label gets it.

    Rows are read and sent by stretches, after each of which ``advance`` hears of the rows: of columns on
    disk no more is in memory than one stretch.

    Raises ``BoxError``, see ``validation.sandbox.errors``.
    """
    total = sum(map(_rows, [*samples.values(), *(samples[name] for name in repeat)]))
    with open_box(model_dir=model_dir, limits=limits or limits_for_rows(rows=total)) as box:
        count = _Count(advance=advance, total=total)
        scores = {name: _predict(box, columns, count) for name, columns in samples.items()}
        repeated = {name: _predict(box, samples[name], count) for name in repeat}
        report, inspection = box.report, box.inspection
    return BoxedScores(
        scores=scores,
        repeated=repeated,
        inspection=inspection,
        declaration=believed(model_dir=model_dir, inspection=inspection, samples=samples, scores=scores),
        report=replace(report, exit_cause="closed"),
    )


class _Count:
    """The rows that were scored so far, of all that will be."""

    def __init__(self, *, advance: Advance, total: int) -> None:
        self._advance, self._total, self._done = advance, total, 0

    def add(self, rows: int) -> None:
        self._done += rows
        self._advance(self._done, self._total, ROWS_IN_WORDS)


def _predict(box: PredictionBox, columns: Columns, count: _Count) -> NDArray[np.float64]:
    scores = np.empty(_rows(columns))
    wanted = box.inspection.features or tuple(columns)
    for begin in range(0, len(scores), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        stretch = {name: columns[name][part] for name in wanted if name in columns}
        scores[part] = box.predict(columns=stretch)
        count.add(len(scores[part]))
    return scores


def _rows(columns: Columns) -> int:
    return len(next(iter(columns.values()), ()))


def believed(
    *,
    model_dir: Path,
    inspection: Inspection,
    samples: Mapping[str, Columns],
    scores: Mapping[str, NDArray[np.float64]],
) -> Declaration:
    """Return the declaration, or ``UNKNOWN`` when it only describes the model and its scores differ."""
    declaration = inspection.declaration
    if declaration.form not in FORMS_TO_COMPARE:
        return declaration
    try:
        again = FORMS_TO_COMPARE[declaration.form](model_dir, inspection)
        agrees = all(_agrees(again(columns), scores[name]) for name, columns in samples.items())
    except (KeyError, UnusableInputError):
        return UNKNOWN
    return declaration if samples and agrees else UNKNOWN


def _agrees(again: NDArray[np.float64], scores: NDArray[np.float64]) -> bool:
    return bool(np.abs(again - scores[:ROWS_COMPARED]).max(initial=0.0) <= AGREEMENT)


def _score_by_card(model_dir: Path, inspection: Inspection) -> Score:
    path = next(model_dir / name for name in SCORECARD_FILES if (model_dir / name).is_file())

    def score(columns: Columns) -> NDArray[np.float64]:
        rows = {name: columns[name][:ROWS_COMPARED].tolist() for name in inspection.declaration.features}
        return np.array(score_scorecard(path, columns=rows))

    return score


def _score_by_trees(model_dir: Path, inspection: Inspection) -> Score:
    trees, space = read_skops_trees(path=data_file(model_dir))

    def score(columns: Columns) -> NDArray[np.float64]:
        outputs = trees.outputs(rows=_rows_compared(columns, inspection.features or tuple(columns)))
        return outputs if space == "probability" else _chance(outputs)

    return score


def _score_by_weights(model_dir: Path, inspection: Inspection) -> Score:
    path = data_file(model_dir)

    def score(columns: Columns) -> NDArray[np.float64]:
        names = inspection.features or tuple(columns)
        form = AdditiveRoute(declared=read_skops_linear(path=path, names=names), names=names)
        return _chance(form.outputs(rows=_rows_compared(columns, names)))

    return score


def _rows_compared(columns: Columns, names: Sequence[str]) -> NDArray[np.float64]:
    return np.column_stack([columns[name][:ROWS_COMPARED] for name in names])


def _chance(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-log_odds)), dtype=np.float64)


FORMS_TO_COMPARE = {
    "scorecard": _score_by_card,
    "forest": _score_by_trees,
    "boosted": _score_by_trees,
    "linear": _score_by_weights,
}
"""Forms that describe the model, or may leave something out: believed where they give the model's scores."""
