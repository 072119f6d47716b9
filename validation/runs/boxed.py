"""A predict function over rows, answered by the model's box, for tools of the computing child."""

import atexit
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from validation.domain.inputs import FloatArray
from validation.sandbox.box import PredictionBox, open_box


def build_predictor(*, model_dir: str, features: Sequence[str]) -> Callable[[FloatArray], FloatArray]:
    """Return a function from rows to scores, which raises ``BoxError``.

    The box opens at the first call, anew at the next one after it died, and
    closes with the process.
    """
    stack = ExitStack()
    opened: list[PredictionBox] = []
    atexit.register(stack.close)

    def predict(rows: FloatArray) -> FloatArray:
        if opened and opened[0].report.exit_cause is not None:
            opened.clear()
            stack.close()
        if not opened:
            opened.append(stack.enter_context(open_box(model_dir=Path(model_dir))))
        return opened[0].predict(columns={name: rows[:, i] for i, name in enumerate(features)})

    return predict
