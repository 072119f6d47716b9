"""Puts rows to the model's box that nobody promised it, and turns what happens into an answer."""

from collections.abc import Callable

import numpy as np

from validation.domain.inputs import FloatArray, UnusableInputError
from validation.domain.tools import Answer, PredictTool, Reply
from validation.sandbox.errors import BoxError

Predict = Callable[[FloatArray], FloatArray]

MOST_DEATHS = 5
"""A box starts in about a second: a model that dies of every question is not asked a hundred times."""

_REPLIES = {
    "BOX003": Reply.DIED,
    "BOX004": Reply.DIED,
    "BOX005": Reply.NO_PROBABILITY,
    "BOX006": Reply.REFUSED,
    "BOX008": Reply.DIED,
}


def build_asking(*, predict: Predict | None) -> PredictTool | None:
    """Return the tool over a function that reaches the box; None when there is none."""
    return None if predict is None else BoxedQuestions(predict=predict)


class BoxedQuestions:
    """Asks the box; a model that fails on rows is an answer, a box that does not open is an error."""

    def __init__(self, *, predict: Predict) -> None:
        self._predict = predict
        self._deaths = 0

    def __call__(self, *, rows: FloatArray) -> Answer:
        """Return PDs or how the model failed.

        Raises ``BoxError`` when the box cannot be opened, and ``UnusableInputError``
        ``model_keeps_dying`` when the model has died too often.
        """
        try:
            scores = np.asarray(self._predict(rows), dtype=np.float64)
        except BoxError as error:
            reply = _REPLIES.get(error.code)
            if reply is None:
                raise
            return self._failed(reply, str(error))
        is_probability = np.isfinite(scores).all() and (scores >= 0.0).all() and (scores <= 1.0).all()
        if scores.shape != (len(rows),) or not is_probability:
            return Answer(reply=Reply.NO_PROBABILITY, detail="not one probability a row")
        return Answer(reply=Reply.ANSWERED, scores=scores)

    def _failed(self, reply: Reply, detail: str) -> Answer:
        self._deaths += reply is Reply.DIED
        if self._deaths >= MOST_DEATHS:
            raise UnusableInputError(
                reason="model_keeps_dying", detail=f"the model died of {self._deaths} questions: {detail}"
            )
        return Answer(reply=reply, detail=detail)
