"""The setting of a challenge: training and test sample, a budget for tuning, and the tool that fits challengers."""

from dataclasses import replace

from validation.domain.challengers import Family, Setting
from validation.domain.inputs import CheckInputs, UnusableInputError
from validation.domain.rows import FloatArray, Rows
from validation.domain.tools import Challenger, ChallengerTool
from validation.stats.contest import Contest, hold_contest
from validation.stats.discrimination import auc
from validation.stats.outcomes import ensure_both_classes, read_outcomes, read_rows
from validation.stats.sampling import mix_rows, sample_rows
from validation.stats.selection import Budget, Trial, cross_validate


class Challenge:
    """Tunes families on the training sample and compares what wins with the candidate on the test sample.

    What is drawn hangs on what the rows hold, and not on how they arrived: of
    the training sample at most ``budget.fit_rows`` are fitted on. The test sample is
    scored whole, stretch by stretch. ``fits`` counts what was fitted so far,
    ``fitted`` the rows behind each.
    """

    def __init__(
        self,
        *,
        names: tuple[str, ...],
        train: Rows,
        train_labels: FloatArray,
        test: Rows,
        test_labels: FloatArray,
        test_scores: FloatArray,
        seed: int,
        budget: Budget,
        tool: ChallengerTool,
    ) -> None:
        known = sample_rows(rows=train.beside(train_labels), size=budget.fit_rows, seed=seed)
        self._train, self._train_labels = known[:, :-1], known[:, -1]
        self._test = test
        self._order = mix_rows(rows=test.beside(test_labels).beside(test_scores), seed=seed)
        self._names, self._budget, self._tool = names, budget, tool
        self.candidate = auc(labels=test_labels[self._order], scores=test_scores[self._order])
        self.fits, self.fitted = 0, len(known)

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
            candidate=self.candidate,
            challenger=replace(challenger, scores=challenger.scores[self._order]),
            trial=trial,
            seed=seed,
            confidence=confidence,
        )

    def _fit(
        self,
        *,
        family: Family,
        setting: Setting,
        features: FloatArray,
        labels: FloatArray,
        score_rows: Rows,
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
    *,
    inputs: CheckInputs,
    min_defaults: int,
    seed: int,
    budget: Budget,
    tool: ChallengerTool,
) -> Challenge:
    """Return the challenge that the inputs hold. Raises as ``read_outcomes`` and ``read_rows`` do."""
    train, labels = read_rows(inputs=inputs, sample="train"), inputs.array("train.labels")
    test = read_rows(inputs=inputs, sample="test")
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
        seed=seed,
        budget=budget,
        tool=tool,
    )
