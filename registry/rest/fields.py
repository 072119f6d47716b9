"""Bodies and queries, read strictly: unknown names and wrong types are refused, never dropped or converted."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from registry.domain.errors import unknown_name
from registry.rest.problems import FieldsAtFault


class TextField(serializers.CharField):
    """Text: a number or a boolean is not converted."""

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 - DRF's signature
        """Return the text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class FlagField(serializers.BooleanField):
    """``true`` or ``false``, nothing that resembles them."""

    def to_internal_value(self, data: Any) -> bool:  # noqa: ANN401 - DRF's signature
        """Return the flag."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return bool(data)


class WholeField(serializers.IntegerField):
    """A whole number: text, a boolean or a fraction is not converted."""

    def to_internal_value(self, data: Any) -> int:  # noqa: ANN401 - DRF's signature
        """Return the number."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class DayField(serializers.DateField):
    """A calendar day as text, ``2026-11-22``."""

    def to_internal_value(self, value: Any) -> date:  # noqa: ANN401 - DRF's signature
        """Return the day."""
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Body(serializers.Serializer[dict[str, Any]]):
    """A body that refuses what it does not know, and names the nearest field that it does."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - DRF's signature
        """Return the fields, or raise for all faults at once."""
        faults: dict[str, Any] = {}
        if isinstance(data, Mapping):
            faults = {name: [unknown_name(name, self.fields)] for name in data if name not in self.fields}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail = error.detail if isinstance(error.detail, dict) else {"body": error.detail}
            raise serializers.ValidationError({**detail, **faults}) from error
        if faults:
            raise serializers.ValidationError(faults)
        return values


def read_body(request: Request, body: type[Body]) -> dict[str, Any]:
    """Return the fields of a request's body. Raises ``API002``, naming each field at fault."""
    reader = body(data=request.data)
    if reader.is_valid():
        return dict(reader.validated_data)
    raise FieldsAtFault(
        "API002",
        f"the body has faults in {', '.join(sorted(reader.errors))[:200]}",
        remedy="Correct the fields listed under 'fields'.",
        fields=_flat(reader.errors),
    )


def read_query(request: Request, *known: str) -> dict[str, str]:
    """Return the query's parameters. Raises ``API005`` for unknown or repeated ones, or a zero character."""
    query = request.query_params
    faults = {name[:60]: [unknown_name(name, known)] for name in query if name not in known}
    for name in known:
        values = query.getlist(name)
        if len(values) > 1:
            faults[name] = ["stands more than once"]
        elif "\x00" in "".join(values) or len("".join(values)) > 400:
            faults[name] = ["holds a zero character or more than 400 characters"]
    if faults:
        raise FieldsAtFault(
            "API005",
            f"the query has faults in {', '.join(sorted(faults))[:200]}",
            remedy="Correct the parameters listed under 'fields'.",
            fields=faults,
        )
    return {name: query[name] for name in known if name in query}


def read_number(query: Mapping[str, str], name: str, *, default: int, highest: int) -> int:
    """Return a whole number between 1 and ``highest`` from the query. Raises ``API005``."""
    text = query.get(name, str(default))
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    if not 1 <= number <= highest:
        raise FieldsAtFault(
            "API005",
            f"{name} must be a whole number from 1 to {highest}",
            remedy=f"Choose {name} in that range.",
            fields={name: [f"must be a whole number from 1 to {highest}"]},
        )
    return number


def _flat(errors: Mapping[str, Any]) -> dict[str, list[str]]:
    return {str(name)[:60]: _texts(fault) for name, fault in errors.items()}


def _texts(fault: Any) -> list[str]:  # noqa: ANN401 - DRF nests lists and mappings of texts
    if isinstance(fault, ErrorDetail | str):
        return [str(fault)]
    if isinstance(fault, Mapping):
        return [f"{name}: {text}" for name, inner in fault.items() for text in _texts(inner)]
    return [text for inner in fault for text in _texts(inner)]
