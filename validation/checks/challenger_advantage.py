"""Check ``challenger.advantage``: what does the candidate gain over interpretable models?"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from validation.domain.challengers import FAMILIES, MOST_SETTINGS, Family, setting_text
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
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.challenge import Challenge, read_challenge
from validation.stats.contest import BookGains, Contest, Gain, Resampling, envelope, measure_book
from validation.stats.discrimination import Auc
from validation.stats.selection import Budget, Trial, best_trial

_SEEDS = 2**32

SPEC = CheckSpec(
    id="challenger.advantage",
    major=2,
    title="Advantage over the best interpretable challenger",
    kind=CheckKind.BENCHMARK,
    needs=("train.features", "train.labels", "test.features", "test.labels", "test.scores"),
    tools=("challenger",),
    may_use=("capital",),
    deadline_s=300,
    params=(
        ParamSpec(
            name="families",
            kind=ParamKind.TEXT,
            default=",".join(FAMILIES),
            meaning="families that compete, names separated by commas",
        ),
        ParamSpec.whole("settings", str(MOST_SETTINGS), "settings that each family tries", 1, MOST_SETTINGS),
        ParamSpec.whole("folds", "3", "folds of the cross-validation that tunes and chooses", 2, 10),
        ParamSpec.whole("tuning_rows", "6000", "most training rows behind tuning, by class", 500, 1_000_000),
        ParamSpec.whole(
            "fit_rows", "200000", "most training rows on which a challenger is fitted", 1000, 10_000_000
        ),
        ParamSpec.whole("reseeds", "3", "further seeds under which the chosen family is tuned anew", 0, 20),
        ParamSpec(
            name="acceptance",
            kind=ParamKind.DECIMAL,
            default="0.8",
            meaning="share of the test sample that either model accepts, the safest first",
            minimum=Decimal("0.05"),
            maximum=Decimal("0.99"),
        ),
        ParamSpec.whole("replicates", "400", "bootstrap replicates behind losses and capital", 100, 10_000),
        CONFIDENCE,
        ParamSpec.whole("min_defaults", "50", "fewest rows of either class in either sample", 20),
    ),
    metrics=(
        *("gini_advantage", "gini_candidate", "gini_challenger", "p_two_sided", "gini_advantage_spread"),
        *("default_rate_saved", "expected_loss_saved_eur", "rwa_saved_share", "rwa_saved_eur"),
    ),
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
        purpose="Measures what the candidate gains over the best of several models that explain themselves, on "
        "the same inputs, rows and split: in Gini, in expected loss and in risk-weighted assets.",
        mechanism="Each family (logistic scorecard on monotone bins; explainable boosting machine without "
        "interactions, Lou and others 2012; monotone boosted trees of depth two) tries the same number of "
        "settings. Cross-validated Gini on the training sample chooses the setting and then the family (Stone "
        "1974); the test sample chooses nothing. The winner is fitted on all training rows and compared on the "
        "test sample. The Gini difference has a paired DeLong interval. The winning family is then tuned and "
        "fitted anew under further seeds; the interval reported reaches from the lowest to the highest end "
        "over all seeds. Expected loss: both models accept the same share of the test sample, safest first; the "
        "realised default rate among the accepted, times declared loss given default and exposure, is what the "
        "accepted book is expected to lose. Capital: both models' PDs are moved to the observed default rate by "
        "one constant in log-odds, graded, and weighted by the capital engine. Intervals of these two are "
        "paired bootstraps of obligors.",
        signs_of_high_risk="An interval that contains zero, or a gain below the margin that policy sets: the "
        "complexity buys nothing. A gain that differs much between seeds. A gain in Gini that saves neither "
        "loss nor capital.",
        strengths="Challengers are fitted and tuned by the program, not by the candidate's developer, within a "
        "budget that is counted in fits and so repeats; the comparison is paired, so small real gains show; a "
        "model that is merely optimistic gains no capital.",
        limitations="The challengers read the candidate's inputs; an expert's own features could narrow the gap. "
        "Settings are few, and of a large training sample `fit_rows` are fitted on, which leaves a candidate that "
        "was fitted on more a small advantage. An interval holds for the fitted models, not for other samples. "
        "Declared exposure is spread evenly over obligors. In capital the risk weights of grades are taken as "
        "given. Without a declared portfolio only defaults are compared. Whether the gain is enough is for "
        "policy; no margin is judged here.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Tune and choose on the training sample, compare on the test sample, repeat under further seeds."""
    assert tools.challenger is not None
    families, confidence = _families(params), params.number("confidence")
    settings, folds, rows, fit_rows = (
        params.integer(name) for name in ("settings", "folds", "tuning_rows", "fit_rows")
    )
    challenge = read_challenge(
        inputs=inputs,
        min_defaults=params.integer("min_defaults"),
        budget=Budget(settings=settings, folds=folds, rows=rows, fit_rows=fit_rows),
        seed=tools.seed,
        tool=tools.challenger,
    )
    trials = challenge.tune(families=families, seed=tools.seed)
    by_family = [
        challenge.contest(trial=_best_of(family, trials), seed=tools.seed, confidence=confidence)
        for family in families
    ]
    chosen = by_family[families.index(best_trial(trials).family)]
    contests = [chosen]
    for place in range(params.integer("reseeds")):
        seed = (tools.seed + place + 1) % _SEEDS
        again = best_trial(challenge.tune(families=(chosen.trial.family,), seed=seed))
        contests.append(challenge.contest(trial=again, seed=seed, confidence=confidence))
    book = measure_book(
        candidate=challenge.candidate,
        contests=contests,
        inputs=inputs,
        share=params.number("acceptance"),
        resampling=Resampling(
            replicates=params.integer("replicates"), seed=tools.seed, confidence=confidence
        ),
        tool=tools.capital,
    )
    return Measurement(
        metrics=(*_gini_metrics(challenge.candidate, contests), *_book_metrics(book, challenge.candidate)),
        tables=(
            _families_table(by_family, chosen),
            _trials_table(trials),
            _seeds_table(contests, book),
            *_assumptions(inputs),
            Table(
                id="challenger",
                title=f"The challenger itself: {chosen.challenger.title}",
                columns=chosen.challenger.columns,
                rows=chosen.challenger.rows,
            ),
        ),
        figures=(_by_family_figure(by_family), _by_seed_figure(contests)),
        notes=(
            f"challenger: {chosen.challenger.title}",
            _spent(challenge, len(trials), params),
            *(f"{family.title}: admissible, since {family.admissible}" for family in families),
            "settings and family were chosen on the training sample alone",
            f"a book accepts the safest {params.text('acceptance')} of the test sample",
            *book.absent,
            "whether the advantage is enough is for policy to say",
        ),
    )


