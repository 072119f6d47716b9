"""Who is at the door of a validation page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from registry import api as registry_api
from registry.domain.clock import SystemClock
from registry.domain.errors import NotPermitted
from registry.domain.vocab import Role

P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of one signed-in person."""

    request: HttpRequest
    actor: registry_api.Actor
    at: datetime

    @property
    def correlation_id(self) -> str:
        """The identifier of the request, which every event of it carries."""
        return str(getattr(self.request, "correlation_id", ""))


def supervised(
    title: str,
) -> Callable[
    [Callable[Concatenate[Visit, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Admit regulators and auditors to read a page of the portal; the read enters the log under ``title``.

    Raises ``RUN019`` for everybody else.
    """

    def decorate(
        view: Callable[Concatenate[Visit, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def serve(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            visit = _enter(request, channel="portal")
            if not visit.actor.holds_any(Role.REGULATOR, Role.AUDITOR):
                raise NotPermitted(
                    "RUN019",
                    f"{visit.actor.name} is neither a regulator nor an auditor, and the portal is for them alone",
                    remedy="Open the attachment from the page of its run.",
                )
            response = view(visit, *args, **kwargs)
            registry_api.record_page_read(
                actor=visit.actor,
                at=visit.at,
                correlation_id=visit.correlation_id,
                path=request.get_full_path(),
                title=title,
            )
            response["Cache-Control"] = "no-store"
            return response

        guarded: Callable[Concatenate[HttpRequest, P], HttpResponseBase] = require_GET(login_required(serve))
        return guarded

    return decorate


def _enter(request: HttpRequest, *, channel: str) -> Visit:
    person, at = request.user, SystemClock().now()
    assert isinstance(person, registry_api.Person)
    actor = registry_api.actor_for_person(person=person, channel=channel, on=at.date())
    visit = Visit(request=request, actor=actor, at=at)
    setattr(request, "visit", visit)  # noqa: B010 - HttpRequest declares no such attribute
    return visit


def page(
    *methods: str,
) -> Callable[
    [Callable[Concatenate[Visit, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Admit a signed-in person for the given methods; a regulator reads in the portal, where reads are logged."""
    allowed = list(methods) or ["GET", "HEAD"]

    def decorate(
        view: Callable[Concatenate[Visit, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def serve(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            visit = _enter(request, channel="web")
            if {grant.role for grant in visit.actor.grants} == {Role.REGULATOR}:
                return redirect("portal:home")
            response = view(visit, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        guarded: Callable[Concatenate[HttpRequest, P], HttpResponseBase] = require_http_methods(allowed)(
            login_required(serve)
        )
        return guarded

    return decorate
