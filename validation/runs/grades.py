"""The limits of PD grades under which a run is made."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

GRADES = 10


def grade_edges(*, portfolio: Mapping[str, str], scores: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the declared limits of the PD grades; where none are declared, the deciles of ``scores``."""
    declared = str(portfolio.get("grade_edges", ""))
    if declared:
        return tuple(float(edge) for edge in declared.split(","))
    inner = np.quantile(scores, np.linspace(0, 1, GRADES + 1)[1:-1])
    return tuple(float(edge) for edge in np.unique(inner))
