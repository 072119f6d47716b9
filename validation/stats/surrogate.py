"""An additive surrogate over quantile bins: how much of an output is a sum of effects of single features?

Fitted by ridge regression on bin indicators, so it needs no model library and
one small linear system. Its fidelity on rows that it has not seen says how far
a global picture of single effects may be trusted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray
from validation.stats.stability import quantile_edges

_RIDGE = 1e-3


@dataclass(frozen=True, kw_only=True)
class AdditiveSurrogate:
    """Edges per feature, and one effect per bin; the first coefficient is the constant."""

    edges: tuple[FloatArray, ...]
    coefficients: FloatArray

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return the surrogate's outputs."""
        return np.asarray(_indicators(rows, self.edges) @ self.coefficients, dtype=np.float64)

    def fidelity(self, *, rows: FloatArray, outputs: FloatArray) -> float:
        """Return R², the share of the outputs' variance that it reproduces; not above 0 where the mean does as well."""
        left = float(((outputs - self.outputs(rows=rows)) ** 2).sum())
        total = float(((outputs - outputs.mean()) ** 2).sum())
        return 1.0 - left / total if total > 0.0 else 1.0


def fit_surrogate(*, rows: FloatArray, outputs: FloatArray, bins: int) -> AdditiveSurrogate:
    """Fit on rows and outputs, with at most ``bins`` bins a feature cut at the rows' quantiles."""
    edges = tuple(quantile_edges(reference=rows[:, i], bins=bins) for i in range(rows.shape[1]))
    design = _indicators(rows, edges)
    penalty = np.eye(design.shape[1]) * _RIDGE * len(rows)
    penalty[0, 0] = 0.0
    solved = np.linalg.solve(design.T @ design + penalty, design.T @ outputs)
    return AdditiveSurrogate(edges=edges, coefficients=np.asarray(solved, dtype=np.float64))


def _indicators(rows: FloatArray, edges: tuple[FloatArray, ...]) -> NDArray[np.float64]:
    columns = [np.ones((len(rows), 1))]
    for i, limits in enumerate(edges):
        places = np.searchsorted(limits, rows[:, i], side="right")
        columns.append(np.eye(len(limits) + 1)[places])
    return np.hstack(columns)
