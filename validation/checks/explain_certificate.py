"""Check ``explain.certificate``: may the explanation itself be believed, and what must it not be used for?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from validation.domain.check import CheckKind, CheckSpec, Feed, FiveParts, Params, ParamSpec
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.rows import Rows
from validation.domain.tools import ExplainerTool, Tools
from validation.stats.disagreement import Agreement, agreement
from validation.stats.faithfulness import (
    Predict,
    deletion_curves,
    distance_area,
    occlusion,
    relative_stability,
)
from validation.stats.manifold import ManifoldSupport, manifold_support
from validation.stats.means import mean_metric
from validation.stats.outcomes import ensure_rows, read_rows
from validation.stats.sampling import sample_rows
from validation.stats.surrogate import fit_surrogate

_MOST = 0.9
_MEASURES = ("feature", "rank", "sign", "signed_rank", "rank_correlation", "pairwise_rank")


SPEC = CheckSpec(
    id="explain.certificate",
    major=1,
    title="Explanation certificate: faithful, steady, agreed, and not planted",
    kind=CheckKind.EXPLANATION,
    needs=("train.features", "test.features"),
    tools=("explainer",),
    deadline_s=300,
    params=(
        ParamSpec.whole("rows", "24", "rows whose explanations are examined", 4, 2000),
        ParamSpec.whole("black_box_rows", "8", "the same when only predictions are at hand", 4, 2000),
        ParamSpec.whole("background", "16", "training rows that stand in for features given up", 4, 2000),
        ParamSpec.whole(
            "attribution_background",
            "5000",
            "training rows behind each attribution; only `background` when only predictions are at hand",
            4,
            20000,
        ),
        ParamSpec.whole(
            "runs", "3", "repetitions of the attribution, each with its own background and seed", 2, 50
        ),
        ParamSpec.whole(
            "random_orders", "8", "random orders against which the explained order is held", 2, 200
        ),
        ParamSpec.whole("leading", "4", "contributions that a letter to a customer would name", 1, 20),
        ParamSpec.whole(
            "probes", "200", "test rows moved to a neighbour's value, one feature at a time", 10, 5000
        ),
        ParamSpec.whole(
            "pool", "2000", "training rows among which neighbours and bins are found", 50, 100000
        ),
        ParamSpec.whole("bins", "10", "bins of a feature for the surrogate and for association", 2, 50),
        ParamSpec.share("nudge", "0.02", "step to a near row, in standard deviations of each feature"),
        ParamSpec.share(
            "support_floor", "0.1", "least effect among customers, as a share of the importance given"
        ),
        ParamSpec.share(
            "steady_share", "0.95", "share of naming rows on which every run must name a feature"
        ),
    ),
    metrics=(
        *("faithfulness_gain", "beats_random_share", "relative_stability", "feature_agreement"),
        *("rank_correlation", "surrogate_fidelity", "unsupported_share", "features_not_to_name"),
    ),
    feeds=(
        Feed(metric="faithfulness_gain.lower", fact="evidence.explanation_faithfulness_lower"),
        Feed(metric="unsupported_share", fact="evidence.explanation_unsupported"),
    ),
    doc=FiveParts(
        purpose="Measures whether the attributions that are shown and quoted deserve it: whether the "
        "features they name move the output, whether they hold still, whether a second method agrees, and "
        "whether importance is claimed that no customer's output bears out.",
        mechanism="For each row the features are given up to background values, strongest contribution "
        "first, and the way of the output to its base is compared with random orders (deletion; Petsiuk, "
        "Das and Saenko 2018): the gain is the mean area saved, in spreads of the output. Stability is the "
        "relative change of contributions over the relative size of a nudge (Agarwal 2022), as not exceeded "
        "on nine rows of ten. The second method is occlusion, one feature at a time; agreement is by the six "
        "measures of Krishna (2022). Surrogate fidelity is the R squared of an additive fit on unseen rows. "
        "Unsupported share is the part of all importance that lies on features which neither shift the "
        "mean output nor move a customer's output when taken from a similar customer: an explainer that is "
        "deceived (Slack 2020) names such features. A feature must not be named in a letter when runs "
        "differ on naming it.",
        signs_of_high_risk="A gain whose interval reaches zero: a random order explains as well. Importance "
        "without support. Many features on which runs differ. Low agreement of methods: show both, choose "
        "none.",
        strengths="Judges the explanation, not the model, against what the model does; needs no truth about "
        "reasons; finds a planted deceiver; says which features are safe to name.",
        limitations="No regulator publishes a bound, and there is no ground truth of reasons. Deletion and "
        "occlusion ask the model about mixtures themselves. Support compares feature by feature: a deceiver "
        "that keeps its lie near every customer is not found, and neighbours are far apart in many "
        "dimensions.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    rows: FloatArray
    outputs: FloatArray
    background: FloatArray
    runs: FloatArray

    @property
    def values(self) -> FloatArray:
        return np.asarray(self.runs.mean(axis=0), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class _Curves:
    explained: FloatArray
    random: FloatArray
    gains: FloatArray
    won: FloatArray


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the quality of the attributions and list the features that must not be named."""
    explainer = tools.explainer
    assert explainer is not None
    train, test = (read_rows(inputs=inputs, sample=name) for name in ("train", "test"))
    names = inputs.feature_names
    ensure_rows(values=train, sample="train", needed=params.integer("background"))
    ensure_rows(values=test, sample="test", needed=params.integer("rows"))
    seen = _explained(explainer, train, test, params, tools.seed)
    curves = _curves(explainer, seen, params, tools.seed)
    pool = sample_rows(rows=train, size=params.integer("pool"), seed=tools.seed)
    probes = sample_rows(rows=test, size=params.integer("probes"), seed=tools.seed)
    support = manifold_support(
        predict=_predict(explainer), probes=probes, pool=pool, bins=params.integer("bins")
    )
    found = [
        agreement(first=values, second=other, k=min(params.integer("leading"), len(names)))
        for values, other in zip(seen.values, _occluded(explainer, seen), strict=True)
    ]
    letters = _letters(seen.runs, names, params)
    importances = np.asarray(np.abs(seen.values).mean(axis=0), dtype=np.float64)
    return Measurement(
        metrics=(
            *_faithfulness(curves, params),
            _stability(explainer, seen, pool, params, tools.seed),
            *_agreement_metrics(found),
            _fidelity(explainer, pool, probes, params),
            _support_metric(support, importances, len(probes), params),
            Metric(
                name="features_not_to_name",
                estimate=float(sum(row[-1] == "no" for row in letters)),
                n=len(seen.rows),
                method=f"features among the {params['leading']} leading contributions of a row in some runs only, "
                f"on more than 1 - {params['steady_share']} of the rows that name them",
            ),
        ),
        tables=(
            Table(
                id="letters",
                title="Features that a letter would name, and whether every run names them",
                columns=("feature", "rows that name it", "of these in every run", "may be named"),
                rows=letters,
            ),
            _support_table(support, importances, names, params),
            _agreement_table(found),
        ),
        figures=(_figure(curves),),
        notes=(
            f"route {explainer.route}, contributions in {explainer.space}",
            "no regulator publishes a bound for any of these figures; every limit is house policy",
        ),
    )


