"""How far two samples of one column lie apart, from one sort or one count of categories.

House conventions. KS and the Wasserstein distance are exact. PSI and the
Jensen-Shannon distance use quantile bins of the reference; the distance is
the root of the divergence in bits (Lin 1991; Endres and Schindelin 2003), so
that it lies between 0 and 1. Categories are compared as they are, and by
Pearson's chi-square test of homogeneity. Missing values are counted apart
and enter no distance.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import chdtrc, kolmogorov

from validation.domain.inputs import FloatArray
from validation.stats.pooled import STRETCH, Count, Pooled, count_places, find_grid, pool
from validation.stats.stability import psi_from_counts


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows with a value, and rows without."""

    present: int
    missing: int

    @property
    def missing_rate(self) -> float:
        """Return the share of rows without a value."""
        return self.missing / (self.present + self.missing)


@dataclass(frozen=True, kw_only=True)
class NumericDistance:
    """Distances of a numeric column; ``wasserstein`` is in its units, ``spread`` the reference's deviation."""

    reference: Rows
    current: Rows
    ks: float
    ks_p: float
    wasserstein: float
    spread: float
    psi: float
    jensen_shannon: float


@dataclass(frozen=True, kw_only=True)
class CategoryDistance:
    """Distances of a column of codes without order."""

    reference: Rows
    current: Rows
    psi: float
    jensen_shannon: float
    chi_square: float
    degrees: int
    p_value: float


class Pool(Protocol):
    """Brings two samples into one order, as ``pooled.pool`` does."""

    def __call__(self, *, first: FloatArray, second: FloatArray) -> Pooled:
        """Return the common order."""
        ...


def compare_numeric(
    *, reference: FloatArray, current: FloatArray, bins: int, pool: Pool = pool
) -> NumericDistance:
    """Return the distances of two samples; NaN is missing, and each sample holds a value."""
    before, after = drop_missing(reference), drop_missing(current)
    pooled = pool(first=before, second=after)
    counts = house_counts(pooled=pooled, bins=bins)
    gap, (n, m) = pooled.ks(), pooled.sizes
    return NumericDistance(
        reference=_rows(reference, before),
        current=_rows(current, after),
        ks=gap,
        ks_p=float(kolmogorov(np.sqrt(n * m / (n + m)) * gap)),
        wasserstein=pooled.wasserstein(),
        spread=_deviation(before),
        psi=psi_from_counts(reference=counts[0], current=counts[1], confidence=0.95).estimate,
        jensen_shannon=jensen_shannon(reference=counts[0], current=counts[1]),
    )


def house_counts(*, pooled: Pooled, bins: int) -> tuple[FloatArray, FloatArray]:
    """Return both samples' counts over the bins of ``house_edges``."""
    return pooled.counts(edges=house_edges(pooled=pooled, bins=bins))


def house_edges(*, pooled: Pooled, bins: int) -> FloatArray:
    """Return the inner quantiles of the first sample.

    A first sample that is nearly constant has none above its smallest value:
    the edges then part what lies below that value, at it and above it.
    """
    edges = pooled.quantile_edges(bins=bins)
    if len(edges):
        return edges
    only = pooled.at_rank(1)
    return np.asarray([only, np.nextafter(only, np.inf)])


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The codes of a sample, rising, and how many rows hold each."""

    rows: Rows
    codes: FloatArray
    counts: FloatArray


def tally(values: FloatArray, *, count: Count = count_places) -> Tally:
    """Return the counts of a sample that holds a code; NaN is missing."""
    present = drop_missing(values)
    grid = find_grid(present, scales=(1.0,))
    counts = None
    if grid is not None and grid.is_worth_counting(rows=len(present)):
        counts = count(present, grid)
    if grid is None or counts is None:
        codes, held = np.unique(present, return_counts=True)
        return Tally(rows=_rows(values, present), codes=codes, counts=held.astype(np.float64))
    places = np.flatnonzero(counts)
    return Tally(
        rows=_rows(values, present),
        codes=np.asarray(places + grid.lowest, dtype=np.float64),
        counts=counts[places].astype(np.float64),
    )


def compare_categories(*, reference: Tally, current: Tally) -> CategoryDistance:
    """Return the distances of two tallies."""
    codes = np.union1d(reference.codes, current.codes)
    before, after = (_aligned(one, codes) for one in (reference, current))
    statistic, degrees = chi_square(reference=before, current=after)
    return CategoryDistance(
        reference=reference.rows,
        current=current.rows,
        psi=psi_from_counts(reference=before, current=after, confidence=0.95).estimate,
        jensen_shannon=jensen_shannon(reference=before, current=after),
        chi_square=statistic,
        degrees=degrees,
        p_value=float(chdtrc(degrees, statistic)) if degrees else 1.0,
    )


def chi_square(*, reference: FloatArray, current: FloatArray) -> tuple[float, int]:
    """Return Pearson's statistic of homogeneity and its degrees of freedom; every cell holds a row."""
    both = reference + current
    n, m = reference.sum(), current.sum()
    expected = both * (m / (n + m))
    # The two rows of the table have residuals of equal size and opposite sign.
    statistic = ((current - expected) ** 2 / expected).sum() * (n + m) / n
    return float(statistic), len(both) - 1


def jensen_shannon(*, reference: FloatArray, current: FloatArray) -> float:
    """Return the distance of two count vectors: root of the divergence in bits, between 0 and 1."""
    expected, actual = reference / reference.sum(), current / current.sum()
    return float(np.sqrt(divergence_terms(expected=expected, actual=actual).sum() / np.log(2.0)))


def divergence_terms(*, expected: FloatArray, actual: FloatArray) -> FloatArray:
    """Return what each bin adds to the Jensen-Shannon divergence, in nats; never below zero."""
    middle = (expected + actual) / 2.0
    terms = _against(expected, middle) + _against(actual, middle)
    return np.maximum(terms / 2.0, 0.0)


def drop_missing(values: FloatArray) -> FloatArray:
    """Return the values that are there."""
    # The sum is not a number as soon as one value is not, and costs less than asking each.
    if not np.isnan(values.sum()):
        return values
    return values[~np.isnan(values)]


def _against(shares: FloatArray, middle: FloatArray) -> FloatArray:
    ratio = np.divide(shares, middle, out=np.ones_like(shares), where=shares > 0.0)
    return np.asarray(shares * np.log(ratio))


def _deviation(values: FloatArray) -> float:
    """Return the standard deviation (population form) in two passes, stretch by stretch."""
    mean, total = values.mean(), 0.0
    for begin in range(0, len(values), STRETCH):
        centred = values[begin : begin + STRETCH] - mean
        total += float(np.einsum("i,i->", centred, centred))
    return float(np.sqrt(total / len(values)))


def _aligned(sample: Tally, codes: FloatArray) -> FloatArray:
    counts = np.zeros(len(codes))
    counts[np.searchsorted(codes, sample.codes)] = sample.counts
    return counts


def _rows(values: FloatArray, present: FloatArray) -> Rows:
    return Rows(present=len(present), missing=len(values) - len(present))
