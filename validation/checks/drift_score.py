"""Check ``drift.score``: does a recent batch score differently from the reference?"""

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
from validation.domain.inputs import CheckInputs, FloatArray, NotApplicableError
from validation.domain.params import CURRENT, REFERENCE
from validation.domain.results import Figure, Measurement, Metric, Series
from validation.domain.tools import Tools
from validation.stats.discrimination import ks_interval
from validation.stats.outcomes import ensure_rows
from validation.stats.stability import bin_counts, ks_comparison, psi_from_counts, quantile_edges

SPEC = CheckSpec(
    id="drift.score",
    major=1,
    title="Score drift",
    kind=CheckKind.DRIFT,
    needs=("{reference}.scores", "{current}.scores"),
    params=(
        REFERENCE,
        CURRENT,
        ParamSpec(
            name="bins",
            kind=ParamKind.INTEGER,
            default="10",
            meaning="quantile bins of the reference for PSI",
            minimum=Decimal(2),
            maximum=Decimal(100),
        ),
        ParamSpec(
            name="confidence",
            kind=ParamKind.DECIMAL,
            default="0.95",
            meaning="confidence of the intervals",
            minimum=Decimal("0.5"),
            maximum=Decimal("0.999"),
        ),
        ParamSpec(
            name="min_rows",
            kind=ParamKind.INTEGER,
            default="200",
            meaning="fewest rows in either batch",
            minimum=Decimal(20),
        ),
    ),
    metrics=("ks", "psi", "p_value"),
    feeds=(Feed(metric="ks", fact="evidence.score_drift_ks"),),
    alarms=(
        StatisticalAlarm(
            p_value="p_value",
            null="the scores are distributed as before",
        ),
    ),
    doc=FiveParts(
        purpose="Asks whether the model's outputs on a recent batch are distributed as before.",
        mechanism="The greatest gap between the two empirical distribution functions of the scores (KS), "
        "with an interval from two Dvoretzky-Kiefer-Wolfowitz bands and Smirnov's p-value; beside it PSI "
        "over quantile bins of the reference.",
        signs_of_high_risk="A gap whose whole interval lies above the limit; scores drifting while the "
        "inputs do not, which points to the pipeline.",
        strengths="Needs no outcomes, so it can run at once; the gap is a size, not only a significance.",
        limitations="A change of scores need not be a fault: the portfolio may have changed. Two changes "
        "can cancel out. With large batches the p-value is small for gaps of no weight: judge the gap.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the gap and the index between two batches of scores."""
    del tools
    reference, current = params.text("reference"), params.text("current")
    before, after = inputs.array(f"{reference}.scores"), inputs.array(f"{current}.scores")
    for sample, values in ((reference, before), (current, after)):
        ensure_rows(values=values, sample=sample, needed=params.integer("min_rows"))
    edges = quantile_edges(reference=before, bins=params.integer("bins"))
    if not len(edges):
        raise NotApplicableError(
            reason="degenerate_reference", detail="every reference score is the same: there are no bins"
        )
    confidence, n = params.number("confidence"), len(before) + len(after)
    gap = ks_comparison(reference=before, current=after)
    band = ks_interval(
        estimate=gap.statistic, n_first=len(before), n_second=len(after), confidence=confidence
    )
    psi = psi_from_counts(
        reference=bin_counts(values=before, edges=edges),
        current=bin_counts(values=after, edges=edges),
        confidence=confidence,
    )
    return Measurement(
        metrics=(
            Metric(
                name="ks",
                estimate=gap.statistic,
                lower=band.lower,
                upper=band.upper,
                confidence=confidence,
                n=n,
                method=f"{reference} against {current}; {band.method}",
            ),
            Metric(
                name="psi",
                estimate=psi.estimate,
                lower=psi.lower,
                upper=psi.upper,
                confidence=confidence,
                n=n,
                method=f"{len(edges) + 1} quantile bins of {reference}, delta method",
            ),
            Metric(name="p_value", estimate=gap.p_value, n=n, method="Smirnov, asymptotic, two-sided"),
        ),
        figures=(_curves(before, after, reference, current),),
    )


def _curves(before: FloatArray, after: FloatArray, reference: str, current: str) -> Figure:
    grid = np.quantile(np.concatenate([before, after]), np.linspace(0.0, 1.0, 51))

    def curve(name: str, values: FloatArray) -> Series:
        shares = np.searchsorted(np.sort(values), grid, side="right") / len(values)
        return Series(
            name=name, points=tuple((float(x), float(y)) for x, y in zip(grid, shares, strict=True))
        )

    return Figure(
        id="distributions",
        title="Share of each batch scored at or below",
        kind="line",
        x_label="score",
        y_label="share",
        series=(curve(reference, before), curve(current, after)),
    )
