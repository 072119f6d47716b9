"""Every statistic against values worked by hand or recomputed by an independent implementation."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from validation.stats.calibration import (
    Grades,
    binomial_p,
    brier,
    expected_calibration_error,
    grades,
    hosmer_lemeshow,
    jeffreys_interval,
    jeffreys_p,
)
from validation.stats.concentration import concentration, concentration_rise
from validation.stats.discrimination import Auc, auc, ks_separation, paired_difference
from validation.stats.discrimination_detail import decline
from validation.stats.low_default import conditional_pd, prudent_bounds, spiegelhalter
from validation.stats.migration import bandwidths, neighbour_gaps
from validation.stats.missing import MissingChange, missing_change
from validation.stats.rates import monotonicity
from validation.stats.stability import psi_from_counts

FILE = Path(__file__).parent / "reference_values.csv"
ROWS = list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines()))

LABELS = np.array([1.0] * 5 + [0.0] * 8)
FIRST = np.array([9, 8, 8, 6, 4, 7, 6, 5, 4, 3, 3, 2, 1], dtype=float)
SECOND = np.array([7, 9, 6, 5, 4, 8, 6, 5, 5, 3, 2, 2, 1], dtype=float)
PDS = (0.01, 0.02, 0.05, 0.10, 0.15)
DEFAULTS = (1, 3, 4, 9, 20)
EDGES = (0.015, 0.03, 0.07, 0.12)


def area(scores: np.ndarray = FIRST) -> Auc:
    return auc(labels=LABELS, scores=scores)


def obligors() -> tuple[np.ndarray, np.ndarray]:
    labels = np.concatenate([np.r_[np.ones(d), np.zeros(100 - d)] for d in DEFAULTS])
    return labels, np.repeat(PDS, 100)


def five_grades() -> Grades:
    labels, scores = obligors()
    return grades(labels=labels, scores=scores, edges=EDGES)


def brier_part(name: str) -> float:
    labels, scores = obligors()
    parts = brier(labels=labels, scores=scores, edges=EDGES)
    total = parts.reliability - parts.resolution + parts.uncertainty
    return {"total": total}.get(name) or float(getattr(parts, name))


def one_grade(case: str, name: str) -> float:
    pd, n, d = (np.array([float(item.split("=")[1])]) for item in case.split(" "))
    measure = {"jeffreys": jeffreys_p, "binomial": binomial_p}[name]
    return float(measure(pd=pd, obligors=n, defaults=d)[0])


def logit_end(name: str) -> float:
    return float(getattr(area().interval(confidence=0.95), name))


def psi(expected: list[float], actual: list[float]) -> float:
    return psi_from_counts(reference=np.array(expected), current=np.array(actual), confidence=0.95).estimate


def jeffreys_end(side: int) -> float:
    ends = jeffreys_interval(obligors=np.array([500.0]), defaults=np.array([15.0]), confidence=0.95)
    return float(ends[side][0])


def paired(name: str) -> float:
    return float(getattr(paired_difference(first=area(), second=area(SECOND)), name))


INITIAL = concentration(np.array([0.10, 0.15, 0.20, 0.20, 0.15, 0.12, 0.08]))
CURRENT = concentration(np.array([0.05, 0.10, 0.35, 0.25, 0.13, 0.08, 0.04]))


def crowding(output: str) -> float:
    rise = concentration_rise(initial=INITIAL, current=CURRENT, grades=7)
    if output in {"z", "p=1-Phi(z)"}:
        return rise.z if output == "z" else rise.p_value
    figure, when = output.split(" ")
    name = {"HHI": "herfindahl", "CV": "variation", "HI": "index"}[figure]
    return float(getattr(INITIAL if when == "init" else CURRENT, name))


def promised(output: str) -> float:
    labels, scores = obligors()
    found = spiegelhalter(labels=labels, scores=scores)
    assert found is not None
    return {"E[Brier]": found.expected, "z": found.z, "two-sided p": found.p_value}[output]


MATRIX = np.array([[80, 15, 4, 1], [10, 70, 15, 5], [2, 13, 70, 15], [1, 4, 20, 75]], dtype=float)
NOT_FALLING = np.array([[50, 5, 30], [0, 1, 0], [0, 0, 1]], dtype=float)
RISING = np.array([0.02, 0.03, 0.03, 0.05, 0.045, 0.06])


def cell(case: str, output: str) -> float:
    start, end = (int(place) - 1 for place in case.split("(")[1].split(")", maxsplit=1)[0].split(","))
    counts = NOT_FALLING if case.startswith("non-monotone") else MATRIX
    (found,) = (one for one in neighbour_gaps(counts) if (one.start, one.end) == (start, end))
    return found.z if output == "z" else found.p_value


def missing_value(case: str, output: str) -> float:
    before, after = (
        np.array([np.nan] * gone + [1.0] * (n - gone))
        for gone, n in (map(int, part.split(" of ")) for part in case.split(" to "))
    )
    change: MissingChange = missing_change(before=before, after=after)
    low, high = change.interval(confidence=0.95)
    return {"change": change.change, "low": low, "high": high, "two-sided p": change.p_value}[output]


def portfolio_value(row: dict[str, str]) -> float | None:
    match row["test"], row["output"]:
        case "ECB grade concentration (2.5.5.3)", output:
            return crowding(output)
        case "Spiegelhalter", output:
            return promised(output)
        case "ECB customer migrations (2.5.5.1)", output:
            both = bandwidths(counts=MATRIX, confidence=0.95)
            return both[["MWB upper", "MWB lower"].index(output)].estimate
        case "ECB migration-matrix stability (2.5.5.2)", output:
            return cell(row["case"], output)
        case "Default rates or PDs that should rise", output:
            return monotonicity(RISING)[["violation rate", "violation mass"].index(output)]
        case "Vasicek-adjusted critical default rate", _:
            return float(conditional_pd(pd=np.array([0.02]), correlation=0.12, stress=0.95)[0])
        case "Pluto-Tasche upper PD, no defaults", _:
            n, d = np.array([100.0]), np.zeros(1)
            return float(prudent_bounds(obligors=n, defaults=d, confidence=0.95)[0])
    return None


KNOWN: dict[str, Callable[[], float]] = {
    "p (df=3)": lambda: hosmer_lemeshow(table=five_grades()).p_in_sample or 0.0,
    "p (df=5)": lambda: hosmer_lemeshow(table=five_grades()).p_out_of_sample,
    "statistic": lambda: hosmer_lemeshow(table=five_grades()).statistic,
    "Brier": lambda: brier_part("score"),
    "reliability": lambda: brier_part("reliability"),
    "resolution": lambda: brier_part("resolution"),
    "uncertainty": lambda: brier_part("uncertainty"),
    "reliability-resolution+uncertainty": lambda: brier_part("total"),
    "Brier skill score": lambda: brier_part("skill"),
    "AUC": lambda: area().estimate,
    "Gini (AR)": lambda: area().gini,
    "s^2 (DeLong)": lambda: area().variance,
    "s": lambda: area().variance ** 0.5,
    "Gini se": lambda: 2.0 * area().variance ** 0.5,
    "AUC model 2": lambda: area(SECOND).estimate,
    "covariance": lambda: paired("covariance"),
    "z": lambda: paired("z"),
    "two-sided p": lambda: paired("p_two_sided"),
    "KS": lambda: ks_separation(first=FIRST[:5], second=FIRST[5:]),
    "PSI": lambda: psi([10, 20, 40, 20, 10], [5, 15, 40, 25, 15]),
    "CSI": lambda: psi([30, 40, 30], [20, 40, 40]),
    "PSI 95% bound under H0": lambda: (
        psi_from_counts(
            reference=np.full(10, 20.0), current=np.full(10, 20.0), confidence=0.95
        ).sampling_bound
    ),
    "ECE": lambda: expected_calibration_error(table=five_grades()),
}


def computed(row: dict[str, str]) -> float:
    if (found := portfolio_value(row)) is not None:
        return found
    match row["test"], row["output"]:
        case "Jeffreys test (ECB 2.5.3.1)", _:
            return one_grade(row["case"], "jeffreys")
        case "Binomial test one-sided", _:
            return one_grade(row["case"], "binomial")
        case "ECB AUC vs initial validation (2.5.4)", name:
            fall = decline(initial=0.80, current=0.75, standard_error=0.02)
            return {"S": fall.statistic, "p=1-Phi(S)": fall.p_value}[name]
        case "Change of the missing rate", output:
            return missing_value(row["case"], output)
        case "Jeffreys interval", "low" | "high":
            return jeffreys_end(["low", "high"].index(row["output"]))
        case "AUC CI, logit scale", "low" | "high":
            return logit_end({"low": "lower", "high": "upper"}[row["output"]])
        case _, output:
            return KNOWN[output]()


def last_place(text: str) -> float:
    """Half a unit of the last digit printed, and a little for rounding."""
    return 0.51 * 10.0 ** -len(text.partition(".")[2])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['test']} | {row['case']} | {row['output']}")
def test_published_value_is_reproduced(row: dict[str, str]) -> None:
    assert computed(row) == pytest.approx(float(row["value"]), rel=0, abs=last_place(row["value"]))


def test_interval_covers_the_truth_with_twenty_defaults() -> None:
    # Normal scores one standard deviation apart: the true area is Phi(1 / sqrt 2) = 0.7602499.
    rng, hits, trials = np.random.default_rng(7), 0, 600
    labels = np.r_[np.ones(20), np.zeros(200)]
    for _ in range(trials):
        scores = rng.normal(size=220) + labels
        interval = auc(labels=labels, scores=scores).interval(confidence=0.95)
        assert interval.lower is not None
        assert interval.upper is not None
        hits += interval.lower <= 0.7602499 <= interval.upper
    assert 0.93 <= hits / trials <= 0.97


def test_paired_interval_covers_no_difference() -> None:
    rng, hits, trials = np.random.default_rng(11), 0, 400
    labels = np.r_[np.ones(60), np.zeros(300)]
    for _ in range(trials):
        shared = rng.normal(size=360) + labels
        first, second = (auc(labels=labels, scores=shared + rng.normal(size=360)) for _ in range(2))
        interval = paired_difference(first=first, second=second).interval(confidence=0.95)
        assert interval.lower is not None
        assert interval.upper is not None
        hits += interval.lower <= 0.0 <= interval.upper
    assert 0.92 <= hits / trials <= 0.98
