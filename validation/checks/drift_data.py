"""Check ``drift.data``: which inputs are distributed differently in a recent batch?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from validation.domain.attached import MOST_BYTES, table_of
from validation.domain.check import (
    CheckKind,
    CheckSpec,
    Feed,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
    StatisticalAlarm,
)
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.params import CURRENT, REFERENCE
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import ColumnDrift, Tools
from validation.stats.alarms import Verdicts, batch_level
from validation.stats.column_shift import ColumnShift, Settings, compare_columns, name_categories
from validation.stats.outcomes import ensure_rows, read_features
from validation.stats.rates import share_interval
from validation.stats.sampling import pick_rows

SPEC = CheckSpec(
    id="drift.data",
    major=2,
    title="Data drift",
    kind=CheckKind.DRIFT,
    needs=("{reference}.features", "{current}.features"),
    tools=("drift", "reporter"),
    params=(
        REFERENCE,
        CURRENT,
        ParamSpec(
            name="method",
            kind=ParamKind.TEXT,
            default="psi",
            meaning="the distance judged; wasserstein in deviations of the reference; categories are judged by "
            "jensenshannon where the method needs an order",
            choices=("psi", "ks", "wasserstein", "jensenshannon"),
        ),
        ParamSpec(
            name="column_threshold",
            kind=ParamKind.DECIMAL,
            default="0.1",
            meaning="a column drifts only at this distance or above",
            minimum=Decimal("0.000001"),
            maximum=Decimal(10),
        ),
        ParamSpec(
            name="categories",
            kind=ParamKind.TEXT,
            default="",
            meaning="columns that hold codes without order, separated by commas",
        ),
        ParamSpec(
            name="false_alarms_per_year",
            kind=ParamKind.DECIMAL,
            default="0.5",
            meaning="batches of a year in which any column may be called drifted though none has changed",
            minimum=Decimal("0.01"),
            maximum=Decimal(100),
        ),
        ParamSpec(
            name="batches_per_year",
            kind=ParamKind.INTEGER,
            default="12",
            meaning="batches compared in a year",
            minimum=Decimal(1),
            maximum=Decimal(366),
        ),
        ParamSpec(
            name="opinion_rows",
            kind=ParamKind.INTEGER,
            default="20000",
            meaning="most rows of either batch that the second opinion reads",
            minimum=Decimal(500),
        ),
        ParamSpec.whole(
            "attach_report",
            "0",
            "1: attach Evidently's own report of the rows that the second opinion reads",
            0,
            1,
        ),
        ParamSpec(
            name="bins",
            kind=ParamKind.INTEGER,
            default="10",
            meaning="quantile bins of the reference",
            minimum=Decimal(2),
            maximum=Decimal(100),
        ),
        ParamSpec(
            name="min_rows",
            kind=ParamKind.INTEGER,
            default="500",
            meaning="fewest rows in either batch",
            minimum=Decimal(50),
        ),
    ),
    metrics=("share_drifted", "columns_drifted", "disagreements", "share_significant", "min_p_adjusted"),
    feeds=(Feed(metric="share_drifted", fact="evidence.data_drift_share"),),
    alarms=(
        StatisticalAlarm(
            p_value="min_p_adjusted",
            null="no column has changed",
            counts=(
                "share_drifted",
                "columns_drifted",
                "share_significant",
            ),
            level="false_alarms_per_year",
            level_over="batches_per_year",
        ),
    ),
    doc=FiveParts(
        purpose="Finds the inputs whose distribution in a recent batch differs from the reference.",
        mechanism="One sort per column gives the distance by the plan's method. A column drifts when that "
        "distance reaches the plan's threshold and chance does not explain it: Pearson's test over quantile "
        "bins of the reference, or over the categories, with the p-value adjusted for all columns by the "
        "step-down of the smallest p (Westfall and Young 1993; Romano and Wolf 2005). The joint distribution "
        "of the p-values under no change is drawn from the dependence seen among the rows. The level is the "
        "budget of false alarms in a year over the batches of a year; the table shows the PSI that each "
        "column must exceed for it. Evidently judges the same columns by its own conventions as a second "
        "opinion; where it differs, a disagreement is counted. On request its own report of the same rows is kept.",
        signs_of_high_risk="A large share of drifted columns; drift in the features that the explanation "
        "ranks first; disagreement between the two opinions.",
        strengths="Needs no outcomes. Size and significance are both asked for. The rate of false alarms is "
        "stated by the user and kept for columns that depend on one another.",
        limitations="One column at a time: a change of the relations between columns stays unseen. Rows are "
        "taken as independent: a batch of one month's customers may alarm for its season. Columns that are "
        "not named as categories are compared as if ordered. Missing values are refused here. Evidently's "
        "PSI cuts equal widths, which sees less movement inside skewed amounts than quantile bins: "
        "disagreement there is expected. The interval of the share takes columns as independent.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """Every column with both opinions."""

    names: tuple[str, ...]
    columns: tuple[ColumnShift, ...]
    verdicts: Verdicts
    is_significant: tuple[bool, ...]
    is_drifted: tuple[bool, ...]
    theirs: Sequence[ColumnDrift]


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the share of drifted columns, with both opinions by column."""
    reference, current = params.text("reference"), params.text("current")
    before, after = (read_features(inputs=inputs, sample=name) for name in (reference, current))
    names = inputs.feature_names
    for sample, values in ((reference, before), (current, after)):
        ensure_rows(values=values, sample=sample, needed=params.integer("min_rows"))
    level = batch_level(
        alarms_per_year=params.number("false_alarms_per_year"),
        batches_per_year=params.integer("batches_per_year"),
    )
    attached, note = _attach(inputs, params, tools, level)
    judged = _judge(before=before, after=after, names=names, params=params, tools=tools, level=level)
    return Measurement(
        metrics=_metrics(judged, params, level),
        tables=(_by_column(judged), *attached),
        figures=(_bars(judged),),
        notes=(
            f"n counts columns; {len(before)} rows of {reference}, {len(after)} rows of {current}",
            f"chance of a false alarm allowed to each batch: {level:.4g}",
            *note,
        ),
    )


