"""Check ``data.representativeness``: is the training sample like the one the model is judged on?"""

from dataclasses import dataclass
from decimal import Decimal

from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
    StatisticalAlarm,
)
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.column_shift import Settings, Shifts, compare_columns, name_categories
from validation.stats.outcomes import ensure_both_classes, ensure_rows, read_rows
from validation.stats.rates import difference_interval, share_interval

_CONFIDENCE = 0.95

SPEC = CheckSpec(
    id="data.representativeness",
    major=1,
    title="Representativeness of the training sample",
    kind=CheckKind.DATA,
    needs=("train.features", "train.labels", "{sample}.features", "{sample}.labels"),
    params=(
        ParamSpec(
            name="sample",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample that stands for the customers of the model",
            choices=("test", "recent"),
        ),
        ParamSpec(
            name="psi_bound",
            kind=ParamKind.DECIMAL,
            default="0.1",
            meaning="a column differs only at this PSI or above",
            minimum=Decimal("0.000001"),
            maximum=Decimal(10),
        ),
        ParamSpec(
            name="alpha",
            kind=ParamKind.DECIMAL,
            default="0.05",
            meaning="chance of calling any column different though none is",
            minimum=Decimal("0.001"),
            maximum=Decimal("0.5"),
        ),
        ParamSpec(
            name="categories",
            kind=ParamKind.TEXT,
            default="",
            meaning="columns that hold codes without order, separated by commas",
        ),
        ParamSpec.whole("bins", "10", "quantile bins of the training sample", 2, 100),
        ParamSpec.whole("min_rows", "500", "fewest rows in either sample", 50),
        ParamSpec.whole("min_defaults", "20", "fewest rows of either class in either sample", 2),
    ),
    metrics=("share_different", "largest_psi", "min_p_adjusted", "default_rate_gap"),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="min_p_adjusted",
            null="no column differs from training",
            counts=("share_different",),
            level="alpha",
        ),
    ),
    doc=FiveParts(
        purpose="Asks whether the model learned from customers like those it is judged on and used for.",
        mechanism="Every input of the training sample is compared with the other sample as the check of data "
        "drift does it: PSI over quantile bins, Pearson's test, and p-values adjusted for all columns by the "
        "step-down of the smallest p (Westfall and Young 1993; Romano and Wolf 2005). A column differs when "
        "PSI reaches the bound and chance does not explain it. The largest PSI has the interval of the delta "
        "method at a confidence divided over the columns. Beside the inputs stands the gap of the default "
        "rates, sample minus training, with Newcombe's interval from two Jeffreys intervals.",
        signs_of_high_risk="Columns that differ, above all those the explanation ranks first. A default rate far "
        "from that of training: the level of every PD is then in doubt though the order may hold.",
        strengths="Size and chance are both asked for; columns are taken as dependent; the outcome is compared "
        "and not only the inputs.",
        limitations="Two samples drawn at random from one file always agree and prove nothing: the other sample "
        "should come later or from the portfolio in use. Rows are taken as independent. One column at a time; "
        "relations between columns are left to the joint drift check. Missing values are refused here. The "
        "bound of PSI is a convention without statistical ground.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Compared:
    names: tuple[str, ...]
    shifts: Shifts
    is_different: tuple[bool, ...]
    n: int


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure which inputs of the training sample differ, and how far apart the default rates lie."""
    sample, names = params.text("sample"), inputs.feature_names
    before, after = (read_rows(inputs=inputs, sample=name) for name in ("train", sample))
    for name, rows in (("train", before), (sample, after)):
        ensure_rows(values=rows, sample=name, needed=params.integer("min_rows"))
        ensure_both_classes(
            labels=inputs.array(f"{name}.labels"), sample=name, min_defaults=params.integer("min_defaults")
        )
    settings = Settings(
        categories=name_categories(listed=params.text("categories"), names=names),
        bins=params.integer("bins"),
        level=params.number("alpha"),
        seed=tools.seed,
        confidence=1.0 - (1.0 - _CONFIDENCE) / len(names),
    )
    shifts = compare_columns(before=before, after=after, names=names, settings=settings)
    found = _Compared(
        names=names,
        shifts=shifts,
        is_different=tuple(
            column.psi.estimate >= params.number("psi_bound") and bool(p <= settings.level)
            for column, p in zip(shifts.columns, shifts.verdicts.adjusted, strict=True)
        ),
        n=len(before) + len(after),
    )
    return Measurement(
        metrics=(*_of_columns(found, params), _gap(inputs, sample)),
        tables=(_by_column(found),),
        figures=(_figure(found),),
        notes=(f"{len(before)} rows of train, {len(after)} rows of {sample}",),
    )


def _of_columns(found: _Compared, params: Params) -> tuple[Metric, ...]:
    columns, count = len(found.names), sum(found.is_different)
    low, high = share_interval(count=count, n=columns, confidence=_CONFIDENCE)
    psi = [column.psi for column in found.shifts.columns]
    largest = max(range(columns), key=lambda place: psi[place].estimate)
    step_down = f"Pearson by column, smallest p stepping down over {columns} columns"
    return (
        Metric(
            name="share_different",
            estimate=count / columns,
            lower=low,
            upper=high,
            confidence=_CONFIDENCE,
            n=columns,
            method=f"PSI {params['psi_bound']} or above, significant over all columns at {params['alpha']}; "
            "Jeffreys interval over columns",
        ),
        Metric(
            name="largest_psi",
            estimate=psi[largest].estimate,
            lower=psi[largest].lower,
            upper=psi[largest].upper,
            confidence=_CONFIDENCE,
            n=found.n,
            method=f"{found.names[largest]}, the largest of {columns}; delta method, Bonferroni",
        ),
        Metric(
            name="min_p_adjusted",
            estimate=float(found.shifts.verdicts.adjusted.min()),
            n=found.n,
            method=f"{step_down}; small: some column differs",
        ),
    )


def _gap(inputs: CheckInputs, sample: str) -> Metric:
    train, other = (inputs.array(f"{name}.labels") for name in ("train", sample))
    low, high = difference_interval(first=_rate(other), second=_rate(train), confidence=_CONFIDENCE)
    return Metric(
        name="default_rate_gap",
        estimate=float(other.mean() - train.mean()),
        lower=low,
        upper=high,
        confidence=_CONFIDENCE,
        n=len(train) + len(other),
        method=f"default rate of {sample} minus that of train, Newcombe's interval from Jeffreys ends",
    )


def _rate(labels: FloatArray) -> tuple[float, float]:
    return float(labels.sum()), float(len(labels))


def _by_column(found: _Compared) -> Table:
    verdicts = found.shifts.verdicts
    return Table(
        id="columns",
        title="Training against the sample by column",
        columns=(
            *("column", "PSI", "from", "to", "PSI at which an alarm begins"),
            *("p", "adjusted p", "different"),
        ),
        rows=tuple(
            (
                *(name, decimal_text(one.psi.estimate), decimal_text(one.psi.lower)),
                *(decimal_text(one.psi.upper), decimal_text(one.alarm_line(critical_p=verdicts.critical_p))),
                *(decimal_text(p), decimal_text(adjusted), "yes" if is_different else "no"),
            )
            for name, one, p, adjusted, is_different in zip(
                found.names,
                found.shifts.columns,
                verdicts.p_values.tolist(),
                verdicts.adjusted.tolist(),
                found.is_different,
                strict=True,
            )
        ),
    )


def _figure(found: _Compared) -> Figure:
    critical = found.shifts.verdicts.critical_p
    lines = (
        ("PSI", [one.psi.estimate for one in found.shifts.columns]),
        ("alarm begins", [one.alarm_line(critical_p=critical) for one in found.shifts.columns]),
    )
    return Figure(
        id="columns",
        title="PSI of training against the sample by column",
        kind="bar",
        x_label="column",
        y_label="PSI",
        ticks=found.names,
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, value) for i, value in enumerate(values)))
            for name, values in lines
        ),
    )
