"""Check ``explain.reasons``: which reasons would a denied applicant be told, and would he be told them again?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

import numpy as np

from validation.domain.check import CheckKind, CheckSpec, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import CheckInputs, FloatArray, NotApplicableError, UnusableInputError
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import ExplainerTool, Tools
from validation.stats.attribution import convergence_ratio
from validation.stats.proportions import wilson_interval
from validation.stats.reasons import (
    Groups,
    correlated_groups,
    leading_reasons,
    log_odds,
    lowest_overlap,
    merge_contributions,
)
from validation.stats.sampling import sample_rows
from validation.stats.shapley import permutation_values

_SHOWN = 5


def _share(name: str, default: str, meaning: str, minimum: str = "0.01", maximum: str = "0.99") -> ParamSpec:
    return ParamSpec(
        name=name,
        kind=ParamKind.DECIMAL,
        default=default,
        meaning=meaning,
        minimum=Decimal(minimum),
        maximum=Decimal(maximum),
    )


SPEC = CheckSpec(
    id="explain.reasons",
    major=1,
    title="Reasons for a denial, and whether they hold",
    kind=CheckKind.EXPLANATION,
    needs=("train.features", "test.features"),
    tools=("explainer",),
    deadline_s=300,
    params=(
        _share("cutoff", "0.8", "share of the test sample, lowest scores first, that would be approved"),
        _share("band", "0.1", "share of the test sample below the cut-off that counts as near it"),
        _share("merge_above", "0.7", "absolute rank correlation above which inputs are one reason", "0", "1"),
        ParamSpec.whole("most", "4", "most reasons that an applicant is told", 1, 20),
        _share(
            "least_share", "0.1", "least share of all that pushes towards denial, for a reason", "0", "0.5"
        ),
        ParamSpec.whole(
            "runs", "3", "other seeds, and as many other reference samples, that must agree", 1, 50
        ),
        ParamSpec.whole(
            "reference", "500", "most approved applicants near the cut-off in a reference sample", 5, 5000
        ),
        ParamSpec.whole(
            "fewest_reference", "50", "fewest of them in a reference sample, at most half of all", 5, 5000
        ),
        ParamSpec.whole("applicants", "40", "denied applicants whose reasons are examined", 4, 5000),
        ParamSpec.whole(
            "pool", "20000", "most rows of each sample that are scored to find both groups", 100, 100000
        ),
        ParamSpec.whole("fewest", "10", "fewest denied applicants to judge", 4, 5000),
        ParamSpec.whole(
            "black_box_reference", "30", "`reference` when only predictions are at hand", 5, 5000
        ),
        ParamSpec.whole(
            "black_box_applicants", "10", "`applicants` when only predictions are at hand", 4, 5000
        ),
        ParamSpec.whole(
            "pairs", "8", "pairs of orders of the inputs when only predictions are at hand", 1, 200
        ),
    ),
    metrics=(
        *("reasons_hold", "reasons_hold_reseeded", "reasons_hold_resampled"),
        *("lowest_overlap", "convergence_ratio"),
    ),
    feeds=(),
    doc=FiveParts(
        purpose="Finds the principal reasons that a denied applicant would be told, and measures whether he would "
        "be told the same ones by another seed and another reference sample. A reason that chance picks is not "
        "the specific and true reason that 12 CFR 1002.9(b)(2) asks for.",
        mechanism="Those of the highest scores are denied, at a cut-off that is a quantile of the test sample. "
        "Contributions to the log-odds are taken against a named reference group: training rows that would be "
        "approved and lie in the band below the cut-off. Where only probabilities are at hand, their log-odds "
        "are attributed by permutations. Inputs whose absolute rank correlation exceeds a limit, directly or by "
        "a chain (single linkage), are one reason and their contributions are summed. Only contributions towards "
        "denial count, the strongest first, each with a least share of them all, at most four unless the plan says "
        "otherwise; no more than four is practice from the official commentary and not in the rule itself. An "
        "applicant's reasons hold when the set is the same in every run (Jaccard overlap 1); the share of "
        "applicants carries Wilson's interval.",
        signs_of_high_risk="Applicants whose reasons change with the reference sample; reasons given often and held "
        "seldom; one reason that joins many inputs and so explains nothing specific.",
        strengths="Compares with customers who were nearly denied, not with an average; repeats before it believes; "
        "cut-off, group, seed and convergence are stored with the result.",
        limitations="A reason that holds need not be the one that a person could act on, and no wording for a "
        "letter is made here. Denial here is by score alone; other grounds are the bank's to add. An exact route "
        "does not depend on the seed, so for it only the reference sample is put to the proof. Reference samples "
        "are drawn from one pool, each at most half of it, and overlap. A contribution near the least share comes "
        "and goes. No regulator publishes a bound on any of these shares.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Groups:
    """Denied applicants, the pool of reference applicants with the size of a sample, and the band in log-odds."""

    denied: FloatArray
    pool: FloatArray
    size: int
    cutoff: float
    band_from: float


@dataclass(frozen=True, kw_only=True)
class _Told:
    """Reasons by applicant, as places among the groups, with the lowest overlap under other seeds and references."""

    reasons: list[tuple[int, ...]]
    reseeded: FloatArray
    resampled: FloatArray

    @property
    def holds(self) -> FloatArray:
        return np.minimum(self.reseeded, self.resampled)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Find each applicant's reasons and measure whether they hold."""
    explainer = tools.explainer
    assert explainer is not None
    train, test = inputs.array("train.features"), inputs.array("test.features")
    names, seed = inputs.feature_names, tools.seed
    if test.shape[1:] != (len(names),) or train.shape[1:] != test.shape[1:]:
        raise UnusableInputError(
            reason="malformed_input", detail="columns and feature names differ in number"
        )
    is_black_box = explainer.route == "black_box"
    most = params.integer("black_box_reference" if is_black_box else "reference")
    train, test = (sample_rows(rows=rows, size=params.integer("pool"), seed=seed) for rows in (train, test))
    found = _find_groups(explainer, train, test, params, most)
    applicants = sample_rows(
        rows=found.denied,
        size=params.integer("black_box_applicants" if is_black_box else "applicants"),
        seed=seed,
    )
    runs = range(1, params.integer("runs") + 1)

    def attribute(draw: int, order: int) -> FloatArray:
        reference = sample_rows(rows=found.pool, size=found.size, seed=seed + draw)
        return _attribute(explainer, applicants, reference, params.integer("pairs"), (seed + order) % 2**31)

    first = attribute(0, 0)
    reseeded, resampled = [attribute(0, run) for run in runs], [attribute(run, 0) for run in runs]
    groups = correlated_groups(rows=train, above=params.number("merge_above"))
    told = _tell(first, reseeded, resampled, groups, params)
    titles = [" + ".join(names[i] for i in group) for group in groups]
    merged = merge_contributions(values=first, groups=groups)
    settled = convergence_ratio(runs=np.stack([first, *resampled]))
    return Measurement(
        metrics=_metrics(told, settled, params),
        tables=(
            _reasons_table(told, titles),
            _example_table(told, titles, merged, _margins(explainer, applicants)),
            _group_table(groups, titles, params),
            _reference_table(found, explainer, params, seed),
        ),
        figures=(_figure(told, titles),),
        notes=(
            f"route {explainer.route}, contributions in log_odds",
            "no more than four reasons is practice from the official commentary, not a rule",
        ),
    )


