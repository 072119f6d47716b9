"""Check ``discrimination.ks``: the widest gap between the score distributions of the two classes."""

import numpy as np

from validation.domain.check import CheckKind, CheckSpec, Feed, FiveParts, Params
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.params import CONFIDENCE, MIN_DEFAULTS, SAMPLE
from validation.domain.results import Figure, Measurement, Metric, Series
from validation.domain.tools import Tools
from validation.stats.discrimination import ks_interval, ks_separation
from validation.stats.outcomes import read_outcomes

SPEC = CheckSpec(
    id="discrimination.ks",
    major=1,
    title="Discrimination: Kolmogorov-Smirnov separation",
    kind=CheckKind.DISCRIMINATION,
    needs=("{sample}.labels", "{sample}.scores"),
    params=(
        SAMPLE,
        CONFIDENCE,
        MIN_DEFAULTS,
    ),
    metrics=("ks",),
    feeds=(Feed(metric="ks", fact="evidence.ks"),),
    doc=FiveParts(
        purpose="Measures how far the score separates defaults from non-defaults at its best cut-off.",
        mechanism="The greatest distance between the empirical distribution functions of the scores of "
        "defaults and of non-defaults. The interval joins two Dvoretzky-Kiefer-Wolfowitz bands.",
        signs_of_high_risk="A small separation; an interval that reaches down to zero; a best cut-off far "
        "from the one the use case applies.",
        strengths="Free of distribution; unchanged by any rising transformation of the score; the "
        "interval holds at every sample size.",
        limitations="Looks at one point of the score range only. The interval is conservative, hence wide. "
        "There is no supervisory limit.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the separation, with both distribution functions as a figure."""
    del tools
    outcomes = read_outcomes(
        inputs=inputs, sample=params.text("sample"), min_defaults=params.integer("min_defaults")
    )
    bad = outcomes.scores[outcomes.labels == 1.0]
    good = outcomes.scores[outcomes.labels == 0.0]
    separation = ks_separation(first=bad, second=good)
    interval = ks_interval(
        estimate=separation,
        n_first=len(bad),
        n_second=len(good),
        confidence=params.number("confidence"),
    )
    grid = np.quantile(outcomes.scores, np.linspace(0.0, 1.0, 51))
    return Measurement(
        metrics=(
            Metric(
                name="ks",
                estimate=separation,
                lower=interval.lower,
                upper=interval.upper,
                confidence=interval.confidence,
                n=outcomes.n,
                method=interval.method,
            ),
        ),
        figures=(
            Figure(
                id="distributions",
                title="Share of each class scored at or below",
                kind="line",
                x_label="score",
                y_label="share",
                series=(_curve("defaults", bad, grid), _curve("non-defaults", good, grid)),
            ),
        ),
    )


def _curve(name: str, values: FloatArray, grid: FloatArray) -> Series:
    shares = np.searchsorted(np.sort(values), grid, side="right") / len(values)
    return Series(name=name, points=tuple((float(x), float(y)) for x, y in zip(grid, shares, strict=True)))
