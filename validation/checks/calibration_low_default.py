"""Check ``calibration.low_default``: are PDs too low when defaults are few or fall together?"""

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
from validation.domain.inputs import CheckInputs, FloatArray, NotApplicableError
from validation.domain.params import SAMPLE
from validation.domain.results import Measurement, Metric, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.calibration import Grades, binomial_p, grades, holm
from validation.stats.low_default import conditional_pd, correlated_p, prudent_bounds
from validation.stats.outcomes import ensure_probabilities, ensure_rows, read_outcomes

SPEC = CheckSpec(
    id="calibration.low_default",
    major=1,
    title="Calibration by grade: correlation and few defaults",
    kind=CheckKind.CALIBRATION,
    needs=("{sample}.labels", "{sample}.scores", "grade_edges"),
    params=(
        SAMPLE,
        ParamSpec(
            name="correlation",
            kind=ParamKind.DECIMAL,
            default="0.1",
            meaning="correlation of the obligors' assets through one common factor",
            minimum=Decimal(0),
            maximum=Decimal("0.9"),
        ),
        ParamSpec(
            name="confidence",
            kind=ParamKind.DECIMAL,
            default="0.95",
            meaning="confidence of the prudent bound, and quantile of the critical default rate",
            minimum=Decimal("0.5"),
            maximum=Decimal("0.999"),
        ),
        ParamSpec(
            name="alpha",
            kind=ParamKind.DECIMAL,
            default="0.05",
            meaning="family-wise level at which a grade counts as underestimated",
            minimum=Decimal("0.0001"),
            maximum=Decimal("0.5"),
        ),
        ParamSpec(
            name="min_defaults",
            kind=ParamKind.INTEGER,
            default="1",
            meaning="fewest rows of either class over all grades",
            minimum=Decimal(1),
        ),
        ParamSpec(
            name="min_rows",
            kind=ParamKind.INTEGER,
            default="100",
            meaning="fewest rows",
            minimum=Decimal(20),
        ),
    ),
    metrics=("min_p_adjusted", "grades_underestimated", "grades_below_prudent_bound"),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="min_p_adjusted",
            null="no grade defaults more often than its PD says, under the stated correlation",
            counts=("grades_underestimated",),
            level="alpha",
        ),
    ),
    doc=FiveParts(
        purpose="Asks for each grade whether its PD is too low, without taking obligors as independent.",
        mechanism="The chance of as many defaults or more under one common factor (Vasicek 2002), by quadrature "
        "over the factor, with Holm's adjustment over grades. Beside it the default rate that a large grade "
        "exceeds in the worst years only, and the highest PD that the defaults of the grade and of all riskier "
        "ones allow (Pluto and Tasche 2005).",
        signs_of_high_risk="A small adjusted p despite the correlation: the year was worse than a bad year "
        "explains. PDs below the prudent bound in grades without defaults.",
        strengths="Does not alarm in every downturn; says something even where a grade has no default.",
        limitations="The correlation is an assumption, and a high one excuses much: state where it comes from. "
        "One common factor and one year. The pooled bound takes obligors as independent and the order of the "
        "grades as right.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the smallest adjusted p-value over grades, with bounds by grade."""
    del tools
    sample = params.text("sample")
    ensure_rows(values=inputs.array(f"{sample}.labels"), sample=sample, needed=params.integer("min_rows"))
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_defaults"))
    ensure_probabilities(scores=outcomes.scores, sample=sample)
    table = grades(labels=outcomes.labels, scores=outcomes.scores, edges=inputs.grade_edges)
    if ((table.pds <= 0.0) | (table.pds >= 1.0)).any():
        raise NotApplicableError(reason="degenerate_pd", detail="the mean PD of a grade is 0 or 1")
    p_values = correlated_p(
        pd=table.pds,
        obligors=table.obligors,
        defaults=table.defaults,
        correlation=params.number("correlation"),
    )
    adjusted = holm(p_values)
    bounds = prudent_bounds(
        obligors=table.obligors, defaults=table.defaults, confidence=params.number("confidence")
    )
    method = (
        f"binomial with one factor, correlation {params['correlation']}, Holm over {len(adjusted)} grades"
    )
    return Measurement(
        metrics=(
            Metric(name="min_p_adjusted", estimate=float(adjusted.min()), n=outcomes.n, method=method),
            Metric(
                name="grades_underestimated",
                estimate=float((adjusted <= params.number("alpha")).sum()),
                n=outcomes.n,
                method=method,
            ),
            Metric(
                name="grades_below_prudent_bound",
                estimate=float((table.pds < bounds).sum()),
                n=outcomes.n,
                method=f"Pluto-Tasche at {params['confidence']}, each grade with all riskier ones",
            ),
        ),
        tables=(_by_grade(table, params, p_values, adjusted, bounds),),
        notes=("the correlation is an assumption of the plan, not measured",),
    )


def _by_grade(
    table: Grades, params: Params, p_values: FloatArray, adjusted: FloatArray, bounds: FloatArray
) -> Table:
    critical = conditional_pd(
        pd=table.pds, correlation=params.number("correlation"), stress=params.number("confidence")
    )
    independent = binomial_p(pd=table.pds, obligors=table.obligors, defaults=table.defaults)
    columns = (
        *(table.obligors, table.defaults, table.pds, table.defaults / table.obligors),
        *(critical, bounds, p_values, adjusted, independent),
    )
    return Table(
        id="grades",
        title="Defaults against PD by grade, obligors correlated",
        columns=(
            *("grade", "obligors", "defaults", "mean PD", "default rate", "critical rate, large grade"),
            *("prudent bound", "correlated p", "Holm-adjusted p", "independent p"),
        ),
        rows=tuple(
            (str(i + 1), *(decimal_text(float(column[i])) for column in columns))
            for i in range(len(table.pds))
        ),
    )
