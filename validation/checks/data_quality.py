"""Check ``data.quality``: what is missing, constant, repeated or outside the training range in a sample?"""

import numpy as np

from validation.domain.check import CheckKind, CheckSpec, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.data_quality import Columns, examine
from validation.stats.outcomes import ensure_rows, read_features
from validation.stats.rates import share_interval

_CONFIDENCE = 0.95

SPEC = CheckSpec(
    id="data.quality",
    major=1,
    title="Data quality",
    kind=CheckKind.DATA,
    needs=("train.features", "{sample}.features"),
    reads_missing=True,
    params=(
        ParamSpec(
            name="sample",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample measured against the training sample",
            choices=("test", "recent"),
        ),
        ParamSpec.whole("min_rows", "200", "fewest rows in either sample", 20),
    ),
    metrics=(
        *("highest_missing_share", "constant_columns", "duplicate_share", "seen_in_training_share"),
        *("highest_outside_share", "rows_outside_share"),
    ),
    feeds=(),
    doc=FiveParts(
        purpose="Finds what is wrong with the inputs before anything is concluded from them.",
        mechanism="By column: the share of missing values, whether only one value occurs, and the share of "
        "values outside the least and the greatest of the training sample. By row: exact repeats within the "
        "sample, rows that are in the training sample too, and rows outside its range in any column. Shares "
        "have Jeffreys intervals; those of the worst column are at a confidence divided over the columns, for "
        "it was picked among them.",
        signs_of_high_risk="A column that is mostly missing or constant; rows of the test sample that the model "
        "was trained on; many rows outside the training range, on which a tree gives a constant and a line "
        "runs on.",
        strengths="Needs neither labels nor scores. Reads missing values, which other checks refuse. Every "
        "figure is a count that can be repeated by hand.",
        limitations="A missing value is one that the file leaves out: codes such as -999 are read as numbers "
        "and show as a range. Rows of few or coarse columns repeat without fault. A range says nothing of "
        "gaps inside it, and one odd training row widens it. Wrong values inside the range are not seen.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the faults of the sample by column and by row."""
    del tools
    sample, needed = params.text("sample"), params.integer("min_rows")
    training, rows = (read_features(inputs=inputs, sample=name) for name in ("train", sample))
    for name, values in (("train", training), (sample, rows)):
        ensure_rows(values=values, sample=name, needed=needed)
    columns, counts = examine(rows=rows, training=training)
    names, n = inputs.feature_names, len(rows)
    return Measurement(
        metrics=(
            _worst("highest_missing_share", columns.missing, names, n),
            Metric(
                name="constant_columns",
                estimate=float(sum(columns.is_constant)),
                n=n,
                method=f"columns of {len(names)} in which one value occurs, or none",
            ),
            _share("duplicate_share", counts.repeated, n, "rows that repeat another one in every column"),
            _share("seen_in_training_share", counts.seen_in_training, n, "rows that train holds too"),
            _worst("highest_outside_share", columns.outside, names, n),
            _share("rows_outside_share", counts.outside, n, "rows outside the range of train in any column"),
        ),
        tables=(_by_column(columns, names, n),),
        figures=(_figure(columns, names, n),),
        notes=(f"{len(training)} rows of train, {n} rows of {sample}",),
    )


def _share(name: str, count: int, n: int, method: str) -> Metric:
    low, high = share_interval(count=count, n=n, confidence=_CONFIDENCE)
    return Metric(
        name=name,
        estimate=count / n,
        lower=low,
        upper=high,
        confidence=_CONFIDENCE,
        n=n,
        method=f"{method}, Jeffreys interval",
    )


def _worst(name: str, counts: FloatArray, names: tuple[str, ...], n: int) -> Metric:
    place = int(np.argmax(counts))
    low, high = share_interval(
        count=float(counts[place]), n=n, confidence=1.0 - (1.0 - _CONFIDENCE) / len(names)
    )
    return Metric(
        name=name,
        estimate=float(counts[place]) / n,
        lower=low,
        upper=high,
        confidence=_CONFIDENCE,
        n=n,
        method=f"{names[place]}, the highest of {len(names)} columns, Jeffreys interval, Bonferroni",
    )


def _by_column(columns: Columns, names: tuple[str, ...], n: int) -> Table:
    def figures(count: float) -> tuple[str, ...]:
        ends = share_interval(count=count, n=n, confidence=_CONFIDENCE)
        return tuple(decimal_text(value) for value in (count / n, *ends))

    return Table(
        id="columns",
        title="Faults by column",
        columns=(
            *("column", "share missing", "95 % from", "95 % to"),
            *("share outside training", "95 % from", "95 % to", "constant"),
        ),
        rows=tuple(
            (name, *figures(missing), *figures(outside), "yes" if is_constant else "no")
            for name, missing, outside, is_constant in zip(
                names,
                columns.missing.tolist(),
                columns.outside.tolist(),
                columns.is_constant,
                strict=True,
            )
        ),
    )


def _figure(columns: Columns, names: tuple[str, ...], n: int) -> Figure:
    return Figure(
        id="columns",
        title="Missing values, and values outside the training range, by column",
        kind="bar",
        x_label="column",
        y_label="share of rows",
        ticks=names,
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, count / n) for i, count in enumerate(counts.tolist())))
            for name, counts in (("missing", columns.missing), ("outside training", columns.outside))
        ),
    )
