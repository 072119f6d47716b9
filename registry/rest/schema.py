"""How views describe themselves in OpenAPI: bodies from their serializers, answers from their types."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

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
) -> Callable[[F], F]:
    """Describe one operation. ``query`` names optional text parameters; ``also`` adds statuses of problems."""
    parameters = [
        item if isinstance(item, OpenApiParameter) else OpenApiParameter(name=item) for item in query
    ]
    if body is not None:
        parameters.append(KEY_HEADER)
    return extend_schema(
        operation_id=re.sub(r"[^a-z]+", "_", summary.lower()),
        summary=summary,
        request=body,
        parameters=parameters,
        responses={status: _answer(answer, is_list=is_list), **_problems(also)},
    )


def _answer(answer: type | None, *, is_list: bool) -> OpenApiResponse:
    if answer is None:
        return OpenApiResponse(description="Nothing to say.")
    schema = dict(resolve_type_hint(answer))  # type: ignore[no-untyped-call]
    if is_list:
        schema = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": schema},
                "next": {"type": "string", "description": "Cursor of the next page, or empty."},
            },
            "required": ["items", "next"],
        }
    return OpenApiResponse(response=schema, description=(answer.__doc__ or "").strip())


def _problems(also: Sequence[int]) -> dict[Any, OpenApiResponse]:
    words = {
        412: "Somebody changed it first.",
        422: "The idempotency key belongs to another request.",
        428: "If-Match is required.",
        502: "MLflow answered nonsense.",
        503: "MLflow cannot be reached.",
    }
    schema = dict(resolve_type_hint(ProblemShape))  # type: ignore[no-untyped-call]
    statuses = {**PROBLEM_STATUSES, **{status: words[status] for status in also}}
    return {
        (status, "application/problem+json"): OpenApiResponse(response=schema, description=text)
        for status, text in statuses.items()
    }