def _margins(explainer: ExplainerTool, rows: FloatArray) -> FloatArray:
    outputs = explainer.outputs(rows=rows)
    return outputs if explainer.space == "log_odds" else log_odds(chances=outputs)


def _find_groups(
    explainer: ExplainerTool, train: FloatArray, test: FloatArray, params: Params, most: int
) -> _Groups:
    """Return who is denied and who nearly was. Raises ``NotApplicableError`` where either are too few."""
    margins, share, band = _margins(explainer, test), params.number("cutoff"), params.number("band")
    # Rounded, for 0.8 - 0.2 is a little over 0.6 and would skip a row.
    ends = np.quantile(margins, [max(0.0, round(share - band, 9)), share], method="inverted_cdf")
    low, cutoff = float(ends[0]), float(ends[1])
    denied, fewest = test[margins > cutoff], params.integer("fewest")
    if len(denied) < fewest:
        raise NotApplicableError(
            reason="insufficient_data",
            detail=f"test holds {len(denied)} applicants above the cut-off; {fewest} are needed",
            n_needed=ceil(fewest / (1.0 - share)),
        )
    near = _margins(explainer, train)
    pool = train[(near >= low) & (near <= cutoff)]
    # Two samples of nearly all that there is would be one sample: agreement would mean nothing.
    needed = 2 * min(most, params.integer("fewest_reference"))
    if len(pool) < needed:
        raise NotApplicableError(
            reason="insufficient_data",
            detail=f"train holds {len(pool)} approved applicants near the cut-off; {needed} are needed",
            n_needed=ceil(needed * len(train) / max(len(pool), 1)),
        )
    size = min(most, len(pool) // 2)
    return _Groups(denied=denied, pool=pool, size=size, cutoff=cutoff, band_from=low)


def _attribute(
    explainer: ExplainerTool, rows: FloatArray, reference: FloatArray, pairs: int, seed: int
) -> FloatArray:
    if explainer.space == "log_odds":
        return explainer.attribute(rows=rows, background=reference, seed=seed).values
    values, _ = permutation_values(
        predict=lambda given: _margins(explainer, given),
        rows=rows,
        background=reference,
        pairs=pairs,
        seed=seed,
    )
    return values


def _tell(
    first: FloatArray,
    reseeded: Sequence[FloatArray],
    resampled: Sequence[FloatArray],
    groups: Groups,
    params: Params,
) -> _Told:
    most, least_share = params.integer("most"), params.number("least_share")

    def reasons(values: FloatArray) -> list[tuple[int, ...]]:
        return [
            leading_reasons(values=row, most=most, least_share=least_share)
            for row in merge_contributions(values=values, groups=groups)
        ]

    told = reasons(first)
    overlaps = [
        [
            lowest_overlap(reasons=one, others=others)
            for one, others in zip(told, zip(*map(reasons, runs), strict=True), strict=True)
        ]
        for runs in (reseeded, resampled)
    ]
    return _Told(reasons=told, reseeded=np.asarray(overlaps[0]), resampled=np.asarray(overlaps[1]))


def _metrics(told: _Told, settled: FloatArray, params: Params) -> tuple[Metric, ...]:
    runs, most = params["runs"], params["most"]
    return (
        _held("reasons_hold", told.holds, f"the same set of at most {most} in every run"),
        _held("reasons_hold_reseeded", told.reseeded, f"the same set under {runs} other seeds"),
        _held("reasons_hold_resampled", told.resampled, f"the same set against {runs} other samples"),
        Metric(
            name="lowest_overlap",
            estimate=float(told.holds.mean()),
            n=len(told.holds),
            method=f"mean over applicants of the lowest Jaccard overlap in {runs} seeds and {runs} samples",
        ),
        Metric(
            name="convergence_ratio",
            estimate=float(settled.mean()),
            n=len(settled),
            method="largest standard error over spread of contributions between reference samples, mean over rows",
        ),
    )


def _held(name: str, overlaps: FloatArray, method: str) -> Metric:
    hits, n = int((overlaps == 1.0).sum()), len(overlaps)
    lower, upper = wilson_interval(hits=hits, n=n, confidence=0.95)
    return Metric(
        name=name,
        estimate=hits / n,
        lower=lower,
        upper=upper,
        confidence=0.95,
        n=n,
        method=f"share of applicants with {method}; Wilson's interval",
    )


def _counts(told: _Told, groups: int) -> list[tuple[int, int, int]]:
    """Return (group, applicants told it, of these with reasons that hold), most often told first; none untold."""
    found = []
    for group in range(groups):
        held = [bool(hold == 1.0) for one, hold in zip(told.reasons, told.holds, strict=True) if group in one]
        if held:
            found.append((group, len(held), sum(held)))
    return sorted(found, key=lambda one: -one[1])


def _reasons_table(told: _Told, titles: Sequence[str]) -> Table:
    return Table(
        id="reasons",
        title="Reasons told, and how often the set they belong to holds",
        columns=("reason", "applicants told it", "of these with reasons that hold"),
        rows=tuple((titles[i], str(given), str(held)) for i, given, held in _counts(told, len(titles))),
    )


def _example_table(told: _Told, titles: Sequence[str], merged: FloatArray, margins: FloatArray) -> Table:
    chosen = np.unique(np.linspace(0, len(margins) - 1, _SHOWN).round().astype(int))
    rows = [
        (
            str(place + 1),
            decimal_text(float(margins[i])),
            titles[reason],
            decimal_text(float(merged[i, reason])),
            "yes" if told.holds[i] == 1.0 else "no",
        )
        for place, i in enumerate(np.argsort(margins, kind="stable")[chosen])
        for reason in told.reasons[i]
    ]
    return Table(
        id="examples",
        title="Denied applicants from lowest to highest risk, strongest reason first",
        columns=("example", "log-odds", "reason", "contribution", "reasons hold"),
        rows=tuple(rows),
    )


def _group_table(groups: Groups, titles: Sequence[str], params: Params) -> Table:
    rows = tuple(
        (title, str(len(group))) for title, group in zip(titles, groups, strict=True) if len(group) > 1
    )
    return Table(
        id="merged",
        title=f"Inputs that are one reason: rank correlation above {params['merge_above']}",
        columns=("reason", "inputs"),
        rows=rows or (("none: every input stands for itself", "1"),),
    )


def _reference_table(found: _Groups, explainer: ExplainerTool, params: Params, seed: int) -> Table:
    return Table(
        id="reference",
        title="What the reasons are measured against",
        columns=("what", "how"),
        rows=(
            ("cut-off", f"quantile {params['cutoff']} of the test sample, log-odds {found.cutoff:.6g}"),
            (
                "reference group",
                f"training rows with log-odds from {found.band_from:.6g} to the cut-off: {len(found.pool)}",
            ),
            ("reference sample", f"{found.size} of these in each run"),
            ("denied applicants in the sample", str(len(found.denied))),
            ("route", explainer.route),
            ("seed", str(seed)),
        ),
    )


def _figure(told: _Told, titles: Sequence[str]) -> Figure:
    counts, n = _counts(told, len(titles)), len(told.reasons)
    return Figure(
        id="reasons",
        title="Share of denied applicants told each reason",
        kind="bar",
        x_label="reason",
        y_label="share of denied applicants",
        ticks=tuple(titles[i] for i, _, _ in counts),
        series=(
            Series(
                name="told",
                points=tuple((place + 1.0, given / n) for place, (_, given, _) in enumerate(counts)),
            ),
        ),
    )
