"""The setting of a challenge: training and test sample, a budget for tuning, and the tool that fits challengers."""

import numpy as np

from validation.domain.challengers import Family, Setting
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.tools import Challenger, ChallengerTool
from validation.stats.contest import Contest, hold_contest
from validation.stats.discrimination import auc
from validation.stats.outcomes import ensure_both_classes, read_features, read_outcomes
from validation.stats.selection import Budget, Trial, cross_validate


class Challenge:
    """Tunes families on the training sample and compares what wins with the candidate on the test sample.

    Rows stand in the order of their values, so that what is drawn does not
    hang on how they arrived. ``fits`` counts what was fitted so far.
    """

    def __init__(
        self,
        *,
        names: tuple[str, ...],
        train: FloatArray,
        train_labels: FloatArray,
        test: FloatArray,
        test_labels: FloatArray,
        test_scores: FloatArray,
        budget: Budget,
        tool: ChallengerTool,
    ) -> None:
        first, second = np.lexsort((train_labels, *train.T)), np.lexsort((test_labels, test_scores, *test.T))
        self._names, self._budget, self._tool = names, budget, tool
        self._train, self._train_labels, self._test = train[first], train_labels[first], test[second]
        self.candidate = auc(labels=test_labels[second], scores=test_scores[second])
        self.fits = 0

    def tune(self, *, families: tuple[Family, ...], seed: int) -> tuple[Trial, ...]:
        """Return a trial of each family and setting, by cross-validation within the training sample."""
        return cross_validate(
            families=families,
            fit=self._fit,
            features=self._train,
            labels=self._train_labels,
            budget=self._budget,
            seed=seed,
        )

    def contest(self, *, trial: Trial, seed: int, confidence: float) -> Contest:
        """Return the candidate against a trial's setting, fitted on the whole training sample."""
        challenger = self._fit(
            family=trial.family,
            setting=trial.setting,
            features=self._train,
            labels=self._train_labels,
            score_rows=self._test,
            seed=seed,
        )
        return hold_contest(
            candidate=self.candidate, challenger=challenger, trial=trial, seed=seed, confidence=confidence
        )

    def _fit(
        self,
        *,
        family: Family,
        setting: Setting,
        features: FloatArray,
        labels: FloatArray,
        score_rows: FloatArray,
        seed: int,
    ) -> Challenger:
        self.fits += 1
        return self._tool(
            family=family.name,
            setting=setting,
            names=self._names,
            features=features,
            labels=labels,
            score_rows=score_rows,
            seed=seed,
        )


def read_challenge(
    *, inputs: CheckInputs, min_defaults: int, budget: Budget, tool: ChallengerTool
) -> Challenge:
    """Return the challenge that the inputs hold. Raises as ``read_outcomes`` and ``read_features`` do."""
    train, labels = read_features(inputs=inputs, sample="train"), inputs.array("train.labels")
    test = read_features(inputs=inputs, sample="test")
    ensure_both_classes(labels=labels, sample="train", min_defaults=min_defaults)
    outcomes = read_outcomes(inputs=inputs, sample="test", min_defaults=min_defaults)
    for sample, rows, known in (("train", train, labels), ("test", test, outcomes.labels)):
        if len(rows) != len(known):
            raise UnusableInputError(
                reason="malformed_input", detail=f"{sample}: rows and labels differ in number"
            )
    return Challenge(
        names=inputs.feature_names,
        train=train,
        train_labels=labels,
        test=test,
        test_labels=outcomes.labels,
        test_scores=outcomes.scores,
        budget=budget,
        tool=tool,
    )
