"""Facts: the engine's whole input. A fact that is absent is unknown.

Values are typed by the vocabulary. Floats are refused, so is a number that is
not finite: a figure that could not be computed is an unknown fact with a
reason, never a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from registry.domain.canonical import Json, digest, to_json
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Provenance
from registry.policy.vocabulary import VOCABULARY, FactSpec, FactType

FactValue = bool | int | Decimal | str

_WORD_FOR_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One observed value, or ``None`` with the reason why it is unknown.

    ``source`` points at the evidence (an evidence record's UUID, a table's
    row, a person's declaration) in words that a reader can follow.
    """

    value: FactValue | None
    provenance: Provenance | None = None
    source: str = ""
    reason: str = ""


Facts = Mapping[str, Fact]

ABSENT = Fact(value=None, reason="no evidence was given")


def known(
    *, name: str, value: object, provenance: Provenance = Provenance.DECLARED, source: str = ""
) -> Fact:
    """Return a fact of the declared type.

    The word ``unknown`` for an enumerated fact gives an unknown fact. Raises
    ``InvalidInput``: ``FAC001`` no such fact, ``FAC002`` wrong type or out of range.
    """
    spec = spec_of(name=name)
    if spec.type is FactType.ENUM and str(value) == _WORD_FOR_UNKNOWN:
        return Fact(value=None, provenance=provenance, source=source, reason="recorded as unknown")
    return Fact(value=parse_value(spec=spec, raw=value), provenance=provenance, source=source)


def unknown(*, reason: str, source: str = "") -> Fact:
    """Return an unknown fact with the reason to show."""
    return Fact(value=None, reason=reason, source=source)


def spec_of(*, name: str) -> FactSpec:
    """Return the declaration of a fact; raises ``InvalidInput`` ``FAC001``."""
    spec = VOCABULARY.get(name)
    if spec is None:
        raise InvalidInput(
            "FAC001", f"no fact is called `{name}`", remedy="Use a declared fact's name.", fact=name
        )
    return spec


def parse_value(*, spec: FactSpec, raw: object) -> FactValue:
    """Return ``raw`` as a value of the fact's type; raises ``InvalidInput`` ``FAC002``.

    Text is read strictly: ``true`` and ``false``, digits, plain decimals.
    """
    plain = raw.value if isinstance(raw, Enum) else raw
    value = _PARSERS[spec.type](spec, plain)
    if value is None:
        raise _refused(spec, raw)
    if isinstance(value, _NUMBERS) and not isinstance(value, bool) and _is_outside(spec, value):
        raise _refused(spec, raw)
    return value


def ensure_facts(*, facts: Facts) -> dict[str, Fact]:
    """Return the facts with every value checked against its declaration.

    Raises ``InvalidInput`` ``FAC001`` or ``FAC002``.
    """
    checked: dict[str, Fact] = {}
    for name, fact in facts.items():
        spec, value = spec_of(name=name), fact.value
        if value is not None and parse_value(spec=spec, raw=value) != value:
            raise _refused(spec, value)
        checked[name] = fact
    return checked


def facts_to_json(*, facts: Facts) -> dict[str, Json]:
    """Return the canonical JSON object of the facts."""
    return {name: to_json(_plain(fact)) for name, fact in sorted(facts.items())}


def facts_from_json(*, data: Mapping[str, Json]) -> dict[str, Fact]:
    """Read what :func:`facts_to_json` wrote; raises ``InvalidInput`` ``FAC001``, ``FAC002`` or ``FAC003``."""
    return {name: _read(name, entry) for name, entry in data.items()}


def facts_digest(*, facts: Facts) -> str:
    """Return the SHA-256 over the canonical JSON of the facts."""
    return digest(facts_to_json(facts=facts))


def _plain(fact: Fact) -> dict[str, object]:
    return {
        "value": fact.value,
        "provenance": fact.provenance,
        "source": fact.source,
        "reason": fact.reason,
    }


def _read(name: str, entry: Json) -> Fact:
    spec = spec_of(name=name)
    if not isinstance(entry, dict) or set(entry) != {"value", "provenance", "source", "reason"}:
        raise InvalidInput(
            "FAC003",
            f"fact `{name}` is not an object with value, provenance, source and reason",
            remedy="Send the form that the program writes.",
            fact=name,
        )
    raw, provenance = entry["value"], entry["provenance"]
    return Fact(
        value=None if raw is None else parse_value(spec=spec, raw=raw),
        provenance=None if provenance is None else Provenance(str(provenance)),
        source=str(entry["source"]),
        reason=str(entry["reason"]),
    )


def _parse_bool(_spec: FactSpec, raw: object) -> FactValue | None:
    if isinstance(raw, bool):
        return raw
    return {"true": True, "false": False}.get(raw) if isinstance(raw, str) else None


def _parse_int(_spec: FactSpec, raw: object) -> FactValue | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return int(raw)
    if isinstance(raw, str) and raw.isascii() and raw.removeprefix("-").isdigit():
        return int(raw)
    return None


def _parse_decimal(_spec: FactSpec, raw: object) -> FactValue | None:
    if isinstance(raw, bool) or not isinstance(raw, Decimal | int | str):
        return None
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _parse_enum(spec: FactSpec, raw: object) -> FactValue | None:
    return raw if isinstance(raw, str) and raw in spec.options else None


def _parse_text(_spec: FactSpec, raw: object) -> FactValue | None:
    return raw if isinstance(raw, str) and raw else None


_NUMBERS = (int, Decimal)
_PARSERS = {
    FactType.BOOL: _parse_bool,
    FactType.INT: _parse_int,
    FactType.DECIMAL: _parse_decimal,
    FactType.ENUM: _parse_enum,
    FactType.TEXT: _parse_text,
}


def _is_outside(spec: FactSpec, value: Decimal | int) -> bool:
    return (spec.minimum is not None and value < spec.minimum) or (
        spec.maximum is not None and value > spec.maximum
    )


def expected_form(*, spec: FactSpec) -> str:
    """Say in words what a value of the fact looks like."""
    if spec.options:
        return "one of " + ", ".join(spec.options)
    words = {
        FactType.BOOL: "true or false",
        FactType.INT: "a whole number",
        FactType.DECIMAL: "a finite decimal number written as text",
    }.get(spec.type, "text")
    low, high = spec.minimum, spec.maximum
    if low is None:
        return words if high is None else f"{words}, at most {high}"
    return f"{words}, at least {low}" if high is None else f"{words}, from {low} to {high}"


def _refused(spec: FactSpec, raw: object) -> InvalidInput:
    return InvalidInput(
        "FAC002",
        f"fact `{spec.name}` cannot be {str(raw)[:80]!r}",
        remedy=f"Give {expected_form(spec=spec)}; leave it out if it is not known.",
        fact=spec.name,
    )
