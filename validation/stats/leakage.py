"""Signs that a column knows the outcome, or only knows which row it stands in."""

from dataclasses import dataclass

import numpy as np

from validation.domain.inputs import FloatArray
from validation.stats.discrimination import auc
from validation.stats.pooled import Pooled
from validation.stats.ranks import spearman


@dataclass(frozen=True, kw_only=True)
class ColumnSigns:
    """What one column shows alone.

    ``strength`` is the AUC of the column or of its mirror, whichever is larger;
    its ends are missing where no interval can be stated. ``separation`` is the
    total variation between the values of defaults and of others: 1 where each
    value belongs to one class. ``row_order`` is Spearman's rho with the number of
    the row.
    """

    strength: float
    lower: float | None
    upper: float | None
    separation: float
    distinct: int
    row_order: float
    is_dense: bool

    def is_identifier(self, *, n: int, distinct_share: float, order: float) -> bool:
        """Return whether nearly all values differ, and they run with the rows or are dense whole numbers."""
        differs = self.distinct >= distinct_share * n
        return differs and (abs(self.row_order) >= order or self.is_dense)


def column_signs(*, values: FloatArray, labels: FloatArray, confidence: float) -> ColumnSigns:
    """Return the signs of one column. Needs two rows of either class."""
    area = auc(labels=labels, scores=values)
    interval = area.interval(confidence=confidence)
    lower, upper = interval.lower, interval.upper
    if area.estimate < 0.5:
        lower, upper = (None if end is None else 1.0 - end for end in (upper, lower))
    distinct = len(area.order.values)
    # An order is asked for only where it could matter: it costs as much as all the rest.
    row_order = (
        spearman(first=values, second=np.arange(len(values), dtype=np.float64)) if distinct > 2 else 0.0
    )
    return ColumnSigns(
        strength=max(area.estimate, 1.0 - area.estimate),
        lower=lower,
        upper=upper,
        separation=_separation(area.order),
        distinct=distinct,
        row_order=row_order,
        is_dense=_is_dense(area.order.values),
    )


def _separation(order: Pooled) -> float:
    n0, n1 = order.sizes
    others, defaults = (np.diff(side, prepend=0) for side in (order.first, order.second))
    return float(np.abs(defaults / n1 - others / n0).sum()) / 2.0


def _is_dense(distinct: FloatArray) -> bool:
    """Return whether the values are whole numbers that leave out no more than they hold."""
    reach = float(distinct[-1] - distinct[0]) + 1.0
    return len(distinct) > 2 and reach <= 2.0 * len(distinct) and bool((distinct == np.floor(distinct)).all())
