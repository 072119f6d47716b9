"""How often the intervals of the checks hold the truth: ``python -m tests.studies.coverage [--trials N]``.

Each case draws samples of which the truth is known and calls the function that
the check calls. An interval at 95 % should hold it in 93 to 97 % of samples;
one that is conservative by construction in 93 % or more.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import expit

from tests.studies.group_draws import Draw, chosen_control, impact, odds_gap, smd
from validation.domain.inputs import FloatArray
from validation.stats.attribution import rank_importance
from validation.stats.calibration import brier, jeffreys_interval
from validation.stats.discrimination import Interval, auc, ks_interval, ks_separation, paired_difference
from validation.stats.discrimination_detail import partial_auc
from validation.stats.means import mean_metric
from validation.stats.migration import bandwidths
from validation.stats.proportions import wilson_interval
from validation.stats.rates import difference_interval
from validation.stats.stability import bin_counts, psi_from_counts, quantile_edges

EXACT, CONSERVATIVE = (0.93, 0.97), (0.93, 1.0)
MANY_MOVERS = 60
EDGES = (0.01, 0.03, 0.08, 0.2)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One interval under one condition: how to draw its ends and the truth, and what coverage is asked of it."""

    interval: str
    condition: str
    draw: Draw
    asked: tuple[float, float] = EXACT


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Of so many samples, how many intervals held the truth, lay above it, and lay below it."""

    trials: int
    held: int
    above: int
    below: int

    def keeps(self, *, asked: tuple[float, float], doubt: float = 1e-3) -> bool:
        """Return whether the count is compatible with a true coverage within the limits."""
        low = stats.binom.ppf(doubt, self.trials, asked[0])
        high = stats.binom.ppf(1.0 - doubt, self.trials, asked[1])
        return bool(low <= self.held <= high)


def cover(*, case: Case, trials: int, seed: int) -> Coverage:
    """Draw so many samples and count."""
    rng = np.random.default_rng(seed)
    lower, upper, truth = np.array([case.draw(rng) for _ in range(trials)]).T
    above, below = int((lower > truth).sum()), int((upper < truth).sum())
    return Coverage(trials=trials, held=trials - above - below, above=above, below=below)


def cases() -> list[Case]:
    """Return every case."""
    return [*_of_discrimination(), *_of_rates(), *_of_groups_and_means()]


def _of_discrimination() -> list[Case]:
    return [
        *(
            Case(
                interval="AUC, DeLong on the logit scale",
                condition=f"{d} of {n}, AUC {a}",
                draw=_auc(d, n, a),
            )
            for d, n in ((20, 1_000), (50, 1_000), (200, 2_000))
            for a in (0.7, 0.8, 0.9)
        ),
        *(
            Case(
                interval="partial AUC up to 0.2",
                condition=f"{d} of {n}, AUC 0.8",
                draw=_partial(d, n),
            )
            for d, n in ((20, 1_000), (60, 660), (200, 2_000))
        ),
        *(
            Case(
                interval="KS, two bands",
                condition=f"{d} of {n}",
                draw=_ks(d, n),
                asked=CONSERVATIVE,
            )
            for d, n in ((20, 1_000), (200, 2_000))
        ),
        *(
            Case(
                interval="difference of Ginis, paired DeLong",
                condition=f"{d} of {n}, correlation {r}",
                draw=_paired(d, n, r),
            )
            for d, n, r in ((20, 1_000, 0.9), (50, 1_000, 0.9), (50, 1_000, 0.5), (200, 2_000, 0.9))
        ),
        *(
            Case(interval=name, condition=f"{n} rows, {r:g} default", draw=_brier(n, r, part))
            for n, r in ((1_000, 0.02), (1_000, 0.05), (5_000, 0.05))
            for part, name in ((0, "Brier score"), (1, "Brier skill"))
        ),
    ]


def _of_rates() -> list[Case]:
    return [
        *(
            Case(
                interval="PSI",
                condition=f"{n} and {m} rows, moved by {by:g} deviations, {bins} bins",
                draw=_psi(n, m, by, bins),
                asked=asked,
            )
            for n, m, by, bins, asked in (
                (500, 500, 0.0, 10, CONSERVATIVE),
                (500, 500, 0.15, 10, CONSERVATIVE),
                (500, 500, 0.4, 10, EXACT),
                (2_000, 500, 0.15, 20, CONSERVATIVE),
                (5_000, 5_000, 0.0, 10, CONSERVATIVE),
                (5_000, 5_000, 0.1, 10, EXACT),
                (5_000, 5_000, 0.4, 10, EXACT),
            )
        ),
        *(
            Case(
                interval="share, Jeffreys",
                condition=f"{n} rows, {p:g}",
                draw=_share(n, p),
            )
            for n, p in ((400, 0.05), (1_000, 0.02), (2_000, 0.2))
        ),
        *(
            Case(interval="share, Wilson", condition=f"{n} rows, {p:g}", draw=_wilson(n, p))
            for n, p in ((100, 0.9), (400, 0.05))
        ),
        *(
            Case(
                interval="difference of default rates, Newcombe from Jeffreys ends",
                condition=f"{p:g} of {n} less {q:g} of {m}",
                draw=_rates(n, p, m, q),
            )
            for n, p, m, q in ((400, 0.05, 400, 0.05), (500, 0.04, 250, 0.08), (5_000, 0.02, 1_000, 0.02))
        ),
        *(
            Case(
                interval="migration bandwidth",
                condition=f"{n} obligors, {name}",
                draw=_bandwidth(n, matrix),
                asked=EXACT if n * np.triu(matrix, k=1).sum() > MANY_MOVERS else CONSERVATIVE,
            )
            for name, matrix in _matrices()
            for n in (100, 200, 500, 2_000)
        ),
    ]


def _of_groups_and_means() -> list[Case]:
    return [
        *(
            Case(
                interval="adverse impact ratio, log scale",
                condition=f"{n} at {p:g} against {m} at {q:g}",
                draw=impact(n, p, m, q),
            )
            for n, p, m, q in ((50, 0.6, 500, 0.8), (200, 0.6, 500, 0.8), (1_000, 0.9, 4_000, 0.9))
        ),
        Case(
            interval="adverse impact ratio, log scale",
            condition="30 at 0.95 against 300 at 0.95: a group is often approved wholly",
            draw=impact(30, 0.95, 300, 0.95),
            asked=CONSERVATIVE,
        ),
        Case(
            interval="lowest ratio of 3 groups, control chosen by the rates",
            condition="100, 200 and 400 at 0.8",
            draw=chosen_control((100, 200, 400), 0.8),
            asked=CONSERVATIVE,
        ),
        Case(
            interval="equalised odds difference",
            condition="denied of 40 and 80 defaults 0.5 and 0.7, of the others 0.1",
            draw=odds_gap(40, 80, 0.2),
            asked=CONSERVATIVE,
        ),
        *(
            Case(
                interval="standardised mean difference",
                condition=f"{n} and {m} rows, apart by {g:g}",
                draw=smd(n, m, g),
            )
            for n, m, g in ((50, 500, 0.0), (200, 1_000, 0.4), (200, 1_000, 1.0))
        ),
        *(
            Case(interval="mean over rows", condition=f"{n} rows, {name}", draw=_mean(n, name))
            for n, name in ((20, "normal"), (50, "normal"), (256, "skewed"))
        ),
        *(Case(interval="global importance", condition=f"{n} rows", draw=_importance(n)) for n in (100, 512)),
        Case(
            interval="lowest AUC of 5 segments, simultaneous",
            condition="5 times 40 of 400, AUC 0.8",
            draw=_lowest(40, 400, 5),
            asked=CONSERVATIVE,
        ),
        Case(
            interval="largest PSI of 8 columns, simultaneous",
            condition="1,000 and 1,000 rows, none moved",
            draw=_largest_psi(1_000, 8),
            asked=CONSERVATIVE,
        ),
    ]


def _ends(interval: Interval) -> tuple[float, float]:
    assert interval.lower is not None
    assert interval.upper is not None
    return interval.lower, interval.upper


def _binormal(
    rng: np.random.Generator, defaults: int, rows: int, gap: float
) -> tuple[FloatArray, FloatArray]:
    labels = (np.arange(rows) < defaults).astype(np.float64)
    return labels, rng.normal(size=rows) + gap * labels


def _gap(area: float) -> float:
    return float(np.sqrt(2.0) * stats.norm.ppf(area))


def _auc(defaults: int, rows: int, area: float) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        labels, scores = _binormal(rng, defaults, rows, _gap(area))
        return *_ends(auc(labels=labels, scores=scores).interval(confidence=0.95)), area

    return draw


def _partial(defaults: int, rows: int) -> Draw:
    gap, grid = _gap(0.8), (np.arange(200_000) + 0.5) / 1_000_000
    raw = float(stats.norm.cdf(gap + stats.norm.ppf(grid)).sum()) / 1_000_000
    truth = 0.5 * (1.0 + (raw - 0.02) / 0.18)

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        labels, scores = _binormal(rng, defaults, rows, gap)
        found = partial_auc(area=auc(labels=labels, scores=scores), most_alarms=0.2)
        return *_ends(found.interval(confidence=0.95)), truth

    return draw


def _ks(defaults: int, rows: int) -> Draw:
    gap = _gap(0.8)
    truth = float(2.0 * stats.norm.cdf(gap / 2.0) - 1.0)

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        labels, scores = _binormal(rng, defaults, rows, gap)
        first, second = scores[labels == 1.0], scores[labels == 0.0]
        found = ks_interval(
            estimate=ks_separation(first=first, second=second),
            n_first=len(first),
            n_second=len(second),
            confidence=0.95,
        )
        return *_ends(found), truth

    return draw


def _paired(defaults: int, rows: int, correlation: float) -> Draw:
    better, worse = _gap(0.82), _gap(0.8)

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        labels, first = _binormal(rng, defaults, rows, better)
        noise = correlation * (first - better * labels)
        noise = noise + np.sqrt(1.0 - correlation**2) * rng.normal(size=rows)
        second = noise + worse * labels
        found = paired_difference(
            first=auc(labels=labels, scores=first), second=auc(labels=labels, scores=second)
        )
        return *_ends(found.interval(confidence=0.95)), 0.02

    return draw


def _brier(rows: int, rate: float, part: int) -> Draw:
    grid = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000) * 1.2
    low, high = -15.0, 15.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if expit(middle + grid).mean() < rate else (low, middle)
    pds = expit(low + grid)
    score = float((pds * (1.0 - pds)).mean())
    truth = (score, 1.0 - score / float(pds.mean() * (1.0 - pds.mean())))[part]

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        scores = expit(low + 1.2 * rng.normal(size=rows))
        labels = (rng.random(rows) < scores).astype(np.float64)
        found = brier(labels=labels, scores=scores, edges=EDGES)
        estimate, error, degrees = (
            (found.score, found.score_error, found.score_degrees),
            (found.skill, found.skill_error, found.skill_degrees),
        )[part]
        reach = float(stats.t.ppf(0.975, degrees)) * error
        return estimate - reach, estimate + reach, truth

    return draw


def _psi(rows: int, batch: int, shift: float, bins: int) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        reference, current = rng.normal(size=rows), rng.normal(size=batch) + shift
        edges = quantile_edges(reference=reference, bins=bins)
        found = psi_from_counts(
            reference=bin_counts(values=reference, edges=edges),
            current=bin_counts(values=current, edges=edges),
            confidence=0.95,
        )
        return found.lower, found.upper, _true_psi(edges, shift)

    return draw


def _true_psi(edges: FloatArray, shift: float) -> float:
    ends = np.concatenate([[-np.inf], edges, [np.inf]])
    expected, actual = (np.diff(stats.norm.cdf(ends - by)) for by in (0.0, shift))
    return float(((actual - expected) * np.log(actual / expected)).sum())


def _share(rows: int, share: float) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        count = np.array([float(rng.binomial(rows, share))])
        lower, upper = jeffreys_interval(obligors=np.array([float(rows)]), defaults=count, confidence=0.95)
        return float(lower[0]), float(upper[0]), share

    return draw


def _wilson(rows: int, share: float) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        return *wilson_interval(hits=int(rng.binomial(rows, share)), n=rows, confidence=0.95), share

    return draw


def _rates(rows: int, rate: float, others: int, other_rate: float) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        first = (float(rng.binomial(rows, rate)), float(rows))
        second = (float(rng.binomial(others, other_rate)), float(others))
        return *difference_interval(first=first, second=second, confidence=0.95), rate - other_rate

    return draw


def _matrices() -> tuple[tuple[str, FloatArray], ...]:
    """Return shares of all obligors by grade before and after: even and uneven grades, common and rare far moves."""
    safe = np.array([0.3, 0.25, 0.2, 0.12, 0.07, 0.04, 0.02])
    return (
        ("5 grades", _falling(np.full(5, 0.2), 1.5)),
        ("5 grades, far moves common", _falling(np.full(5, 0.2), 0.7)),
        ("8 grades, far moves rare", _falling(np.full(8, 0.125), 2.0)),
        ("7 grades, most obligors safe", _falling(safe, 1.2)),
        ("7 grades, most safe and one in ten may move", 0.1 * _falling(safe, 1.2) + 0.9 * np.diag(safe)),
    )


def _falling(start: FloatArray, by: float) -> FloatArray:
    grades = np.arange(len(start))
    odds = np.exp(-by * np.abs(grades[:, None] - grades[None, :]))
    return np.asarray(start[:, None] * odds / odds.sum(axis=1, keepdims=True), dtype=np.float64)


def _bandwidth(obligors: int, matrix: FloatArray) -> Draw:
    size = len(matrix)
    grades = np.arange(size)
    moved = np.triu(matrix, k=1)
    distance = np.maximum(grades[None, :] - grades[:, None], 0)
    furthest = np.maximum(size - 1 - grades, grades)[:, None]
    truth = float((moved * distance).sum() / (moved * furthest).sum())

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        counts = rng.multinomial(obligors, matrix.ravel()).reshape(size, size).astype(np.float64)
        upper, _ = bandwidths(counts=counts, confidence=0.95)
        return upper.lower, upper.upper, truth

    return draw


def _mean(rows: int, shape: str) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        values = rng.normal(size=rows) if shape == "normal" else rng.exponential(size=rows)
        found = mean_metric("mean", values, shape)
        assert found.lower is not None
        assert found.upper is not None
        return found.lower, found.upper, 0.0 if shape == "normal" else 1.0

    return draw


def _importance(rows: int) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        values = rng.normal(size=(rows, 3)) * np.array([1.0, 0.5, 0.2])
        found = rank_importance(parts=[values], confidence=0.95)
        return float(found.lower[0]), float(found.upper[0]), float(np.sqrt(2.0 / np.pi))

    return draw


def _lowest(defaults: int, rows: int, segments: int) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        areas = []
        for _ in range(segments):
            labels, scores = _binormal(rng, defaults, rows, _gap(0.8))
            areas.append(auc(labels=labels, scores=scores))
        lowest = min(areas, key=lambda area: area.estimate)
        return *_ends(lowest.interval(confidence=1.0 - 0.05 / segments)), 0.8

    return draw


def _largest_psi(rows: int, columns: int) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        found = []
        for _ in range(columns):
            reference, current = rng.normal(size=(2, rows))
            edges = quantile_edges(reference=reference, bins=10)
            found.append(
                psi_from_counts(
                    reference=bin_counts(values=reference, edges=edges),
                    current=bin_counts(values=current, edges=edges),
                    confidence=1.0 - 0.05 / columns,
                )
            )
        largest = max(found, key=lambda psi: psi.estimate)
        return largest.lower, largest.upper, 0.0

    return draw


def main(*, arguments: Sequence[str]) -> None:
    """Print one row of a Markdown table for each case."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies.coverage")
    parser.add_argument("--trials", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=20_260_101)
    options = parser.parse_args(arguments)
    for case in cases():
        found = cover(case=case, trials=options.trials, seed=options.seed)
        held, above, below = (count / found.trials for count in (found.held, found.above, found.below))
        mark = "" if found.keeps(asked=case.asked) else " OUTSIDE"
        sys.stdout.write(
            f"| {case.interval} | {case.condition} | {held:.1%} | {above:.1%} | {below:.1%} |{mark}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main(arguments=sys.argv[1:])
