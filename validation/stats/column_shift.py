"""Every column of two batches compared by one sort each, and all columns judged together."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import nan

import numpy as np
from scipy.special import chdtri

from validation.domain.inputs import UnusableInputError
from validation.domain.rows import FloatArray, Rows
from validation.stats.alarms import (
    MISSING,
    Codes,
    Verdicts,
    homogeneity_p,
    judge_together,
    merge_sparse,
    null_p_values,
)
from validation.stats.distances import drop_missing, house_edges, jensen_shannon
from validation.stats.library_conventions import normed_wasserstein
from validation.stats.missing import MissingChange, missing_change
from validation.stats.pooled import BoolArray, pool
from validation.stats.sampling import pick_rows
from validation.stats.stability import Psi, psi_from_counts

_DEPENDENCE_ROWS = 5_000
_FEWEST_DRAWS, _MOST_DRAWS = 2_000, 20_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How columns are compared; ``level`` is the chance of any false alarm while nothing has changed.

    ``categories`` hold codes without order: where the method needs an order
    they are compared by the distance of Jensen and Shannon. ``confidence`` is
    that of the interval of PSI.
    """

    categories: Collection[str]
    bins: int
    level: float
    seed: int
    method: str = "psi"
    confidence: float = 0.95


@dataclass(frozen=True, kw_only=True)
class ColumnShift:
    """What is known of one column: both samples' counts by group of bins, and the rows' groups.

    All of it is about the values that are there. Where one sample has none,
    ``distance`` and PSI are not a number and there is one group.
    """

    distance: float
    psi: Psi
    counts: tuple[FloatArray, FloatArray]
    codes: Codes

    def alarm_line(self, *, critical_p: float) -> float:
        """Return the PSI that a column of these groups exceeds with probability ``critical_p`` by chance."""
        degrees = len(self.counts[0]) - 1
        if not degrees:
            return 0.0
        return float(sum(1.0 / side.sum() for side in self.counts) * chdtri(degrees, critical_p))


@dataclass(frozen=True, kw_only=True)
class Shifts:
    """Every column, and the p-values adjusted for looking at all of them.

    ``verdicts`` are those of the values that are there, ``missing_adjusted``
    the adjusted p-values of the missing rates: one family, in which a column
    that lacks no value has no second test (its entry is then one).
    """

    columns: tuple[ColumnShift, ...]
    verdicts: Verdicts
    missing: tuple[MissingChange, ...]
    missing_adjusted: FloatArray

    @property
    def smallest_p(self) -> float:
        """Return the smallest adjusted p-value of the family."""
        return float(min(self.verdicts.adjusted.min(), self.missing_adjusted.min()))


def name_categories(*, listed: str, names: tuple[str, ...]) -> frozenset[str]:
    """Return the columns named in a list with commas.

    Raises ``UnusableInputError`` ``unknown_column`` when one is not a column.
    """
    named = frozenset(name.strip() for name in listed.split(",") if name.strip())
    if named - set(names):
        raise UnusableInputError(
            reason="unknown_column", detail=f"no column is called {min(named - set(names))}"
        )
    return named


def compare_columns(*, before: Rows, after: Rows, names: tuple[str, ...], settings: Settings) -> Shifts:
    """Return every column's distance and missing rate, with p-values adjusted by the dependence seen among the rows.

    NaN is a missing value. The missing rates of columns that lack a value in
    either sample join the family of the columns' distances.
    """
    both = before.above(after)
    sample = both.take(pick_rows(rows=both, size=_DEPENDENCE_ROWS, seed=settings.seed))
    columns, missing = [], []
    for i, name in enumerate(names):
        first, second = before.column(i), after.column(i)
        columns.append(
            _compare(
                before=first,
                after=second,
                sample=sample[:, i],
                is_category=name in settings.categories,
                settings=settings,
            )
        )
        missing.append(missing_change(before=first, after=second))
    return _judge(tuple(columns), tuple(missing), settings)


def _judge(
    columns: tuple[ColumnShift, ...], missing: tuple[MissingChange, ...], settings: Settings
) -> Shifts:
    draws = int(np.clip(20.0 / settings.level, _FEWEST_DRAWS, _MOST_DRAWS))
    partial = [place for place, one in enumerate(missing) if one.is_partial]
    p_values = [homogeneity_p(reference=c.counts[0], current=c.counts[1]) for c in columns]
    verdicts = judge_together(
        p_values=np.asarray([*p_values, *(missing[place].p_value for place in partial)]),
        null=null_p_values(
            codes=[c.codes for c in columns], draws=draws, seed=settings.seed, partial=partial
        ),
        level=settings.level,
    )
    count = len(columns)
    missing_adjusted = np.ones(count)
    missing_adjusted[partial] = verdicts.adjusted[count:]
    return Shifts(
        columns=columns,
        verdicts=replace(verdicts, p_values=verdicts.p_values[:count], adjusted=verdicts.adjusted[:count]),
        missing=missing,
        missing_adjusted=missing_adjusted,
    )


def _compare(
    *, before: FloatArray, after: FloatArray, sample: FloatArray, is_category: bool, settings: Settings
) -> ColumnShift:
    before, after = drop_missing(before), drop_missing(after)
    is_missing = np.isnan(sample)
    if not len(before) or not len(after):
        return _nothing_there(is_missing)
    pooled = pool(first=before, second=after)
    edges = pooled.values[1:] if is_category else house_edges(pooled=pooled, bins=settings.bins)
    first, second = pooled.counts(edges=edges)
    groups = merge_sparse(reference=first, current=second)
    psi = psi_from_counts(reference=first, current=second, confidence=settings.confidence)
    match settings.method:
        case "psi":
            distance = psi.estimate
        case "ks" if not is_category:
            distance = pooled.ks()
        case "wasserstein" if not is_category:
            distance = normed_wasserstein(pooled=pooled, spread=float(before.std()))
        case _:
            distance = jensen_shannon(reference=first, current=second)
    return ColumnShift(
        distance=distance,
        psi=psi,
        counts=(_summed(first, groups), _summed(second, groups)),
        codes=np.where(is_missing, MISSING, groups[np.searchsorted(edges, sample, side="right")]),
    )


def _nothing_there(is_missing: BoolArray) -> ColumnShift:
    nothing = np.zeros(1)
    return ColumnShift(
        distance=nan,
        psi=Psi(
            estimate=nan,
            lower=nan,
            upper=nan,
            confidence=nan,
            sampling_bound=nan,
            expected=nothing,
            actual=nothing,
            smoothed=False,
        ),
        counts=(nothing, nothing),
        codes=np.where(is_missing, MISSING, 0),
    )


def _summed(counts: FloatArray, groups: Codes) -> FloatArray:
    return np.asarray(np.bincount(groups, weights=counts), dtype=np.float64)
