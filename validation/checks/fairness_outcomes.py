"""Check ``fairness.outcomes``: do groups fare differently at the cut-off, in the scores and in the errors?"""

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
from validation.domain.inputs import SAMPLES, CheckInputs
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.fairness import (
    Bounded,
    Impact,
    lowest_ratio,
    standardised_difference,
    widest_distance,
    widest_gap,
)
from validation.stats.group_comparison import Comparison, Group, compare_groups, read_groups
from validation.stats.outcomes import ensure_probabilities, read_outcomes
from validation.stats.proportions import wilson_interval

_CONFIDENCE = 0.95


def _decimal(name: str, default: str, meaning: str, minimum: str | None, maximum: str | None) -> ParamSpec:
    return ParamSpec(
        name=name,
        kind=ParamKind.DECIMAL,
        default=default,
        meaning=meaning,
        minimum=None if minimum is None else Decimal(minimum),
        maximum=None if maximum is None else Decimal(maximum),
    )


SPEC = CheckSpec(
    id="fairness.outcomes",
    major=2,
    title="Outcomes of protected groups and a control group",
    kind=CheckKind.FAIRNESS,
    # The segments are read apart: a row for which none is stated is no fault of the data.
    needs=("{sample}.labels", "{sample}.scores"),
    params=(
        ParamSpec(
            name="sample",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample whose outcomes are compared",
            choices=SAMPLES,
        ),
        ParamSpec(
            name="control",
            kind=ParamKind.TEXT,
            default="",
            meaning="name or number of the control group among the segments; empty: the group approved most often",
        ),
        _decimal("cutoff", "0", "highest score approved; 0: the quantile `approved_share`", "0", "1"),
        _decimal(
            "approved_share", "0.8", "share of the sample, lowest scores first, approved", "0.01", "0.99"
        ),
        _decimal("target_ratio", "1", "ratio of approval rates up to which approvals are short", "0.01", "1"),
        ParamSpec.whole("min_rows", "10", "fewest defaults and non-defaults of a group that is compared", 2),
    ),
    metrics=(
        *("adverse_impact_ratio", "impact_p_value", "approvals_short"),
        *("standardised_mean_difference", "equalised_odds_difference", "groups_too_small"),
    ),
    feeds=(
        Feed(metric="adverse_impact_ratio", fact="evidence.adverse_impact_ratio"),
        Feed(metric="adverse_impact_ratio.lower", fact="evidence.adverse_impact_ratio_lower"),
        Feed(metric="standardised_mean_difference", fact="evidence.standardised_mean_difference"),
        Feed(metric="equalised_odds_difference", fact="evidence.equalised_odds_difference"),
    ),
    alarms=(
        StatisticalAlarm(
            p_value="impact_p_value",
            null="all groups are approved at one rate",
        ),
    ),
    doc=FiveParts(
        purpose="Puts figures to how protected groups fare beside a control group: who would be approved, how far "
        "apart the scores lie, and whom the model gets wrong.",
        mechanism="`segments` holds the group of each row. The control group is named by the plan, or is the group "
        "approved most often; every other group is protected. Scores up to the cut-off are approved. The adverse "
        "impact ratio is a protected approval rate over that of the control, on the log scale; p is Fisher's exact "
        "two-sided value for equal rates; approvals short are those that protected groups lack at the target ratio. "
        "The standardised mean difference is 100 times the difference of mean scores over the standard deviation of "
        "both groups together: above 0, the protected group is scored riskier. The equalised odds difference is the "
        "larger gap in the rate of denial, among defaults or among non-defaults, each with Newcombe's interval. Of "
        "several groups the worst figure is reported. Intervals and p hold for all comparisons together "
        "(Bonferroni): over the protected groups where the plan names the control, over all pairs where the rates do.",
        signs_of_high_risk="An interval of the ratio that lies far below 1; good customers of one group denied more "
        "often than those of another; a ratio that a small shift of the cut-off moves a lot.",
        strengths="Every figure is a count that can be redone by hand; the cut-off is stated; the gap in errors "
        "looks at what customers did and not at the score alone; groups too small to compare are named and counted.",
        limitations="It has no threshold of its own, for what difference is unlawful depends on the jurisdiction: "
        "the four-fifths rule of thumb is guidance on employment (29 CFR 1607.4(D)), not a rule for credit. A "
        "difference is not yet discrimination, and none is no proof of its absence. Labels exist for accepted "
        "customers only. Intervals of a worst figure are wide, and widest where groups are many. The groups are the "
        "segments that the data set's manifest or a file of predictions states; without them the check is not "
        "applicable, and rows for which none is stated are a group of their own. "
        "A control group that the rates choose is a lucky one among small groups; a group that lies "
        "across two segments is not seen.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure how the groups fare."""
    del tools
    sample = params.text("sample")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_rows"))
    ensure_probabilities(scores=outcomes.scores, sample=sample)
    share = params.number("approved_share")
    cutoff = params.number("cutoff") or float(np.quantile(outcomes.scores, share, method="inverted_cdf"))
    compared = compare_groups(
        groups=read_groups(inputs=inputs, sample=sample, outcomes=outcomes, cutoff=cutoff),
        named=params.text("control"),
        needed=params.integer("min_rows"),
    )
    return Measurement(
        metrics=(
            *_impact_metrics(compared, outcomes.n, cutoff, params),
            *_score_metrics(compared, outcomes.n),
            Metric(
                name="groups_too_small",
                estimate=float(len(compared.too_small)),
                n=outcomes.n,
                method=f"groups with fewer than {params['min_rows']} defaults or non-defaults, which nothing judges",
            ),
        ),
        tables=(_table(compared), _impact_table(compared, cutoff, params)),
        figures=(_figure(compared),),
        notes=("no threshold is built in: what difference is too large is policy, by jurisdiction",),
    )


def _impact_metrics(compared: Comparison, n: int, cutoff: float, params: Params) -> tuple[Metric, ...]:
    impacts, target = compared.impacts, params.number("target_ratio")
    worst = lowest_ratio(impacts=impacts, confidence=compared.confidence(together=_CONFIDENCE))
    how = impacts[worst.place].interval(confidence=compared.confidence(together=_CONFIDENCE)).method
    return (
        _bounded(
            "adverse_impact_ratio",
            worst,
            n,
            f"approval rate protected over control, cut-off {cutoff:.6g}; {how}; {compared.says(place=worst.place)}",
        ),
        Metric(
            name="impact_p_value",
            estimate=min(1.0, compared.shared_by * min(impact.fisher_p() for impact in impacts)),
            n=n,
            method=f"Fisher's exact test of equal approval rates, two-sided, times {compared.shared_by} comparisons",
        ),
        Metric(
            name="approvals_short",
            estimate=float(sum(impact.shortfall(target=target) for impact in impacts)),
            n=n,
            method=f"approvals that the protected groups lack at a ratio of {params['target_ratio']}",
        ),
    )


def _score_metrics(compared: Comparison, n: int) -> tuple[Metric, ...]:
    distance = widest_distance(
        distances=[
            standardised_difference(
                protected=group.scores,
                control=compared.control.scores,
                confidence=compared.confidence(together=_CONFIDENCE),
            )
            for group in compared.protected
        ]
    )
    gap = widest_gap(
        gaps=[
            (group.denials(label=label), compared.control.denials(label=label))
            for group in compared.protected
            for label in (1.0, 0.0)
        ],
        confidence=compared.confidence(together=_CONFIDENCE, figures=2),
    )
    among = ("defaults", "non-defaults")[gap.place % 2]
    return (
        _bounded(
            "standardised_mean_difference",
            distance,
            n,
            "100 x difference of mean scores over the deviation of both; above 0: protected scored riskier; "
            + compared.says(place=distance.place),
        ),
        _bounded(
            "equalised_odds_difference",
            gap,
            n,
            f"larger gap in the rate of denial, here among {among}; Newcombe, both gaps together; "
            + compared.says(place=gap.place // 2),
        ),
    )


def _bounded(name: str, figure: Bounded, n: int, method: str) -> Metric:
    return Metric(
        name=name,
        estimate=figure.estimate,
        lower=figure.lower,
        upper=figure.upper,
        confidence=_CONFIDENCE,
        n=n,
        method=method,
    )


def _wilson(counts: tuple[int, int]) -> tuple[float, float]:
    return wilson_interval(hits=counts[0], n=counts[1], confidence=_CONFIDENCE)


def _named(compared: Comparison) -> tuple[tuple[str, Group], ...]:
    """Return every group with its part: those protected, the control, those too small."""
    return (
        *((group.title, group) for group in compared.protected),
        (f"{compared.control.title}, control", compared.control),
        *((f"{group.title}, too small to compare", group) for group in compared.too_small),
    )


def _table(compared: Comparison) -> Table:
    rows = []
    for title, group in _named(compared):
        approvals = group.approvals
        for what, counts in (
            ("approved", (approvals.approved, approvals.n)),
            ("denied among defaults", group.denials(label=1.0)),
            ("denied among non-defaults", group.denials(label=0.0)),
        ):
            shown = (counts[0] / counts[1], *_wilson(counts)) if counts[1] else ()
            figures = tuple(map(decimal_text, shown)) or ("", "", "")
            rows.append((title, what, *map(str, counts), *figures))
    return Table(
        id="rates",
        title="Rates by group, with Wilson's interval",
        columns=("group", "what", "count", "of", "rate", "95 % from", "95 % to"),
        rows=tuple(rows),
    )


def _impact_table(compared: Comparison, cutoff: float, params: Params) -> Table:
    source = "given by the plan" if params.number("cutoff") else f"quantile {params['approved_share']}"
    chosen = "named by the plan" if params.text("control") else "the group approved most often"
    return Table(
        id="impact",
        title=f"Each group beside {compared.control.title}, {chosen}; highest score approved {decimal_text(cutoff)}, "
        f"{source}",
        columns=("group", "ratio", "from", "to", "difference in pooled standard errors", "Fisher's exact p"),
        rows=tuple(
            (group.title, *map(decimal_text, _beside(impact, compared.confidence(together=_CONFIDENCE))))
            for group, impact in zip(compared.protected, compared.impacts, strict=True)
        ),
    )


def _beside(impact: Impact, confidence: float) -> tuple[float, ...]:
    ends = impact.interval(confidence=confidence)
    return impact.ratio, ends.lower, ends.upper, impact.z(), impact.fisher_p()


def _figure(compared: Comparison) -> Figure:
    lines: dict[str, list[float]] = {"approved": [], "95 % lower": [], "95 % upper": []}
    for _, group in _named(compared):
        approvals = group.approvals
        ends = _wilson((approvals.approved, approvals.n))
        for name, value in zip(lines, (approvals.rate, *ends), strict=True):
            lines[name].append(value)
    return Figure(
        id="approvals",
        title="Approval rate by group",
        kind="bar",
        x_label="group",
        y_label="approval rate",
        ticks=tuple(title for title, _ in _named(compared)),
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, value) for i, value in enumerate(values)))
            for name, values in lines.items()
        ),
    )
