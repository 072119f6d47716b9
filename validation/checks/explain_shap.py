"""Check ``explain.shap``: what drives the model, and may its explanations be trusted?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from registry.domain.vocab import ExplainabilityLevel, ModelFamily
from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FactKind,
    Feed,
    FiveParts,
    Params,
    ParamSpec,
)
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.rows import Rows
from validation.domain.tools import ExplainerTool, Overview, SecondOpinion, Tools
from validation.stats.attribution import Ranking, additivity_errors, convergence_ratio, rank_importance
from validation.stats.means import mean_metric
from validation.stats.outcomes import ensure_rows, read_rows
from validation.stats.ranks import spearman, top_overlap
from validation.stats.sampling import pick_rows, sample_rows

_INTERPRETABLE = frozenset(
    {ModelFamily.LINEAR.value, ModelFamily.SCORECARD.value, ModelFamily.ADDITIVE.value}
)
_TOP = 4
_SHOWN = 5
_CONFIDENCE = 0.95
_OPINION_ROWS, _OPINION_BACKGROUND = 8, 100


SPEC = CheckSpec(
    id="explain.shap",
    major=1,
    title="Explanation: SHAP, global and local",
    kind=CheckKind.EXPLANATION,
    needs=("train.features", "test.features", "test.scores"),
    tools=("explainer",),
    deadline_s=300,
    params=(
        ParamSpec.whole("runs", "5", "repetitions, each with its own background and seed", 2, 50),
        ParamSpec.whole("background", "200", "rows of the training sample in each background", 10, 5000),
        ParamSpec.whole("local_rows", "40", "rows explained one by one", 4, 5000),
        ParamSpec.whole(
            "black_box_rows", "12", "rows explained one by one when only predictions are at hand", 4, 5000
        ),
        ParamSpec.whole(
            "overview_rows",
            "1000000",
            "most rows of the test sample behind the global importances, where exact ones are cheap",
            10,
            1000000,
        ),
        ParamSpec.share("additivity_bound", "0.01", "greatest gap in the sum of contributions for level 3"),
        ParamSpec.share("stability_bound", "0.9", "least rank agreement between runs for level 3"),
        ParamSpec.share("convergence_bound", "0.1", "greatest standard error against the spread for level 3"),
        ParamSpec.share(
            "reproduction_tolerance", "0.00001", "greatest gap between explained and predicted probability"
        ),
        ParamSpec.share(
            "second_opinion_tolerance",
            "0.0001",
            "greatest gap between our contributions and those of SHAP's own code",
        ),
    ),
    metrics=(
        *("additivity_error", "rank_stability", "convergence_ratio", "top_overlap"),
        *("reproduction_error", "explainability_level"),
    ),
    feeds=(
        Feed(metric="additivity_error", fact="evidence.explanation_additivity"),
        Feed(metric="rank_stability", fact="evidence.explanation_stability"),
        Feed(metric="explainability_level", fact="evidence.explainability_achieved", kind=FactKind.INTEGER),
    ),
    doc=FiveParts(
        purpose="Shows which inputs drive the model, globally and for single obligors, and measures whether "
        "those statements add up and repeat. It yields the explainability level that policy reads.",
        mechanism="SHAP attributions by the best route that the artefact allows: the declared trees or "
        "coefficients, else permutations through the box that only predicts. What is explained must first "
        "reproduce the box's scores. Global importances of trees and sums are the mean |contribution| of all "
        "rows of the test sample against all rows of the training sample, with a 95 % interval; ranks that "
        "the rows cannot tell apart are tied. SHAP's own code gives a second opinion on a few rows, and "
        "where the two disagree there is no result. Each "
        "run draws its own background and seed. Additivity is the largest "
        "gap between output and base plus contributions, over the spread of outputs. Rank stability is the "
        "mean Spearman correlation of an obligor's contributions between runs; convergence is the largest "
        "standard error over the spread of contributions (Covert and Lee). Level 1: importances exist; "
        "2: local attributions exist; 3: additive, stable and converged within the plan's bounds; 4: the "
        "model is of an interpretable family and its declared form, which is then its own explanation, "
        "reproduces its scores.",
        signs_of_high_risk="Contributions that do not add up; ranks that change with the background; a "
        "declared form that does not reproduce the scores; an obligor's leading reason that moves.",
        strengths="Exact for trees and linear models; every statement is repeated before it is believed; "
        "the route is named; no artefact is loaded.",
        limitations="Features are taken as independent of one another given the background, so correlated "
        "inputs share credit arbitrarily. Stability is not faithfulness: manipulated explanations need "
        "further checks. No regulator publishes a bound for any of these figures.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Local:
    rows: FloatArray
    outputs: FloatArray
    bases: FloatArray
    runs: FloatArray

    @property
    def mean(self) -> FloatArray:
        return np.asarray(self.runs.mean(axis=0), dtype=np.float64)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the attributions, their quality and the level that they reach."""
    explainer = tools.explainer
    assert explainer is not None
    train, test = (read_rows(inputs=inputs, sample=name) for name in ("train", "test"))
    ensure_rows(values=train, sample="train", needed=params.integer("background"))
    ensure_rows(values=test, sample="test", needed=params.integer("local_rows"))
    reproduction = _reproduction_error(explainer, test, inputs.array("test.scores"), params)
    local = _explain_locally(explainer, train, test, params, tools.seed)
    opinion = _second_opinion(explainer, train, test, params, tools.seed)
    overview = explainer.overview(rows=_shown(test, params, tools.seed), background=train)
    parts = (local.mean,) if overview is None else overview.parts
    ranking = rank_importance(parts=parts, confidence=_CONFIDENCE)
    quality = _quality(local, explainer.route)
    family = inputs.artifact.family if inputs.artifact else ModelFamily.OPAQUE.value
    steps = _steps(quality, params, interpretable=family in _INTERPRETABLE and explainer.route == "additive")
    level = _level(steps)
    return Measurement(
        metrics=(
            *quality,
            Metric(
                name="reproduction_error",
                estimate=reproduction,
                n=len(test),
                method="largest gap between the explained form's probability and the box's score",
            ),
            Metric(
                name="explainability_level",
                estimate=float(level),
                n=len(local.rows),
                method="level 4 by its own condition, else the highest whose conditions and all below are met",
            ),
        ),
        tables=(
            _global_table(inputs.feature_names, ranking),
            _local_table(inputs.feature_names, local),
            Table(id="levels", title="Explainability level", columns=("level", "met", "because"), rows=steps),
            _method_table(explainer, ranking.rows, overview, opinion),
        ),
        figures=(_importance_figure(inputs.feature_names, ranking.mean),),
        notes=(
            f"route {explainer.route}, contributions in {explainer.space}",
            f"global importances from {ranking.rows} rows",
        ),
    )


