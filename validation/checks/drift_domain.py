"""Check ``drift.domain``: can a recent batch be told from the reference by all columns together?"""

from collections.abc import Callable
from decimal import Decimal

import numpy as np
from scipy.special import ndtr

from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
    StatisticalAlarm,
)
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.params import CONFIDENCE, CURRENT, REFERENCE
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.discrimination import Auc, auc
from validation.stats.outcomes import ensure_rows, read_features
from validation.stats.sampling import sample_rows

SPEC = CheckSpec(
    id="drift.domain",
    major=1,
    title="Joint drift of the inputs",
    kind=CheckKind.DRIFT,
    needs=("{reference}.features", "{current}.features"),
    tools=("separator",),
    params=(
        REFERENCE,
        CURRENT,
        CONFIDENCE,
        ParamSpec(
            name="most_rows",
            kind=ParamKind.INTEGER,
            default="20000",
            meaning="most rows taken from either batch",
            minimum=Decimal(400),
        ),
        ParamSpec(
            name="min_rows",
            kind=ParamKind.INTEGER,
            default="500",
            meaning="fewest rows in either batch",
            minimum=Decimal(100),
        ),
    ),
    metrics=("domain_auc", "p_value"),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="p_value",
            null="nothing tells the batches apart",
            caveat="DeLong, for large samples",
        ),
    ),
    doc=FiveParts(
        purpose="Finds a change of the relations between inputs that no single column shows.",
        mechanism="Half of either batch trains a boosted classifier to tell the batches apart; the other half "
        "is scored. AUC on that half with DeLong's interval: one half means that nothing tells them apart. "
        "Each column is then shuffled in the held-out half; what the AUC loses is that column's part.",
        signs_of_high_risk="An interval above one half; a high figure while no single column drifts, which "
        "points to changed relations or to a change in how a column is made.",
        strengths="Looks at all columns together. The held-out half makes the figure honest: an overfitted "
        "classifier cannot raise it.",
        limitations="A small AUC may be a weak classifier and not an unchanged batch. Shuffling understates "
        "columns that stand in for one another. Rows are taken as independent; a split into halves costs "
        "power. Columns are read as numbers.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure how well held-out rows are told apart, and by which columns."""
    assert tools.separator is not None
    batches = []
    for name in (params.text("reference"), params.text("current")):
        rows = read_features(inputs=inputs, sample=name)
        ensure_rows(values=rows, sample=name, needed=params.integer("min_rows"))
        batches.append(sample_rows(rows=rows, size=params.integer("most_rows"), seed=tools.seed))
    rng = np.random.default_rng(tools.seed)
    labels = np.repeat([0.0, 1.0], [len(rows) for rows in batches])
    places = rng.permutation(len(labels))
    rows, labels = np.concatenate(batches)[places], labels[places]
    half = len(labels) // 2
    score = tools.separator(features=rows[:half], labels=labels[:half], seed=tools.seed)
    held, truth = rows[half:], labels[half:]
    area = _area(score, held, truth)
    losses = _losses(score, held, truth, area.estimate, rng)
    interval = area.interval(confidence=params.number("confidence"))
    method = f"boosted trees on {half} rows, scored on {len(truth)} others"
    return Measurement(
        metrics=(
            Metric(
                name="domain_auc",
                estimate=area.estimate,
                lower=interval.lower,
                upper=interval.upper,
                confidence=interval.confidence,
                n=len(truth),
                method=f"{method}; {interval.method}",
            ),
            Metric(
                name="p_value",
                estimate=_p_above_half(area),
                n=len(truth),
                method=f"{method}; one-sided: small means that the batches can be told apart",
            ),
        ),
        tables=(_by_column(inputs.feature_names, losses),),
        figures=(_figure(inputs.feature_names, losses),),
    )


def _area(score: Callable[[FloatArray], FloatArray], rows: FloatArray, labels: FloatArray) -> Auc:
    scores = score(rows)
    if scores.shape != labels.shape or not np.isfinite(scores).all():
        raise UnusableInputError(
            reason="not_measured", detail="the classifier gave no finite score for a row"
        )
    return auc(labels=labels, scores=scores)


def _losses(
    score: Callable[[FloatArray], FloatArray],
    rows: FloatArray,
    labels: FloatArray,
    whole: float,
    rng: np.random.Generator,
) -> list[float]:
    """Return for each column what the AUC loses when its values are shuffled among the rows."""
    losses = []
    for column in range(rows.shape[1]):
        shuffled = rows.copy()
        shuffled[:, column] = rng.permutation(rows[:, column])
        losses.append(whole - _area(score, shuffled, labels).estimate)
    return losses


def _p_above_half(area: Auc) -> float:
    """Return the one-sided p-value that the area is at most one half."""
    if area.variance <= 0.0:
        return 1.0 if area.estimate <= 0.5 else 0.0
    return float(ndtr(-(area.estimate - 0.5) / area.variance**0.5))


def _by_column(names: tuple[str, ...], losses: list[float]) -> Table:
    order = np.argsort(-np.asarray(losses), kind="stable")
    return Table(
        id="columns",
        title="What tells the batches apart",
        columns=("column", "AUC lost when shuffled"),
        rows=tuple((names[place], decimal_text(losses[place])) for place in order),
    )


def _figure(names: tuple[str, ...], losses: list[float]) -> Figure:
    return Figure(
        id="columns",
        title="AUC lost when a column is shuffled",
        kind="bar",
        x_label="column",
        y_label="AUC lost",
        ticks=names,
        series=(Series(name="AUC lost", points=tuple((i + 1.0, loss) for i, loss in enumerate(losses))),),
    )