def _judge(
    *,
    before: FloatArray,
    after: FloatArray,
    names: tuple[str, ...],
    params: Params,
    tools: Tools,
    level: float,
) -> _Judged:
    categories = name_categories(listed=params.text("categories"), names=names)
    settings = Settings(
        categories=categories,
        bins=params.integer("bins"),
        level=level,
        seed=tools.seed,
        method=params.text("method"),
    )
    shifts = compare_columns(before=before, after=after, names=names, settings=settings)
    is_significant = (shifts.verdicts.adjusted <= level).tolist()
    is_large = [c.distance >= params.number("column_threshold") for c in shifts.columns]
    return _Judged(
        names=names,
        columns=shifts.columns,
        verdicts=shifts.verdicts,
        is_significant=tuple(is_significant),
        is_drifted=tuple(a and b for a, b in zip(is_significant, is_large, strict=True)),
        theirs=_second_opinion(
            batches=(before, after),
            names=names,
            categories=categories,
            params=params,
            tools=tools,
            level=level,
        ),
    )


def _second_opinion(
    *,
    batches: tuple[FloatArray, FloatArray],
    names: tuple[str, ...],
    categories: frozenset[str],
    params: Params,
    tools: Tools,
    level: float,
) -> Sequence[ColumnDrift]:
    assert tools.drift is not None
    before, after = _sampled(batches, params, tools)
    found = tools.drift(
        names=names,
        reference=before,
        current=after,
        method=params.text("method"),
        threshold=_their_threshold(params, level),
        categories=categories,
    )
    if not np.isfinite([one.value for one in found]).all():
        raise UnusableInputError(
            reason="not_measured", detail="the drift library gave no finite figure for a column"
        )
    return found


