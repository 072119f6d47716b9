"""What a calculation answers: a sentence, typed figures, the steps, the clauses, and where the inputs come from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from registry.capital.calculator.inputs import label_of
from registry.capital.figures import Citation, Step, may_gate
from registry.domain.vocab import Provenance

_TOLD_APART = frozenset({"steps", "citations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer. ``provenance`` is the weakest mark of the inputs, or none where the inputs carry no mark."""

    sentence: str
    figures: Any
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]
    provenance: Provenance | None = None

    @property
    def may_gate(self) -> bool:
        """Whether a refusal may rest on it: there is a clause, and every clause used was read."""
        return bool(self.citations) and may_gate(citations=self.citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows among the figures, as texts."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def without_repeats(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Return each clause once, in the order of its first use."""
    return tuple(dict.fromkeys(citations))


def figure_fields(shape: type[Any]) -> tuple[str, ...]:
    """Return the names of a dataclass that are figures; steps and citations are told apart from them."""
    return tuple(field.name for field in fields(shape) if field.name not in _TOLD_APART)


def plain(value: Any) -> Any:  # noqa: ANN401 - any figure
    """Return figures as JSON holds them: numbers with a fraction are decimal text, days are ISO text."""
    match value:
        case None | bool() | int():
            return value
        case Decimal():
            return format(value, "f")
        case float():
            return format(value, ".12g")
        case date():
            return value.isoformat()
        case str():
            return str(value)
        case tuple():
            return [plain(item) for item in value]
        case _:
            return {name: plain(getattr(value, name)) for name in figure_fields(type(value))}


def tables_of(figures: Any) -> Iterator[Table]:  # noqa: ANN401 - any figures
    """Yield the lists of rows among the figures as tables; what is nested within a row is left to the steps."""
    for name in figure_fields(type(figures)):
        rows = getattr(figures, name)
        if isinstance(rows, tuple) and rows and is_dataclass(rows[0]):
            shown = [
                column
                for column in figure_fields(type(rows[0]))
                if not any(is_dataclass(getattr(row, column)) for row in rows)
            ]
            yield Table(
                title=label_of(name),
                columns=tuple(label_of(column) for column in shown),
                rows=tuple(tuple(_cell(getattr(row, column)) for column in shown) for row in rows),
            )


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(plain(value))
