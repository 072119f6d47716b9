"""Check ``discrimination.partial_auc``: how well scores order defaults where the riskiest are turned away."""

from decimal import Decimal

from validation.domain.check import CheckKind, CheckSpec, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import CheckInputs
from validation.domain.params import CONFIDENCE, MIN_DEFAULTS, SAMPLE
from validation.domain.results import Measurement, Metric
from validation.domain.tools import Tools
from validation.stats.discrimination import auc
from validation.stats.discrimination_detail import partial_auc
from validation.stats.outcomes import read_outcomes

SPEC = CheckSpec(
    id="discrimination.partial_auc",
    major=1,
    title="Discrimination: partial AUC",
    kind=CheckKind.DISCRIMINATION,
    needs=("{sample}.labels", "{sample}.scores"),
    params=(
        SAMPLE,
        ParamSpec(
            name="most_alarms",
            kind=ParamKind.DECIMAL,
            default="0.2",
            meaning="largest share of non-defaults that the use may turn away",
            minimum=Decimal("0.01"),
            maximum=Decimal(1),
        ),
        CONFIDENCE,
        MIN_DEFAULTS,
    ),
    metrics=("partial_auc",),
    feeds=(),
    doc=FiveParts(
        purpose="Measures the ordering of defaults in the part of the curve where the use decides.",
        mechanism="The area under the ROC curve over the shares of non-defaults up to the limit, standardised "
        "as McClish (1989) does: one half is chance, one is perfect. The variance joins that of the "
        "defaults' placements and that of the non-defaults', the estimated cut-off allowed for.",
        signs_of_high_risk="A figure near one half although the whole AUC looks good; an interval that holds "
        "one half.",
        strengths="Looks where applications are refused and not at ranges that no decision touches.",
        limitations="Uses fewer rows than the whole area, hence a wider interval; with few non-defaults above "
        "the cut-off the normal interval is rough. The limit is a choice and must be stated beforehand.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the standardised partial area with its interval."""
    del tools
    sample, limit = params.text("sample"), params.number("most_alarms")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_defaults"))
    found = partial_auc(area=auc(labels=outcomes.labels, scores=outcomes.scores), most_alarms=limit)
    interval = found.interval(confidence=params.number("confidence"))
    return Measurement(
        metrics=(
            Metric(
                name="partial_auc",
                estimate=found.estimate,
                lower=interval.lower,
                upper=interval.upper,
                confidence=interval.confidence,
                n=outcomes.n,
                method=f"McClish, non-defaults flagged up to {params['most_alarms']}; {interval.method}",
            ),
        ),
        notes=(f"{int(outcomes.labels.sum())} defaults among {outcomes.n} rows of the {sample} sample",),
    )
