"""What a calculation asks for: the fields of a dataclass, as inputs that a form or a machine can fill."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

_UNITS = (
    ("_eur_m", ", EUR m"),
    ("_eur", ", EUR"),
    ("_share", ", share"),
    ("_years", ", years"),
    ("_12m", ", twelve months"),
)
_WORDS = MappingProxyType(
    {
        **{word: word.upper() for word in ("rwa", "pd", "lgd", "ead", "irb", "cet1", "ltv")},
        "pre floor": "pre-floor",
        "add on": "add-on",
        "is ": "",
        "kolmogorov smirnov": "Kolmogorov-Smirnov",
    }
)


class Kind(StrEnum):
    """How an input is written: ``number`` is decimal text, ``choice`` one of a closed list, ``rows`` a list."""

    NUMBER = "number"
    WHOLE = "whole"
    DAY = "day"
    FLAG = "flag"
    TEXT = "text"
    CHOICE = "choice"
    GROUP = "group"
    ROWS = "rows"


_SCALARS: Mapping[type, Kind] = MappingProxyType(
    {
        Decimal: Kind.NUMBER,
        float: Kind.NUMBER,
        int: Kind.WHOLE,
        date: Kind.DAY,
        bool: Kind.FLAG,
        str: Kind.TEXT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input. ``known`` are the values that the tables or the code know; ``parts`` those of a group or a row.

    ``is_on`` says what a flag means that is left out.
    """

    name: str
    kind: Kind
    type: type[Any]
    is_required: bool
    label: str
    note: str
    known: tuple[str, ...]
    parts: tuple["Input", ...]
    is_on: bool


def inputs_of(
    asked: type[Any],
    *,
    known: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    notes: Mapping[str, str] = MappingProxyType({}),
    path: str = "",
) -> tuple[Input, ...]:
    """Return the inputs of a dataclass in order, the jurisdiction first.

    ``known`` and ``notes`` go by path, such as ``lines.risk``.
    """
    hints = get_type_hints(asked)
    found = []
    for field in sorted(fields(asked), key=lambda field: field.name != "jurisdiction"):
        place = f"{path}{field.name}"
        kind, inner = kind_of(hints[field.name])
        members = tuple(member.value for member in inner) if kind is Kind.CHOICE else known.get(place, ())
        found.append(
            Input(
                name=field.name,
                kind=kind,
                type=inner,
                is_required=_is_required(field),
                label=label_of(field.name),
                note=notes.get(place, ""),
                known=members,
                parts=inputs_of(inner, known=known, notes=notes, path=f"{place}.")
                if kind in (Kind.GROUP, Kind.ROWS)
                else (),
                is_on=field.default is True,
            )
        )
    return tuple(found)


def kind_of(hint: Any) -> tuple[Kind, type[Any]]:  # noqa: ANN401 - an annotation
    """Return how a field of that annotation is written, and its type without ``None`` and without the tuple."""
    if isinstance(hint, UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is tuple:
        return Kind.ROWS, get_args(hint)[0]
    if isinstance(hint, type) and is_dataclass(hint):
        return Kind.GROUP, hint
    if issubclass(hint, StrEnum):
        return Kind.CHOICE, hint
    return _SCALARS[hint], hint


def label_of(name: str) -> str:
    """Return a field's name as words with its unit: ``pre_floor_rwa_eur`` becomes ``Pre-floor RWA, EUR``."""
    stem, unit = next(
        ((name.removesuffix(end), words) for end, words in _UNITS if name.endswith(end)), (name, "")
    )
    text = f"{stem.replace('_', ' ')} "
    for plain, written in _WORDS.items():
        text = f" {text}".replace(f" {plain}", f" {written}").removeprefix(" ")
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{unit}"


def _is_required(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING
