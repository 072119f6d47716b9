"""Check ``robustness.inputs``: what does the model do when its inputs are a little off, missing or extreme?"""

from decimal import Decimal

import numpy as np

from registry.domain.vocab import Verdict
from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FactKind,
    Feed,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
)
from validation.domain.inputs import CheckInputs, UnusableInputError
from validation.domain.params import CONFIDENCE, MIN_DEFAULTS
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.thresholds import Direction, Threshold
from validation.domain.tools import PredictTool, Reply, Tools
from validation.stats.calibration import grade_index
from validation.stats.column_shift import name_categories
from validation.stats.outcomes import ensure_both_classes, ensure_rows, read_features
from validation.stats.probes import (
    POINTS,
    Asked,
    LeftOut,
    Shaken,
    Stressed,
    ask_unchanged,
    count_questions,
    leave_out,
    shake,
    stress,
)
from validation.stats.rates import share_interval
from validation.stats.robustness import mean_interval
from validation.stats.sampling import pick_rows

_FEWEST_TRAINING = 50
_NO_INTERVAL = "no interval: a property of the model over the rows asked about"

SPEC = CheckSpec(
    id="robustness.inputs",
    major=1,
    title="Robustness: perturbed, missing and extreme inputs",
    kind=CheckKind.ROBUSTNESS,
    needs=("train.features", "test.features", "test.labels"),
    tools=("predict",),
    deadline_s=300,
    params=(
        ParamSpec.whole("rows", "2000", "most test rows asked about, drawn with the seed", 50, 100000),
        ParamSpec.whole(
            "asked_rows", "600000", "most rows put to the model in all; more columns leave fewer rows", 1000
        ),
        ParamSpec.whole("repeats", "5", "times that each perturbation is drawn", 1, 100),
        ParamSpec.share("jitter", "0.1", "standard deviation of the noise, in interquartile ranges"),
        ParamSpec.share("redrawn", "0.1", "chance that a code is redrawn"),
        ParamSpec(
            name="categories",
            kind=ParamKind.TEXT,
            default="",
            meaning="columns that hold codes without order, separated by commas: redrawn, not jittered",
        ),
        ParamSpec(
            name="tail",
            kind=ParamKind.DECIMAL,
            default="0.01",
            meaning="share of training rows beyond each extreme percentile",
            minimum=Decimal(0),
            maximum=Decimal("0.25"),
        ),
        ParamSpec(
            name="beyond",
            kind=ParamKind.DECIMAL,
            default="0.5",
            meaning="how far outside the range, in widths of the range",
            minimum=Decimal(0),
            maximum=Decimal(100),
        ),
        ParamSpec.whole("shown", "12", "columns drawn, the most sensitive first", 1, 50),
        CONFIDENCE,
        MIN_DEFAULTS,
    ),
    metrics=(
        *("gini_loss", "mean_change", "p99_change", "grade_jump_share", "most_sensitive_change"),
        *("missing_gini_loss", "missing_silent_share", "missing_refused_share"),
        *("stress_mean_move", "stress_no_probability", "stress_refused_share"),
    ),
    feeds=(
        Feed(metric="gini_loss", fact="evidence.perturbation_gini_loss"),
        Feed(metric="gini_loss.upper", fact="evidence.perturbation_gini_loss_upper"),
        Feed(metric="stress_no_probability", fact="evidence.impossible_outputs", kind=FactKind.INTEGER),
    ),
    inherent=(
        Threshold(
            metric="stress_no_probability",
            direction=Direction.AT_MOST,
            inclusive=True,
            value=Decimal(0),
            verdict=Verdict.FAIL,
            cites=("an output that is no finite number between 0 and 1 is no PD, whatever was asked",),
        ),
    ),
    doc=FiveParts(
        purpose="Shows how far the model's PDs depend on inputs being exactly right, and what it does with "
        "inputs that are missing, extreme or impossible.",
        mechanism="The model is asked in its box about changed rows of the test sample. Perturbation: normal "
        "noise, in shares of a column's interquartile range in training (of its 5 to 95 % range where that is "
        "zero), one column at a time and all together, repeated; values stay in the range seen, whole numbers "
        "are rounded up or down by chance, named codes are redrawn from training. The Gini lost has a paired "
        "DeLong interval on the same obligors, the kernel averaged over the repeats. Missing: each column "
        "in turn is not a number; the model refuses, answers as before, or answers otherwise; losses are "
        "tested with Holm's adjustment over the columns, and the worst has a Bonferroni interval. Stress: each "
        "column in turn is set, in all rows, to the tails of training and beyond the range; the largest move of "
        "the mean PD is reported.",
        signs_of_high_risk="A Gini that a tenth of an interquartile range undoes; obligors who jump two grades; "
        "one column on which everything hangs; a model that answers a missing input silently, with a "
        "PD far from the one it had; PDs that run away outside the training range, or are no numbers.",
        strengths="Needs predictions alone, so it works on any artefact. The noise is the same alone and "
        "together. The rows and calls are bounded, and the notes state them. A refusal is an outcome, "
        "told apart from an answer.",
        limitations="Noise is independent between columns, so perturbed rows may be customers who do not exist. "
        "A constant column is not perturbed. How large a jitter is plausible is a choice of the plan, as is "
        "every bound but that on impossible outputs. Missing means not a number: a sentinel such as -999 "
        "is a value to a model. One column at a time says nothing of two missing together. Test rows that "
        "lack values are refused here.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Ask about perturbed, missing and extreme inputs and measure what the answers cost."""
    predict, names = tools.predict, inputs.feature_names
    assert predict is not None
    asked = _read(inputs, params, predict, tools.seed)
    confidence, repeats = params.number("confidence"), params.integer("repeats")
    shaken = shake(
        predict=predict,
        asked=asked,
        repeats=repeats,
        jitter=params.number("jitter"),
        redrawn=params.number("redrawn"),
        confidence=confidence,
        seed=tools.seed,
    )
    left_out = leave_out(predict=predict, asked=asked, confidence=confidence)
    stressed = stress(
        predict=predict,
        asked=asked,
        training=inputs.array("train.features"),
        tail=params.number("tail"),
        beyond=params.number("beyond"),
    )
    order = np.argsort(-shaken.changes, kind="stable").tolist()
    questions = count_questions(columns=len(names), repeats=repeats)
    return Measurement(
        metrics=(
            *_noise_metrics(asked, shaken, params),
            _most_sensitive(names, asked, shaken),
            *([_jumps(asked, shaken, inputs.grade_edges, confidence)] if inputs.grade_edges else []),
            _worst_missing(names, asked, left_out, confidence),
            *_missing_shares(asked, left_out),
            *_stress_metrics(names, asked, stressed),
        ),
        tables=(
            _sensitivity_table(names, asked, shaken, order),
            _outcome_table(names, left_out, stressed, order),
        ),
        figures=_figures(names, shaken, stressed, order[: params.integer("shown")]),
        notes=(
            f"asked {questions} times about {asked.n} rows: {questions * asked.n} rows in all",
            "noise alone and together is the same noise; rows and noise are drawn with the seed",
        ),
    )


def _read(inputs: CheckInputs, params: Params, predict: PredictTool, seed: int) -> Asked:
    """Draw the rows, by what they hold and in the order of it, and ask about them as they are."""
    training, rows = (read_features(inputs=inputs, sample=name) for name in ("train", "test"))
    ensure_rows(values=training, sample="train", needed=_FEWEST_TRAINING)
    labels, names = inputs.array("test.labels"), inputs.feature_names
    if labels.shape != (len(rows),):
        raise UnusableInputError(reason="malformed_input", detail="test: rows and labels differ in number")
    codes = name_categories(listed=params.text("categories"), names=names)
    questions = count_questions(columns=len(names), repeats=params.integer("repeats"))
    size = min(params.integer("rows"), params.integer("asked_rows") // questions)
    both = np.column_stack([rows, labels])
    both = both[pick_rows(rows=both, size=size, seed=seed)]
    both = both[np.lexsort(both.T[::-1])]
    labels = both[:, -1]
    ensure_both_classes(
        labels=labels,
        sample=f"what is asked of test ({len(both)} rows)",
        min_defaults=params.integer("min_defaults"),
    )
    return ask_unchanged(
        predict=predict,
        training=training,
        rows=np.ascontiguousarray(both[:, :-1]),
        labels=labels,
        codes=tuple(name in codes for name in names),
    )


def _noise_metrics(asked: Asked, shaken: Shaken, params: Params) -> tuple[Metric, ...]:
    confidence, changes = params.number("confidence"), np.abs(shaken.scores - asked.scores)
    noise = f"noise of {params['jitter']} robust scales in all columns, {params['repeats']} draws"
    by_row = changes.mean(axis=0)
    lower, upper = mean_interval(values=by_row, confidence=confidence)
    return (
        Metric(
            name="gini_loss",
            estimate=shaken.loss.estimate,
            lower=shaken.loss.lower,
            upper=shaken.loss.upper,
            confidence=confidence,
            n=asked.n,
            method=f"{noise}; paired DeLong, kernel averaged over the draws",
        ),
        Metric(
            name="mean_change",
            estimate=float(by_row.mean()),
            lower=lower,
            upper=upper,
            confidence=confidence,
            n=asked.n,
            method=f"{noise}; mean absolute change of the PD, normal over rows",
        ),
        Metric(
            name="p99_change",
            estimate=float(np.quantile(changes, 0.99, method="inverted_cdf")),
            n=asked.n,
            method=f"{noise}; 99th percentile of the absolute change over rows and draws; {_NO_INTERVAL}",
        ),
    )


def _most_sensitive(names: tuple[str, ...], asked: Asked, shaken: Shaken) -> Metric:
    most = int(np.argmax(shaken.changes))
    return Metric(
        name="most_sensitive_change",
        estimate=float(shaken.changes[most]),
        n=asked.n,
        method=f"{names[most]} alone, the largest mean change of {len(names)} columns; {_NO_INTERVAL}",
    )


def _jumps(asked: Asked, shaken: Shaken, edges: tuple[float, ...], confidence: float) -> Metric:
    before, after = (grade_index(scores=scores, edges=edges) for scores in (asked.scores, shaken.scores))
    share = float((np.abs(after - before) > 1.0).mean())
    lower, upper = share_interval(count=share * asked.n, n=asked.n, confidence=confidence)
    return Metric(
        name="grade_jump_share",
        estimate=share,
        # Below one jump in all rows Jeffreys' interval of a fraction need not hold the fraction.
        lower=min(lower, share),
        upper=max(upper, share),
        confidence=confidence,
        n=asked.n,
        method=f"more than one of {len(edges) + 1} grades away under noise; Jeffreys over rows, draws averaged",
    )


def _worst_missing(names: tuple[str, ...], asked: Asked, left_out: LeftOut, confidence: float) -> Metric:
    if not left_out.losses:
        return Metric(
            name="missing_gini_loss",
            estimate=0.0,
            n=asked.n,
            method="the model answers for no column that is missing, so nothing is lost in silence",
        )
    worst = max(left_out.losses, key=lambda i: left_out.losses[i].estimate)
    loss = left_out.losses[worst]
    return Metric(
        name="missing_gini_loss",
        estimate=loss.estimate,
        lower=loss.lower,
        upper=loss.upper,
        confidence=confidence,
        n=asked.n,
        method=f"{names[worst]}, the worst of {len(left_out.losses)} answered; paired DeLong, Bonferroni; "
        f"p {left_out.adjusted[worst]:.3g} by Holm",
    )


def _missing_shares(asked: Asked, left_out: LeftOut) -> tuple[Metric, ...]:
    columns, refused = len(left_out.replies), len(left_out.replies) - len(left_out.losses)
    silent = len(left_out.losses) - sum(left_out.is_unmoved)
    return tuple(
        Metric(
            name=name,
            estimate=count / columns,
            n=asked.n,
            method=f"{count} of {columns} columns whose absence {what}; {_NO_INTERVAL}",
        )
        for name, count, what in (
            ("missing_silent_share", silent, "the model answers with other PDs"),
            ("missing_refused_share", refused, "leaves the model without an answer"),
        )
    )


def _stress_metrics(names: tuple[str, ...], asked: Asked, stressed: Stressed) -> tuple[Metric, ...]:
    stresses, worst = stressed.moves.size, stressed.worst
    refused = stressed.count(Reply.REFUSED, Reply.DIED)
    move, where = 0.0, "no stress was answered"
    if worst is not None:
        move = abs(float(stressed.moves[worst]))
        value = decimal_text(float(stressed.values[worst]))
        where = f"{names[worst[0]]} at {value}, {POINTS[worst[1]]}"
    return (
        Metric(
            name="stress_mean_move",
            estimate=move,
            n=asked.n,
            method=f"{where}, the largest of {stresses} stresses; {_NO_INTERVAL}",
        ),
        Metric(
            name="stress_no_probability",
            estimate=float(stressed.count(Reply.NO_PROBABILITY)),
            n=asked.n,
            method=f"of {stresses} stresses, those with an output that is not finite or not within 0 and 1",
        ),
        Metric(
            name="stress_refused_share",
            estimate=refused / stresses,
            n=asked.n,
            method=f"{refused} of {stresses} stresses that the model refuses or dies of; {_NO_INTERVAL}",
        ),
    )


def _sensitivity_table(names: tuple[str, ...], asked: Asked, shaken: Shaken, order: list[int]) -> Table:
    return Table(
        id="sensitivity",
        title="Perturbed alone, most sensitive first",
        columns=("column", "robust scale", "rows moved", "mean change of PD", "Gini loss", "from", "to"),
        rows=tuple(
            (
                names[i],
                "codes" if asked.columns[i].codes is not None else decimal_text(asked.columns[i].scale),
                *(decimal_text(float(value)) for value in (shaken.moved[i], shaken.changes[i])),
                *(
                    decimal_text(value)
                    for value in (shaken.losses[i].estimate, shaken.losses[i].lower, shaken.losses[i].upper)
                ),
            )
            for i in order
        ),
    )


def _outcome_table(names: tuple[str, ...], left_out: LeftOut, stressed: Stressed, order: list[int]) -> Table:
    return Table(
        id="outcomes",
        title="Missing, and at extremes: what the model does, and the move of its mean PD",
        columns=("column", "missing", "Gini loss", "adjusted p", *POINTS),
        rows=tuple(
            (
                names[i],
                _missing_words(left_out, i),
                *(
                    (decimal_text(left_out.losses[i].estimate), decimal_text(left_out.adjusted[i]))
                    if i in left_out.losses
                    else ("", "")
                ),
                *(_stress_words(stressed, i, point) for point in range(len(POINTS))),
            )
            for i in order
        ),
    )


def _missing_words(left_out: LeftOut, column: int) -> str:
    if left_out.replies[column] is not Reply.ANSWERED:
        return left_out.replies[column].value.replace("_", " ")
    return "answered as before" if left_out.is_unmoved[column] else "answered otherwise"


def _stress_words(stressed: Stressed, column: int, point: int) -> str:
    reply, at = stressed.replies[column][point], decimal_text(float(stressed.values[column, point]))
    said = (
        f"{stressed.moves[column, point]:+.4g}" if reply is Reply.ANSWERED else reply.value.replace("_", " ")
    )
    return f"{said} at {at}"


def _figures(
    names: tuple[str, ...], shaken: Shaken, stressed: Stressed, shown: list[int]
) -> tuple[Figure, ...]:
    largest = np.abs(np.nan_to_num(stressed.moves)).max(axis=1)
    return tuple(
        Figure(
            id=id_,
            title=title,
            kind="bar",
            x_label="column",
            y_label=label,
            series=(
                Series(
                    name=label,
                    points=tuple((float(place), float(values[i])) for place, i in enumerate(shown, start=1)),
                ),
            ),
            ticks=tuple(names[i] for i in shown),
        )
        for id_, title, label, values in (
            ("sensitivity", "One column perturbed", "mean absolute change of the PD", shaken.changes),
            ("stress", "One column at its extremes", "largest move of the mean PD", largest),
        )
    )
