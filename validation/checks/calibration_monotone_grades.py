"""Check ``calibration.monotone_grades``: does the default rate rise from each grade to the next?"""

from decimal import Decimal

import numpy as np

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
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.calibration import Grades, grades, holm
from validation.stats.outcomes import read_outcomes
from validation.stats.rates import difference_interval, fall_p, monotonicity, share_interval

_CONFIDENCE = 0.95

SPEC = CheckSpec(
    id="calibration.monotone_grades",
    major=1,
    title="Default rates that rise with the grade",
    kind=CheckKind.CALIBRATION,
    needs=("{sample}.labels", "{sample}.scores", "grade_edges"),
    params=(
        SAMPLE,
        ParamSpec(
            name="alpha",
            kind=ParamKind.DECIMAL,
            default="0.05",
            meaning="family-wise level at which a fall counts as more than chance",
            minimum=Decimal("0.0001"),
            maximum=Decimal("0.5"),
        ),
        ParamSpec.whole("min_defaults", "10", "fewest rows of either class over all grades", 1),
    ),
    metrics=(
        *("reversals", "reversals_beyond_chance", "min_p_adjusted", "largest_reversal"),
        *("steps_falling_share", "mass_falling_share"),
    ),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="min_p_adjusted",
            null="no grade defaults less often than the one before it",
            counts=("reversals_beyond_chance",),
            level="alpha",
        ),
    ),
    doc=FiveParts(
        purpose="Asks whether a riskier grade really defaults more often than the one before it.",
        mechanism="Default rates of neighbouring grades are compared, safest first. A reversal is a fall from "
        "one grade to the next. Fisher's exact test gives each pair the p-value that the rate does not fall; "
        "Holm's adjustment controls the chance of any false alarm over the pairs. The largest reversal has "
        "Newcombe's interval from two Jeffreys intervals, at a confidence divided over the pairs, for it was "
        "picked among them; below zero it is the smallest rise. Beside it stand the share of steps that fall "
        "and the share of all movement that is downwards.",
        signs_of_high_risk="A reversal whose interval lies above zero; several reversals though none is beyond "
        "chance, which says that there are more grades than the data tell apart.",
        strengths="Exact with few defaults; a size and a chance for every pair; the level of the PD does not "
        "matter.",
        limitations="Reversals next to one another are expected where grades are narrow or defaults few: count "
        "the ones beyond chance. Only neighbours are compared. Fisher's test is conservative. Obligors are "
        "taken as independent. Grades without obligors are left out.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the falls of the default rate between neighbouring grades."""
    del tools
    outcomes = read_outcomes(
        inputs=inputs, sample=params.text("sample"), min_defaults=params.integer("min_defaults")
    )
    table = grades(labels=outcomes.labels, scores=outcomes.scores, edges=inputs.grade_edges)
    if len(table.obligors) < 2:
        raise NotApplicableError(
            reason="degenerate_grades", detail="one grade holds all obligors; 2 are needed"
        )
    rates = table.defaults / table.obligors
    p_values = fall_p(obligors=table.obligors, defaults=table.defaults)
    adjusted, n = holm(p_values), outcomes.n
    steps, mass = monotonicity(rates)
    method = f"Fisher by pair, Holm over {len(adjusted)} pairs, one-sided: small means that the rate falls"
    return Measurement(
        metrics=(
            Metric(
                name="reversals",
                estimate=float((np.diff(rates) < 0.0).sum()),
                n=n,
                method=f"falls among {len(adjusted)} neighbouring pairs, chance not considered",
            ),
            Metric(
                name="reversals_beyond_chance",
                estimate=float((adjusted <= params.number("alpha")).sum()),
                n=n,
                method=method,
            ),
            Metric(name="min_p_adjusted", estimate=float(adjusted.min()), n=n, method=method),
            _largest(table, n),
            Metric(name="steps_falling_share", estimate=steps, n=n, method="falls over neighbouring pairs"),
            Metric(
                name="mass_falling_share",
                estimate=mass,
                n=n,
                method="sum of falls over the sum of all changes of the default rate",
            ),
        ),
        tables=(_by_pair(table, p_values, adjusted),),
        figures=(_figure(table),),
        notes=("counts and shares of steps carry no interval; the adjusted p says what chance explains",),
    )


def _largest(table: Grades, n: int) -> Metric:
    rates = table.defaults / table.obligors
    place, pairs = int(np.argmin(np.diff(rates))), len(rates) - 1
    first, second = ((float(table.defaults[i]), float(table.obligors[i])) for i in (place, place + 1))
    low, high = difference_interval(first=first, second=second, confidence=1.0 - (1.0 - _CONFIDENCE) / pairs)
    return Metric(
        name="largest_reversal",
        estimate=float(rates[place] - rates[place + 1]),
        lower=low,
        upper=high,
        confidence=_CONFIDENCE,
        n=n,
        method=f"default rate of held grade {place + 1} minus that of the next, Newcombe's interval from "
        f"Jeffreys ends, Bonferroni over {pairs} pairs",
    )


def _by_pair(table: Grades, p_values: FloatArray, adjusted: FloatArray) -> Table:
    rates = table.defaults / table.obligors
    rows = []
    for i, (p, held) in enumerate(zip(p_values.tolist(), adjusted.tolist(), strict=True)):
        first, second = ((float(table.defaults[k]), float(table.obligors[k])) for k in (i, i + 1))
        ends = difference_interval(first=first, second=second, confidence=_CONFIDENCE)
        figures = (rates[i], rates[i + 1], rates[i] - rates[i + 1], *ends, p, held)
        rows.append((f"{i + 1} and {i + 2}", *(decimal_text(float(value)) for value in figures)))
    return Table(
        id="pairs",
        title="Default rates of neighbouring grades that hold obligors, safest first",
        columns=(
            *("grades", "rate", "rate of the next", "fall", "95 % from", "95 % to"),
            *("Fisher p", "Holm-adjusted p"),
        ),
        rows=tuple(rows),
    )


def _figure(table: Grades) -> Figure:
    lines: dict[str, list[float]] = {"default rate": [], "95 % lower": [], "95 % upper": []}
    for count, size in zip(table.defaults.tolist(), table.obligors.tolist(), strict=True):
        ends = share_interval(count=count, n=size, confidence=_CONFIDENCE)
        for name, value in zip(lines, (count / size, *ends), strict=True):
            lines[name].append(value)
    return Figure(
        id="rates",
        title="Default rate by grade",
        kind="points",
        x_label="grade",
        y_label="default rate",
        ticks=tuple(str(place + 1) for place in range(len(table.obligors))),
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, value) for i, value in enumerate(values)))
            for name, values in lines.items()
        ),
    )
