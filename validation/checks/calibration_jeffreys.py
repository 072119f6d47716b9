"""Check ``calibration.jeffreys``: is the PD of any grade too low? Jeffreys by grade, Holm over grades."""

from decimal import Decimal

import numpy as np

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
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.params import SAMPLE
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.calibration import Grades, binomial_p, grades, holm, jeffreys_interval, jeffreys_p
from validation.stats.outcomes import ensure_probabilities, read_outcomes

SPEC = CheckSpec(
    id="calibration.jeffreys",
    major=1,
    title="Calibration by grade: Jeffreys",
    kind=CheckKind.CALIBRATION,
    needs=("{sample}.labels", "{sample}.scores", "grade_edges"),
    params=(
        SAMPLE,
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
            default="10",
            meaning="fewest rows of either class over all grades",
            minimum=Decimal(1),
        ),
    ),
    metrics=("min_p_adjusted", "grades_underestimated"),
    feeds=(Feed(metric="min_p_adjusted", fact="evidence.calibration_min_p"),),
    alarms=(
        StatisticalAlarm(
            p_value="min_p_adjusted",
            null="no grade defaults more often than its PD says",
            counts=("grades_underestimated",),
            level="alpha",
            caveat="p is a posterior probability: with few defaults chance reaches a limit up to "
            "one and a half times as often as it says",
        ),
    ),
    doc=FiveParts(
        purpose="Asks for each rating grade whether the estimated PD is lower than the truth.",
        mechanism="With N obligors and D defaults the default rate has the posterior "
        "Beta(D + 1/2, N - D + 1/2); p is its probability at or below the mean PD of the grade "
        "(ECB validation reporting, 2.5.3.1). Holm's adjustment controls the chance of any false alarm "
        "over the grades.",
        signs_of_high_risk="A small adjusted p in any grade, above all in the grades that hold most "
        "exposure; PDs that fall short in every grade though no single p is small.",
        strengths="Works with few or no defaults; one-sided in the direction that matters for capital; "
        "the family-wise error over grades is stated.",
        limitations="Takes obligors as independent: in a downturn all grades alarm together. It does not "
        "see overestimation. The ECB sets no pass mark; any limit is house policy.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the smallest adjusted p-value over grades, with the table by grade."""
    del tools
    sample = params.text("sample")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_defaults"))
    ensure_probabilities(scores=outcomes.scores, sample=sample)
    table = grades(labels=outcomes.labels, scores=outcomes.scores, edges=inputs.grade_edges)
    p_values = jeffreys_p(pd=table.pds, obligors=table.obligors, defaults=table.defaults)
    adjusted = holm(p_values)
    low = int((adjusted < params.number("alpha")).sum())
    method = f"Jeffreys by grade, Holm over {len(adjusted)} grades, one-sided: small means PD too low"
    return Measurement(
        metrics=(
            Metric(name="min_p_adjusted", estimate=float(adjusted.min()), n=outcomes.n, method=method),
            Metric(name="grades_underestimated", estimate=float(low), n=outcomes.n, method=method),
        ),
        tables=(_by_grade(table, p_values, adjusted),),
        figures=(_rates(table),),
        notes=("a p-value is itself a statement about chance and carries no interval",),
    )


def _by_grade(table: Grades, p_values: FloatArray, adjusted: FloatArray) -> Table:
    lower, upper = jeffreys_interval(obligors=table.obligors, defaults=table.defaults, confidence=0.95)
    binomial = binomial_p(pd=table.pds, obligors=table.obligors, defaults=table.defaults)
    columns = (
        *(table.obligors, table.defaults, table.pds, table.defaults / table.obligors),
        *(lower, upper, p_values, adjusted, binomial),
    )
    rows = [
        (str(i + 1), *(decimal_text(float(column[i])) for column in columns)) for i in range(len(table.pds))
    ]
    return Table(
        id="grades",
        title="Default rate against PD by grade",
        columns=(
            *("grade", "obligors", "defaults", "mean PD", "default rate", "95 % from", "95 % to"),
            *("Jeffreys p", "Holm-adjusted p", "binomial p"),
        ),
        rows=tuple(rows),
    )


def _rates(table: Grades) -> Figure:
    places = np.arange(1, len(table.pds) + 1)

    def series(name: str, values: FloatArray) -> Series:
        return Series(
            name=name, points=tuple((float(x), float(y)) for x, y in zip(places, values, strict=True))
        )

    return Figure(
        id="calibration",
        title="Mean PD and default rate by grade",
        kind="points",
        x_label="grade",
        y_label="rate",
        ticks=tuple(str(place) for place in places),
        series=(series("mean PD", table.pds), series("default rate", table.defaults / table.obligors)),
    )
