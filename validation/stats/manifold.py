"""Is importance given to features that move nothing where customers are?

An explainer asks a model about mixtures of rows. A model may answer otherwise
there than for customers and so have its explanation say what it likes (Slack
et al., 2020). What a feature does among customers is seen in two ways that
stay near them: how far the mean output moves along the feature, and how far a
customer's output moves when the feature alone is taken from the most similar
other customer. An honest feature shows in one of the two.
"""

from dataclasses import dataclass

import numpy as np

from validation.domain.inputs import FloatArray
from validation.stats.faithfulness import Predict
from validation.stats.stability import quantile_edges


@dataclass(frozen=True, kw_only=True)
class ManifoldSupport:
    """Per feature, in units of the output: spread of its bin means, and mean shift under a neighbour's value."""

    association: FloatArray
    influence: FloatArray

    def unsupported(self, *, importances: FloatArray, floor: float) -> list[int]:
        """Return the features whose support is below ``floor`` times the importance that they were given."""
        support = np.maximum(self.association, self.influence)
        return [int(i) for i in np.flatnonzero(support < floor * importances)]

    def unsupported_share(self, *, importances: FloatArray, floor: float) -> float:
        """Return which share of all importance those features hold."""
        total = float(importances.sum())
        held = float(importances[self.unsupported(importances=importances, floor=floor)].sum())
        return held / total if total > 0.0 else 0.0


def manifold_support(*, predict: Predict, probes: FloatArray, pool: FloatArray, bins: int) -> ManifoldSupport:
    """Measure both on real rows: association over ``pool``, influence over ``probes`` with neighbours from it."""
    outputs = predict(pool)
    association = [_bin_spread(pool[:, i], outputs, bins) for i in range(pool.shape[1])]
    return ManifoldSupport(association=np.asarray(association), influence=_influence(predict, probes, pool))


def _bin_spread(values: FloatArray, outputs: FloatArray, bins: int) -> float:
    """Return the standard deviation of bin means, less what chance alone would spread them (one-way analysis)."""
    places = np.searchsorted(quantile_edges(reference=values, bins=bins), values, side="right")
    sizes = np.bincount(places)
    means = np.bincount(places, weights=outputs)[sizes > 0] / sizes[sizes > 0]
    between = float((sizes[sizes > 0] * (means - outputs.mean()) ** 2).sum())
    within = max(float(((outputs - outputs.mean()) ** 2).sum()) - between, 0.0)
    groups, n = len(means), len(values)
    chance = (groups - 1) * within / max(n - groups, 1)
    return float(np.sqrt(max(between - chance, 0.0) / n))


def _influence(predict: Predict, probes: FloatArray, pool: FloatArray) -> FloatArray:
    scale = pool.std(axis=0)
    scale = np.where(scale > 0.0, scale, 1.0)
    steps = ((probes[:, None, :] - pool[None, :, :]) / scale) ** 2
    whole = steps.sum(axis=2)
    before = predict(probes)
    shifts = []
    for i in range(probes.shape[1]):
        # The row itself may be in the pool: a neighbour must differ in the feature, or nothing is moved.
        apart = np.where(steps[:, :, i] > 0.0, whole - steps[:, :, i], np.inf)
        moved = probes.copy()
        moved[:, i] = np.where(np.isfinite(apart).any(axis=1), pool[apart.argmin(axis=1), i], probes[:, i])
        shifts.append(float(np.abs(predict(moved) - before).mean()))
    return np.asarray(shifts)
