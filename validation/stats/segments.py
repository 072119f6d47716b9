"""Reading the segments or the vintages of a sample: a name for each, and the place of every row among them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.results import decimal_text
from validation.stats.stability import quantile_edges

_FEW_VALUES = 20
_MOST_SEGMENTS = 1_000
_DIGITS = re.compile("([0-9]+)")


@dataclass(frozen=True, kw_only=True)
class Segments:
    """``codes`` holds for every row a place in ``names``; a segment may hold no row.

    ``unstated`` is the place of the rows for which no segment is stated; none
    where every row has one.
    """

    names: tuple[str, ...]
    codes: FloatArray
    unstated: int | None = None


def read_segments(*, inputs: CheckInputs, sample: str, column: str, bins: int) -> Segments:
    """Return the segments of a sample with labels.

    They are the values of the input ``column``, of which more than 20 are cut into
    ``bins`` quantile bins. Without a column they are those that the data set or the file of
    predictions states, and where a data set states none the first input. Raises
    ``UnusableInputError`` for a column that does not do, ``NotApplicableError``
    for a file of predictions that states no segment.
    """
    if not column and (inputs.from_predictions or inputs.has(f"{sample}.segments")):
        return _declared(inputs, sample, "segment", inputs.segment_names)
    label, values = _column(inputs, sample, column)
    if not np.isfinite(values).all():
        raise UnusableInputError(
            reason="non_finite_input", detail=f"{label} holds values that are missing or infinite"
        )
    distinct = np.unique(values)
    if len(distinct) <= _FEW_VALUES:
        names = tuple(f"{label} = {one:g}" for one in distinct)
        return Segments(names=names, codes=np.searchsorted(distinct, values).astype(np.float64))
    edges = quantile_edges(reference=values, bins=bins)
    ends = ["", *(f"{edge:g}" for edge in edges), ""]
    return Segments(
        names=tuple(_range(label, low, high) for low, high in pairwise(ends)),
        codes=np.searchsorted(edges, values, side="right").astype(np.float64),
    )


def read_vintages(*, inputs: CheckInputs, sample: str) -> Segments:
    """Return the vintages that the data set states, in their natural order.

    Numbers rise; words are compared piece by piece, digits as numbers, so that
    ``2024-Q2`` comes before ``2024-Q10``. Raises ``NotApplicableError`` where none are
    stated, ``UnusableInputError`` where they make no sense.
    """
    found = _declared(inputs, sample, "vintage", inputs.vintage_names)
    if not inputs.vintage_names:
        return found
    order = sorted(range(len(found.names) - 1), key=lambda place: natural_key(found.names[place]))
    ranks = np.empty(len(found.names))
    ranks[[*order, len(order)]] = np.arange(len(found.names))
    return Segments(
        names=(*(found.names[place] for place in order), found.names[-1]),
        codes=ranks[found.codes.astype(np.int64)],
        unstated=found.unstated,
    )


def natural_key(word: str) -> tuple[tuple[int, str], ...]:
    """Return what to sort a word by: its pieces in turn, runs of digits by their value."""
    pieces = enumerate(_DIGITS.split(word))
    # Every second piece is a run of digits: of two such the longer one is greater, once zeros in front are gone.
    return tuple((len(piece.lstrip("0")), piece.lstrip("0")) if i % 2 else (0, piece) for i, piece in pieces)


def _column(inputs: CheckInputs, sample: str, column: str) -> tuple[str, FloatArray]:
    """Return an input's name and its values."""
    features, names = inputs.array(f"{sample}.features"), inputs.feature_names
    if features.shape != (len(inputs.array(f"{sample}.labels")), len(names)):
        raise UnusableInputError(
            reason="malformed_input", detail=f"{sample}: rows or columns of the features do not match"
        )
    if column and column not in names:
        raise UnusableInputError(reason="unknown_column", detail=f"no column is called {column}")
    return column or names[0], features[:, names.index(column) if column else 0]


def _declared(inputs: CheckInputs, sample: str, what: str, known: Sequence[str]) -> Segments:
    """Return the segments that the data set names; rows for which it names none are one of their own, the last."""
    values = inputs.array(f"{sample}.{what}s")
    if values.shape != inputs.array(f"{sample}.labels").shape:
        raise UnusableInputError(reason="malformed_input", detail=f"{what}s and labels differ in length")
    is_missing = np.isnan(values)
    distinct = np.unique(values[~is_missing])
    if len(distinct) > _MOST_SEGMENTS:
        raise UnusableInputError(
            reason=f"too_many_{what}s",
            detail=f"the data set names {len(distinct):,} {what}s; at most {_MOST_SEGMENTS:,} are judged",
        )
    if known and not all(one.is_integer() and 0 <= one < len(known) for one in distinct.tolist()):
        raise UnusableInputError(
            reason="malformed_input", detail=f"a {what} is none of those that have names"
        )
    names = [known[int(one)] if known else f"{what} {decimal_text(one)}" for one in distinct.tolist()]
    codes = np.where(is_missing, len(names), np.searchsorted(distinct, values))
    return Segments(names=(*names, f"no {what} stated"), codes=codes.astype(np.float64), unstated=len(names))


def _range(label: str, low: str, high: str) -> str:
    return " and ".join(part for part in (low and f"{label} from {low}", high and f"below {high}") if part)
