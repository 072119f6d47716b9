"""Drift figures under the conventions that Evidently states, so that its report can be checked.

Evidently 0.7 divides the Wasserstein distance by the reference's standard
deviation, at least 0.001, and takes the Jensen-Shannon distance in nats. It
cuts a numeric column of more than 20 reference values into bins of equal
width over both samples, as many as Sturges' rule says; otherwise every value
is a bin. Its PSI fills an empty bin with a small share. Source: the package's
``legacy/calculations/stattests``. Missing values are dropped before.
"""

import numpy as np

from validation.domain.inputs import FloatArray
from validation.stats.distances import divergence_terms
from validation.stats.pooled import Pooled

_SMALLEST_SPREAD = 0.001
_FEW_VALUES = 20
_SMALL_SHARE = 0.0001


def normed_wasserstein(*, pooled: Pooled, spread: float) -> float:
    """Return the distance over the reference's standard deviation (population form)."""
    return pooled.wasserstein() / max(spread, _SMALLEST_SPREAD)


def jensen_shannon(*, reference: FloatArray, current: FloatArray) -> float:
    """Return the distance of two count vectors in nats."""
    terms = divergence_terms(expected=reference / reference.sum(), actual=current / current.sum())
    return float(np.sqrt(terms.sum()))


def psi(*, reference: FloatArray, current: FloatArray) -> float:
    """Return the index of two count vectors, empty bins filled."""
    expected, actual = _filled(reference / reference.sum()), _filled(current / current.sum())
    return float(((expected - actual) * np.log(expected / actual)).sum())


def binned(*, pooled: Pooled) -> tuple[FloatArray, FloatArray]:
    """Return both samples' counts over the library's bins of a numeric column."""
    steps = [np.diff(counts, prepend=0).astype(np.float64) for counts in (pooled.first, pooled.second)]
    if np.count_nonzero(steps[0]) <= _FEW_VALUES:
        return steps[0], steps[1]
    low, high = float(pooled.values[0]), float(pooled.values[-1])
    width = (high - low) / (np.log2(sum(pooled.sizes)) + 1.0)
    edges = np.linspace(low, high, int(np.ceil((high - low) / width)) + 1)
    first, second = pooled.counts(edges=edges[1:-1])
    return first, second


def _filled(shares: FloatArray) -> FloatArray:
    smallest = float(shares[shares > 0.0].min())
    return np.where(shares > 0.0, shares, smallest / 10**6 if smallest <= _SMALL_SHARE else _SMALL_SHARE)
