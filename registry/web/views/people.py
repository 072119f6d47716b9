"""One's own account and tokens; and, for administrators, people and their roles."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect

from registry import api
from registry.web.access import Visit, page
from registry.web.forms import EndRoleForm, GrantRoleForm, NewPersonForm, NewTokenForm, ReasonForm
from registry.web.reading import activity, submit


@page()
def account(visit: Visit) -> HttpResponse:
    """Show the roles one holds and the tokens that speak for one."""
    return _account_page(visit, NewTokenForm(), status=200)


@page("POST")
def issue_token(visit: Visit) -> HttpResponse:
    """Issue a token and show its secret, this once."""
    form = NewTokenForm(visit.request.POST)
    secrets: list[str] = []

    def act() -> None:
        data = form.cleaned_data
        _, secret = api.issue_token(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            username=visit.actor.username,
            name=data["name"],
            scopes=data["scopes"],
            expires_at=visit.at + timedelta(days=data["days"]),
        )
        secrets.append(secret)

    if submit(form, act):
        return _account_page(visit, NewTokenForm(), status=201, secret=secrets[0])
    return _account_page(visit, form, status=400)


@page("POST")
def revoke_token(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Revoke one of one's own tokens."""
    token = api.get_own_token(actor=visit.actor, uuid=uuid)
    api.revoke_token(
        actor=visit.actor, at=visit.at, correlation_id=visit.correlation_id, token_uuid=token.uuid
    )
    messages.success(visit.request, f"The token “{token.name}” is revoked. Nothing accepts it any more.")
    return redirect("web:account")


@page("GET", "POST")
def people(visit: Visit) -> HttpResponse:
    """List everybody, and create an account."""
    form = NewPersonForm(visit.request.POST or None)
    is_post = visit.request.method == "POST"

    def act() -> None:
        api.create_person(
            actor=visit.actor, at=visit.at, correlation_id=visit.correlation_id, **form.cleaned_data
        )

    if is_post and submit(form, act):
        messages.success(visit.request, "The account is open. Grant it a role.")
        return redirect("web:person", form.cleaned_data["username"])
    records = api.list_people(actor=visit.actor, on=visit.at.date())
    return visit.render(
        "registry/people.html", {"records": records, "form": form}, status=400 if is_post else 200
    )


@page()
def person(visit: Visit, *, username: str) -> HttpResponse:
    """Show a person's roles, with what an administrator may do."""
    return _person_page(visit, username, {}, status=200)


@page("POST")
def grant_role(visit: Visit, *, username: str) -> HttpResponse:
    """Grant a role from today on."""
    form = _grant_form(visit, visit.request.POST)

    def act() -> None:
        api.grant_role(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            username=username,
            **form.cleaned_data,
        )

    if submit(form, act):
        messages.success(visit.request, "The role is granted, from today on.")
        return redirect("web:person", username)
    return _person_page(visit, username, {"granting": form}, status=400)


@page("POST")
def end_role(visit: Visit, *, username: str) -> HttpResponse:
    """End a role at once."""
    form = EndRoleForm(visit.request.POST)

    def act() -> None:
        data = form.cleaned_data
        api.end_role(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            assignment_uuid=data["role"],
            reason=data["reason"],
        )

    if submit(form, act):
        messages.success(visit.request, "The role has ended. It stays in the record.")
        return redirect("web:person", username)
    return _person_page(visit, username, {"ending": form}, status=400)


@page("POST")
def close_account(visit: Visit, *, username: str) -> HttpResponse:
    """Close an account and revoke its tokens."""
    form = ReasonForm(visit.request.POST)

    def act() -> None:
        api.deactivate_person(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            username=username,
            **form.cleaned_data,
        )

    if submit(form, act):
        messages.success(visit.request, "The account is closed and its tokens are revoked.")
        return redirect("web:person", username)
    return _person_page(visit, username, {"closing": form}, status=400)


def _account_page(visit: Visit, form: NewTokenForm, *, status: int, secret: str = "") -> HttpResponse:
    tokens = list(api.list_own_tokens(actor=visit.actor))
    return visit.render(
        "registry/account.html", {"form": form, "tokens": tokens, "secret": secret}, status=status
    )


def _person_page(visit: Visit, username: str, forms: dict[str, Form], *, status: int) -> HttpResponse:
    record = api.get_person_record(actor=visit.actor, username=username, on=visit.at.date())
    usual: dict[str, Form] = {
        "granting": _grant_form(visit),
        "ending": EndRoleForm(),
        "closing": ReasonForm(),
    }
    context: dict[str, object] = {
        "record": record,
        "events": activity(visit, record.person.uuid),
        **usual,
        **forms,
    }
    return visit.render("registry/person.html", context, status=status)


def _grant_form(visit: Visit, data: object = None) -> GrantRoleForm:
    return GrantRoleForm(data, entities=api.list_administered_entities(actor=visit.actor))
