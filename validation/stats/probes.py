"""Puts changed rows to a model: a little off, with a column missing, with a column at its extremes.

Every question is about the same rows, so that answers are compared obligor by
obligor; a model that gives no answer is an outcome, never a figure.
"""

from dataclasses import dataclass

import numpy as np

from validation.domain.inputs import FloatArray, UnusableInputError
from validation.domain.tools import Answer, PredictTool, Reply
from validation.stats.calibration import holm
from validation.stats.discrimination import Auc, auc
from validation.stats.robustness import Column, Loss, describe_column, gini_loss, move_values, stress_points

POINTS = ("below the range", "low tail", "high tail", "above the range")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The rows asked about, with labels, the PDs they have unchanged, and how each column may move."""

    rows: FloatArray
    labels: FloatArray
    scores: FloatArray
    area: Auc
    columns: tuple[Column, ...]

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def with_value(self, column: int, values: FloatArray | float) -> FloatArray:
        """Return the rows with one column replaced."""
        changed = self.rows.copy()
        changed[:, column] = values
        return changed

    def loss(self, scores: FloatArray, confidence: float) -> Loss:
        """Return what changed PDs, one row of the array a draw, cost in Gini."""
        return gini_loss(labels=self.labels, base=self.area, moved=list(scores), confidence=confidence)


@dataclass(frozen=True, kw_only=True)
class Shaken:
    """Under noise: PDs by draw and their loss, together; by column alone the mean change, the loss, the rows moved."""

    scores: FloatArray
    loss: Loss
    changes: FloatArray
    losses: tuple[Loss, ...]
    moved: FloatArray


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """By column: how the model took its absence, whether PDs stayed, and where it answered the loss with Holm's p."""

    replies: tuple[Reply, ...]
    is_unmoved: tuple[bool, ...]
    losses: dict[int, Loss]
    adjusted: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class Stressed:
    """By column and point: the value set, the move of the mean PD (NaN without an answer), and the reply."""

    values: FloatArray
    moves: FloatArray
    replies: tuple[tuple[Reply, ...], ...]

    def count(self, *replies: Reply) -> int:
        """Return how many stresses were taken in one of these ways."""
        return sum(reply in replies for row in self.replies for reply in row)

    @property
    def worst(self) -> tuple[int, int] | None:
        """Return the column and the point of the largest move, or None where nothing was answered."""
        sizes = np.where(np.isnan(self.moves), -1.0, np.abs(self.moves))
        column, point = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
        return None if sizes[column, point] < 0.0 else (int(column), int(point))


def count_questions(*, columns: int, repeats: int) -> int:
    """Return how often the model is asked: as is, together, and by column in noise, missing and stressed."""
    return 1 + repeats + columns * (repeats + 1 + len(POINTS))


def ask_unchanged(
    *,
    predict: PredictTool,
    training: FloatArray,
    rows: FloatArray,
    labels: FloatArray,
    codes: tuple[bool, ...],
) -> Asked:
    """Return the rows with the PDs they have. Raises ``UnusableInputError`` where there are none."""
    scores = _must_answer(predict(rows=rows))
    return Asked(
        rows=rows,
        labels=labels,
        scores=scores,
        area=auc(labels=labels, scores=scores),
        columns=tuple(
            describe_column(training=training[:, i], rows=rows[:, i], is_code=is_code)
            for i, is_code in enumerate(codes)
        ),
    )


def shake(
    *,
    predict: PredictTool,
    asked: Asked,
    repeats: int,
    jitter: float,
    redrawn: float,
    confidence: float,
    seed: int,
) -> Shaken:
    """Draw one noise per column and repeat, and ask about all columns together and each alone.

    Raises ``UnusableInputError`` where the model does not answer: the values occur in the data.
    """
    width = len(asked.columns)
    together, alone = np.empty((repeats, asked.n)), np.empty((width, repeats, asked.n))
    moved = np.zeros(width)
    for repeat in range(repeats):
        noisy = np.column_stack(
            [
                move_values(
                    column=column,
                    values=asked.rows[:, i],
                    jitter=jitter,
                    redrawn=redrawn,
                    rng=np.random.default_rng([seed, repeat, i]),
                )
                for i, column in enumerate(asked.columns)
            ]
        )
        moved += (noisy != asked.rows).mean(axis=0) / repeats
        together[repeat] = _must_answer(predict(rows=noisy))
        for i in range(width):
            alone[i, repeat] = _must_answer(predict(rows=asked.with_value(i, noisy[:, i])))
    return Shaken(
        scores=together,
        loss=asked.loss(together, confidence),
        changes=np.abs(alone - asked.scores).mean(axis=(1, 2)),
        losses=tuple(asked.loss(scores, confidence) for scores in alone),
        moved=moved,
    )


def leave_out(*, predict: PredictTool, asked: Asked, confidence: float) -> LeftOut:
    """Ask with each column in turn not a number; intervals hold for all answered columns together (Bonferroni)."""
    answers = [predict(rows=asked.with_value(i, np.nan)) for i in range(len(asked.columns))]
    scores = {i: answer.scores for i, answer in enumerate(answers) if answer.scores is not None}
    each = 1.0 - (1.0 - confidence) / max(len(scores), 1)
    losses = {i: asked.loss(found[np.newaxis], each) for i, found in scores.items()}
    adjusted = holm(np.array([loss.p_two_sided for loss in losses.values()]))
    return LeftOut(
        replies=tuple(answer.reply for answer in answers),
        is_unmoved=tuple(
            i in scores and bool((scores[i] == asked.scores).all()) for i in range(len(answers))
        ),
        losses=losses,
        adjusted=dict(zip(losses, adjusted.tolist(), strict=True)),
    )


def stress(
    *, predict: PredictTool, asked: Asked, training: FloatArray, tail: float, beyond: float
) -> Stressed:
    """Ask with each column in turn set, in all rows, to the four points of ``stress_points``."""
    values = np.array(
        [
            stress_points(training=training[:, i], column=column, tail=tail, beyond=beyond)
            for i, column in enumerate(asked.columns)
        ]
    )
    answers = [
        [predict(rows=asked.with_value(i, float(value))) for value in row] for i, row in enumerate(values)
    ]
    return Stressed(
        values=values,
        moves=np.array([[_move(asked, answer) for answer in row] for row in answers]),
        replies=tuple(tuple(answer.reply for answer in row) for row in answers),
    )


def _move(asked: Asked, answer: Answer) -> float:
    return float("nan") if answer.scores is None else float(answer.scores.mean() - asked.scores.mean())


def _must_answer(answer: Answer) -> FloatArray:
    if answer.scores is None:
        raise UnusableInputError(
            reason=f"prediction_{answer.reply.value}",
            detail=f"values that occur in the data find no answer: {answer.detail}",
        )
    return answer.scores
