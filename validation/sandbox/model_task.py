"""The model's side of the box: look at it as data, open it, answer predictions."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validation.sandbox import flavours
from validation.sandbox.answers import Answers, RefusedError
from validation.sandbox.layers import missing_for_code
from validation.sandbox.limits import BoxLimits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def run(config: Mapping[str, object], channel: Answers, layers: Collection[str], limits: BoxLimits) -> None:
    """Serve one model until the requests end. Raises ``RefusedError`` when it will not be opened."""
    opening = flavours.choose(Path(str(config["model_dir"])))
    declaration = flavours.inspect(opening)
    # Sent before any code of the artefact runs: it cannot be forged from inside.
    channel.send(
        {
            "event": "inspected",
            "declaration": declaration.as_json(),
            "flavour": opening.flavour,
            "runs_code": opening.runs_code,
            "features": list(opening.features or declaration.features),
        }
    )
    missing = missing_for_code(layers)
    if opening.runs_code and missing:
        raise RefusedError(
            "BOX001", f"opening it runs code, and the {' and '.join(missing)} layer is missing"
        )
    predict = flavours.open_model(opening)
    channel.send({"event": "ready"})
    while True:
        header, payload = channel.receive(max_payload=limits.payload)
        _answer(channel, predict, header, payload)


def _answer(
    channel: Answers, predict: flavours.Predict, header: Mapping[str, object], payload: bytearray
) -> None:
    try:
        scores = _scores(predict(_columns(header, payload)))
    except BaseException as error:
        channel.fail("BOX006", f"the model failed on these rows: {type(error).__name__}: {str(error)[:200]}")
        return
    channel.send({"event": "scores", "rows": len(scores)}, scores.data)


def _columns(header: Mapping[str, Any], payload: bytearray) -> dict[str, Any]:
    import numpy as np

    rows, offset, columns = int(header["rows"]), 0, {}
    for column in header["columns"]:
        array = np.frombuffer(payload, dtype=np.dtype(column["dtype"]), count=rows, offset=offset)
        columns[str(column["name"])] = array
        offset += array.nbytes
    return columns


def _scores(output: object) -> "NDArray[np.float64]":
    """Return the prediction as one column of doubles; of two columns the second, the PD."""
    import numpy as np

    scores = np.asarray(output, dtype="<f8")
    if scores.ndim == 2 and scores.shape[1] in (1, 2):
        scores = scores[:, -1]
    return np.ascontiguousarray(scores.reshape(-1))
