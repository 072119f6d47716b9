"""A candidate against interpretable challengers on the same rows: in Gini, in defaults let in, in capital.

Gini differences carry DeLong's paired interval; the others a paired bootstrap
that resamples the same obligors for every challenger, the first ones of a large
sample: rows must come in an order that says nothing of them. Gains are positive where
the candidate does better.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.tools import CapitalTool, Challenger
from validation.stats.book import Statistic, bootstrap_interval, rank_rows, replicate, shift_to_rate
from validation.stats.discrimination import Auc, Interval, auc, paired_difference
from validation.stats.portfolio import EXPOSURE, LOSS_SHARE, declared_number, rwa_of_rows
from validation.stats.selection import Trial

RESAMPLED_ROWS = 20_000
"""Most obligors that a bootstrap draws from and to: its cost grows with them, and its spread is known well enough."""


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What the candidate gains over one challenger, with its interval."""

    estimate: float
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class Contest:
    """One fitted challenger, the trial it won, the seed of both, and the candidate's gain in Gini."""

    seed: int
    trial: Trial
    challenger: Challenger
    area: Auc
    gini: Gain
    p_two_sided: float


def hold_contest(
    *, candidate: Auc, challenger: Challenger, trial: Trial, seed: int, confidence: float
) -> Contest:
    """Compare the candidate with one challenger on the rows of ``candidate``, in the same order."""
    area = auc(labels=candidate.labels, scores=challenger.scores)
    difference = paired_difference(first=candidate, second=area)
    interval = difference.interval(confidence=confidence)
    assert interval.lower is not None
    assert interval.upper is not None
    doubled = Interval(
        lower=2.0 * interval.lower,
        upper=2.0 * interval.upper,
        confidence=confidence,
        method=interval.method,
    )
    return Contest(
        seed=seed,
        trial=trial,
        challenger=challenger,
        area=area,
        gini=Gain(estimate=2.0 * difference.estimate, interval=doubled),
        p_two_sided=difference.p_two_sided,
    )


