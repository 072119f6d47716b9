"""What a check may be handed to work with. Adapters implement these; checks never import them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from validation.domain.attached import Attached
from validation.domain.challengers import Setting
from validation.domain.rows import FloatArray, Rows


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """Per row and feature a contribution, the base they start from, how they were found, against how many rows.

    ``errors`` are standard errors of the contributions where orders were drawn; exact ones have none.
    """

    values: FloatArray
    base: float
    method: str = ""
    background: int = 0
    errors: FloatArray | None = None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Contributions of many rows, part by part, to be read once; how they are found, against how many rows."""

    parts: Iterable[FloatArray]
    method: str
    background: int


@dataclass(frozen=True, kw_only=True)
class SecondOpinion:
    """What another implementation says of some of the rows: the largest difference of a contribution or the base."""

    by: str
    rows: int
    background: int
    gap: float


class ExplainerTool(Protocol):
    """Attributes an output to the features; ``route`` names how (``tree``, ``additive``, ``black_box``)."""

    route: str
    space: str

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return the model's outputs in the space that is explained."""
        ...

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return contributions against this background."""
        ...

    def overview(self, *, rows: Rows, background: Rows) -> Overview | None:
        """Return cheap exact contributions for many rows, or None where the route has none."""
        ...

    def second_opinion(self, *, rows: FloatArray, background: FloatArray) -> SecondOpinion | None:
        """Return how another implementation differs on these few rows, or None where there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class ColumnDrift:
    """What the drift library says of one column under one named method."""

    column: str
    method: str
    value: float
    threshold: float
    drifted: bool


class DriftTool(Protocol):
    """Compares two batches column by column with a named method."""

    def __call__(
        self,
        *,
        names: Sequence[str],
        reference: FloatArray,
        current: FloatArray,
        method: str,
        threshold: float,
        categories: Collection[str] = (),
    ) -> tuple[ColumnDrift, ...]:
        """Return one entry per column, in order; ``categories`` hold codes without order.

        NaN is a missing value: a column is compared by the values that are
        there, at least one in either batch.
        """
        ...


class ReporterTool(Protocol):
    """Writes the drift library's own report beside the run."""

    def __call__(
        self,
        *,
        names: Sequence[str],
        reference: FloatArray,
        current: FloatArray,
        method: str,
        threshold: float,
        categories: Collection[str] = (),
    ) -> Attached | None:
        """Return what was written, or None where it would be larger than an attachment may be."""
        ...


class SeparatorTool(Protocol):
    """Learns to tell two kinds of rows apart."""

    def __call__(
        self, *, features: FloatArray, labels: FloatArray, seed: int
    ) -> Callable[[FloatArray], FloatArray]:
        """Return a function from rows to scores: higher means more like those labelled 1."""
        ...


@dataclass(frozen=True, kw_only=True)
class Challenger:
    """A fitted interpretable model: its scores on the rows asked for, and the model itself as text rows."""

    title: str
    scores: FloatArray
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class ChallengerTool(Protocol):
    """Fits one admissible interpretable model on training data and scores other rows."""

    def __call__(
        self,
        *,
        family: str,
        setting: Setting,
        names: Sequence[str],
        features: FloatArray,
        labels: FloatArray,
        score_rows: Rows,
        seed: int,
    ) -> Challenger:
        """Return the challenger of a family of ``validation.domain.challengers``, fitted under this setting.

        Both classes must be present. The same rows in the same order and the
        same seed give the same scores: probabilities of default.
        """
        ...


class CapitalTool(Protocol):
    """Risk-weighted assets of graded exposures under declared portfolio assumptions.

    Must return ``rwa_irb`` and ``rwa_standardised``, and may return
    ``entity_rwa_before_floor``, ``entity_rwa_floored``, ``floor_factor`` and
    ``floor_binding`` (``true`` or ``false``), all as text.
    """

    def __call__(
        self, *, pds: Sequence[str], eads: Sequence[str], portfolio: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Return the figures as text."""
        ...


class Reply(StrEnum):
    """How the model took a set of rows that nobody promised it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    NO_PROBABILITY = "no_probability"
    DIED = "died"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The model's PDs for the rows asked about, or none, and why not in words."""

    reply: Reply
    scores: FloatArray | None = None
    detail: str = ""


class PredictTool(Protocol):
    """Asks the model, in its box, about rows that need not be sound."""

    def __call__(self, *, rows: FloatArray) -> Answer:
        """Return one finite PD between 0 and 1 for each row, or that there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The tools at hand and the seed of this check."""

    seed: int
    explainer: ExplainerTool | None = None
    drift: DriftTool | None = None
    reporter: ReporterTool | None = None
    separator: SeparatorTool | None = None
    challenger: ChallengerTool | None = None
    capital: CapitalTool | None = None
    predict: PredictTool | None = None

    def lacks(self, name: str) -> bool:
        """Return whether the named tool is absent."""
        return getattr(self, name) is None
