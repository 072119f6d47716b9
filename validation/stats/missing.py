"""How the share of missing values of a column changed between two batches."""

from collections.abc import Sequence
from dataclasses import dataclass

from validation.domain.inputs import FloatArray
from validation.domain.results import Metric, Table, decimal_text
from validation.stats.distances import Rows, drop_missing
from validation.stats.rates import change_p, difference_interval

_CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class MissingChange:
    """The rows of one column with and without a value, and the two-sided p that the missing rate is the same."""

    reference: Rows
    current: Rows
    p_value: float

    @property
    def change(self) -> float:
        """Return the missing rate of the current batch minus that of the reference."""
        return self.current.missing_rate - self.reference.missing_rate

    @property
    def is_partial(self) -> bool:
        """Return whether any value is missing in either batch."""
        return self.reference.missing + self.current.missing > 0

    def interval(self, *, confidence: float) -> tuple[float, float]:
        """Return Newcombe's interval of the change from Jeffreys ends."""
        first, second = (
            (float(one.missing), float(one.missing + one.present)) for one in (self.current, self.reference)
        )
        return difference_interval(first=first, second=second, confidence=confidence)


def missing_change(*, before: FloatArray, after: FloatArray) -> MissingChange:
    """Return how the missing rate of one column changed, with Fisher's exact p; NaN is missing."""
    reference, current = (
        Rows(present=there, missing=len(one) - there)
        for one in (before, after)
        for there in (len(drop_missing(one)),)
    )
    return MissingChange(
        reference=reference,
        current=current,
        p_value=change_p(
            first=(float(reference.missing), float(len(before))),
            second=(float(current.missing), float(len(after))),
        ),
    )


def largest_change(*, names: Sequence[str], changes: Sequence[MissingChange]) -> Metric:
    """Return the metric of the column whose missing rate moved most, whichever way.

    The interval holds at a confidence divided over the columns, among which
    this one was picked, and over the two ways: either end alone is then
    crossed no more often than a one-sided limit at this confidence allows.
    """
    columns = len(names)
    place = max(range(columns), key=lambda at: abs(changes[at].change))
    one = changes[place]
    low, high = one.interval(confidence=1.0 - (1.0 - _CONFIDENCE) / (2.0 * columns))
    before, after = (decimal_text(rows.missing_rate) for rows in (one.reference, one.current))
    return Metric(
        name="largest_missing_change",
        estimate=abs(one.change),
        lower=max(0.0, low, -high),
        upper=max(high, -low),
        confidence=_CONFIDENCE,
        n=sum(rows.present + rows.missing for rows in (one.reference, one.current)),
        method=f"{names[place]}, from {before} to {after}, the largest of {columns} whichever way; Newcombe's "
        "interval from Jeffreys ends, Bonferroni over columns and ways",
    )


def missing_table(
    *, names: Sequence[str], changes: Sequence[MissingChange], adjusted: Sequence[float]
) -> tuple[Table, ...]:
    """Return a table of the columns that lack values, or none where no value is missing."""
    rows = tuple(
        (
            name,
            *(decimal_text(rows.missing_rate) for rows in (one.reference, one.current)),
            decimal_text(one.change),
            *(decimal_text(end) for end in one.interval(confidence=_CONFIDENCE)),
            *(decimal_text(one.p_value), decimal_text(p)),
        )
        for name, one, p in zip(names, changes, adjusted, strict=True)
        if one.is_partial
    )
    if not rows:
        return ()
    columns = (
        *("column", "missing in reference", "missing in current", "change"),
        *("95 % from", "95 % to", "p", "adjusted p"),
    )
    return (Table(id="missing", title="Missing values by column", columns=columns, rows=rows),)