def envelope(gains: Sequence[Gain]) -> Gain:
    """Return the first estimate with the lowest lower and the highest upper end of all intervals."""
    first = gains[0].interval
    ends = [(gain.interval.lower, gain.interval.upper) for gain in gains]
    return Gain(
        estimate=gains[0].estimate,
        interval=Interval(
            lower=min(lower for lower, _ in ends if lower is not None),
            upper=max(upper for _, upper in ends if upper is not None),
            confidence=first.confidence,
            method=f"{first.method}; the lowest and the highest end over {len(gains)} seeds",
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How many replicates, their seed, and the confidence of the intervals."""

    replicates: int
    seed: int
    confidence: float


def default_rate_gains(
    *,
    labels: FloatArray,
    candidate: FloatArray,
    challengers: Sequence[FloatArray],
    share: float,
    resampling: Resampling,
) -> tuple[Gain, ...]:
    """Return by how much the default rate among the safest ``share`` of rows is lower under the candidate."""

    def statistic(scores: FloatArray, rows: int) -> Statistic:
        ranking = rank_rows(scores=scores[:rows], labels=labels[:rows])
        return lambda counts: ranking.default_rate(counts=counts, share=share)

    statistics = [partial(statistic, scores) for scores in (candidate, *challengers)]
    seen, replicated = _measure(statistics, len(labels), resampling)
    return tuple(
        _gain(seen[place] - seen[0], replicated[:, place] - replicated[:, 0], len(labels), resampling)
        for place in range(1, len(statistics))
    )


def rwa_gains(*, by_row: Sequence[FloatArray], resampling: Resampling) -> tuple[Gain, ...]:
    """Return which share of each challenger's risk-weighted assets the candidate saves.

    ``by_row`` holds euros by row, some above zero: the candidate's first. The
    risk weight of a row's grade is taken as given, so only the mix of obligors
    is resampled.
    """

    def statistic(euros: FloatArray, rows: int) -> Statistic:
        return lambda counts: counts @ euros[:rows]

    statistics = [partial(statistic, euros) for euros in by_row]
    seen, replicated = _measure(statistics, len(by_row[0]), resampling)
    return tuple(
        _gain(
            1.0 - seen[0] / seen[place],
            1.0 - replicated[:, 0] / replicated[:, place],
            len(by_row[0]),
            resampling,
        )
        for place in range(1, len(statistics))
    )


@dataclass(frozen=True, kw_only=True)
class BookGains:
    """What the candidate saves on a book, one gain per contest; ``capital`` is empty where it was not compared.

    ``loss_eur`` is the loss that one unit of default rate among the accepted
    costs, under the declared portfolio; ``rwa_eur`` the first challenger's
    risk-weighted assets. ``absent`` says what was not compared, and why.
    """

    defaults: tuple[Gain, ...]
    capital: tuple[Gain, ...]
    loss_eur: float | None
    rwa_eur: float
    absent: tuple[str, ...]


def measure_book(
    *,
    candidate: Auc,
    contests: Sequence[Contest],
    inputs: CheckInputs,
    share: float,
    resampling: Resampling,
    tool: CapitalTool | None,
) -> BookGains:
    """Compare books that hold the safest ``share`` by each score, and the capital of all rows.

    Raises ``UnusableInputError`` where a portfolio is declared without an
    exposure or a loss given default, or asks for no capital at all.
    """
    challengers = [contest.challenger.scores for contest in contests]
    defaults = default_rate_gains(
        labels=candidate.labels,
        candidate=candidate.scores,
        challengers=challengers,
        share=share,
        resampling=resampling,
    )
    if not inputs.has("portfolio"):
        nothing = "no portfolio is declared: neither expected loss nor capital is compared"
        return BookGains(defaults=defaults, capital=(), loss_eur=None, rwa_eur=0.0, absent=(nothing,))
    exposure, lost = (
        declared_number(portfolio=inputs.portfolio, name=name) for name in (EXPOSURE, LOSS_SHARE)
    )
    absent = _why_no_capital(candidate.scores, inputs, tool)
    by_row: list[FloatArray] = []
    if tool is not None and not absent:
        by_row = _rwa_by_row([candidate.scores, *challengers], float(candidate.labels.mean()), inputs, tool)
    return BookGains(
        defaults=defaults,
        capital=rwa_gains(by_row=by_row, resampling=resampling) if by_row else (),
        loss_eur=share * float(exposure * lost),
        rwa_eur=float(by_row[1].sum()) if by_row else 0.0,
        absent=absent,
    )


def _why_no_capital(scores: FloatArray, inputs: CheckInputs, tool: CapitalTool | None) -> tuple[str, ...]:
    if tool is None or not inputs.has("grade_edges"):
        return ("no capital engine or no grades are at hand: capital is not compared",)
    if (scores < 0.0).any() or (scores > 1.0).any():
        return ("the candidate's scores are no probabilities: capital is not compared",)
    return ()


def _rwa_by_row(
    scores: Sequence[FloatArray], rate: float, inputs: CheckInputs, tool: CapitalTool
) -> list[FloatArray]:
    by_row = [
        rwa_of_rows(
            scores=shift_to_rate(scores=one, rate=rate),
            edges=inputs.grade_edges,
            portfolio=inputs.portfolio,
            tool=tool,
        )
        for one in scores
    ]
    if not all(one.sum() > 0.0 for one in by_row):
        raise UnusableInputError(reason="degenerate_capital", detail="a figure of RWA is not above zero")
    return by_row


def _measure(
    statistics: Sequence[Callable[[int], Statistic]], rows: int, resampling: Resampling
) -> tuple[FloatArray, FloatArray]:
    """Return each statistic of all rows, and of resamples of as many of the first as are resampled."""
    once, few = np.ones((1, rows)), min(rows, RESAMPLED_ROWS)
    seen = np.array([float(statistic(rows)(once)[0]) for statistic in statistics])
    return seen, replicate(
        statistics=[statistic(few) for statistic in statistics],
        rows=few,
        replicates=resampling.replicates,
        seed=resampling.seed,
    )


def _gain(estimate: float, replicated: FloatArray, rows: int, resampling: Resampling) -> Gain:
    """Return the gain over all rows: where fewer were resampled, the spread shrinks with the root of the rows."""
    few = min(rows, RESAMPLED_ROWS)
    spread = (replicated - replicated.mean()) * (few / rows) ** 0.5
    interval = bootstrap_interval(estimate=estimate, replicated=spread, confidence=resampling.confidence)
    if few < rows:
        how = f"{interval.method}; resampled {few} of {rows} obligors, the spread brought to all of them"
        interval = replace(interval, method=how)
    return Gain(estimate=estimate, interval=interval)
