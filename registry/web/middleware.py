"""Correlation of everything that one request causes, and pages for domain errors."""

import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from registry.domain.errors import MrmError

CORRELATION_HEADER = "X-Correlation-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9-]{8,64}")

STATUS_OF_KIND = {
    "invalid_input": HTTPStatus.BAD_REQUEST,
    "not_permitted": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "conflict": HTTPStatus.CONFLICT,
    "invalid_transition": HTTPStatus.CONFLICT,
    "limit_exceeded": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "integrity_mismatch": HTTPStatus.BAD_GATEWAY,
    "upstream_unavailable": HTTPStatus.BAD_GATEWAY,
}
TITLES = {
    "invalid_input": "This cannot be understood",
    "not_permitted": "This is not yours to do",
    "not_found": "Nothing to see here",
    "conflict": "Somebody was faster",
    "invalid_transition": "This step does not follow",
    "limit_exceeded": "This is too large",
    "integrity_mismatch": "The bytes do not match their record",
    "upstream_unavailable": "A service that is needed did not answer",
}

View = Callable[[HttpRequest], HttpResponse]


def correlation_id_of(request: HttpRequest) -> str:
    """Return the identifier that ties a request to its audit events and log lines."""
    return str(getattr(request, "correlation_id", ""))


class CorrelationMiddleware:
    """Gives each request an identifier, taken from the caller where it is well formed, and returns it."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request under its identifier."""
        offered = request.headers.get(CORRELATION_HEADER, "")
        identifier = offered if _ACCEPTED.fullmatch(offered) else str(uuid4())
        setattr(request, "correlation_id", identifier)  # noqa: B010 - HttpRequest declares no such attribute
        response = self.get_response(request)
        response[CORRELATION_HEADER] = identifier
        return response


class DomainErrorMiddleware:
    """Turns a domain error that a page let through into a page: code, cause and what to do.

    Where a session ended under a page that renews a part of itself, the whole
    page is sent to sign in, instead of showing the form inside that part.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request."""
        response = self.get_response(request)
        htmx = getattr(request, "htmx", None)
        sign_in = reverse(settings.LOGIN_URL)
        if htmx is None or not htmx or not response.get("Location", "").startswith(sign_in):
            return response
        query = urlencode({"next": htmx.current_url_abs_path or "/"})
        return HttpResponseClientRedirect(f"{sign_in}?{query}")

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the error's page, or ``None`` for what is not a domain error."""
        if not isinstance(exception, MrmError):
            return None
        status = STATUS_OF_KIND.get(exception.kind, HTTPStatus.INTERNAL_SERVER_ERROR)
        return error_page(
            request,
            status=status,
            title=TITLES.get(exception.kind, "This did not work"),
            code=exception.code,
            message=exception.message,
            remedy=exception.remedy,
        )


def error_page(
    request: HttpRequest, *, status: int, title: str, code: str, message: str, remedy: str
) -> HttpResponse:
    """Render the one page on which a refusal is explained, in the frame of the surface it happened in."""
    context = {
        "status": int(status),
        "title": title,
        "code": code,
        "message": message,
        "remedy": remedy,
    }
    response = render(request, "error.html", context, status=int(status))
    response["Cache-Control"] = "no-store"
    return response
