"""Signing in and out, and whether the process is well."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.views import LoginView
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from registry import api
from registry.domain.clock import SystemClock
from registry.web.forms import SignInForm
from registry.web.middleware import correlation_id_of, error_page


class SignIn(LoginView):
    """Sign in with name and password; the sign-in enters the audit log."""

    template_name = "registry/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    next_page = "web:home"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 - as the base class
        """Look at no password while the name is locked."""
        if api.is_sign_in_locked(username=_typed_name(request), at=SystemClock().now()):
            return error_page(
                request,
                status=HTTPStatus.TOO_MANY_REQUESTS,
                title="Too many refused sign-ins",
                code="WEB429",
                message="Sign-ins under this name were refused so often that no password is looked at for a while.",
                remedy="Wait a quarter of an hour. If it was not you, tell the model risk office.",
            )
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:  # noqa: ANN401 - the base class leaves the form open
        """Record the refusal, and say what was wrong."""
        if form.non_field_errors():
            api.record_refused_sign_in(
                username=_typed_name(self.request),
                at=SystemClock().now(),
                correlation_id=correlation_id_of(self.request),
                channel="web",
            )
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:  # noqa: ANN401 - the base class leaves the form open
        """Record the sign-in and open the session."""
        at = SystemClock().now()
        actor = api.actor_for_person(person=form.get_user(), channel="web", on=at.date())
        api.record_sign_in(actor=actor, at=at, correlation_id=correlation_id_of(self.request))
        return super().form_valid(form)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; where there was one, that enters the audit log."""
    person = request.user
    logout(request)
    if isinstance(person, api.Person):
        at = SystemClock().now()
        actor = api.actor_for_person(person=person, channel="web", on=at.date())
        api.record_sign_out(actor=actor, at=at, correlation_id=correlation_id_of(request))
    return redirect("web:sign-in")


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Say whether this process serves and reaches its database; 503 when it does not."""
    del request
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "failing", "database": "unreachable"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok"})


def _typed_name(request: HttpRequest) -> str:
    return request.POST.get("username", "")[:150]
