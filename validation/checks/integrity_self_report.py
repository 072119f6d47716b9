"""Check ``integrity.self_report``: do the figures that the model's run claims hold?"""

from decimal import Decimal, InvalidOperation

from validation.domain.check import CheckKind, CheckSpec, Feed, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import SAMPLES, CheckInputs, NotApplicableError, UnusableInputError
from validation.domain.params import MIN_DEFAULTS
from validation.domain.results import Measurement, Metric, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.discrimination import auc, ks_separation
from validation.stats.outcomes import Outcomes, read_outcomes

SPEC = CheckSpec(
    id="integrity.self_report",
    major=1,
    title="Claimed against recomputed figures",
    kind=CheckKind.INTEGRITY,
    needs=("claims", "{sample}.labels", "{sample}.scores"),
    params=(
        ParamSpec(
            name="sample",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample on which the claims are recomputed",
            choices=SAMPLES,
        ),
        MIN_DEFAULTS,
    ),
    metrics=("self_report_gap", "overstatement"),
    feeds=(Feed(metric="self_report_gap", fact="evidence.self_report_gap"),),
    doc=FiveParts(
        purpose="Compares what the model's own run reports with what the program computes from its scores.",
        mechanism="Claimed auc, gini, ks and brier are recomputed on the named sample. The gap is the largest "
        "absolute difference; overstatement is the largest difference in the flattering direction.",
        signs_of_high_risk="A claim far above the recomputed figure: leakage, another sample, or a model "
        "that tampered with its own measurement.",
        strengths="Catches a flattered figure whatever produced it, since labels never reach the model.",
        limitations="A claim made honestly on another sample differs by chance: compare with the interval "
        "of the discrimination check. Claims under other names are listed and not recomputed.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the largest gap between claims and recomputed figures."""
    del tools
    outcomes = read_outcomes(
        inputs=inputs, sample=params.text("sample"), min_defaults=params.integer("min_defaults")
    )
    recomputed = _recompute(outcomes)
    claims = {name: _claim(name, text) for name, text in inputs.claims.items() if name in recomputed}
    if not claims:
        raise NotApplicableError(reason="no_claim", detail=f"the run claims none of {', '.join(recomputed)}")
    gaps = {name: claimed - recomputed[name] for name, claimed in claims.items()}
    flattering = {name: -gap if name == "brier" else gap for name, gap in gaps.items()}
    rows = [
        (name, decimal_text(claims[name]), decimal_text(recomputed[name]), decimal_text(gap))
        for name, gap in sorted(gaps.items())
    ]
    others = sorted(set(inputs.claims) - set(recomputed))
    return Measurement(
        metrics=(
            Metric(
                name="self_report_gap",
                estimate=max(abs(gap) for gap in gaps.values()),
                n=outcomes.n,
                method="largest |claimed - recomputed|",
            ),
            Metric(
                name="overstatement",
                estimate=max(flattering.values()),
                n=outcomes.n,
                method="largest difference in the flattering direction; below zero all claims are modest",
            ),
        ),
        tables=(
            Table(
                id="claims",
                title="Claims",
                columns=("figure", "claimed", "recomputed", "difference"),
                rows=tuple(rows),
            ),
        ),
        notes=tuple(f"claimed {name} is not recomputed here" for name in others),
    )


def _recompute(outcomes: Outcomes) -> dict[str, float]:
    area = auc(labels=outcomes.labels, scores=outcomes.scores)
    bad = outcomes.labels == 1.0
    return {
        "auc": area.estimate,
        "gini": area.gini,
        "ks": ks_separation(first=outcomes.scores[bad], second=outcomes.scores[~bad]),
        "brier": float(((outcomes.scores - outcomes.labels) ** 2).mean()),
    }


def _claim(name: str, text: str) -> float:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise UnusableInputError(reason="malformed_claim", detail=f"the claimed {name} is not a number")
    return float(value)
