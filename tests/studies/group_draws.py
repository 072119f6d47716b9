"""Samples of groups for the study of coverage: ends of an interval, and the truth that it should hold."""

from collections.abc import Callable, Sequence

import numpy as np

from validation.stats.fairness import (
    Approvals,
    Impact,
    count_comparisons,
    lowest_ratio,
    standardised_difference,
    widest_gap,
)

Draw = Callable[[np.random.Generator], tuple[float, float, float]]


def impact(rows: int, rate: float, others: int, other_rate: float) -> Draw:
    """Draw approvals of two groups; the truth is the ratio of their rates."""

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        protected = Approvals(approved=int(rng.binomial(rows, rate)), n=rows)
        control = Approvals(approved=int(rng.binomial(others, other_rate)), n=others)
        found = Impact(protected=protected, control=control).interval(confidence=0.95)
        return found.lower, found.upper, rate / other_rate

    return draw


def chosen_control(rows: Sequence[int], rate: float) -> Draw:
    """Draw groups that are approved at one rate, beside the luckiest; the truth is 1."""

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        groups = [Approvals(approved=int(rng.binomial(n, rate)), n=n) for n in rows]
        control = max(groups, key=lambda group: group.rate)
        found = lowest_ratio(
            impacts=[Impact(protected=group, control=control) for group in groups if group is not control],
            confidence=1.0 - 0.05 / count_comparisons(groups=len(groups), is_control_named=False),
        )
        return found.lower, found.upper, 1.0

    return draw


def odds_gap(defaults: int, others: int, gap: float) -> Draw:
    """Draw denials of two groups whose defaults are denied at rates so far apart."""

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        a, b = int(rng.binomial(defaults, 0.5)), int(rng.binomial(others, 0.5 + gap))
        c, d = rng.binomial(5 * np.array([defaults, others]), 0.1).tolist()
        gaps = [((a, defaults), (b, others)), ((c, 5 * defaults), (d, 5 * others))]
        found = widest_gap(gaps=gaps, confidence=1.0 - 0.05 / 2.0)
        return found.lower, found.upper, gap

    return draw


def smd(rows: int, others: int, gap: float) -> Draw:
    """Draw scores of two groups whose means lie so many deviations of one group apart."""

    share = rows / (rows + others)
    truth = 100.0 * gap / float(np.sqrt(1.0 + share * (1.0 - share) * gap**2))

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        found = standardised_difference(
            protected=rng.normal(size=rows) + gap, control=rng.normal(size=others), confidence=0.95
        )
        return found.lower, found.upper, truth

    return draw
