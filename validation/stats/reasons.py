"""Reasons for a denial: correlated inputs as one, what pushes towards denial, and whether it is named again.

Contributions are of log-odds of default: above zero they push towards denial.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse.csgraph import connected_components

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import midranks

# Contributions below this share of the largest are rounding, not reasons.
_ROUNDING = 1e-9

Groups = tuple[tuple[int, ...], ...]


def correlated_groups(*, rows: FloatArray, above: float) -> Groups:
    """Return the columns in groups of absolute rank correlation over ``above``, by single linkage.

    Two columns are together when a chain of such pairs joins them. A constant
    column stands alone. Groups come in the order of their first column.
    """
    ranks = np.column_stack([midranks(column) for column in rows.T])
    centred = ranks - ranks.mean(axis=0)
    sizes = np.linalg.norm(centred, axis=0)
    unit = np.divide(centred, sizes, out=np.zeros_like(centred), where=sizes > 0.0)
    _, labels = connected_components(np.abs(unit.T @ unit) > above, directed=False)
    members: dict[int, list[int]] = {}
    for column, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(column)
    return tuple(tuple(group) for group in members.values())


def merge_contributions(*, values: FloatArray, groups: Groups) -> FloatArray:
    """Return the sums over each group; the last axis of ``values`` holds the columns."""
    return np.stack([values[..., list(group)].sum(axis=-1) for group in groups], axis=-1)


def leading_reasons(*, values: FloatArray, most: int, least_share: float) -> tuple[int, ...]:
    """Return at most ``most`` places that push towards denial, strongest first; ties go to the lower place.

    Each carries at least ``least_share`` of all that pushes towards denial.
    """
    least = max(least_share * float(values[values > 0.0].sum()), _ROUNDING * float(np.abs(values).max()))
    order = np.argsort(-values, kind="stable")[:most]
    return tuple(int(place) for place in order if values[place] > 0.0 and values[place] >= least)


def lowest_overlap(*, reasons: tuple[int, ...], others: Sequence[tuple[int, ...]]) -> float:
    """Return the lowest Jaccard overlap with any of the others, at least one; 0 where no reason is found at all."""
    overlaps = [len(set(reasons) & set(other)) / (len(set(reasons) | set(other)) or 1) for other in others]
    return min(overlaps)


def log_odds(*, chances: FloatArray, least: float = 1e-9) -> FloatArray:
    """Return ln(p / (1 - p)); probabilities nearer to 0 or 1 than ``least`` count as that."""
    inside = np.clip(chances, least, 1.0 - least)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)
