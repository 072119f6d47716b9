"""What the drift library is asked about two batches, and what it says: the second opinion on drift of inputs."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from validation.domain.attached import MOST_BYTES, table_of
from validation.domain.check import Params
from validation.domain.inputs import UnusableInputError
from validation.domain.results import Table
from validation.domain.rows import FloatArray, Rows
from validation.domain.tools import ColumnDrift, Tools
from validation.stats.sampling import pick_rows


@dataclass(frozen=True, kw_only=True)
class Question:
    """Rows of both batches, of the columns that hold a value in both; NaN is a missing value.

    ``left_out`` are the other columns: the library has no figure for them.
    """

    names: tuple[str, ...]
    left_out: tuple[str, ...]
    reference: FloatArray
    current: FloatArray
    method: str
    threshold: float
    categories: frozenset[str]

    def note(self) -> tuple[str, ...]:
        """Return a sentence about the columns that are left out, where there are any."""
        if not self.left_out:
            return ()
        named = ", ".join(self.left_out)
        return (f"no second opinion where one of the batches has no value in the rows read: {named}",)


def word_question(
    *,
    names: tuple[str, ...],
    batches: tuple[Rows, Rows],
    categories: Collection[str],
    params: Params,
    level: float,
    seed: int,
) -> Question:
    """Return what the library is asked: the plan's method and its most rows; its p-value is held to our level."""
    before, after = (
        rows.take(pick_rows(rows=rows, size=params.integer("opinion_rows"), seed=seed)) for rows in batches
    )
    is_there = [
        not (np.isnan(one).all() or np.isnan(other).all())
        for one, other in zip(before.T, after.T, strict=True)
    ]
    asked = tuple(name for name, there in zip(names, is_there, strict=True) if there)
    method = params.text("method")
    return Question(
        names=asked,
        left_out=tuple(name for name, there in zip(names, is_there, strict=True) if not there),
        reference=before[:, is_there],
        current=after[:, is_there],
        method=method,
        threshold=level if method == "ks" else params.number("column_threshold"),
        categories=frozenset(categories) & set(asked),
    )


def ask(*, question: Question, tools: Tools) -> dict[str, ColumnDrift]:
    """Return what the library says, by column. Raises ``UnusableInputError`` where a figure is not finite."""
    assert tools.drift is not None
    if not question.names:
        return {}
    found = tools.drift(
        names=question.names,
        reference=question.reference,
        current=question.current,
        method=question.method,
        threshold=question.threshold,
        categories=question.categories,
    )
    if not np.isfinite([one.value for one in found]).all():
        raise UnusableInputError(
            reason="not_measured", detail="the drift library gave no finite figure for a column"
        )
    return dict(zip(question.names, found, strict=True))


def attach_report(
    *, question: Question, sizes: tuple[int, int], params: Params, tools: Tools
) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Return the table that names the library's own report, and a note, where the plan asks for the report."""
    if not params.integer("attach_report"):
        return (), ()
    assert tools.reporter is not None
    if not question.names:
        return (), ("no column holds values in both batches: Evidently made no report",)
    attached = tools.reporter(
        names=question.names,
        reference=question.reference,
        current=question.current,
        method=question.method,
        threshold=question.threshold,
        categories=question.categories,
    )
    if attached is None:
        return (), (f"Evidently's report is larger than {MOST_BYTES:,} bytes and was not attached",)
    what = (
        f"Evidently's report of {len(question.reference):,} of {sizes[0]:,} rows of {params.text('reference')} "
        f"and {len(question.current):,} of {sizes[1]:,} of {params.text('current')}, "
        f"drawn with seed {tools.seed}"
    )
    return (table_of(attached=attached, what=what),), ()
