"""Calibration of probabilities of default: by grade, over grades and per obligor.

Formulas: Jeffreys as in ECB, Instructions for reporting the validation
results of internal models (2019), 2.5.3.1; Hosmer and Lemeshow (1980) with
both degrees of freedom; Murphy (1973).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc, betainc, betaincinv, chdtrc

from validation.domain.inputs import FloatArray

# Statistics that differ by less than this share are equal.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Grades:
    """Obligors, defaults and mean PD per grade; empty grades are left out."""

    obligors: FloatArray
    defaults: FloatArray
    pds: FloatArray


@dataclass(frozen=True, kw_only=True)
class HosmerLemeshow:
    """The statistic and its p-value for new data (df = G) and for the fitting data (df = G - 2)."""

    statistic: float
    grades: int
    p_out_of_sample: float
    p_in_sample: float | None


@dataclass(frozen=True, kw_only=True)
class Brier:
    """Brier score, its standard error, Murphy's split over grade means, and the skill.

    ``score_degrees`` and ``skill_degrees`` are the degrees of freedom of the errors: few where few rows dominate.
    ``within_grades`` is what the split over grade means leaves out:
    brier = reliability - resolution + uncertainty + within_grades.
    """

    score: float
    score_error: float
    reliability: float
    resolution: float
    uncertainty: float
    within_grades: float
    skill: float
    skill_error: float
    score_degrees: float
    skill_degrees: float


def grade_index(*, scores: FloatArray, edges: tuple[float, ...]) -> FloatArray:
    """Return the grade of each score; a score on an edge belongs to the riskier grade."""
    return np.searchsorted(np.asarray(edges), scores, side="right").astype(np.float64)


def grades(*, labels: FloatArray, scores: FloatArray, edges: tuple[float, ...]) -> Grades:
    """Return the grades that hold obligors, safest first."""
    index = grade_index(scores=scores, edges=edges).astype(np.int64)
    size = len(edges) + 1
    obligors = np.bincount(index, minlength=size).astype(np.float64)
    held = obligors > 0
    return Grades(
        obligors=obligors[held],
        defaults=np.bincount(index, weights=labels, minlength=size)[held].astype(np.float64),
        pds=np.bincount(index, weights=scores, minlength=size)[held] / obligors[held],
    )


def jeffreys_p(*, pd: FloatArray, obligors: FloatArray, defaults: FloatArray) -> FloatArray:
    """Return P(true rate <= PD) under the Jeffreys posterior; small means PD too low."""
    return np.asarray(betainc(defaults + 0.5, obligors - defaults + 0.5, pd), dtype=np.float64)


def jeffreys_interval(
    *, obligors: FloatArray, defaults: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the equal-tailed Jeffreys interval of a default rate."""
    tail = (1.0 - confidence) / 2.0
    a, b = defaults + 0.5, obligors - defaults + 0.5
    return np.asarray(betaincinv(a, b, tail)), np.asarray(betaincinv(a, b, 1.0 - tail))


def binomial_p(*, pd: FloatArray, obligors: FloatArray, defaults: FloatArray) -> FloatArray:
    """Return P(X >= defaults) for a binomial X; small means PD too low. Assumes independence."""
    above = bdtrc(np.maximum(defaults - 1.0, 0.0), obligors.astype(np.int64), pd)
    return np.where(defaults <= 0.0, 1.0, above)


def holm(p_values: FloatArray) -> FloatArray:
    """Return Holm's adjusted p-values, in the order given."""
    order = np.argsort(p_values, kind="stable")
    steps = (len(p_values) - np.arange(len(p_values))) * p_values[order]
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def hosmer_lemeshow(*, table: Grades) -> HosmerLemeshow:
    """Return the statistic over grades with 0 < PD < 1, which must be all of them."""
    spread = table.obligors * table.pds * (1.0 - table.pds)
    statistic = float((((table.defaults - table.obligors * table.pds) ** 2) / spread).sum())
    count = len(table.pds)
    return HosmerLemeshow(
        statistic=statistic,
        grades=count,
        p_out_of_sample=float(chdtrc(count, statistic)),
        p_in_sample=float(chdtrc(count - 2, statistic)) if count > 2 else None,
    )


def simulated_misfit_p(*, table: Grades, draws: int, seed: int) -> float:
    """Return the p-value of Hosmer and Lemeshow's statistic among defaults drawn from the PDs.

    Holds however few defaults a grade expects (Besag and Clifford 1989). Grades as ``hosmer_lemeshow`` needs them;
    defaults of obligors with unlike PDs spread less than these, so it errs on the side of no alarm.
    """
    expected, sizes = table.obligors * table.pds, table.obligors.astype(np.int64)
    spread = expected * (1.0 - table.pds)
    drawn = np.random.default_rng(seed).binomial(sizes, table.pds, size=(draws, len(sizes)))
    statistics = ((drawn - expected) ** 2 / spread).sum(axis=1)
    seen = float(((table.defaults - expected) ** 2 / spread).sum())
    return float(1 + (statistics >= seen * (1.0 - _ROUNDING)).sum()) / (1 + draws)


def brier(*, labels: FloatArray, scores: FloatArray, edges: tuple[float, ...]) -> Brier:
    """Return the Brier score and its parts. Needs both classes."""
    n = len(labels)
    errors = (scores - labels) ** 2
    score, rate = float(errors.mean()), float(labels.mean())
    table = grades(labels=labels, scores=scores, edges=edges)
    rates = table.defaults / table.obligors
    weights = table.obligors / n
    reliability = float((weights * (table.pds - rates) ** 2).sum())
    resolution = float((weights * (rates - rate) ** 2).sum())
    uncertainty = rate * (1.0 - rate)
    # Delta method: the skill is 1 - B/U, and U moves with the observed rate.
    influence = -(errors - score) / uncertainty + score / uncertainty**2 * (1.0 - 2.0 * rate) * (
        labels - rate
    )
    return Brier(
        score=score,
        score_error=float(errors.std(ddof=1) / np.sqrt(n)),
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within_grades=score - (reliability - resolution + uncertainty),
        skill=1.0 - score / uncertainty,
        skill_error=float(influence.std(ddof=1) / np.sqrt(n)),
        score_degrees=_spread_degrees(errors),
        skill_degrees=_spread_degrees(influence),
    )


def _spread_degrees(values: FloatArray) -> float:
    """Return the degrees of freedom of a sample variance: 2 n / (kurtosis - 1), at most n - 1."""
    squares = (values - values.mean()) ** 2
    mean = float(squares.mean())
    excess = float((squares**2).mean()) / mean**2 - 1.0 if mean > 0.0 else 0.0
    most = len(values) - 1.0
    return min(most, 2.0 * len(values) / excess) if excess > 0.0 else most


def expected_calibration_error(*, table: Grades) -> float:
    """Return the mean gap between PD and default rate over grades, weighted by obligors."""
    gaps = np.abs(table.defaults / table.obligors - table.pds)
    return float((table.obligors * gaps).sum() / table.obligors.sum())