def _spent(challenge: Challenge, trials: int, params: Params) -> str:
    return (
        f"{challenge.fits} models fitted, on at most {challenge.fitted} training rows: {trials} settings on "
        f"{params.integer('folds')} folds, the best of each family, and the chosen family anew under "
        f"{params.integer('reseeds')} seeds"
    )


def _families(params: Params) -> tuple[Family, ...]:
    named = tuple(dict.fromkeys(name.strip() for name in params.text("families").split(",")))
    strange = [name for name in named if name not in FAMILIES]
    if strange:
        raise UnusableInputError(
            reason="unknown_family",
            detail=f"there is no family `{strange[0]}`; known: {', '.join(FAMILIES)}",
        )
    return tuple(family for family in FAMILIES.values() if family.name in named)


def _best_of(family: Family, trials: Sequence[Trial]) -> Trial:
    return best_trial([trial for trial in trials if trial.family is family])


def _gini_metrics(candidate: Auc, contests: Sequence[Contest]) -> tuple[Metric, ...]:
    first, n = contests[0], len(candidate.labels)
    gains = [contest.gini.estimate for contest in contests]
    alone = "2 AUC - 1 on the test sample; the interval is on the difference"
    return (
        _metric(
            "gini_advantage",
            envelope([contest.gini for contest in contests]),
            n,
            f"twice the difference of AUC; against: {first.challenger.title}",
        ),
        Metric(name="gini_candidate", estimate=candidate.gini, n=n, method=alone),
        Metric(name="gini_challenger", estimate=first.area.gini, n=n, method=alone),
        Metric(name="p_two_sided", estimate=first.p_two_sided, n=n, method="paired DeLong, first seed"),
        Metric(
            name="gini_advantage_spread",
            estimate=max(gains) - min(gains),
            n=n,
            method=f"highest less lowest estimate over {len(gains)} seeds; no interval",
        ),
    )


