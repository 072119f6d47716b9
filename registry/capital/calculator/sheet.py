"""One calculation as a sheet: what was entered, what is wrong with it, the answer or the refusal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from registry.capital.calculator.answers import Answer, Table, tables_of
from registry.capital.calculator.catalogue import Calculation, Example
from registry.capital.calculator.inputs import Input, Kind, label_of
from registry.capital.calculator.reading import from_query, read_inputs, to_query
from registry.domain.errors import MrmError


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetField:
    """One field of the form: its name in the address, its text, and what is wrong with the text."""

    name: str
    input: Input
    group: str
    text: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleLink:
    """An example, and the query that fills the form with it."""

    example: Example
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A calculation with what was entered. ``faults`` are those of no field; ``shown`` is the example entered."""

    calculation: Calculation
    fields: tuple[SheetField, ...]
    examples: tuple[ExampleLink, ...]
    is_asked: bool
    faults: tuple[str, ...]
    answer: Answer | None
    refusal: MrmError | None
    shown: Example | None
    entered: tuple[Table, ...]

    @property
    def has_faults(self) -> bool:
        """Whether anything that was entered cannot be read."""
        return bool(self.faults) or any(field.faults for field in self.fields)

    @property
    def open_groups(self) -> frozenset[str]:
        """The groups in which something was entered or is wrong."""
        return frozenset(field.group for field in self.fields if field.text or field.faults)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The lists among the figures."""
        return () if self.answer is None else tuple(tables_of(self.answer.figures))

    @property
    def shown_value(self) -> str:
        """What this calculation gives for the published quantity of the example entered."""
        if self.answer is None or self.shown is None:
            return ""
        quantity = self.shown.quantity
        return next((one.value for one in self.answer.steps if one.quantity == quantity), "")


def fill_sheet(*, calculation: Calculation, query: Mapping[str, str]) -> Sheet:
    """Read the texts of a form and compute; without any text the sheet is empty."""
    inputs = calculation.inputs
    texts = {name: text for name, text in query.items() if text.strip()}
    given = from_query(inputs=inputs, query=texts)
    faults: Mapping[str, str] = {}
    answer: Answer | None = None
    refusal: MrmError | None = None
    if texts:
        try:
            reading = read_inputs(inputs=inputs, given=given)
            faults = reading.faults
            answer = None if faults else calculation.answer(reading.values)
        except MrmError as error:
            refusal = error
    fields = tuple(_fields(inputs, texts, faults))
    placed = {place for field in fields for place in faults if _is_of(field.name, place)}
    return Sheet(
        calculation=calculation,
        fields=fields,
        examples=tuple(
            ExampleLink(example=one, query=urlencode(to_query(inputs=inputs, given=one.given)))
            for one in calculation.examples
        ),
        is_asked=bool(texts),
        faults=tuple(f"{place} is {fault}" for place, fault in faults.items() if place not in placed),
        answer=answer,
        refusal=refusal,
        shown=next((one for one in calculation.examples if one.given == given), None),
        entered=tuple(_entered(inputs, given)) if answer is not None else (),
    )


def _fields(
    inputs: Sequence[Input],
    texts: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    path: str = "",
    group: str = "",
) -> Iterator[SheetField]:
    for item in inputs:
        name = f"{path}{item.name}"
        if item.kind is Kind.GROUP:
            yield from _fields(item.parts, texts, faults, path=f"{name}.", group=item.label)
        else:
            yield SheetField(
                name=name,
                input=item,
                group=group,
                text=texts.get(name, ""),
                faults=tuple(
                    _fault_text(place.removeprefix(name), fault)
                    for place, fault in faults.items()
                    if _is_of(name, place)
                ),
            )


def _is_of(name: str, place: str) -> bool:
    return place == name or place.startswith(f"{name}[")


def _fault_text(within: str, fault: str) -> str:
    if not within:
        return fault
    number, _, column = within.removeprefix("[").partition("]")
    return f"line {number}, {label_of(column.removeprefix('.'))}: {fault}"


def _entered(inputs: Sequence[Input], given: Mapping[str, Any]) -> Iterator[Table]:
    texts = to_query(inputs=inputs, given=given)
    singles = [
        (f"{field.group}: {field.input.label}" if field.group else field.input.label, texts[field.name])
        for field in _fields(inputs, texts, {})
        if field.name in texts and field.input.kind is not Kind.ROWS
    ]
    if singles:
        yield Table(title="Entered", columns=("Input", "Value"), rows=tuple(singles))
    for item in inputs:
        if item.kind is Kind.ROWS and item.name in given:
            yield Table(
                title=item.label,
                columns=tuple(part.label for part in item.parts),
                rows=tuple(
                    tuple(str(row.get(part.name, "–")) for part in item.parts) for row in given[item.name]
                ),
            )
