"""Check ``discrimination.decline``: does a later sample order defaults worse than the initial validation did?"""

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
from validation.domain.inputs import SAMPLES, CheckInputs, NotApplicableError
from validation.domain.results import Measurement, Metric
from validation.domain.tools import Tools
from validation.stats.discrimination import auc
from validation.stats.discrimination_detail import decline
from validation.stats.outcomes import read_outcomes

SPEC = CheckSpec(
    id="discrimination.decline",
    major=1,
    title="Discrimination against initial validation",
    kind=CheckKind.DISCRIMINATION,
    needs=("{current}.labels", "{current}.scores", "{initial}.labels", "{initial}.scores"),
    params=(
        ParamSpec(
            name="current",
            kind=ParamKind.TEXT,
            default="recent",
            meaning="the later sample",
            choices=SAMPLES,
        ),
        ParamSpec(
            name="initial",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample of the initial validation",
            choices=SAMPLES,
        ),
        ParamSpec(
            name="initial_auc",
            kind=ParamKind.DECIMAL,
            default="0",
            meaning="AUC of the initial validation; 0: measured on its sample",
            minimum=Decimal(0),
            maximum=Decimal(1),
        ),
        ParamSpec(
            name="min_defaults",
            kind=ParamKind.INTEGER,
            default="20",
            meaning="fewest rows of either class in either sample",
            minimum=Decimal(2),
        ),
    ),
    metrics=("auc_decline", "statistic", "p_value", "p_value_two_samples"),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="p_value",
            null="the AUC is no lower than the initial one",
            caveat="takes the initial AUC as known: measured on a sample of the same size, chance reaches a limit of "
            "5 % in 12 % of cases",
        ),
        StatisticalAlarm(
            p_value="p_value_two_samples",
            null="the AUC is no lower than the initial one",
            caveat="DeLong, for large samples",
        ),
    ),
    doc=FiveParts(
        purpose="Asks whether the model orders defaults materially worse than when it was first validated.",
        mechanism="S is the initial AUC less the current one, in DeLong's standard errors of the current; p is "
        "1 - Phi(S) (ECB validation reporting, 2.5.4). The initial AUC counts as known, as the instructions "
        "have it. A second p divides by the standard errors of both samples together; where the plan states the "
        "initial AUC the two are one.",
        signs_of_high_risk="A small p; a decline that grows from one period to the next, even while no single "
        "p is small.",
        strengths="One-sided in the direction that matters; comparable between banks, for the figure is that "
        "of the supervisory template.",
        limitations="The initial AUC has a sampling error that the test of the instructions leaves out, so small "
        "initial samples raise false alarms: limits belong on the p of two samples. A change of the portfolio's "
        "mix changes AUC with no fault of the model. The ECB sets no pass mark; any limit is house policy.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the decline, its statistic and its p-value."""
    del tools
    current, initial = (
        read_outcomes(inputs=inputs, sample=params.text(name), min_defaults=params.integer("min_defaults"))
        for name in ("current", "initial")
    )
    area = auc(labels=current.labels, scores=current.scores)
    if area.variance <= 0.0:
        raise NotApplicableError(
            reason="no_variance",
            detail=f"the AUC of {params['current']} is {area.estimate:g} without variance",
        )
    given, first = params.number("initial_auc"), auc(labels=initial.labels, scores=initial.scores)
    before, doubt = (given, 0.0) if given else (first.estimate, first.variance)
    found = decline(initial=before, current=area.estimate, standard_error=area.variance**0.5)
    both = decline(initial=before, current=area.estimate, standard_error=(area.variance + doubt) ** 0.5)
    source = "given by the plan" if given else f"measured on {params['initial']}"
    method = f"ECB 2.5.4; initial AUC {before:.6g} {source}"
    return Measurement(
        metrics=(
            Metric(name="auc_decline", estimate=before - area.estimate, n=current.n, method=method),
            Metric(name="statistic", estimate=found.statistic, n=current.n, method=method),
            Metric(
                name="p_value",
                estimate=found.p_value,
                n=current.n,
                method=f"{method}; one-sided: small means materially worse",
            ),
            Metric(
                name="p_value_two_samples",
                estimate=both.p_value,
                n=current.n if given else current.n + initial.n,
                method=f"initial AUC {before:.6g} {source}; DeLong's errors of both samples, one-sided",
            ),
        ),
        notes=("a p-value is itself a statement about chance and carries no interval",),
    )
