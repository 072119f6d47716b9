"""A model from outside as a function from columns to scores, and nothing else.

::

    with open_box(model_dir=folder) as box:
        scores = box.predict(columns={"limit_bal": array, ...})

Labels never enter. Scores come back as finite probabilities, one per row, or
not at all. Every failure is a ``BoxError``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from validation.sandbox.declared import Declaration
from validation.sandbox.errors import box_error
from validation.sandbox.limits import BoxLimits
from validation.sandbox.process import BoxProcess

KINDS = "iufb"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxReport:
    """What is known of a box: process id, layers in force, how it ended (None while it runs)."""

    pid: int
    layers: tuple[str, ...]
    exit_cause: str | None
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What the artefact's bytes say, read inside before any of its code could run.

    ``runs_code`` tells whether opening it runs code from the artefact; ``features`` are the columns
    that it wants, in order; empty where neither signature nor bytes name them.
    """

    declaration: Declaration
    flavour: str
    runs_code: bool
    features: tuple[str, ...]


class PredictionBox:
    """An open box. Use ``open_box``."""

    def __init__(self, *, process: BoxProcess, inspection: Inspection, limits: BoxLimits) -> None:
        self._process = process
        self._limits = limits
        self.inspection = inspection

    @property
    def report(self) -> BoxReport:
        """Return the process id, the layers in force and how it ended."""
        return BoxReport(
            pid=self._process.pid,
            layers=tuple(str(layer) for layer in self._process.confined["layers"]),
            exit_cause=self._process.exit_cause,
            log=self._process.log,
        )

    def predict(self, *, columns: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
        """Return one score per row. Columns that the model does not want are not sent.

        What it wants is its own claim: give features only, never the label.

        Raises ``BoxError``: ``BOX006`` when the rows cannot be used (the box
        stays open), ``BOX005`` when the answer is no vector of finite
        probabilities, ``BOX003``, ``BOX004``, ``BOX008`` when it was killed or ended.
        """
        arrays = self._arrays(columns)
        rows = len(next(iter(arrays.values())))
        if rows == 0:
            return np.empty(0, dtype=np.float64)
        header = {
            "rows": rows,
            "columns": [{"name": name, "dtype": array.dtype.str} for name, array in arrays.items()],
        }
        payload = b"".join(array.tobytes() for array in arrays.values())
        if rows > self._limits.rows or len(payload) > self._limits.payload:
            raise box_error("BOX006", f"{rows:,} rows are more than the box takes at once")
        self._process.send(header, payload, within_s=self._limits.call_s)
        _, data = self._process.receive("scores", within_s=self._limits.call_s, payload=8 * rows)
        scores = np.frombuffer(data, dtype="<f8")
        if not np.isfinite(scores).all() or scores.min() < 0.0 or scores.max() > 1.0:
            raise box_error("BOX005", "the model returned values that are no probabilities")
        return scores

    def _arrays(self, columns: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        names = self.inspection.features or tuple(columns)
        missing = [name for name in names if name not in columns]
        if missing or not names:
            raise box_error("BOX006", f"the data lack the model's columns: {', '.join(missing)[:200]}")
        arrays = {name: np.ascontiguousarray(columns[name]) for name in names}
        if any(array.ndim != 1 or array.dtype.kind not in KINDS for array in arrays.values()):
            raise box_error("BOX006", "a column is no vector of numbers")
        if len({len(array) for array in arrays.values()}) != 1:
            raise box_error("BOX006", "the columns differ in length")
        return arrays


@contextmanager
def open_box(*, model_dir: Path, limits: BoxLimits | None = None) -> Iterator[PredictionBox]:
    """Open the model in ``model_dir`` (a folder with ``MLmodel``) in a box, and kill the box after.

    Raises ``BoxError``: ``BOX001`` when opening it would run code and the network or
    the file layer is missing on this machine, ``BOX002`` when it cannot be loaded.
    """
    used = limits or BoxLimits()
    folder = model_dir.resolve()
    process = BoxProcess(task={"task": "model", "model_dir": str(folder)}, readable=[folder], limits=used)
    try:
        inspected, _ = process.receive("inspected", within_s=used.load_s)
        inspection = Inspection(
            declaration=Declaration.from_json(inspected["declaration"]),
            flavour=str(inspected["flavour"]),
            runs_code=bool(inspected["runs_code"]),
            features=tuple(str(name) for name in inspected["features"]),
        )
        process.receive("ready", within_s=used.load_s)
        yield PredictionBox(process=process, inspection=inspection, limits=used)
    finally:
        process.close()
