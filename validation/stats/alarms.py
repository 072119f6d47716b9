"""How often a comparison of many columns may cry wolf, and what each column must show for it.

A user states how many false alarms a model may raise in a year; a batch then
has that budget over its batches as the chance of any alarm while nothing has
changed. Columns depend on one another, so the chance is not found by
counting them: the smallest of their p-values is compared with its own
distribution (Westfall and Young 1993), stepping down from the smallest
(Romano and Wolf 2005). That distribution is drawn from the normal limit of
the counts, whose covariance is the one seen among the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from validation.domain.inputs import FloatArray
from validation.stats.distances import chi_square

Codes = NDArray[np.int64]

_MOST_LIKELY_ALARM = 0.5
_FEWEST_EXPECTED = 5.0
_JITTER = 1e-9
# The code of a row that has no value.
MISSING = -1


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """For each test its p-value and the one adjusted for all of them; the p-value at which an alarm begins."""

    p_values: FloatArray
    adjusted: FloatArray
    critical_p: float


def batch_level(*, alarms_per_year: float, batches_per_year: int) -> float:
    """Return the chance that one batch may raise a false alarm with; at most one half."""
    return min(alarms_per_year / batches_per_year, _MOST_LIKELY_ALARM)


def merge_sparse(*, reference: FloatArray, current: FloatArray) -> Codes:
    """Return the group of each bin: bins in which too few rows are expected share one."""
    both = reference + current
    sizes = (reference.sum(), current.sum())
    expected = both * (min(sizes) / sum(sizes))
    is_sparse = expected < _FEWEST_EXPECTED
    if is_sparse.any() and not is_sparse.all() and expected[is_sparse].sum() < _FEWEST_EXPECTED:
        is_sparse[np.argmin(np.where(is_sparse, np.inf, expected))] = True
    groups = np.cumsum(~is_sparse) - 1
    groups[is_sparse] = (~is_sparse).sum()
    return np.asarray(np.unique(groups, return_inverse=True)[1], dtype=np.int64)


def homogeneity_p(*, reference: FloatArray, current: FloatArray) -> float:
    """Return the p-value of Pearson's test on the counts; one where there is a single bin."""
    if len(reference) == 1:
        return 1.0
    statistic, degrees = chi_square(reference=reference, current=current)
    return float(chdtrc(degrees, statistic))


def null_p_values(
    *, codes: Sequence[Codes], draws: int, seed: int, partial: Sequence[int] = ()
) -> FloatArray:
    """Return p-values (draws by tests) as they fall together while nothing has changed.

    ``codes`` holds for each column the bin of each row of a sample of rows, or
    ``MISSING``. The tests are one of the bins for each column, then one of the
    missing rate for each of the ``partial`` columns, which lack values
    somewhere. The bins of such a column are judged given how many values are
    there. A test of which the sample of rows shows nothing falls evenly and
    alone.
    """
    blocks = [_indicators(one) for one in codes]
    starts = np.cumsum([0, *(block.shape[1] for block in blocks)])
    rows = np.concatenate(blocks, axis=1)
    shares = rows.mean(axis=0, dtype=np.float64)
    covariance = (rows.T @ rows).astype(np.float64) / len(rows) - np.outer(shares, shares)
    root = np.linalg.cholesky(covariance + _JITTER * np.eye(len(shares)))
    rng = np.random.default_rng(seed)
    fallen = rng.normal(size=(draws, len(shares))) @ root.T
    degrees = np.diff(starts) - 1
    missing_p = []
    for column in partial:
        part = slice(starts[column], starts[column + 1])
        there = float((codes[column] != MISSING).mean())
        missing_p.append(_take_missing(fallen[:, part], shares[part], there, rng))
    statistics = np.add.reduceat(fallen**2 / np.where(shares > 0.0, shares, 1.0), starts[:-1], axis=1)
    found = np.where(degrees > 0, chdtrc(np.maximum(degrees, 1), statistics), 1.0)
    for column in partial:
        if not degrees[column]:
            found[:, column] = rng.random(draws)
    return np.column_stack([found, *missing_p])


def _indicators(codes: Codes) -> NDArray[np.float32]:
    """Return a column for each bin that a row falls in, at least one; a row without a value is in none."""
    block = np.eye(max(int(codes.max()), 0) + 1, dtype=np.float32)[codes]
    block[codes == MISSING] = 0.0
    is_seen = block.any(axis=0)
    return block[:, is_seen] if is_seen.any() else block[:, :1]


def _take_missing(
    fallen: FloatArray, shares: FloatArray, there: float, rng: np.random.Generator
) -> FloatArray:
    """Return the null p-values of a missing rate; take out of the bins' counts what it moved in them, in place."""
    if there in (0.0, 1.0):
        return rng.random(len(fallen))
    total = fallen.sum(axis=1)
    fallen -= np.outer(total, shares / there)
    return np.asarray(chdtrc(1, total**2 / (there * (1.0 - there))))


def judge_together(*, p_values: FloatArray, null: FloatArray, level: float) -> Verdicts:
    """Return each test's p-value adjusted for looking at all of them."""
    order = np.argsort(p_values, kind="stable")
    # Test by test from the least striking: the smallest null p-value among those still in play.
    smallest = np.minimum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
    reached = (smallest <= p_values[order]).sum(axis=0)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.maximum.accumulate((1.0 + reached) / (1.0 + len(null)))
    critical = float(np.quantile(smallest[:, 0], level, method="lower"))
    return Verdicts(p_values=p_values, adjusted=adjusted, critical_p=critical)
