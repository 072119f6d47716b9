"""The ``predictor`` tool: a model in its box, as a function from rows to scores.

The box stays open while the computing child lives, and dies with it.
"""

import atexit
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from validation.domain.inputs import FloatArray
from validation.sandbox.box import PredictionBox, open_box
from validation.sandbox.limits import BoxLimits

_ROWS_AT_ONCE = 20_000


def open_predictor(*, model_dir: str, names: Sequence[str]) -> Callable[[FloatArray], FloatArray]:
    """Return a function that predicts rows whose columns are ``names``, in order.

    The box is opened when first asked. Raises ``BoxError`` as the box does.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    boxes: list[PredictionBox] = []

    def predict(rows: FloatArray) -> FloatArray:
        if not boxes:
            boxes.append(stack.enter_context(open_box(model_dir=Path(model_dir), limits=BoxLimits())))
        blocks = [rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE)]
        columns = [{name: block[:, i] for i, name in enumerate(names)} for block in blocks]
        return np.concatenate([boxes[0].predict(columns=one) for one in columns])

    return predict
