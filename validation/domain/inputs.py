"""What a check may read: arrays by sample, names, and declared assumptions. Nothing executable."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from validation.domain import rows as table_rows
from validation.domain.absence import why_absent
from validation.domain.rows import HeldRows, Rows

FloatArray = table_rows.FloatArray

SAMPLES = ("train", "test", "recent")
PARTS = ("features", "labels", "scores", "segments", "vintages", "scores_repeat", "scores_before")


class NotApplicableError(Exception):
    """The check cannot say anything here; its facts stay unknown.

    ``reason`` is a stable word such as ``insufficient_data``; ``n_needed`` is
    the sample that would be enough, where that is known.
    """

    def __init__(self, *, reason: str, detail: str, n_needed: int | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.n_needed = n_needed


class UnusableInputError(Exception):
    """The inputs are wrong (not a number, not a probability): the verdict is ``error``."""

    def __init__(self, *, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class ArtifactEvidence:
    """What was seen of the artefact: digests, family, layers of the box in force."""

    digest_recorded: str
    digest_seen: str
    family: str
    layers: tuple[str, ...] = ()
    declarative: str = "none"


class StreamedArrays(Mapping[str, NDArray[Any]]):
    """Arrays of which the two-dimensional ones can be read in part."""

    @abstractmethod
    def rows(self, name: str) -> Rows:
        """Return an array of features that is there. Raises ``UnusableInputError`` for one that is malformed."""


@dataclass(frozen=True, kw_only=True)
class CheckInputs:
    """Arrays under ``<sample>.<part>``, such as ``test.labels``; higher scores mean riskier.

    ``arrays`` may be a lazy mapping; a check that reads many rows asks for ``rows``.
    ``grade_edges`` are the inner limits of the PD grades, rising. ``scores_before`` are the scores
    of the same obligors on an earlier rating date, row by row, NaN where there was none.
    ``segments`` are numbers; where ``segment_names`` are given, places among those;
    ``vintages``, the cohorts of the rows, likewise with ``vintage_names``.
    ``portfolio`` holds declared assumptions as text;
    ``claims`` the figures that the model's run reports about itself. ``from_predictions``: the scores
    come from a file, and nothing ties them to the artefact.
    """

    feature_names: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]]
    grade_edges: tuple[float, ...] = ()
    segment_names: tuple[str, ...] = ()
    vintage_names: tuple[str, ...] = ()
    portfolio: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    artifact: ArtifactEvidence | None = None
    from_predictions: bool = False

    def has(self, name: str) -> bool:
        """Return whether an input is there: an array, or ``portfolio``, ``claims`` and the like."""
        if "." in name:
            return name in self.arrays
        return bool(getattr(self, name, None))

    def array(self, name: str) -> FloatArray:
        """Return an array as 64-bit floats. Raises ``NotApplicableError`` when it is absent."""
        if name not in self.arrays:
            raise self.absence(name)
        return np.asarray(self.arrays[name], dtype=np.float64)

    def rows(self, sample: str) -> Rows:
        """Return the features of a sample, to be read in part. Raises as ``array`` does."""
        name = f"{sample}.features"
        if name in self.arrays and isinstance(self.arrays, StreamedArrays):
            return self.arrays.rows(name)
        return HeldRows(self.array(name))

    def absence(self, name: str) -> NotApplicableError:
        """Return the error for an input or a tool that is not there: what it is, and what would bring it."""
        has_rows = f"{name.partition('.')[0]}.scores" in self.arrays
        reason, detail = why_absent(name=name, from_predictions=self.from_predictions, has_rows=has_rows)
        return NotApplicableError(reason=reason, detail=detail)

    def segment_name(self, value: float) -> str:
        """Return how a segment is called: its name, or its number where it has none."""
        is_named = value.is_integer() and 0 <= value < len(self.segment_names)
        return self.segment_names[int(value)] if is_named else f"{value:g}"
