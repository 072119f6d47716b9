"""The run folder's layout: arrays as .npy, everything else as JSON, nothing that executes.

::

    RUNDIR/inputs.json              names, grade edges, portfolio, claims, artefact
    RUNDIR/plan.json                the plan, defaults written out
    RUNDIR/tools.json               how to reach the tools (see toolbox.py)
    RUNDIR/arrays/<sample>.<part>.npy   features (column by column), labels, segments, vintages, scores_before
    RUNDIR/scores/<sample>.npy      what the box predicted, or a file of predictions says
    RUNDIR/scores/<sample>.repeat.npy   the same rows predicted again
    RUNDIR/attachments/             files that checks leave beside their results
    RUNDIR/model/                   booster.json, scorecard.json or linear.json, if any

Scores come from a box that ran a stranger's artefact: they are read without
pickle, as numbers, and refused when their count differs from the rows asked for.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from registry.domain.canonical import canonical_bytes
from registry.domain.errors import InvalidInput
from validation.domain.inputs import (
    PARTS,
    SAMPLES,
    ArtifactEvidence,
    CheckInputs,
    StreamedArrays,
    UnusableInputError,
)
from validation.domain.results import decimal_text
from validation.domain.rows import FloatArray, Places, Rows

_KINDS = "fiub"
WRITTEN_AT_ONCE = 2**17
"""Rows of one column that are written at once."""
_FROM_BOX = {"scores": "{sample}.npy", "scores_repeat": "{sample}.repeat.npy"}


class StoredRows(Rows):
    """Features in a ``.npy`` file, best column after column: each reading maps what it reads, copies it and lets go.

    Mapped memory would count as this process's own while it is looked at, so
    nothing stays mapped. Raises ``ValueError`` or ``OSError`` for a file that
    is no such array.
    """

    def __init__(self, *, path: Path) -> None:
        self._path = path
        seen = self._map()
        if seen.ndim != 2 or seen.dtype.kind not in _KINDS:
            raise ValueError("not a table of numbers")
        self._shape = (int(seen.shape[0]), int(seen.shape[1]))

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of rows and of columns."""
        return self._shape

    def column(self, place: int) -> FloatArray:
        """Return a copy of a column."""
        return np.array(self._map()[:, place], dtype=np.float64)

    def take(self, places: Places) -> FloatArray:
        """Return a copy of the rows at these places, column by column."""
        found = np.empty((len(places), self.shape[1]), order="F")
        for place in range(self.shape[1]):
            found[:, place] = self._map()[places, place]
        return found

    def stretch(self, begin: int, end: int) -> FloatArray:
        """Return a copy of neighbouring rows."""
        return np.array(self._map()[begin:end], dtype=np.float64)

    def _map(self) -> NDArray[Any]:
        return np.asarray(np.load(self._path, mmap_mode="r", allow_pickle=False))


