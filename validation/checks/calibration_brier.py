"""Check ``calibration.brier``: squared error of the probabilities, split into its causes."""

from decimal import Decimal

from scipy.special import stdtrit

from validation.domain.check import CheckKind, CheckSpec, Feed, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import CheckInputs
from validation.domain.params import MIN_DEFAULTS, SAMPLE
from validation.domain.results import Measurement, Metric
from validation.domain.tools import Tools
from validation.stats.calibration import brier, expected_calibration_error, grades
from validation.stats.outcomes import ensure_probabilities, read_outcomes

SPEC = CheckSpec(
    id="calibration.brier",
    major=1,
    title="Accuracy of probabilities: Brier score",
    kind=CheckKind.CALIBRATION,
    needs=("{sample}.labels", "{sample}.scores", "grade_edges"),
    params=(
        SAMPLE,
        ParamSpec(
            name="confidence",
            kind=ParamKind.DECIMAL,
            default="0.95",
            meaning="confidence of the intervals",
            minimum=Decimal("0.5"),
            maximum=Decimal("0.999"),
        ),
        MIN_DEFAULTS,
    ),
    metrics=(
        *("brier", "skill", "reliability", "resolution", "uncertainty", "within_grades"),
        "expected_calibration_error",
    ),
    feeds=(Feed(metric="skill", fact="evidence.brier_skill"),),
    doc=FiveParts(
        purpose="Measures how far the probabilities lie from what happened, and why.",
        mechanism="The mean of (PD - outcome)^2. Murphy's split over grade means gives reliability minus "
        "resolution plus uncertainty; what varies within grades is stated apart, so the parts add up. "
        "Skill is 1 - Brier / uncertainty: the gain over giving everyone the portfolio rate.",
        signs_of_high_risk="Skill at or below zero; a reliability term that is large against the resolution.",
        strengths="A proper score: no model gains by stating other probabilities than it holds. "
        "One figure for calibration and discrimination, with its causes.",
        limitations="Dominated by the many non-defaults when defaults are rare. The parts depend on the "
        "grades. Intervals are Student's, with the degrees of freedom that few defaults leave, and take "
        "obligors as independent.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the score, its skill and its parts."""
    del tools
    sample, confidence = params.text("sample"), params.number("confidence")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_defaults"))
    ensure_probabilities(scores=outcomes.scores, sample=sample)
    parts = brier(labels=outcomes.labels, scores=outcomes.scores, edges=inputs.grade_edges)
    table = grades(labels=outcomes.labels, scores=outcomes.scores, edges=inputs.grade_edges)

    def with_interval(name: str, estimate: float, error: float, degrees: float, method: str) -> Metric:
        reach = -float(stdtrit(degrees, (1.0 - confidence) / 2.0))
        return Metric(
            name=name,
            estimate=estimate,
            lower=estimate - reach * error,
            upper=estimate + reach * error,
            confidence=confidence,
            n=outcomes.n,
            method=method,
        )

    split = {
        "reliability": parts.reliability,
        "resolution": parts.resolution,
        "uncertainty": parts.uncertainty,
        "within_grades": parts.within_grades,
        "expected_calibration_error": expected_calibration_error(table=table),
    }
    return Measurement(
        metrics=(
            with_interval(
                "brier",
                parts.score,
                parts.score_error,
                parts.score_degrees,
                "mean squared error, Student's t",
            ),
            with_interval(
                *("skill", parts.skill, parts.skill_error, parts.skill_degrees),
                "1 - Brier / uncertainty, delta method, Student's t",
            ),
            *(
                Metric(
                    name=name,
                    estimate=value,
                    n=outcomes.n,
                    method="over grade means; descriptive, no interval",
                )
                for name, value in split.items()
            ),
        ),
    )
