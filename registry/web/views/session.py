"""Signing in and out, and whether the process is well."""

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
from registry.web.middleware import correlation_id_of


class SignIn(LoginView):
    """Sign in with name and password; the sign-in enters the audit log."""

    template_name = "registry/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    next_page = "web:home"

    def form_valid(self, form: Any) -> HttpResponse:  # noqa: ANN401 - the base class leaves the form open
        """Record the sign-in and open the session."""
        at = SystemClock().now()
        actor = api.actor_for_person(person=form.get_user(), channel="web", on=at.date())
        api.record_sign_in(actor=actor, at=at, correlation_id=correlation_id_of(self.request))
        return super().form_valid(form)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
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
