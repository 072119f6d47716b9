"""Every column of two batches compared by one sort each, and all columns judged together."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from validation.domain.inputs import FloatArray, UnusableInputError
from validation.stats.alarms import (
    Codes,
    Verdicts,
    homogeneity_p,
    judge_together,
    merge_sparse,
    null_p_values,
)
from validation.stats.distances import house_edges, jensen_shannon
from validation.stats.library_conventions import normed_wasserstein
from validation.stats.pooled import pool
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
    """What is known of one column: both samples' counts by group of bins, and the rows' groups."""

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
    """Every column, and the p-values adjusted for looking at all of them."""

    columns: tuple[ColumnShift, ...]
    verdicts: Verdicts


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


def compare_columns(
    *, before: FloatArray, after: FloatArray, names: tuple[str, ...], settings: Settings
) -> Shifts:
    """Return every column's distance with its p-value, adjusted by the dependence seen among the rows."""
    both = np.concatenate([before, after])
    sample = pick_rows(rows=both, size=_DEPENDENCE_ROWS, seed=settings.seed)
    columns = tuple(
        _compare(
            before=before[:, i],
            after=after[:, i],
            sample=both[sample, i],
            is_category=name in settings.categories,
            settings=settings,
        )
        for i, name in enumerate(names)
    )
    draws = int(np.clip(20.0 / settings.level, _FEWEST_DRAWS, _MOST_DRAWS))
    verdicts = judge_together(
        p_values=np.asarray([homogeneity_p(reference=c.counts[0], current=c.counts[1]) for c in columns]),
        null=null_p_values(codes=[c.codes for c in columns], draws=draws, seed=settings.seed),
        level=settings.level,
    )
    return Shifts(columns=columns, verdicts=verdicts)


def _compare(
    *, before: FloatArray, after: FloatArray, sample: FloatArray, is_category: bool, settings: Settings
) -> ColumnShift:
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
        codes=groups[np.searchsorted(edges, sample, side="right")],
    )


def _summed(counts: FloatArray, groups: Codes) -> FloatArray:
    return np.asarray(np.bincount(groups, weights=counts), dtype=np.float64)