def _explained(explainer: ExplainerTool, train: Rows, test: Rows, params: Params, seed: int) -> _Rows:
    is_black_box = explainer.route == "black_box"
    size = params.integer("black_box_rows" if is_black_box else "rows")
    wide = params.integer("background" if is_black_box else "attribution_background")
    rows = sample_rows(rows=test, size=size, seed=seed)
    found = [
        explainer.attribute(
            rows=rows,
            background=sample_rows(rows=train, size=wide, seed=seed + run),
            seed=(seed + run) % 2**31,
        ).values
        for run in range(params.integer("runs"))
    ]
    return _Rows(
        rows=rows,
        outputs=explainer.outputs(rows=rows),
        background=sample_rows(rows=train, size=params.integer("background"), seed=seed),
        runs=np.stack(found),
    )


def _predict(explainer: ExplainerTool) -> Predict:
    return lambda rows: explainer.outputs(rows=rows)


def _curves(explainer: ExplainerTool, seen: _Rows, params: Params, seed: int) -> _Curves:
    generator = np.random.default_rng(seed)
    predict, spread = _predict(explainer), float(seen.outputs.std()) or 1.0
    explained, random, gains, won = [], [], [], []
    for row, values in zip(seen.rows, seen.values, strict=True):
        orders = [np.argsort(-np.abs(values), kind="stable")]
        orders += [generator.permutation(len(row)) for _ in range(params.integer("random_orders"))]
        curves = deletion_curves(
            predict=predict, row=row, background=seen.background, orders=np.asarray(orders)
        )
        areas = np.asarray([distance_area(curve=curve) for curve in curves])
        explained.append(np.abs(curves[0] - curves[0][-1]))
        random.append(np.mean([np.abs(curve - curve[-1]) for curve in curves[1:]], axis=0))
        gains.append((areas[1:].mean() - areas[0]) / spread)
        won.append((areas[0] <= areas[1:]).mean())
    return _Curves(
        explained=np.mean(explained, axis=0) / spread,
        random=np.mean(random, axis=0) / spread,
        gains=np.asarray(gains),
        won=np.asarray(won),
    )


def _faithfulness(curves: _Curves, params: Params) -> tuple[Metric, ...]:
    orders = params["random_orders"]
    return (
        mean_metric(
            "faithfulness_gain",
            curves.gains,
            f"mean area saved by deleting the strongest first against {orders} random orders, in spreads of the "
            "output, normal interval",
        ),
        mean_metric(
            "beats_random_share",
            curves.won,
            f"mean share of {orders} random orders that the explained order beats or meets, normal interval",
        ),
    )


