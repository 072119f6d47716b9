"""Check ``drift.data``: which inputs are distributed differently in a recent batch?"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isnan

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
from validation.domain.inputs import CheckInputs
from validation.domain.params import CURRENT, REFERENCE
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.rows import Rows
from validation.domain.tools import ColumnDrift, Tools
from validation.stats.alarms import batch_level
from validation.stats.column_shift import Settings, Shifts, compare_columns, name_categories
from validation.stats.drift_opinion import ask, attach_report, word_question
from validation.stats.missing import largest_change, missing_table
from validation.stats.outcomes import ensure_rows, read_rows
from validation.stats.rates import share_interval

SPEC = CheckSpec(
    id="drift.data",
    major=2,
    title="Data drift",
    kind=CheckKind.DRIFT,
    needs=("{reference}.features", "{current}.features"),
    tools=("drift", "reporter"),
    reads_missing=True,
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
            name="missing_threshold",
            kind=ParamKind.DECIMAL,
            default="0.05",
            meaning="a column drifts by its missing values only where the missing rate moves by this or more",
            minimum=Decimal("0.000001"),
            maximum=Decimal(1),
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
    metrics=(
        *("share_drifted", "columns_drifted", "disagreements", "share_significant", "min_p_adjusted"),
        "largest_missing_change",
    ),
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
        "of the p-values under no change is drawn from the dependence seen among the rows. Missing values enter "
        "no distance: a column drifts as well when its missing rate moves by the plan's bound or more and "
        "Fisher's exact two-sided test rejects, whose p-values join the same family. The largest move has "
        "Newcombe's (1998) interval from two Jeffreys intervals. The level is the "
        "budget of false alarms in a year over the batches of a year; the table shows the PSI that each "
        "column must exceed for it. Evidently judges the same columns by its own conventions as a second "
        "opinion; where it differs, a disagreement is counted. On request its own report of the same rows is kept.",
        signs_of_high_risk="A large share of drifted columns; drift in the features that the explanation "
        "ranks first; disagreement between the two opinions.",
        strengths="Needs no outcomes. Size and significance are both asked for. The rate of false alarms is "
        "stated by the user and kept for columns that depend on one another.",
        limitations="One column at a time: a change of the relations between columns stays unseen. Rows are "
        "taken as independent: a batch of one month's customers may alarm for its season. Columns that are "
        "not named as categories are compared as if ordered. Fisher's test is conservative where few values are "
        "missing; a code such as -999 is a number here. A column without any value in a batch has no "
        "distance and no second opinion: its missing rate alone is judged. Evidently's "
        "PSI cuts equal widths, which sees less movement inside skewed amounts than quantile bins: "
        "disagreement there is expected. The interval of the share takes columns as independent.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """Every column with both opinions; the library's are by name, for it is not asked about an empty column."""

    names: tuple[str, ...]
    shifts: Shifts
    is_other: tuple[bool, ...]
    is_far: tuple[bool, ...]
    is_significant: tuple[bool, ...]
    is_drifted: tuple[bool, ...]
    theirs: Mapping[str, ColumnDrift]


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the share of drifted columns, with both opinions by column."""
    reference, current = params.text("reference"), params.text("current")
    before, after = (read_rows(inputs=inputs, sample=name) for name in (reference, current))
    names = inputs.feature_names
    for sample, values in ((reference, before), (current, after)):
        ensure_rows(values=values, sample=sample, needed=params.integer("min_rows"))
    level = batch_level(
        alarms_per_year=params.number("false_alarms_per_year"),
        batches_per_year=params.integer("batches_per_year"),
    )
    question = word_question(
        names=names,
        batches=(before, after),
        categories=name_categories(listed=params.text("categories"), names=names),
        params=params,
        level=level,
        seed=tools.seed,
    )
    sizes = len(before), len(after)
    attached, note = attach_report(question=question, sizes=sizes, params=params, tools=tools)
    theirs = ask(question=question, tools=tools)
    judged = _judge(
        batches=(before, after), names=names, params=params, seed=tools.seed, level=level, theirs=theirs
    )
    missing, adjusted = judged.shifts.missing, judged.shifts.missing_adjusted.tolist()
    return Measurement(
        metrics=(*_metrics(judged, params, level), largest_change(names=names, changes=missing)),
        tables=(
            _by_column(judged),
            *missing_table(names=names, changes=missing, adjusted=adjusted),
            *attached,
        ),
        figures=_bars(judged),
        notes=(
            f"n counts columns; {sizes[0]} rows of {reference}, {sizes[1]} rows of {current}",
            f"chance of a false alarm allowed to each batch: {level:.4g}",
            *question.note(),
            *note,
        ),
    )


def _judge(
    *,
    batches: tuple[Rows, Rows],
    names: tuple[str, ...],
    params: Params,
    seed: int,
    level: float,
    theirs: Mapping[str, ColumnDrift],
) -> _Judged:
    settings = Settings(
        categories=name_categories(listed=params.text("categories"), names=names),
        bins=params.integer("bins"),
        level=level,
        seed=seed,
        method=params.text("method"),
    )
    shifts = compare_columns(before=batches[0], after=batches[1], names=names, settings=settings)
    is_other = (shifts.verdicts.adjusted <= level).tolist()
    is_emptied = (shifts.missing_adjusted <= level).tolist()
    far = params.number("column_threshold")
    is_far = tuple(a and one.distance >= far for a, one in zip(is_other, shifts.columns, strict=True))
    moved = params.number("missing_threshold")
    is_emptied_much = (
        a and abs(one.change) >= moved for a, one in zip(is_emptied, shifts.missing, strict=True)
    )
    return _Judged(
        names=names,
        shifts=shifts,
        is_other=tuple(is_other),
        is_far=is_far,
        is_significant=tuple(a or b for a, b in zip(is_other, is_emptied, strict=True)),
        is_drifted=tuple(a or b for a, b in zip(is_far, is_emptied_much, strict=True)),
        theirs=theirs,
    )


def _metrics(judged: _Judged, params: Params, level: float) -> tuple[Metric, ...]:
    columns, count = len(judged.names), sum(judged.is_drifted)
    named = (
        f"{params.text('method')} at {params['column_threshold']} or above, significant over all columns "
        f"at {level:.4g}"
    )
    low, high = share_interval(count=count, n=columns, confidence=0.95)
    tests = columns + sum(one.is_partial for one in judged.shifts.missing)
    step_down = f"Pearson by column, smallest p stepping down over {columns} columns"
    if tests > columns:
        named += f", or a missing rate that moved by {params['missing_threshold']} or more, as significant"
        step_down = f"Pearson by column, Fisher by missing rate, smallest p stepping down over {tests} tests"
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
        *_disagreements(judged, params),
        Metric(
            name="share_significant",
            estimate=sum(judged.is_significant) / columns,
            n=columns,
            method=f"{step_down}, at {level:.4g}",
        ),
        Metric(
            name="min_p_adjusted",
            estimate=judged.shifts.smallest_p,
            n=columns,
            method=f"{step_down}; small: some column has changed",
        ),
    )


def _disagreements(judged: _Judged, params: Params) -> tuple[Metric, ...]:
    """Return how often the opinions on the values that are there differ; nothing where no column can be asked about."""
    if not judged.theirs:
        return ()
    # Under ks the library gives a p-value: what it is compared with is our significance, not our size.
    ours = dict(
        zip(judged.names, judged.is_other if params.text("method") == "ks" else judged.is_far, strict=True)
    )
    return (
        Metric(
            name="disagreements",
            estimate=float(sum(ours[name] != one.drifted for name, one in judged.theirs.items())),
            n=len(judged.theirs),
            method=f"Evidently's {params.text('method')} on at most {params['opinion_rows']} rows against ours",
        ),
    )


def _by_column(judged: _Judged) -> Table:
    critical = judged.shifts.verdicts.critical_p
    return Table(
        id="columns",
        title="Drift by column",
        columns=(
            *("column", "distance", "drifted", "PSI", "PSI at which an alarm begins", "p", "adjusted p"),
            *("Evidently", "Evidently drifted", "missing in reference", "missing in current"),
        ),
        rows=tuple(
            (
                *(name, _cell(one.distance), "yes" if is_drifted else "no"),
                *(_cell(one.psi.estimate), decimal_text(one.alarm_line(critical_p=critical))),
                *(decimal_text(p), decimal_text(adjusted), *_their_cells(judged.theirs.get(name))),
                *(decimal_text(rows.missing_rate) for rows in (missing.reference, missing.current)),
            )
            for name, one, is_drifted, p, adjusted, missing in zip(
                judged.names,
                judged.shifts.columns,
                judged.is_drifted,
                judged.shifts.verdicts.p_values.tolist(),
                judged.shifts.verdicts.adjusted.tolist(),
                judged.shifts.missing,
                strict=True,
            )
        ),
    )


def _cell(value: float) -> str:
    return "no values" if isnan(value) else decimal_text(value)


def _their_cells(one: ColumnDrift | None) -> tuple[str, str]:
    if one is None:
        return "not asked", "not asked"
    return decimal_text(one.value), "yes" if one.drifted else "no"


def _bars(judged: _Judged) -> tuple[Figure, ...]:
    critical = judged.shifts.verdicts.critical_p
    shown = [
        (name, one)
        for name, one in zip(judged.names, judged.shifts.columns, strict=True)
        if not isnan(one.distance)
    ]
    if not shown:
        return ()
    lines = (
        ("PSI", [one.psi.estimate for _, one in shown]),
        ("alarm begins", [one.alarm_line(critical_p=critical) for _, one in shown]),
    )
    return (
        Figure(
            id="columns",
            title="PSI by column",
            kind="bar",
            x_label="column",
            y_label="PSI",
            ticks=tuple(name for name, _ in shown),
            series=tuple(
                Series(name=name, points=tuple((i + 1.0, value) for i, value in enumerate(values)))
                for name, values in lines
            ),
        ),
    )
