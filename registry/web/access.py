"""Who is at the door of a web page: signing in, the actor, the method, the instant."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from registry import api
from registry.domain.clock import SystemClock
from registry.domain.vocab import Role
from registry.web.middleware import correlation_id_of

P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of one signed-in person: the actor, the business time, the correlation identifier."""

    request: HttpRequest
    actor: api.Actor
    at: datetime
    correlation_id: str = field(default="")

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a part of the page; restoring history needs the whole."""
        htmx = getattr(self.request, "htmx", None)
        return htmx is not None and bool(htmx) and not htmx.history_restore_request

    def render(self, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
        """Render a page."""
        return render(self.request, template, context, status=status)


View = Callable[Concatenate[Visit, P], HttpResponseBase]
Route = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(*methods: str) -> Callable[[View[P]], Route[P]]:
    """Admit a signed-in person to a view for the given methods (GET when none is named).

    Whoever holds only a regulator's role reads in the portal, where every read
    is logged, and is led there. Pages of signed-in people are never cached.
    """
    allowed = list(methods) or ["GET", "HEAD"]

    def decorate(view: View[P]) -> Route[P]:
        @wraps(view)
        def serve(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            visit = _visit(request)
            if {grant.role for grant in visit.actor.grants} == {Role.REGULATOR}:
                return redirect("portal:home")
            setattr(request, "visit", visit)  # noqa: B010 - HttpRequest declares no such attribute
            response = view(visit, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        guarded: Route[P] = require_http_methods(allowed)(login_required(serve))
        return guarded

    return decorate


def _visit(request: HttpRequest) -> Visit:
    person = request.user
    assert isinstance(person, api.Person)
    at = SystemClock().now()
    return Visit(
        request=request,
        actor=api.actor_for_person(person=person, channel="web", on=at.date()),
        at=at,
        correlation_id=correlation_id_of(request),
    )
