"""Check ``fairness.outcomes``: do two groups fare differently at the cut-off, in the scores and in the errors?"""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

import numpy as np
from numpy.typing import NDArray

from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
    StatisticalAlarm,
)
from validation.domain.inputs import SAMPLES, CheckInputs, FloatArray, NotApplicableError, UnusableInputError
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.fairness import Approvals, Impact, equalised_odds, standardised_difference
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
    major=1,
    title="Outcomes of a protected and a control group",
    kind=CheckKind.FAIRNESS,
    needs=("{sample}.labels", "{sample}.scores", "{sample}.segments"),
    params=(
        ParamSpec(
            name="sample",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample whose outcomes are compared",
            choices=SAMPLES,
        ),
        _decimal("protected", "1", "value of `segments` that marks the protected group", None, None),
        _decimal("cutoff", "0", "highest score approved; 0: the quantile `approved_share`", "0", "1"),
        _decimal(
            "approved_share", "0.8", "share of the sample, lowest scores first, approved", "0.01", "0.99"
        ),
        _decimal("target_ratio", "1", "ratio of approval rates up to which approvals are short", "0.01", "1"),
        ParamSpec.whole("min_rows", "10", "fewest defaults and non-defaults in either group", 2),
    ),
    metrics=(
        *("adverse_impact_ratio", "impact_p_value", "approvals_short"),
        *("standardised_mean_difference", "equalised_odds_difference"),
    ),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="impact_p_value",
            null="both groups are approved at one rate",
        ),
    ),
    doc=FiveParts(
        purpose="Puts figures to how a protected and a control group fare: who would be approved, how far apart the "
        "scores lie, and whom the model gets wrong.",
        mechanism="`segments` holds one of two values for each row; a parameter says which is protected. Scores up "
        "to the cut-off are approved. The adverse impact ratio is the protected approval rate over that of the "
        "control, with an interval on the log scale; p is Fisher's exact two-sided value for equal rates; "
        "approvals short are those that the protected group lacks at the target ratio. The standardised mean "
        "difference is 100 times the difference of mean scores over the standard deviation of both groups "
        "together: above 0, the protected group is scored riskier. The equalised odds difference is the larger "
        "gap in the rate of denial, among defaults or among non-defaults.",
        signs_of_high_risk="An interval of the ratio that lies far below 1; good customers of one group denied more "
        "often than those of the other; a ratio that a small shift of the cut-off moves a lot.",
        strengths="Every figure is a count that can be redone by hand; the cut-off is stated; the gap in errors "
        "looks at what customers did and not at the score alone.",
        limitations="It has no threshold of its own, for what difference is unlawful depends on the jurisdiction: "
        "the four-fifths rule of thumb is guidance on employment (29 CFR 1607.4(D)), not a rule for credit. A "
        "difference is not yet discrimination, and none is no proof of its absence. Labels exist for accepted "
        "customers only. The maximum of two gaps has no interval here; its parts have. More than two groups are "
        "compared pair by pair, in runs of their own. The groups are the segments that the data set's manifest or a "
        "file of predictions states, words taken in their order from 0; without them the check is not applicable.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Scores, labels and denials of one group."""

    title: str
    scores: FloatArray
    labels: FloatArray
    denied: NDArray[np.bool_]

    @property
    def approvals(self) -> Approvals:
        return Approvals(approved=int((~self.denied).sum()), n=len(self.denied))

    def denials(self, label: float) -> tuple[int, int]:
        """Return how many of the rows with this label are denied, and how many there are."""
        among = self.denied[self.labels == label]
        return int(among.sum()), len(among)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure how the two groups fare."""
    del tools
    sample = params.text("sample")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_rows"))
    ensure_probabilities(scores=outcomes.scores, sample=sample)
    is_protected = _protected(inputs.array(f"{sample}.segments"), outcomes.labels, params)
    share = params.number("approved_share")
    cutoff = params.number("cutoff") or float(np.quantile(outcomes.scores, share, method="inverted_cdf"))
    protected, control = (
        _Group(
            title=title,
            scores=outcomes.scores[rows],
            labels=outcomes.labels[rows],
            denied=outcomes.scores[rows] > cutoff,
        )
        for title, rows in (("protected", is_protected), ("control", ~is_protected))
    )
    impact = Impact(protected=protected.approvals, control=control.approvals)
    if not impact.control.approved:
        raise NotApplicableError(
            reason="nobody_approved",
            detail=f"nobody in the control group scores up to the cut-off {cutoff:.6g}",
        )
    return Measurement(
        metrics=(
            *_impact_metrics(impact, outcomes.n, cutoff, params),
            *_score_metrics(protected, control, outcomes.n),
        ),
        tables=(_table(protected, control), _impact_table(impact, cutoff, params, inputs)),
        figures=(_figure(protected, control),),
        notes=("no threshold is built in: what difference is too large is law, by jurisdiction",),
    )


def _protected(segments: FloatArray, labels: FloatArray, params: Params) -> NDArray[np.bool_]:
    """Return which rows are protected.

    Raises ``UnusableInputError`` unless there are two groups of which one is
    protected, ``NotApplicableError`` for a single or too small a group.
    """
    if segments.shape != labels.shape:
        raise UnusableInputError(reason="malformed_input", detail="segments and labels differ in length")
    groups, value = np.unique(segments), params.number("protected")
    if len(groups) == 1:
        raise NotApplicableError(
            reason="single_group", detail=f"every row is of group {groups[0]:g}: nothing to compare"
        )
    if len(groups) > 2 or value not in groups:
        raise UnusableInputError(
            reason="malformed_input",
            detail=f"segments must hold two groups, one of them {value:g}; they hold {len(groups)} from "
            f"{groups[0]:g} to {groups[-1]:g}",
        )
    is_protected, needed = segments == value, params.integer("min_rows")
    cells = [
        int((labels[rows] == label).sum()) for rows in (is_protected, ~is_protected) for label in (0.0, 1.0)
    ]
    if min(cells) < needed:
        raise NotApplicableError(
            reason="insufficient_data",
            detail=f"one group holds {min(cells)} rows of one class; {needed} are needed",
            n_needed=ceil(needed * len(labels) / max(min(cells), 1)),
        )
    return np.asarray(is_protected)


def _impact_metrics(impact: Impact, n: int, cutoff: float, params: Params) -> tuple[Metric, ...]:
    interval = impact.interval(confidence=_CONFIDENCE)
    return (
        Metric(
            name="adverse_impact_ratio",
            estimate=impact.ratio,
            lower=interval.lower,
            upper=interval.upper,
            confidence=None if interval.lower is None else _CONFIDENCE,
            n=n,
            method=f"approval rate protected over control, cut-off {cutoff:.6g}; {interval.method}",
        ),
        Metric(
            name="impact_p_value",
            estimate=impact.fisher_p(),
            n=n,
            method="Fisher's exact test of equal approval rates, two-sided",
        ),
        Metric(
            name="approvals_short",
            estimate=float(impact.shortfall(target=params.number("target_ratio"))),
            n=n,
            method=f"approvals that the protected group lacks at a ratio of {params['target_ratio']}",
        ),
    )


def _score_metrics(protected: _Group, control: _Group, n: int) -> tuple[Metric, ...]:
    distance = standardised_difference(
        protected=protected.scores, control=control.scores, confidence=_CONFIDENCE
    )
    hits, alarms = ((_rate(protected.denials(label)), _rate(control.denials(label))) for label in (1.0, 0.0))
    return (
        Metric(
            name="standardised_mean_difference",
            estimate=distance.estimate,
            lower=distance.lower,
            upper=distance.upper,
            confidence=_CONFIDENCE,
            n=n,
            method="100 x difference of mean scores over the deviation of all; above 0: protected scored riskier",
        ),
        Metric(
            name="equalised_odds_difference",
            estimate=equalised_odds(hits=hits, alarms=alarms),
            n=n,
            method="larger gap in the rate of denial, among defaults or non-defaults; no interval of a maximum",
        ),
    )


def _rate(counts: tuple[int, int]) -> float:
    return counts[0] / counts[1]


def _wilson(counts: tuple[int, int]) -> tuple[float, float]:
    return wilson_interval(hits=counts[0], n=counts[1], confidence=_CONFIDENCE)


def _table(protected: _Group, control: _Group) -> Table:
    rows = []
    for group in (protected, control):
        approvals = group.approvals
        for what, counts in (
            ("approved", (approvals.approved, approvals.n)),
            ("denied among defaults", group.denials(1.0)),
            ("denied among non-defaults", group.denials(0.0)),
        ):
            figures = map(decimal_text, (_rate(counts), *_wilson(counts)))
            rows.append((group.title, what, *map(str, counts), *figures))
    return Table(
        id="rates",
        title="Rates by group, with Wilson's interval",
        columns=("group", "what", "count", "of", "rate", "95 % from", "95 % to"),
        rows=tuple(rows),
    )


def _impact_table(impact: Impact, cutoff: float, params: Params, inputs: CheckInputs) -> Table:
    source = "given by the plan" if params.number("cutoff") else f"quantile {params['approved_share']}"
    return Table(
        id="impact",
        title="How the ratio of approval rates was found",
        columns=("what", "value"),
        rows=(
            ("cut-off, highest score approved", f"{decimal_text(cutoff)}, {source}"),
            ("protected group", f"segments = {inputs.segment_name(params.number('protected'))}"),
            ("ratio", decimal_text(impact.ratio)),
            ("difference of rates in pooled standard errors", decimal_text(impact.z())),
            ("Fisher's exact p", decimal_text(impact.fisher_p())),
        ),
    )


def _figure(protected: _Group, control: _Group) -> Figure:
    lines: dict[str, list[float]] = {"approved": [], "95 % lower": [], "95 % upper": []}
    for group in (protected, control):
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
        ticks=(protected.title, control.title),
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, value) for i, value in enumerate(values)))
            for name, values in lines.items()
        ),
    )
