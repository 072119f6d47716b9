"""Who is at the door of a validation page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from registry import api as registry_api
from registry.domain.clock import SystemClock
from registry.domain.vocab import Role

P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of one signed-in person."""

    request: HttpRequest
    actor: registry_api.Actor
    at: datetime


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
            person, at = request.user, SystemClock().now()
            assert isinstance(person, registry_api.Person)
            actor = registry_api.actor_for_person(person=person, channel="web", on=at.date())
            if {grant.role for grant in actor.grants} == {Role.REGULATOR}:
                return redirect("portal:home")
            visit = Visit(request=request, actor=actor, at=at)
            setattr(request, "visit", visit)  # noqa: B010 - HttpRequest declares no such attribute
            response = view(visit, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        guarded: Callable[Concatenate[HttpRequest, P], HttpResponseBase] = require_http_methods(allowed)(
            login_required(serve)
        )
        return guarded

    return decorate
