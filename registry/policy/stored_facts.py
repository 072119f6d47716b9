"""Stored fact sets, read straight into columns.

``facts_from_json`` builds every fact with its provenance and source, which
verdicts do not need. Here only the values are kept, each distinct one is
parsed once, and a fact set's document is let go as soon as it is read.
"""

import json
from collections.abc import Sequence

from registry.domain.canonical import Json
from registry.domain.errors import InvalidInput
from registry.policy.columns import Columns
from registry.policy.facts import FactValue, parse_value, spec_of

_Key = tuple[type, object]


class StoredFacts:
    """The values of many stored fact sets, one after the other."""

    def __init__(self) -> None:
        self.size = 0
        self._columns: dict[str, list[FactValue | None]] = {}
        self._parsed: dict[str, dict[_Key, FactValue | None]] = {}

    def add(self, *, text: str) -> None:
        """Add what ``facts_to_json`` wrote, as JSON text; raises ``FAC001``, ``FAC002`` or ``FAC003``."""
        data = json.loads(text)
        if not isinstance(data, dict):
            raise _unreadable("a fact set")
        for name, entry in data.items():
            try:
                raw = entry["value"]
            except (TypeError, KeyError) as error:
                raise _unreadable(f"fact `{name}`") from error
            column = self._columns.setdefault(name, [])
            if len(column) < self.size:
                column.extend([None] * (self.size - len(column)))
            column.append(self._value(name, raw))
        self.size += 1

    def columns(self) -> Columns:
        """Return what was read so far, by column."""
        for column in self._columns.values():
            column.extend([None] * (self.size - len(column)))
        return Columns.given(size=self.size, values=self._named)

    def _named(self, names: Sequence[str]) -> dict[str, Sequence[FactValue | None]]:
        return {name: self._columns.get(name) or [None] * self.size for name in names}

    def _value(self, name: str, raw: Json) -> FactValue | None:
        parsed = self._parsed.setdefault(name, {})
        key = (raw.__class__, raw)
        try:
            return parsed[key]
        except KeyError:
            value = None if raw is None else parse_value(spec=spec_of(name=name), raw=raw)
            return parsed.setdefault(key, value)
        except TypeError as error:
            raise _unreadable(f"fact `{name}`") from error


def _unreadable(what: str) -> InvalidInput:
    return InvalidInput(
        "FAC003",
        f"{what} is not stored in the form that the program writes",
        remedy="Restore the decision's row from a backup; run verify_audit to see when it changed.",
    )
