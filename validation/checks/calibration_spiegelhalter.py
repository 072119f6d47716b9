"""Check ``calibration.spiegelhalter``: is the squared error what the PDs themselves promise?"""

from validation.domain.check import CheckKind, CheckSpec, FiveParts, Params, StatisticalAlarm
from validation.domain.inputs import CheckInputs, NotApplicableError
from validation.domain.params import MIN_DEFAULTS, SAMPLE
from validation.domain.results import Measurement, Metric
from validation.domain.tools import Tools
from validation.stats.low_default import spiegelhalter
from validation.stats.outcomes import ensure_probabilities, read_outcomes

SPEC = CheckSpec(
    id="calibration.spiegelhalter",
    major=1,
    title="Calibration of single obligors: Spiegelhalter",
    kind=CheckKind.CALIBRATION,
    needs=("{sample}.labels", "{sample}.scores"),
    params=(
        SAMPLE,
        MIN_DEFAULTS,
    ),
    metrics=("z", "p_value", "excess_brier"),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="p_value",
            null="every obligor's PD is the true one",
            caveat="normal in large samples",
        ),
    ),
    doc=FiveParts(
        purpose="Asks whether the probabilities of single obligors are right, without grades or bins.",
        mechanism="The Brier score less its expectation under the PDs, in the standard deviations that the PDs "
        "imply (Spiegelhalter 1986); z is normal in large samples.",
        signs_of_high_risk="A small p; a positive z, which says that outcomes were less certain than the PDs "
        "claimed.",
        strengths="No choice of bins; uses every obligor's own PD; sees errors that cancel within a grade.",
        limitations="Obligors are taken as independent. PDs near one half carry no weight. Two errors can "
        "cancel: read it beside the calibration by grade.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the statistic and its two-sided p-value."""
    del tools
    sample = params.text("sample")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_defaults"))
    ensure_probabilities(scores=outcomes.scores, sample=sample)
    found = spiegelhalter(labels=outcomes.labels, scores=outcomes.scores)
    if found is None:
        raise NotApplicableError(reason="degenerate_pd", detail="every PD is 0, 1/2 or 1")
    method = "Spiegelhalter, two-sided"
    return Measurement(
        metrics=(
            Metric(name="z", estimate=found.z, n=outcomes.n, method=method),
            Metric(name="p_value", estimate=found.p_value, n=outcomes.n, method=method),
            Metric(
                name="excess_brier",
                estimate=found.score - found.expected,
                n=outcomes.n,
                method="Brier score less its expectation under the PDs",
            ),
        ),
        notes=("a p-value is itself a statement about chance and carries no interval",),
    )