def _book_metrics(book: BookGains, candidate: Auc) -> list[Metric]:
    n, saved = len(candidate.labels), envelope(book.defaults)
    found = [_metric("default_rate_saved", saved, n, "default rate among the accepted")]
    if book.loss_eur is not None:
        what = "default rate among the accepted, times declared LGD and their exposure (ASSUMED)"
        found.append(_metric("expected_loss_saved_eur", saved, n, what, book.loss_eur))
    if book.capital:
        share = envelope(book.capital)
        what = "RWA at the observed default rate, on the declared portfolio (ASSUMED)"
        found.append(_metric("rwa_saved_share", share, n, f"{what}, as a share of the challenger's"))
        found.append(_metric("rwa_saved_eur", share, n, what, book.rwa_eur))
    return found


def _metric(name: str, gain: Gain, n: int, what: str, times: float = 1.0) -> Metric:
    assert gain.interval.lower is not None
    assert gain.interval.upper is not None
    return Metric(
        name=name,
        estimate=times * gain.estimate,
        lower=times * gain.interval.lower,
        upper=times * gain.interval.upper,
        confidence=gain.interval.confidence,
        n=n,
        method=f"{what}; {gain.interval.method}",
    )


def _families_table(contests: Sequence[Contest], chosen: Contest) -> Table:
    return Table(
        id="families",
        title="The best model of each family, by cross-validation",
        columns=(
            *("family", "setting", "cross-validated Gini", "test Gini"),
            *("candidate's gain", "gain from", "gain to", "chosen"),
        ),
        rows=tuple(
            (
                one.trial.family.title,
                setting_text(one.trial.setting),
                decimal_text(one.trial.gini),
                decimal_text(one.area.gini),
                *_cells(one.gini),
                "yes" if one is chosen else "no",
            )
            for one in contests
        ),
    )


def _trials_table(trials: Sequence[Trial]) -> Table:
    return Table(
        id="settings",
        title="Every setting tried, on the training sample",
        columns=("family", "setting", "cross-validated Gini", "lowest fold", "highest fold"),
        rows=tuple(
            (
                one.family.title,
                setting_text(one.setting),
                *(decimal_text(v) for v in (one.gini, min(one.fold_ginis), max(one.fold_ginis))),
            )
            for one in trials
        ),
    )


def _seeds_table(contests: Sequence[Contest], book: BookGains) -> Table:
    capital = [decimal_text(gain.estimate) for gain in book.capital] or ["–"] * len(contests)
    return Table(
        id="seeds",
        title="The chosen family tuned and fitted under each seed",
        columns=(
            *("seed", "setting", "candidate's gain in Gini", "gain from", "gain to"),
            *("default rate saved", "share of RWA saved"),
        ),
        rows=tuple(
            (
                str(one.seed),
                setting_text(one.trial.setting),
                *_cells(one.gini),
                decimal_text(saved.estimate),
                share,
            )
            for one, saved, share in zip(contests, book.defaults, capital, strict=True)
        ),
    )


def _cells(gain: Gain) -> tuple[str, str, str]:
    assert gain.interval.lower is not None
    assert gain.interval.upper is not None
    ends = (gain.estimate, gain.interval.lower, gain.interval.upper)
    first, second, third = (decimal_text(value) for value in ends)
    return first, second, third


def _by_family_figure(contests: Sequence[Contest]) -> Figure:
    return _bars(
        "families",
        "Gain in Gini over the best model of each family, with its interval",
        "family",
        {one.trial.family.title: one.gini for one in contests},
    )


def _by_seed_figure(contests: Sequence[Contest]) -> Figure:
    return _bars(
        "seeds",
        "Gain in Gini over the chosen family, by seed, with its interval",
        "seed",
        {f"seed {one.seed}": one.gini for one in contests},
    )


def _bars(figure_id: str, title: str, x_label: str, gains: Mapping[str, Gain]) -> Figure:
    def series(name: str, values: Sequence[float | None]) -> Series:
        points = [(float(i + 1), value) for i, value in enumerate(values) if value is not None]
        return Series(name=name, points=tuple(points))

    shown = list(gains.values())
    return Figure(
        id=figure_id,
        title=title,
        kind="bar",
        x_label=x_label,
        y_label="gain in Gini",
        ticks=tuple(gains),
        series=(
            series("gain in Gini", [gain.estimate for gain in shown]),
            series("lower end", [gain.interval.lower for gain in shown]),
            series("upper end", [gain.interval.upper for gain in shown]),
        ),
    )


def _assumptions(inputs: CheckInputs) -> tuple[Table, ...]:
    if not inputs.has("portfolio"):
        return ()
    return (
        Table(
            id="assumptions",
            title="Declared assumptions behind losses and capital",
            columns=("assumption", "value", "provenance"),
            rows=tuple((name, value, "assumed") for name, value in sorted(inputs.portfolio.items())),
        ),
    )
