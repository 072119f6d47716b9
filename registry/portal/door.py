"""The door of the supervisory portal: who enters, GET only, and a record of every page read.

A view returns what it would show; only the door shows it, after the read is
in the audit log. So no page can be read without leaving its event.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from registry import api
from registry.domain.clock import SystemClock
from registry.domain.errors import InvalidInput, NotPermitted
from registry.domain.vocab import Role

P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One read of one supervisor or auditor."""

    request: HttpRequest
    actor: api.Actor
    at: datetime
    correlation_id: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page to show: its title enters the log."""

    title: str
    template: str
    context: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file to hand out: its title enters the log."""

    title: str
    name: str
    content_type: str
    content: bytes | Iterator[str]


View = Callable[Concatenate[Visit, P], Page | Download]
Route = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def logged(view: View[P]) -> Route[P]:
    """Admit regulators and auditors to a view, and record that they read it.

    Raises ``POR001`` for everybody else.
    """

    @wraps(view)
    def serve(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        visit = _enter(request)
        setattr(request, "visit", visit)  # noqa: B010 - HttpRequest declares no such attribute
        answer = view(visit, *args, **kwargs)
        api.record_page_read(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            path=request.get_full_path(),
            title=answer.title,
        )
        response = _show(request, answer)
        response["Cache-Control"] = "no-store"
        return response

    guarded: Route[P] = require_GET(login_required(serve))
    return guarded


def parse_uuid(text: str) -> UUID | None:
    """Return the identifier in a query parameter, or none when it is left out. Raises ``POR003``."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(
            "POR003", f"{text[:60]!r} is not an identifier", remedy="Copy it from the page of the thing."
        ) from error


def _enter(request: HttpRequest) -> Visit:
    person, at = request.user, SystemClock().now()
    assert isinstance(person, api.Person)
    actor = api.actor_for_person(person=person, channel="portal", on=at.date())
    if not actor.holds_any(Role.REGULATOR, Role.AUDITOR):
        raise NotPermitted(
            "POR001",
            f"{actor.name} is neither a regulator nor an auditor, and the portal is for them alone",
            remedy="Use the inventory: it shows the same records, and what you may do with them.",
        )
    return Visit(
        request=request, actor=actor, at=at, correlation_id=str(getattr(request, "correlation_id", ""))
    )


def _show(request: HttpRequest, answer: Page | Download) -> HttpResponseBase:
    if isinstance(answer, Page):
        return render(request, answer.template, answer.context)
    disposition = content_disposition_header(as_attachment=True, filename=answer.name) or ""
    headers = {"Content-Disposition": disposition}
    if isinstance(answer.content, bytes):
        return HttpResponse(answer.content, content_type=answer.content_type, headers=headers)
    return StreamingHttpResponse(answer.content, content_type=answer.content_type, headers=headers)
