"""Check ``stability.concentration``: do obligors crowd into fewer grades than before?"""

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
from validation.domain.inputs import SAMPLES, CheckInputs
from validation.domain.results import Figure, Measurement, Metric, Series
from validation.domain.tools import Tools
from validation.stats.concentration import concentration, concentration_rise
from validation.stats.outcomes import ensure_rows
from validation.stats.stability import bin_counts

SPEC = CheckSpec(
    id="stability.concentration",
    major=1,
    title="Concentration of rating grades",
    kind=CheckKind.STABILITY,
    needs=("{reference}.scores", "{current}.scores", "grade_edges"),
    params=(
        ParamSpec(
            name="reference",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample of the initial validation",
            choices=SAMPLES,
        ),
        ParamSpec(
            name="current",
            kind=ParamKind.TEXT,
            default="recent",
            meaning="the sample judged",
            choices=SAMPLES,
        ),
        ParamSpec(
            name="min_rows",
            kind=ParamKind.INTEGER,
            default="200",
            meaning="fewest rows in either sample",
            minimum=Decimal(20),
        ),
    ),
    metrics=("herfindahl_index", "herfindahl_index_before", "sum_of_squares", "p_value"),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="p_value",
            null="the grades are no more concentrated than before",
            caveat="the supervisory formula takes grades, not obligors, as its sample: chance "
            "reaches a limit far less often than it says",
        ),
    ),
    doc=FiveParts(
        purpose="Asks whether the grades still tell obligors apart, or most of them share a few.",
        mechanism="The coefficient of variation of the shares of the grades, the sum of their squares, and the "
        "index 1 + ln(sum of squares) / ln(grades), by number of obligors. The test compares the coefficient "
        "with that of the initial validation (ECB validation reporting, 2.5.5.3).",
        signs_of_high_risk="A small p with a high index: new obligors fall into few grades. One grade that "
        "holds more than a third.",
        strengths="Needs no outcomes; comparable between banks, for the figures are those of the template.",
        limitations="By number, not by exposure. The number of grades matters. A portfolio that really is "
        "alike is concentrated without fault. The ECB sets no pass mark; any limit is house policy.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the concentration of both samples over the grades."""
    del tools
    counts = []
    for name in (params.text("reference"), params.text("current")):
        scores = inputs.array(f"{name}.scores")
        ensure_rows(values=scores, sample=name, needed=params.integer("min_rows"))
        counts.append(bin_counts(values=scores, edges=np.asarray(inputs.grade_edges)))
    before, after = (concentration(one) for one in counts)
    grades = len(counts[0])
    rise = concentration_rise(initial=before, current=after, grades=grades)
    n, method = int(counts[1].sum()), f"by number over {grades} grades, ECB 2.5.5.3"
    return Measurement(
        metrics=(
            Metric(name="herfindahl_index", estimate=after.index, n=n, method=method),
            Metric(
                name="herfindahl_index_before",
                estimate=before.index,
                n=int(counts[0].sum()),
                method=f"{method}, {params['reference']}",
            ),
            Metric(name="sum_of_squares", estimate=after.herfindahl, n=n, method=method),
            Metric(
                name="p_value",
                estimate=rise.p_value,
                n=n,
                method=f"{method}; one-sided: small means more concentrated than {params['reference']}",
            ),
        ),
        figures=(
            Figure(
                id="shares",
                title="Share of obligors by grade",
                kind="bar",
                x_label="grade",
                y_label="share",
                ticks=tuple(str(place + 1) for place in range(grades)),
                series=tuple(
                    Series(
                        name=params.text(name),
                        points=tuple((i + 1.0, share) for i, share in enumerate((one / one.sum()).tolist())),
                    )
                    for name, one in zip(("reference", "current"), counts, strict=True)
                ),
            ),
        ),
        notes=("indices of counts carry no interval here",),
    )
