"""Reads inputs strictly: unknown names, wrong types and unreadable numbers are named, never dropped or converted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from registry.capital.calculator.inputs import Input, Kind
from registry.capital.cited_tables import computation_limit
from registry.domain.errors import unknown_name

NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_CELLS = re.compile(r"[ ]*[;\t][ ]*")
_PATTERNS: Mapping[Kind, re.Pattern[str]] = MappingProxyType(
    {Kind.NUMBER: NUMBER, Kind.DAY: _DAY, Kind.TEXT: _TEXT, Kind.CHOICE: _TEXT}
)
_EXACT: Mapping[Kind, type] = MappingProxyType({Kind.FLAG: bool, Kind.WHOLE: int})
_FORMS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.NUMBER: "decimal text, such as 1250.50",
        Kind.WHOLE: "a whole number",
        Kind.DAY: "a day as YYYY-MM-DD",
        Kind.FLAG: "true or false",
        Kind.TEXT: "a short text in one line",
        Kind.CHOICE: "one of the known values",
    }
)
_FLAGS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The arguments that were read, and what is wrong by the path of the input."""

    values: Mapping[str, Any]
    faults: Mapping[str, str]


def read_inputs(*, inputs: Sequence[Input], given: Mapping[str, Any]) -> Reading:
    """Read values as JSON holds them: decimal text, true or false, whole numbers, objects and lists of objects.

    A row may refuse its own amounts (``CAP020``).
    """
    faults: dict[str, str] = {}
    values = _read(inputs, given, path="", faults=faults)
    return Reading(values=values, faults=faults)


def row_limit() -> int:
    """Return how many rows a list may hold."""
    return computation_limit(name="calculator_rows")


def from_query(*, inputs: Sequence[Input], query: Mapping[str, str], path: str = "") -> dict[str, Any]:
    """Turn texts as a form sends them into values as JSON holds them; an empty text is an input left out.

    Rows are lines of cells between semicolons or tabs; a group's inputs are written ``group.input``.
    Names that no input has are kept, so that reading refuses them.
    """
    given: dict[str, Any] = {}
    names: set[str] = set()
    for item in inputs:
        place = f"{path}{item.name}"
        if item.kind is Kind.GROUP:
            own = {name: text for name, text in query.items() if name.startswith(f"{place}.")}
            names |= set(own)
            value: Any = from_query(inputs=item.parts, query=own, path=f"{place}.")
        else:
            names.add(place)
            text = query.get(place, "").strip()
            value = _rows(item, text) if item.kind is Kind.ROWS else _typed(item, text)
        if value not in ("", [], {}):
            given[item.name] = value
    strangers = {name.removeprefix(path): text for name, text in query.items() if name not in names and text}
    return {**given, **strangers}


def to_query(*, inputs: Sequence[Input], given: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Write values as JSON holds them as the texts of a form: what ``from_query`` reads back."""
    query: dict[str, str] = {}
    for item in inputs:
        if item.name not in given:
            continue
        value, place = given[item.name], f"{path}{item.name}"
        if item.kind is Kind.GROUP:
            query |= to_query(inputs=item.parts, given=value, path=f"{place}.")
        elif item.kind is Kind.ROWS:
            query[place] = "\n".join(_line(item, row) for row in value)
        else:
            query[place] = _written(value)
    return query


def _read(
    inputs: Sequence[Input], given: Mapping[str, Any], *, path: str, faults: dict[str, str]
) -> dict[str, Any]:
    names = [item.name for item in inputs]
    faults |= {f"{path}{name}": unknown_name(name, names) for name in given if name not in names}
    values = {}
    for item in inputs:
        place = f"{path}{item.name}"
        if item.name in given:
            values[item.name] = _value(item, given[item.name], place, faults)
        elif item.is_required:
            faults[place] = "is required"
    return values


def _value(item: Input, value: object, place: str, faults: dict[str, str]) -> object:
    match item.kind:
        case Kind.GROUP:
            return _object(item, value, place, faults)
        case Kind.ROWS:
            return _list(item, value, place, faults)
        case _:
            try:
                return _scalar(item, value)
            except ValueError:
                known = f": {', '.join(item.known)}" if item.kind is Kind.CHOICE else ""
                faults[place] = f"must be {_FORMS[item.kind]}{known}"
                return None


def _object(item: Input, value: object, place: str, faults: dict[str, str]) -> object:
    if not isinstance(value, Mapping):
        faults[place] = "must be an object"
        return None
    before = len(faults)
    values = _read(item.parts, value, path=f"{place}.", faults=faults)
    return item.type(**values) if len(faults) == before else None


def _list(item: Input, value: object, place: str, faults: dict[str, str]) -> tuple[object, ...]:
    limit = row_limit()
    if not isinstance(value, list) or len(value) > limit:
        faults[place] = f"must be a list of at most {limit} objects"
        return ()
    return tuple(
        _object(item, row, f"{place}[{number}]", faults) for number, row in enumerate(value, start=1)
    )


def _scalar(item: Input, value: object) -> object:
    exact = _EXACT.get(item.kind)
    if exact is not None and type(value) is exact:
        return value
    pattern = _PATTERNS.get(item.kind)
    if pattern is None or not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ValueError(item.name)
    return date.fromisoformat(value) if item.kind is Kind.DAY else item.type(value)


def _typed(item: Input, text: str) -> object:
    if item.kind is Kind.FLAG:
        return _FLAGS.get(text, text)
    return int(text) if item.kind is Kind.WHOLE and _WHOLE.fullmatch(text) else text


def _rows(item: Input, text: str) -> list[dict[str, object]]:
    return [_row(item, _CELLS.split(line.strip(" "))) for line in text.splitlines() if line.strip()]


def _row(item: Input, cells: Sequence[str]) -> dict[str, object]:
    row = {part.name: _typed(part, cell.strip()) for part, cell in zip(item.parts, cells, strict=False)}
    beyond = {
        f"cell {number}": cell for number, cell in enumerate(cells, start=1) if number > len(item.parts)
    }
    return {name: cell for name, cell in {**row, **beyond}.items() if cell != ""}


def _line(item: Input, row: Mapping[str, Any]) -> str:
    cells = [_written(row.get(part.name, "")) for part in item.parts]
    while cells and not cells[-1]:
        cells.pop()
    return "; ".join(cells)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