def _stability(explainer: ExplainerTool, seen: _Rows, pool: FloatArray, params: Params, seed: int) -> Metric:
    generator = np.random.default_rng(seed)
    step = params.number("nudge") * pool.std(axis=0)
    near = seen.rows + step * generator.choice((-1.0, 1.0), size=seen.rows.shape)
    first, second = (
        explainer.attribute(rows=rows, background=seen.background, seed=seed % 2**31).values
        for rows in (seen.rows, near)
    )
    ratios = [
        relative_stability(row=row, near=other, values=one, near_values=two, least=1e-6)
        for row, other, one, two in zip(seen.rows, near, first, second, strict=True)
    ]
    return Metric(
        name="relative_stability",
        estimate=float(np.quantile(ratios, _MOST)),
        n=len(ratios),
        method=f"relative change of contributions over that of the row, nudge {params['nudge']} standard deviations, "
        "not exceeded on nine rows of ten",
    )


def _occluded(explainer: ExplainerTool, seen: _Rows) -> list[FloatArray]:
    predict = _predict(explainer)
    return [occlusion(predict=predict, row=row, background=seen.background) for row in seen.rows]


def _agreement_metrics(found: Sequence[Agreement]) -> tuple[Metric, ...]:
    method = "SHAP against occlusion, Krishna (2022), mean over rows, normal interval"
    return (
        mean_metric("feature_agreement", np.asarray([one.feature for one in found]), method),
        mean_metric("rank_correlation", np.asarray([one.rank_correlation for one in found]), method),
    )


def _fidelity(explainer: ExplainerTool, pool: FloatArray, probes: FloatArray, params: Params) -> Metric:
    predict, bins = _predict(explainer), params.integer("bins")
    surrogate = fit_surrogate(rows=pool, outputs=predict(pool), bins=bins)
    return Metric(
        name="surrogate_fidelity",
        estimate=surrogate.fidelity(rows=probes, outputs=predict(probes)),
        n=len(probes),
        method=f"R squared on test rows of an additive fit over {bins} quantile bins a feature",
    )


def _support_metric(support: ManifoldSupport, importances: FloatArray, n: int, params: Params) -> Metric:
    floor = params.number("support_floor")
    return Metric(
        name="unsupported_share",
        estimate=support.unsupported_share(importances=importances, floor=floor),
        n=n,
        method=f"importance on features whose effect among customers is below {params['support_floor']} of it",
    )


def _support_table(
    support: ManifoldSupport, importances: FloatArray, names: Sequence[str], params: Params
) -> Table:
    missing = set(support.unsupported(importances=importances, floor=params.number("support_floor")))
    return Table(
        id="support",
        title="Importance given, and what the feature does among customers",
        columns=(
            "feature",
            "mean |contribution|",
            "spread of bin means",
            "shift by a neighbour",
            "supported",
        ),
        rows=tuple(
            (
                names[i],
                decimal_text(float(importances[i])),
                decimal_text(float(support.association[i])),
                decimal_text(float(support.influence[i])),
                "no" if i in missing else "yes",
            )
            for i in np.argsort(-importances, kind="stable")
        ),
    )


def _letters(runs: FloatArray, names: Sequence[str], params: Params) -> tuple[tuple[str, ...], ...]:
    leading = min(params.integer("leading"), len(names))
    named = np.zeros(runs.shape, dtype=bool)
    order = np.argsort(-runs, axis=2, kind="stable")[:, :, :leading]
    np.put_along_axis(named, order, values=True, axis=2)
    some, every = named.any(axis=0).sum(axis=0), named.all(axis=0).sum(axis=0)
    return tuple(
        (
            names[i],
            str(int(some[i])),
            str(int(every[i])),
            "yes" if every[i] >= params.number("steady_share") * some[i] else "no",
        )
        for i in np.argsort(-some, kind="stable")
        if some[i]
    )


def _agreement_table(found: Sequence[Agreement]) -> Table:
    return Table(
        id="agreement",
        title="SHAP and occlusion on the same rows",
        columns=("measure", "mean", "least"),
        rows=tuple(
            (
                name.replace("_", " "),
                decimal_text(float(np.mean([getattr(one, name) for one in found]))),
                decimal_text(float(np.min([getattr(one, name) for one in found]))),
            )
            for name in _MEASURES
        ),
    )


def _figure(curves: _Curves) -> Figure:
    share = np.linspace(0.0, 1.0, len(curves.explained))
    return Figure(
        id="deletion",
        title="Distance of the output from its base as features are given up",
        kind="line",
        x_label="share of features given up",
        y_label="distance, in spreads of the output",
        ticks=(),
        series=tuple(
            Series(name=name, points=tuple(zip(share.tolist(), values.tolist(), strict=True)))
            for name, values in (
                ("strongest contribution first", curves.explained),
                ("random order", curves.random),
            )
        ),
    )
