"""How calculations describe themselves in OpenAPI: inputs and figures from their dataclasses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from registry.api import calculator

JsonSchema = dict[str, Any]
Kind = calculator.Kind

_WRITTEN: Mapping[calculator.Kind, JsonSchema] = {
    Kind.NUMBER: {"type": "string", "pattern": f"^{calculator.NUMBER.pattern}$"},
    Kind.WHOLE: {"type": "integer"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.FLAG: {"type": "boolean"},
    Kind.TEXT: {"type": "string", "minLength": 1, "maxLength": 80},
    Kind.CHOICE: {"type": "string"},
}
_ANSWERED: Mapping[calculator.Kind, JsonSchema] = {
    **_WRITTEN,
    Kind.NUMBER: {"type": "string", "format": "decimal"},
    Kind.TEXT: {"type": "string"},
}


class Figures(serializers.Serializer[dict[str, Any]]):
    """Stands for a dataclass of figures in the description; it serialises nothing."""

    shape: ClassVar[type]


class CalculationAnswer(serializers.Serializer[dict[str, Any]]):
    """A sentence, typed figures, the steps to redo them by hand, and the clauses with their marks."""

    calculation: ClassVar[calculator.Calculation]


class FiguresSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Describes figures once, as a component, from the fields of their dataclass."""

    target_class = "registry.rest.capital_schema.Figures"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:  # noqa: ANN401, ARG002
        """Return the component's name."""
        return type(self.target).__name__

    def map_serializer(self, auto_schema: Any, direction: Any) -> JsonSchema:  # noqa: ANN401
        """Return the component's schema."""
        shape = self.target.shape
        hints = get_type_hints(shape)
        names = calculator.figure_fields(shape)
        return {
            "type": "object",
            "description": " ".join((shape.__doc__ or "").split()),
            "properties": {name: _schema_of(hints[name], auto_schema, direction) for name in names},
            "required": list(names),
        }


class CalculationAnswerSchema(FiguresSchema):  # type: ignore[no-untyped-call]
    """Describes the answer of one calculation around its figures."""

    target_class = "registry.rest.capital_schema.CalculationAnswer"

    def map_serializer(self, auto_schema: Any, direction: Any) -> JsonSchema:  # noqa: ANN401
        """Return the component's schema."""
        hints = get_type_hints(calculator.Answer)
        properties = {
            "calculation": {"type": "string", "const": self.target.calculation.key},
            "inputs": {"type": "object", "description": "What was asked, as it was read."},
            "page": {
                "type": "string",
                "description": "The same calculation as a page, or empty for a long list.",
            },
            "sentence": {"type": "string"},
            "figures": _schema_of(self.target.calculation.figures, auto_schema, direction),
            "may_gate": {"type": "boolean", "description": "Whether a refusal may rest on it."},
            **{
                name: _schema_of(hints[name], auto_schema, direction)
                for name in ("steps", "citations", "provenance")
            },
        }
        return {"type": "object", "properties": properties, "required": list(properties)}


@cache
def answer_of(calculation: calculator.Calculation) -> type[CalculationAnswer]:
    """Return what stands for a calculation's answer in the description."""
    name = "".join(word.capitalize() for word in calculation.key.split("-"))
    return type(
        f"{name}Answer",
        (CalculationAnswer,),
        {"calculation": calculation, "__doc__": CalculationAnswer.__doc__},
    )


def object_schema(inputs: Sequence[calculator.Input]) -> JsonSchema:
    """Return the JSON schema of inputs as the body of a request."""
    schema: JsonSchema = {
        "type": "object",
        "properties": {item.name: input_schema(item) for item in inputs},
        "additionalProperties": False,
    }
    required = [item.name for item in inputs if item.is_required]
    return {**schema, "required": required} if required else schema


def input_schema(item: calculator.Input) -> JsonSchema:
    """Return the JSON schema of one input; known values are an enumeration."""
    text = {"description": f"{item.label}. {item.note}".strip()}
    match item.kind:
        case Kind.GROUP:
            return {**object_schema(item.parts), **text}
        case Kind.ROWS:
            rows = {"type": "array", "maxItems": calculator.row_limit(), "items": object_schema(item.parts)}
            return {**rows, **text}
        case Kind.FLAG:
            return {**_WRITTEN[item.kind], **text, "default": item.is_on}
        case _:
            return {**_WRITTEN[item.kind], **text, **({"enum": list(item.known)} if item.known else {})}


def query_parameters(calculation: calculator.Calculation) -> Iterator[OpenApiParameter]:
    """Yield the parameters of a calculation that is asked by a query, with the values of its examples."""
    for item in calculation.inputs:
        schema = input_schema(item)
        description = schema.pop("description")
        yield OpenApiParameter(
            name=item.name,
            type=schema,
            required=item.is_required,
            description=description,
            examples=[
                OpenApiExample(name=example.title, value=example.given[item.name])
                for example in calculation.examples
                if item.name in example.given
            ],
        )


@cache
def _figures_of(shape: type) -> type[Figures]:
    return type(shape.__name__, (Figures,), {"shape": shape, "__doc__": shape.__doc__})


def _schema_of(hint: Any, auto_schema: Any, direction: Any) -> JsonSchema:  # noqa: ANN401 - an annotation
    if isinstance(hint, UnionType):
        inner = next(option for option in get_args(hint) if option is not NoneType)
        return {"oneOf": [_schema_of(inner, auto_schema, direction), {"type": "null"}]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_of(get_args(hint)[0], auto_schema, direction)}
    if isinstance(hint, type) and is_dataclass(hint):
        return dict(auto_schema.resolve_serializer(_figures_of(hint), direction).ref)
    kind, shape = calculator.kind_of(hint)
    if kind is Kind.CHOICE:
        return {**_ANSWERED[kind], "enum": [member.value for member in shape]}
    return dict(_ANSWERED[kind])
