"""How views describe themselves in OpenAPI: bodies from their serializers, answers from their types."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from registry.rest.fields import Body
from registry.rest.shapes import ProblemShape

F = TypeVar("F", bound=Callable[..., Any])

PROBLEM_STATUSES = {
    400: "The body, the query or a value cannot be accepted.",
    401: "No token, or one that speaks for nobody.",
    403: "The token lacks the scope, or the person the role.",
    404: "No such thing, or none that you may see.",
    409: "The state does not allow it.",
    413: "Too large.",
}
KEY_HEADER = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="8 to 128 characters. The same key with the same body is answered as before, for 24 hours.",
)
MATCH_HEADER = OpenApiParameter(
    name="If-Match",
    location=OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the row as you read it.",
)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Names the bearer token in the OpenAPI description."""

    target_class = "registry.rest.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ANN401, ARG002
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "mrm_…"}


def described(
    summary: str,
    answer: type | None,
    *,
    status: int = 200,
    body: type[Body] | None = None,
    query: Sequence[str | OpenApiParameter] = (),
    is_list: bool = False,
    also: Sequence[int] = (),
    plain_body: Mapping[str, Any] | None = None,
    examples: Sequence[OpenApiExample] = (),
) -> Callable[[F], F]:
    """Describe one operation. ``query`` names optional text parameters; ``also`` adds statuses of problems.

    ``answer`` is a type of ``shapes``, or a serializer that describes itself.
    ``plain_body`` is the JSON schema of a body that no serializer reads and that changes nothing, so takes no key.
    """
    parameters = [
        item if isinstance(item, OpenApiParameter) else OpenApiParameter(name=item) for item in query
    ]
    if body is not None:
        parameters.append(KEY_HEADER)
    return extend_schema(
        operation_id=re.sub(r"[^a-z]+", "_", summary.lower()),
        summary=summary,
        request=body if plain_body is None else {"application/json": dict(plain_body)},
        parameters=parameters,
        examples=list(examples),
        responses={status: _answer(answer, is_list=is_list), **_problems(also)},
    )


class Answer(serializers.Serializer[dict[str, Any]]):
    """Stands for a type of ``shapes`` in the description; it serialises nothing."""

    shape: ClassVar[type]
    is_list: ClassVar[bool] = False


class AnswerSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Describes an answer once, as a component, from its type."""

    target_class = "registry.rest.schema.Answer"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:  # noqa: ANN401, ARG002
        """Return the component's name."""
        return type(self.target).__name__

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002
        """Return the component's schema."""
        schema = dict(resolve_type_hint(self.target.shape))  # type: ignore[no-untyped-call]
        if not self.target.is_list:
            return schema
        return {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": schema},
                "next": {"type": "string", "description": "Cursor of the next page, or empty."},
            },
            "required": ["items", "next"],
        }


@cache
def _component(shape: type, is_list: bool) -> type[Answer]:  # noqa: FBT001 - key of the cache
    name = shape.__name__.removesuffix("Shape") + ("Page" if is_list else "")
    return type(name, (Answer,), {"shape": shape, "is_list": is_list})


def _answer(answer: type | None, *, is_list: bool) -> OpenApiResponse:
    if answer is None:
        return OpenApiResponse(description="Nothing to say.")
    description = (answer.__doc__ or "").strip()
    is_component = issubclass(answer, serializers.BaseSerializer)
    component = answer if is_component else _component(answer, is_list)
    return OpenApiResponse(response=component, description=description)


def _problems(also: Sequence[int]) -> dict[Any, OpenApiResponse]:
    words = {
        412: "Somebody changed it first.",
        422: "The idempotency key belongs to another request.",
        428: "If-Match is required.",
        502: "MLflow answered nonsense.",
        503: "MLflow cannot be reached.",
    }
    statuses = {**PROBLEM_STATUSES, **{status: words[status] for status in also}}
    problem = _component(ProblemShape, False)
    return {
        (status, "application/problem+json"): OpenApiResponse(response=problem, description=text)
        for status, text in statuses.items()
    }