def _attach(
    inputs: CheckInputs, params: Params, tools: Tools, level: float
) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Return the table that names Evidently's report, and a note, where the plan asks for the report."""
    if not params.integer("attach_report"):
        return (), ()
    assert tools.reporter is not None
    reference, current = (
        read_features(inputs=inputs, sample=params.text(name)) for name in ("reference", "current")
    )
    before, after = _sampled((reference, current), params, tools)
    attached = tools.reporter(
        names=inputs.feature_names,
        reference=before,
        current=after,
        method=params.text("method"),
        threshold=_their_threshold(params, level),
        categories=name_categories(listed=params.text("categories"), names=inputs.feature_names),
    )
    if attached is None:
        return (), (f"Evidently's report is larger than {MOST_BYTES:,} bytes and was not attached",)
    what = (
        f"Evidently's report of {len(before):,} of {len(reference):,} rows of {params.text('reference')} and "
        f"{len(after):,} of {len(current):,} of {params.text('current')}, drawn with seed {tools.seed}"
    )
    return (table_of(attached=attached, what=what),), ()


def _sampled(
    batches: tuple[FloatArray, FloatArray], params: Params, tools: Tools
) -> tuple[FloatArray, FloatArray]:
    before, after = (
        rows[pick_rows(rows=rows, size=params.integer("opinion_rows"), seed=tools.seed)] for rows in batches
    )
    return before, after


def _their_threshold(params: Params, level: float) -> float:
    return level if params.text("method") == "ks" else params.number("column_threshold")


def _metrics(judged: _Judged, params: Params, level: float) -> tuple[Metric, ...]:
    columns, count = len(judged.columns), sum(judged.is_drifted)
    named = (
        f"{params.text('method')} at {params['column_threshold']} or above, significant over all columns "
        f"at {level:.4g}"
    )
    # Under ks the library gives a p-value: what it is compared with is our significance, not our size.
    ours = judged.is_significant if params.text("method") == "ks" else judged.is_drifted
    disputed = sum(a != b.drifted for a, b in zip(ours, judged.theirs, strict=True))
    low, high = share_interval(count=count, n=columns, confidence=0.95)
    step_down = f"Pearson by column, smallest p stepping down over {columns} columns"
    return (
        Metric(
            name="share_drifted",
            estimate=count / columns,
            lower=low,
            upper=high,
            confidence=0.95,
            n=columns,
            method=f"{named}; Jeffreys interval over columns",
        ),
        Metric(name="columns_drifted", estimate=float(count), n=columns, method=named),
        Metric(
            name="disagreements",
            estimate=float(disputed),
            n=columns,
            method=f"Evidently's {params.text('method')} on at most {params['opinion_rows']} rows against ours",
        ),
        Metric(
            name="share_significant",
            estimate=sum(judged.is_significant) / columns,
            n=columns,
            method=f"{step_down}, at {level:.4g}",
        ),
        Metric(
            name="min_p_adjusted",
            estimate=float(judged.verdicts.adjusted.min()),
            n=columns,
            method=f"{step_down}; small: some column has changed",
        ),
    )


def _by_column(judged: _Judged) -> Table:
    critical = judged.verdicts.critical_p
    return Table(
        id="columns",
        title="Drift by column",
        columns=(
            *("column", "distance", "drifted", "PSI", "PSI at which an alarm begins", "p", "adjusted p"),
            *("Evidently", "Evidently drifted"),
        ),
        rows=tuple(
            (
                *(name, decimal_text(one.distance), "yes" if is_drifted else "no"),
                *(decimal_text(one.psi.estimate), decimal_text(one.alarm_line(critical_p=critical))),
                *(decimal_text(float(p)), decimal_text(float(adjusted))),
                *(decimal_text(theirs.value), "yes" if theirs.drifted else "no"),
            )
            for name, one, is_drifted, p, adjusted, theirs in zip(
                judged.names,
                judged.columns,
                judged.is_drifted,
                judged.verdicts.p_values,
                judged.verdicts.adjusted,
                judged.theirs,
                strict=True,
            )
        ),
    )


def _bars(judged: _Judged) -> Figure:
    critical = judged.verdicts.critical_p
    lines = (
        ("PSI", [one.psi.estimate for one in judged.columns]),
        ("alarm begins", [one.alarm_line(critical_p=critical) for one in judged.columns]),
    )
    return Figure(
        id="columns",
        title="PSI by column",
        kind="bar",
        x_label="column",
        y_label="PSI",
        ticks=judged.names,
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, value) for i, value in enumerate(values)))
            for name, values in lines
        ),
    )
