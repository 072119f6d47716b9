"""Check ``challenger.advantage``: what does the candidate gain over an interpretable model?"""

from decimal import Decimal

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
from validation.domain.inputs import CheckInputs, UnusableInputError
from validation.domain.params import CONFIDENCE
from validation.domain.results import Measurement, Metric, Table
from validation.domain.tools import Tools
from validation.stats.discrimination import auc, paired_difference
from validation.stats.outcomes import ensure_both_classes, read_outcomes

SPEC = CheckSpec(
    id="challenger.advantage",
    major=1,
    title="Advantage over the interpretable challenger",
    kind=CheckKind.BENCHMARK,
    needs=("train.features", "train.labels", "test.features", "test.labels", "test.scores"),
    tools=("challenger",),
    params=(
        ParamSpec(
            name="bins",
            kind=ParamKind.INTEGER,
            default="10",
            meaning="quantile bins of each feature in the challenger",
            minimum=Decimal(2),
            maximum=Decimal(50),
        ),
        CONFIDENCE,
        ParamSpec(
            name="min_defaults",
            kind=ParamKind.INTEGER,
            default="50",
            meaning="fewest rows of either class in either sample",
            minimum=Decimal(5),
        ),
    ),
    metrics=("gini_advantage", "gini_candidate", "gini_challenger", "p_two_sided"),
    feeds=(
        Feed(metric="gini_advantage", fact="evidence.advantage_gini"),
        Feed(metric="gini_advantage.lower", fact="evidence.advantage_gini_lower"),
    ),
    alarms=(
        StatisticalAlarm(
            p_value="p_two_sided",
            null="candidate and challenger order defaults alike",
            caveat="paired DeLong, for large samples",
        ),
    ),
    doc=FiveParts(
        purpose="Measures what the candidate gains over a model that explains itself, on the same data.",
        mechanism="The program fits a logistic scorecard on weights of evidence over quantile bins of the "
        "training sample and scores the test sample. The difference of the two Ginis on the same obligors "
        "has a paired DeLong interval.",
        signs_of_high_risk="An interval that contains zero, or a gain below the margin that policy sets: "
        "the complexity buys nothing.",
        strengths="The challenger is fitted by the program, not by the candidate's developer; the "
        "comparison is paired, so small real gains show.",
        limitations="One challenger with fixed settings: a better tuned simple model could narrow the gap. "
        "Gini is one aspect of use. Whether the gain is enough is for policy; no margin is judged here.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the difference of Ginis with its interval."""
    assert tools.challenger is not None
    minimum, confidence = params.integer("min_defaults"), params.number("confidence")
    train, labels = inputs.array("train.features"), inputs.array("train.labels")
    if train.shape != (len(labels), len(inputs.feature_names)):
        raise UnusableInputError(reason="malformed_input", detail="train: rows or columns do not match")
    ensure_both_classes(labels=labels, sample="train", min_defaults=minimum)
    outcomes = read_outcomes(inputs=inputs, sample="test", min_defaults=minimum)
    challenger = tools.challenger(
        names=inputs.feature_names,
        features=train,
        labels=labels,
        score_rows=inputs.array("test.features"),
        bins=params.integer("bins"),
    )
    candidate = auc(labels=outcomes.labels, scores=outcomes.scores)
    simple = auc(labels=outcomes.labels, scores=challenger.scores)
    difference = paired_difference(first=candidate, second=simple)
    interval = difference.interval(confidence=confidence)
    assert interval.lower is not None
    assert interval.upper is not None
    n = outcomes.n
    return Measurement(
        metrics=(
            Metric(
                name="gini_advantage",
                estimate=2.0 * difference.estimate,
                lower=2.0 * interval.lower,
                upper=2.0 * interval.upper,
                confidence=confidence,
                n=n,
                method=f"twice the difference of AUC; {interval.method}; against: {challenger.title}",
            ),
            _gini("gini_candidate", candidate.gini, n),
            _gini("gini_challenger", simple.gini, n),
            Metric(name="p_two_sided", estimate=difference.p_two_sided, n=n, method=interval.method),
        ),
        tables=(
            Table(id="scorecard", title=challenger.title, columns=challenger.columns, rows=challenger.rows),
        ),
        notes=(f"challenger: {challenger.title}", "whether the advantage is enough is for policy to say"),
    )


def _gini(name: str, value: float, n: int) -> Metric:
    return Metric(
        name=name,
        estimate=value,
        n=n,
        method="2 AUC - 1 on the test sample; the interval is on the difference",
    )
