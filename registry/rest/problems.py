"""One shape for everything that goes wrong: RFC 9457 problem details with a stable code and a remedy."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.domain.canonical import to_json
from registry.domain.errors import InvalidInput, MrmError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:mrm:problem:"

STATUS_OF_KIND = {
    "invalid_input": HTTPStatus.BAD_REQUEST,
    "not_permitted": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "conflict": HTTPStatus.CONFLICT,
    "invalid_transition": HTTPStatus.CONFLICT,
    "integrity_mismatch": HTTPStatus.CONFLICT,
    "limit_exceeded": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "upstream_unavailable": HTTPStatus.BAD_GATEWAY,
}
STATUS_OF_CODE = {
    "PEO012": HTTPStatus.UNAUTHORIZED,
    "API010": HTTPStatus.UNAUTHORIZED,
    "API011": HTTPStatus.PRECONDITION_REQUIRED,
    "API012": HTTPStatus.PRECONDITION_FAILED,
    "APR004": HTTPStatus.PRECONDITION_FAILED,
    "FND003": HTTPStatus.PRECONDITION_FAILED,
    "PKP004": HTTPStatus.PRECONDITION_FAILED,
    "API021": HTTPStatus.UNPROCESSABLE_ENTITY,
    "MLF001": HTTPStatus.SERVICE_UNAVAILABLE,
    "MLF002": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Codes whose HTTP status is more exact than that of their kind."""


class FieldsAtFault(InvalidInput):
    """Some fields of a body or of a query cannot be accepted; ``fields`` says which and why."""

    def __init__(self, code: str, message: str, *, remedy: str, fields: Mapping[str, list[str]]) -> None:
        super().__init__(code, message, remedy=remedy)
        self.fields = dict(fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A refusal, ready to be sent."""

    status: int
    code: str
    detail: str
    remedy: str
    context: Mapping[str, object] = field(default_factory=dict)
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, *, correlation_id: str) -> Response:
        """Return the answer that carries it."""
        body: dict[str, object] = {
            "type": f"{TYPE_PREFIX}{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": int(self.status),
            "detail": self.detail,
            "code": self.code,
            "remedy": self.remedy,
            "correlation_id": correlation_id,
        }
        if self.context:
            body["context"] = dict(self.context)
        if self.fields:
            body["fields"] = dict(self.fields)
        headers = {**self.headers, "Cache-Control": "no-store"}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="mrm"'
        return Response(body, status=int(self.status), content_type=MEDIA_TYPE, headers=headers)


def correlation_id_of(request: Request) -> str:
    """Return the identifier that ties a request to its audit events; the middleware sets it."""
    return str(getattr(request, "correlation_id", "") or uuid4())


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Turn whatever a view raised into a problem; the unexpected is logged and says nothing of its cause."""
    request: Request = context["request"]
    view: APIView | None = context.get("view")
    correlation_id = correlation_id_of(request)
    return problem_of(exc, view=view, correlation_id=correlation_id).response(correlation_id=correlation_id)


def problem_of(exc: Exception, *, view: APIView | None, correlation_id: str) -> Problem:
    """Return the problem that an exception amounts to."""
    match exc:
        case MrmError():
            return _domain_problem(exc)
        case Http404() | exceptions.NotFound():
            return _no_route()
        case exceptions.MethodNotAllowed():
            return _not_allowed(exc, view)
        case exceptions.UnsupportedMediaType():
            return _unread_media(view)
        case exceptions.APIException():
            return _framework_problem(exc)
        case PermissionDenied():
            return _framework_problem(exceptions.PermissionDenied())
        case RequestDataTooBig() | SuspiciousOperation():
            return _framework_problem(exceptions.ParseError())
        case _:
            logger.error("request %s failed", correlation_id, exc_info=exc)
            return Problem(
                status=HTTPStatus.INTERNAL_SERVER_ERROR,
                code="API500",
                detail="the program failed while it answered",
                remedy="Try again. If it happens twice, report the correlation id: it finds the log lines.",
            )


def _domain_problem(exc: MrmError) -> Problem:
    by_kind = STATUS_OF_KIND.get(exc.kind, HTTPStatus.INTERNAL_SERVER_ERROR)
    context = {name: to_json(value) for name, value in exc.context.items()}
    return Problem(
        status=STATUS_OF_CODE.get(exc.code, by_kind),
        code=exc.code,
        detail=exc.message,
        remedy=exc.remedy,
        context=context,
        fields=exc.fields if isinstance(exc, FieldsAtFault) else {},
    )


def _no_route() -> Problem:
    return Problem(
        status=HTTPStatus.NOT_FOUND,
        code="API009",
        detail="the API has no such address",
        remedy="Look the address up in /api/schema/ or /api/docs/.",
    )


def _not_allowed(exc: exceptions.MethodNotAllowed, view: APIView | None) -> Problem:
    allowed = ", ".join(view.allowed_methods) if view is not None else ""
    return Problem(
        status=HTTPStatus.METHOD_NOT_ALLOWED,
        code="API008",
        detail=str(exc.detail),
        remedy=f"Use {allowed or 'another method'}.",
        headers={"Allow": allowed},
    )


def _unread_media(view: APIView | None) -> Problem:
    """Name the kind of body that the address reads; JSON where it does not say."""
    kinds = [] if view is None else [parser.media_type for parser in view.parser_classes]
    if kinds in ([], ["application/json"]):
        return _framework_problem(exceptions.UnsupportedMediaType(""))
    return Problem(
        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        code="API006",
        detail=f"only {', '.join(kinds)} bodies are read here",
        remedy=f"Send 'Content-Type: {kinds[0]}'.",
    )


_FRAMEWORK = {
    HTTPStatus.UNAUTHORIZED: (
        "API010",
        "this needs a token",
        "Send 'Authorization: Bearer mrm_…'; issue a token in the web pages.",
    ),
    HTTPStatus.NOT_ACCEPTABLE: ("API007", "only JSON can be answered", "Send 'Accept: application/json'."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "API006",
        "only JSON bodies are read",
        "Send 'Content-Type: application/json'.",
    ),
    HTTPStatus.FORBIDDEN: ("API013", "this token may not do that", "Use a token with the scope it takes."),
    HTTPStatus.BAD_REQUEST: (
        "API001",
        "the request cannot be read",
        "Send a JSON object in UTF-8 with each key once.",
    ),
}


def _framework_problem(exc: exceptions.APIException) -> Problem:
    status = HTTPStatus(exc.status_code)
    code, detail, remedy = _FRAMEWORK.get(status, _FRAMEWORK[HTTPStatus.BAD_REQUEST])
    return Problem(status=status, code=code, detail=detail, remedy=remedy)