def _shown(test: Rows, params: Params, seed: int) -> Rows:
    """Return the rows behind the global importances: all, unless there are more than the plan allows."""
    size = params.integer("overview_rows")
    return test if len(test) <= size else test.only(pick_rows(rows=test, size=size, seed=seed))


def _second_opinion(
    explainer: ExplainerTool, train: Rows, test: Rows, params: Params, seed: int
) -> SecondOpinion | None:
    """Return what another implementation says; where it says something else, nobody is believed."""
    opinion = explainer.second_opinion(
        rows=sample_rows(rows=test, size=_OPINION_ROWS, seed=seed),
        background=sample_rows(rows=train, size=_OPINION_BACKGROUND, seed=seed),
    )
    if opinion is not None and not opinion.gap <= params.number("second_opinion_tolerance"):
        raise UnusableInputError(
            reason="explanations_disagree",
            detail=f"{opinion.by} gives other contributions for the same rows: they differ by {opinion.gap:.3g}",
        )
    return opinion


def _reproduction_error(explainer: ExplainerTool, rows: Rows, scores: FloatArray, params: Params) -> float:
    error, seen = 0.0, 0
    for stretch in rows.stretches():
        outputs = explainer.outputs(rows=stretch)
        chances = 1.0 / (1.0 + np.exp(-outputs)) if explainer.space == "log_odds" else outputs
        error = max(error, float(np.abs(chances - scores[seen : seen + len(stretch)]).max()))
        seen += len(stretch)
    if not error <= params.number("reproduction_tolerance"):
        raise UnusableInputError(
            reason="explains_another_model",
            detail=f"the form to be explained gives other scores than the box: they differ by {error:.3g}",
        )
    return error


def _explain_locally(explainer: ExplainerTool, train: Rows, test: Rows, params: Params, seed: int) -> _Local:
    size = "black_box_rows" if explainer.route == "black_box" else "local_rows"
    rows = sample_rows(rows=test, size=params.integer(size), seed=seed)
    found = []
    for run in range(params.integer("runs")):
        background = sample_rows(rows=train, size=params.integer("background"), seed=seed + run)
        found.append(explainer.attribute(rows=rows, background=background, seed=(seed + run) % 2**31))
    return _Local(
        rows=rows,
        outputs=explainer.outputs(rows=rows),
        bases=np.asarray([one.base for one in found]),
        runs=np.stack([one.values for one in found]),
    )


def _quality(local: _Local, route: str) -> tuple[Metric, ...]:
    errors = [
        additivity_errors(outputs=local.outputs, base=float(base), values=values)
        for base, values in zip(local.bases, local.runs, strict=True)
    ]
    pairs = list(combinations(local.runs, 2))
    agreement, overlap = (
        np.asarray([np.mean([measure(a[i], b[i]) for a, b in pairs]) for i in range(len(local.rows))])
        for measure in (_rank_agreement, _leading_overlap)
    )
    runs, rows = len(local.runs), len(local.rows)
    return (
        Metric(
            name="additivity_error",
            estimate=float(np.max(errors)),
            n=runs * rows,
            method=f"largest |f - base - sum| over the spread of outputs, route {route}",
        ),
        mean_metric("rank_stability", agreement, f"mean Spearman between {runs} runs, normal interval"),
        mean_metric(
            "convergence_ratio",
            convergence_ratio(runs=local.runs),
            f"largest standard error over spread of contributions, {runs} runs, mean over rows",
        ),
        mean_metric("top_overlap", overlap, f"Jaccard overlap of the {_TOP} largest contributions to risk"),
    )


