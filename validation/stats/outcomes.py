"""Reading labels and scores: refuses what cannot be measured, before anything is computed."""

from collections.abc import Sized
from dataclasses import dataclass

import numpy as np

from validation.domain.inputs import CheckInputs, FloatArray, NotApplicableError, UnusableInputError
from validation.domain.rows import Rows


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Labels (1 is a default) and scores of one sample, row by row."""

    labels: FloatArray
    scores: FloatArray

    @property
    def n(self) -> int:
        """Return the number of obligors."""
        return len(self.labels)


def read_outcomes(*, inputs: CheckInputs, sample: str, min_defaults: int) -> Outcomes:
    """Return a sample with both classes, each with at least ``min_defaults`` rows.

    Raises ``UnusableInputError`` when labels are not 0 or 1 or lengths differ, and
    ``NotApplicableError`` ``insufficient_data`` with the number of rows needed at
    the observed default rate.
    """
    labels, scores = inputs.array(f"{sample}.labels"), inputs.array(f"{sample}.scores")
    if labels.shape != scores.shape or labels.ndim != 1:
        raise UnusableInputError(
            reason="malformed_input", detail=f"{sample}: labels and scores differ in length"
        )
    ensure_both_classes(labels=labels, sample=sample, min_defaults=min_defaults)
    return Outcomes(labels=labels, scores=scores)


def read_rows(*, inputs: CheckInputs, sample: str) -> Rows:
    """Return a sample's rows by column, to be read in part.

    Raises ``UnusableInputError`` unless every column has a name.
    """
    rows = inputs.rows(sample)
    if rows.shape[1] != len(inputs.feature_names):
        raise UnusableInputError(
            reason="malformed_input", detail="columns and feature names differ in number"
        )
    return rows


def read_features(*, inputs: CheckInputs, sample: str) -> FloatArray:
    """Return all of a sample's rows by column at once. Raises as ``read_rows`` does."""
    return read_rows(inputs=inputs, sample=sample).whole()


def ensure_both_classes(*, labels: FloatArray, sample: str, min_defaults: int) -> None:
    """Raise as ``read_outcomes`` does unless labels are 0 or 1 and both classes are large enough."""
    if not np.isin(labels, (0.0, 1.0)).all():
        raise UnusableInputError(reason="malformed_input", detail=f"{sample}: labels must be 0 or 1")
    rarer = int(min(labels.sum(), len(labels) - labels.sum()))
    if rarer < min_defaults:
        raise NotApplicableError(
            reason="insufficient_data",
            detail=f"{sample} holds {rarer} rows of the rarer class; {min_defaults} are needed",
            # With no case at all the rate is unknown: one in all the rows seen is the kindest guess.
            n_needed=int(np.ceil(min_defaults * len(labels) / max(rarer, 1))),
        )


def ensure_probabilities(*, scores: FloatArray, sample: str) -> None:
    """Raise ``UnusableInputError`` ``not_a_probability`` unless every score lies between 0 and 1."""
    if (scores < 0.0).any() or (scores > 1.0).any():
        raise UnusableInputError(
            reason="not_a_probability", detail=f"{sample}: scores outside 0 to 1 are no probabilities"
        )


def ensure_rows(*, values: Sized, sample: str, needed: int) -> None:
    """Raise ``NotApplicableError`` ``insufficient_data`` when a batch has too few rows."""
    if len(values) < needed:
        raise NotApplicableError(
            reason="insufficient_data",
            detail=f"{sample} holds {len(values)} rows; {needed} are needed",
            n_needed=needed,
        )