class StoredArrays(StreamedArrays):
    """Arrays of a run folder, read when asked for; what has one dimension is kept."""

    def __init__(self, *, run_dir: Path) -> None:
        self._paths = {
            f"{sample}.{part}": path
            for sample in SAMPLES
            for part in PARTS
            if (path := array_path(run_dir=run_dir, sample=sample, part=part)).is_file()
        }
        self._read: dict[str, NDArray[Any]] = {}
        self._rows: dict[str, StoredRows] = {}

    def rows(self, name: str) -> Rows:
        """Return features, to be read in part."""
        if name not in self._rows:
            try:
                self._rows[name] = StoredRows(path=self._paths[name])
            except (ValueError, EOFError, OSError) as error:
                raise _no_numbers(name) from error
        return self._rows[name]

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name.endswith(".features"):
            return self.rows(name).whole()
        if name not in self._read:
            self._read[name] = self._load(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def _load(self, name: str) -> NDArray[Any]:
        try:
            values = np.load(self._paths[name], allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            raise _no_numbers(name) from error
        if not isinstance(values, np.ndarray) or values.dtype.kind not in _KINDS:
            raise _no_numbers(name)
        if values.ndim != 1:
            raise UnusableInputError(reason="malformed_input", detail=f"{name} has the wrong shape")
        rows = f"{name.partition('.')[0]}.features"
        if rows in self._paths and len(self.rows(rows)) != len(values):
            raise UnusableInputError(
                reason="malformed_input",
                detail=f"{name} holds {len(values)} values for {len(self.rows(rows))} rows",
            )
        return values


def _no_numbers(name: str) -> UnusableInputError:
    return UnusableInputError(reason="malformed_input", detail=f"{name} is not an array of numbers")


def array_path(*, run_dir: Path, sample: str, part: str) -> Path:
    """Return where an array lives in the run folder."""
    if part in _FROM_BOX:
        return run_dir / "scores" / _FROM_BOX[part].format(sample=sample)
    return run_dir / "arrays" / f"{sample}.{part}.npy"


def write_inputs(*, run_dir: Path, inputs: CheckInputs) -> None:
    """Write everything that ``inputs`` holds into the run folder.

    Raises ``InvalidInput`` ``CHK009`` for an array under a name that the layout does not know.
    """
    for name, values in inputs.arrays.items():
        sample, _, part = name.partition(".")
        if sample not in SAMPLES or part not in PARTS:
            raise InvalidInput(
                "CHK009",
                f"`{name}` is not an input that checks read",
                remedy=f"Use one of {', '.join(SAMPLES)} with one of {', '.join(PARTS)}.",
            )
        write_array(run_dir=run_dir, sample=sample, part=part, values=values)
    head = {
        "format": 1,
        "feature_names": list(inputs.feature_names),
        "grade_edges": [decimal_text(edge) for edge in inputs.grade_edges],
        "segment_names": list(inputs.segment_names),
        "vintage_names": list(inputs.vintage_names),
        "portfolio": dict(inputs.portfolio),
        "claims": dict(inputs.claims),
        "artifact": None if inputs.artifact is None else asdict(inputs.artifact),
        "from_predictions": inputs.from_predictions,
    }
    (run_dir / "inputs.json").write_bytes(canonical_bytes(head))


def write_array(*, run_dir: Path, sample: str, part: str, values: ArrayLike) -> None:
    """Write one array, for instance the scores that came out of the box."""
    path = array_path(run_dir=run_dir, sample=sample, part=part)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Features column after column, as checks read them.
    np.save(path, np.asarray(values, order="F"), allow_pickle=False)


def write_features(
    *, run_dir: Path, sample: str, columns: Iterable[FloatArray], rows: int, count: int
) -> None:
    """Write ``count`` columns of ``rows`` numbers as one matrix, one after another: it is never in memory.

    The file is a two-dimensional ``.npy`` of doubles in Fortran order, so that each
    column lies in one piece. Raises ``ValueError`` for other columns than announced.
    """
    path = array_path(run_dir=run_dir, sample=sample, part="features")
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"descr": "<f8", "fortran_order": True, "shape": (rows, count)}
    with path.open("wb") as target:
        np.lib.format.write_array_header_1_0(target, head)
        for _, column in zip(range(count), columns, strict=True):
            if column.shape != (rows,):
                raise ValueError("a column has other rows than announced")
            for begin in range(0, rows, WRITTEN_AT_ONCE):
                target.write(np.ascontiguousarray(column[begin : begin + WRITTEN_AT_ONCE], dtype="<f8").data)


def read_inputs(*, run_dir: Path) -> CheckInputs:
    """Return the inputs of a run folder; arrays are read when a check asks for them.

    Raises ``InvalidInput`` ``CHK009`` when ``inputs.json`` is missing or malformed.
    """
    try:
        head = json.loads((run_dir / "inputs.json").read_bytes())
        artifact = head["artifact"]
        return CheckInputs(
            feature_names=tuple(str(name) for name in head["feature_names"]),
            arrays=StoredArrays(run_dir=run_dir),
            grade_edges=tuple(float(edge) for edge in head["grade_edges"]),
            segment_names=tuple(str(name) for name in head.get("segment_names", ())),
            vintage_names=tuple(str(name) for name in head.get("vintage_names", ())),
            portfolio={str(k): str(v) for k, v in head["portfolio"].items()},
            claims={str(k): str(v) for k, v in head["claims"].items()},
            artifact=None if artifact is None else _read_artifact(artifact),
            from_predictions=head["from_predictions"] is not False,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            "CHK009",
            f"inputs.json of the run folder cannot be read: {type(error).__name__}",
            remedy="Write the folder with write_inputs.",
        ) from error


def _read_artifact(data: Mapping[str, Any]) -> ArtifactEvidence:
    return ArtifactEvidence(
        digest_recorded=str(data["digest_recorded"]),
        digest_seen=str(data["digest_seen"]),
        family=str(data["family"]),
        layers=tuple(str(layer) for layer in data["layers"]),
        declarative=str(data["declarative"]),
    )
