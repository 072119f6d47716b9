"""Choosing among interpretable models by cross-validation on the training sample alone.

Stone (1974). Whoever picks the best of several models by the rows on which he
then compares it makes the rival look better than it is; here those rows are
never asked. Every setting of every family sees the same folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from validation.domain.challengers import Family, Setting
from validation.domain.rows import FloatArray, HeldRows, Rows
from validation.domain.tools import Challenger
from validation.stats.discrimination import auc
from validation.stats.sampling import deal_folds, draw_stratified


class Fit(Protocol):
    """Fits one setting of a family on some rows and scores others."""

    def __call__(
        self,
        *,
        family: Family,
        setting: Setting,
        features: FloatArray,
        labels: FloatArray,
        score_rows: Rows,
        seed: int,
    ) -> Challenger:
        """Return the fitted challenger."""
        ...


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What may be spent, counted in fits and rows, so that it repeats.

    Settings of each family, folds and training rows of tuning, and the rows behind any fit.
    """

    settings: int
    folds: int
    rows: int
    fit_rows: int


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One setting of one family with its Gini on each fold that it was not fitted on."""

    family: Family
    setting: Setting
    fold_ginis: tuple[float, ...]

    @property
    def gini(self) -> float:
        """Return the mean over the folds."""
        return sum(self.fold_ginis) / len(self.fold_ginis)


def cross_validate(
    *,
    families: Sequence[Family],
    fit: Fit,
    features: FloatArray,
    labels: FloatArray,
    budget: Budget,
    seed: int,
) -> tuple[Trial, ...]:
    """Return a trial for each family and setting, in order.

    Needs two rows of either class in each fold. The seed draws the rows, deals
    them into folds and goes to every fit.
    """
    chosen = draw_stratified(labels=labels, size=budget.rows, seed=seed)
    features, labels = features[chosen], labels[chosen]
    fold = deal_folds(labels=labels, folds=budget.folds, seed=seed)

    def gini(family: Family, setting: Setting, held: int) -> float:
        out = fold == held
        fitted = fit(
            family=family,
            setting=setting,
            features=features[~out],
            labels=labels[~out],
            score_rows=HeldRows(features[out]),
            seed=seed,
        )
        return auc(labels=labels[out], scores=fitted.scores).gini

    return tuple(
        Trial(
            family=family,
            setting=setting,
            fold_ginis=tuple(gini(family, setting, held) for held in range(budget.folds)),
        )
        for family in families
        for setting in family.settings[: budget.settings]
    )


def best_trial(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the highest Gini; of equals the first, which is the simplest."""
    return trials[int(np.argmax([trial.gini for trial in trials]))]