def _rank_agreement(first: FloatArray, second: FloatArray) -> float:
    return spearman(first=first, second=second)


def _leading_overlap(first: FloatArray, second: FloatArray) -> float:
    return top_overlap(first=first, second=second, k=_TOP)


def _steps(
    quality: Sequence[Metric], params: Params, *, interpretable: bool
) -> tuple[tuple[str, str, str], ...]:
    figures = {metric.name: metric.estimate for metric in quality}
    additive, stable, settled = (
        figures["additivity_error"] <= params.number("additivity_bound"),
        figures["rank_stability"] >= params.number("stability_bound"),
        figures["convergence_ratio"] <= params.number("convergence_bound"),
    )
    measured = "; ".join(
        f"{name} {figures[name]:.3g} against {params[bound]}"
        for name, bound in (
            ("additivity_error", "additivity_bound"),
            ("rank_stability", "stability_bound"),
            ("convergence_ratio", "convergence_bound"),
        )
    )
    inherent = "an interpretable family whose declared form reproduces the scores"
    rows = (
        (ExplainabilityLevel.GLOBAL, True, "global importances were computed"),
        (ExplainabilityLevel.LOCAL, True, "contributions exist for single rows"),
        (ExplainabilityLevel.VERIFIED_LOCAL, additive and stable and settled, measured),
        (ExplainabilityLevel.INHERENT, interpretable, inherent if interpretable else f"not {inherent}"),
    )
    return tuple((str(int(level)), "yes" if met else "no", why) for level, met, why in rows)


def _level(steps: Sequence[tuple[str, str, str]]) -> ExplainabilityLevel:
    if steps[-1][1] == "yes":
        # The declared form is the explanation: how attributions vary with a background is beside the point.
        return ExplainabilityLevel.INHERENT
    reached = ExplainabilityLevel.OPAQUE
    for level, met, _why in steps[:-1]:
        if met != "yes":
            break
        reached = ExplainabilityLevel(int(level))
    return reached


def _global_table(names: Sequence[str], ranking: Ranking) -> Table:
    total = float(ranking.mean.sum()) or 1.0
    return Table(
        id="global",
        title="Global importance",
        columns=("feature", "mean |contribution|", "share", "95 % from", "95 % to", "rank"),
        rows=tuple(
            (
                names[i],
                *(decimal_text(float(figure)) for figure in (ranking.mean[i], ranking.mean[i] / total)),
                *(decimal_text(float(end)) for end in (ranking.lower[i], ranking.upper[i])),
                _rank(int(ranking.first[i]), int(ranking.last[i])),
            )
            for i in np.argsort(-ranking.mean, kind="stable")
        ),
    )


def _rank(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}, tied"


def _method_table(
    explainer: ExplainerTool,
    rows: int,
    overview: Overview | None,
    opinion: SecondOpinion | None,
) -> Table:
    how = "mean of the runs, each with its own background" if overview is None else overview.method
    against = (
        "the backgrounds of the runs"
        if overview is None
        else f"{overview.background} rows of the training sample"
    )
    second = (
        "none: no other implementation explains this route"
        if opinion is None
        else f"{opinion.by}: {opinion.rows} rows against {opinion.background}, "
        f"largest difference {opinion.gap:.3g}"
    )
    return Table(
        id="method",
        title="How the global importances were found",
        columns=("what", "how"),
        rows=(
            ("route", explainer.route),
            ("algorithm", how or explainer.route),
            ("rows explained", f"{rows} rows of the test sample"),
            ("background", against),
            ("second opinion", second),
        ),
    )


def _local_table(names: Sequence[str], local: _Local) -> Table:
    chosen = np.linspace(0, len(local.rows) - 1, _SHOWN).round().astype(int)
    by_output = np.argsort(local.outputs, kind="stable")[chosen]
    errors = local.runs.std(axis=0, ddof=1) / len(local.runs) ** 0.5
    rows = [
        (
            str(place + 1),
            decimal_text(float(local.outputs[i])),
            names[j],
            decimal_text(float(local.rows[i, j])),
            decimal_text(float(local.mean[i, j])),
            decimal_text(float(errors[i, j])),
        )
        for place, i in enumerate(by_output)
        for j in np.argsort(-np.abs(local.mean[i]), kind="stable")[:_TOP]
    ]
    return Table(
        id="local",
        title="Single rows from lowest to highest output, largest contributions",
        columns=("example", "output", "feature", "value", "contribution", "standard error"),
        rows=tuple(rows),
    )


def _importance_figure(names: Sequence[str], importances: FloatArray) -> Figure:
    order = np.argsort(-importances, kind="stable")
    return Figure(
        id="importance",
        title="Global importance",
        kind="bar",
        x_label="feature",
        y_label="mean |contribution|",
        ticks=tuple(names[i] for i in order),
        series=(
            Series(
                name="importance",
                points=tuple((float(place + 1), float(importances[i])) for place, i in enumerate(order)),
            ),
        ),
    )
