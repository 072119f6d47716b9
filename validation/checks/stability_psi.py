"""Check ``stability.psi``: has the distribution of scores moved between two samples?"""

from decimal import Decimal

from validation.domain.check import CheckKind, CheckSpec, Feed, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import SAMPLES, CheckInputs, NotApplicableError
from validation.domain.params import CONFIDENCE
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.outcomes import ensure_rows
from validation.stats.stability import Psi, bin_counts, psi_from_counts, quantile_edges

SPEC = CheckSpec(
    id="stability.psi",
    major=1,
    title="Population stability index of the score",
    kind=CheckKind.STABILITY,
    needs=("{reference}.scores", "{current}.scores"),
    params=(
        ParamSpec(
            name="reference",
            kind=ParamKind.TEXT,
            default="train",
            meaning="the sample compared with",
            choices=SAMPLES,
        ),
        ParamSpec(
            name="current", kind=ParamKind.TEXT, default="test", meaning="the sample judged", choices=SAMPLES
        ),
        ParamSpec(
            name="bins",
            kind=ParamKind.INTEGER,
            default="10",
            meaning="quantile bins of the reference",
            minimum=Decimal(2),
            maximum=Decimal(100),
        ),
        CONFIDENCE,
        ParamSpec(
            name="min_rows",
            kind=ParamKind.INTEGER,
            default="200",
            meaning="fewest rows in either sample",
            minimum=Decimal(20),
        ),
    ),
    metrics=("psi", "sampling_bound", "excess_over_bound"),
    feeds=(Feed(metric="psi", fact="evidence.psi"),),
    doc=FiveParts(
        purpose="Measures how far the distribution of scores in one sample has moved from another.",
        mechanism="Scores fall into quantile bins of the reference; PSI is the sum of (a - e) ln(a / e) over "
        "the bins. If any bin is empty, half a case is added to every bin, and the result says so. "
        "Beside the convention stands the value that chance alone exceeds in 5 % of cases, "
        "(1/n + 1/m) times a chi-square quantile. The interval allows for what chance adds to the figure.",
        signs_of_high_risk="PSI above the house limit and above the sampling bound; movement in the "
        "riskiest bins; movement all in one direction.",
        strengths="Shows where the movement is; both the convention and the chance bound are printed.",
        limitations="The limits 0.10 and 0.25 are a convention without statistical ground. The figure "
        "depends on the bins. Where little has moved the interval is conservative. It says nothing about "
        "whether the model still ranks or fits.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the index, with the shares by bin."""
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
    found = psi_from_counts(
        reference=bin_counts(values=before, edges=edges),
        current=bin_counts(values=after, edges=edges),
        confidence=params.number("confidence"),
    )
    n = len(before) + len(after)
    smoothing = "half a case added to every bin" if found.smoothed else "no smoothing needed"
    return Measurement(
        metrics=(
            Metric(
                name="psi",
                estimate=found.estimate,
                lower=found.lower,
                upper=found.upper,
                confidence=found.confidence,
                n=n,
                method=f"{len(edges) + 1} quantile bins of {reference}, {smoothing}, delta method",
            ),
            Metric(
                name="sampling_bound",
                estimate=found.sampling_bound,
                n=n,
                method="95 % quantile of PSI under no change",
            ),
            Metric(
                name="excess_over_bound",
                estimate=found.estimate - found.sampling_bound,
                n=n,
                method="PSI minus the sampling bound; below zero chance alone explains it",
            ),
        ),
        tables=(_shares(found),),
        figures=(_bars(found, reference, current),),
    )


def _shares(found: Psi) -> Table:
    return Table(
        id="bins",
        title="Share of scores by bin, lowest scores first",
        columns=("bin", "reference", "current"),
        rows=tuple(
            (str(i + 1), decimal_text(float(e)), decimal_text(float(a)))
            for i, (e, a) in enumerate(zip(found.expected, found.actual, strict=True))
        ),
    )


def _bars(found: Psi, reference: str, current: str) -> Figure:
    def points(values: list[float]) -> tuple[tuple[float, float], ...]:
        return tuple((float(i + 1), value) for i, value in enumerate(values))

    return Figure(
        id="shares",
        title="Share of scores by bin",
        kind="bar",
        x_label="bin",
        y_label="share",
        ticks=tuple(str(i + 1) for i in range(len(found.expected))),
        series=(
            Series(name=reference, points=points(found.expected.tolist())),
            Series(name=current, points=points(found.actual.tolist())),
        ),
    )
