"""An intended use on its way to a permit, and what its owner and others do for it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from registry import api
from registry.web.access import Visit, page
from registry.web.forms import (
    PermitReasonForm,
    PredictionsForm,
    RequestValidationForm,
    SafeguardForm,
    TradeOffForm,
)
from registry.web.reading import activity, submit


@page()
def intended_use(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show where a version stands for one use, and who is next."""
    use = api.get_intended_use(actor=visit.actor, uuid=uuid)
    validations = api.list_validation_requests(actor=visit.actor).filter(intended_use=use)
    permit = api.find_permit(intended_use=use)
    standing = api.get_tier_standing(actor=visit.actor, intended_use=use, on=visit.at.date())
    return visit.render(
        "registry/intended_use.html",
        {
            "standing": standing,
            "computed_tier": standing.compute(),
            "overrides": api.list_tier_overrides(actor=visit.actor, intended_use=use),
            "use": use,
            "permit": permit,
            "decisions": api.list_decisions(actor=visit.actor, intended_use=use),
            "validations": list(validations.select_related("report__signed_by")),
            "approvals": list(api.list_approvals(actor=visit.actor).filter(intended_use=use)),
            "safeguards": use.safeguards.select_related("evidenced_by").order_by("safeguard", "-id"),
            "trade_offs": use.trade_offs.select_related("stated_by").order_by("-id"),
            "findings": api.list_findings(actor=visit.actor, intended_use=use),
            "events": activity(visit, use.uuid, *([permit.uuid] if permit else [])),
            "validation_form": RequestValidationForm(batches=_batches(use)),
            "permit_reason": PermitReasonForm(),
            "timeline": api.get_timeline(actor=visit.actor, at=visit.at, intended_use_uuid=uuid),
            "asked": visit.request.GET,
            "on_day": api.find_permission_asked(
                actor=visit.actor, at=visit.at, intended_use_uuid=uuid, query=visit.request.GET.dict()
            ),
        },
    )


@page("POST")
def request_validation(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Ask for the plan to be run on a data set."""
    use = api.get_intended_use(actor=visit.actor, uuid=uuid)
    form = RequestValidationForm(visit.request.POST, batches=_batches(use))
    if not form.is_valid():
        return _form_page(
            visit,
            use,
            form=form,
            heading="Ask for a validation",
            submit_label="Ask",
            lede="The plan follows from policy.",
        )
    row = api.request_validation(
        actor=visit.actor,
        at=visit.at,
        correlation_id=visit.correlation_id,
        intended_use_uuid=uuid,
        batch=form.cleaned_data["batch"],
    )
    messages.success(
        visit.request, "The validation is requested. Results appear here as each check finishes."
    )
    return redirect("validation_web:run", row.uuid)


@page("GET", "POST")
def submit_predictions(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Ask for a validation on a file of scores and outcomes."""
    use = api.get_intended_use(actor=visit.actor, uuid=uuid)
    form = PredictionsForm(visit.request.POST or None, visit.request.FILES or None)
    opened = []

    def act() -> None:
        columns = dict(form.cleaned_data)
        file = columns.pop("file")
        row = api.submit_predictions(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            intended_use_uuid=uuid,
            content=file,
            file_name=file.name,
            columns=columns,
        )
        opened.append(row)

    if visit.request.method == "POST" and submit(form, act):
        messages.success(visit.request, "The file is kept and its validation requested.")
        return redirect("validation_web:run", opened[0].uuid)
    lede = (
        "For a model whose artefact cannot be run here: a vendor's, or a legacy scorecard. Every check that needs "
        "only scores and outcomes is made, and the page says what could not be checked and why."
    )
    return _form_page(
        visit, use, form=form, heading="Validate from a file of predictions", submit_label="Send the file", lede=lede,
        consequence="The file is kept with its digest and your name. Nothing ties its scores to the registered "
        "artefact, so no result of it counts towards a permission, raises a finding or can be signed.",
    )  # fmt: skip


@page("POST")
def request_approval(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Submit the use for approval."""
    row = api.request_approval(
        actor=visit.actor, at=visit.at, correlation_id=visit.correlation_id, intended_use_uuid=uuid
    )
    messages.success(visit.request, "Submitted. An independent approver decides.")
    return redirect("web:approval", row.uuid)


@page("GET", "POST")
def evidence_safeguard(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show that a safeguard is in place."""
    use = api.get_intended_use(actor=visit.actor, uuid=uuid)
    form = SafeguardForm(visit.request.POST or None)

    def act() -> None:
        api.evidence_safeguard(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            intended_use_uuid=uuid,
            **form.cleaned_data,
        )

    if visit.request.method == "POST" and submit(form, act):
        messages.success(visit.request, "Recorded. Policy has decided again with it.")
        return redirect("web:intended-use", uuid)
    lede = "Policy counts a safeguard only when it is evidenced and dated. The owner of the use shows it."
    return _form_page(
        visit, use, form=form, heading="Show a safeguard", submit_label="Record the safeguard", lede=lede
    )


@page("GET", "POST")
def state_trade_off(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """State the economic case for a model that explains itself less than its use asks."""
    use = api.get_intended_use(actor=visit.actor, uuid=uuid)
    form = TradeOffForm(visit.request.POST or None)

    def act() -> None:
        api.state_trade_off(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            intended_use_uuid=uuid,
            **form.cleaned_data,
        )

    if visit.request.method == "POST" and submit(form, act):
        messages.success(visit.request, "Recorded. Policy has decided again with it.")
        return redirect("web:intended-use", uuid)
    lede = "Where explainability falls short of what the use asks, the model must earn its place: say how, in figures."
    return _form_page(
        visit, use, form=form, heading="State the economic case", submit_label="Record the case", lede=lede
    )


@page("POST")
def suspend_permit(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Suspend a permit at once."""
    done = "The permit is suspended. The gate refuses the version from now on."
    return _permit_act(visit, uuid, api.suspend_permit, done, heading="Suspend a permit")


@page("POST")
def reinstate_permit(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Reinstate a permit, where policy permits the use again."""
    done = "The permit is reinstated. The gate answers by it from now on."
    return _permit_act(visit, uuid, api.reinstate_permit, done, heading="Reinstate a permit")


def _permit_act(
    visit: Visit, uuid: UUID, action: Callable[..., api.Permit], done: str, *, heading: str
) -> HttpResponse:
    form = PermitReasonForm(visit.request.POST)
    permits: list[api.Permit] = []

    def act() -> None:
        permits.append(
            action(
                actor=visit.actor,
                at=visit.at,
                correlation_id=visit.correlation_id,
                permit_uuid=uuid,
                reason=form.cleaned_data["reason"],
            )
        )

    if submit(form, act):
        messages.success(visit.request, done)
        return redirect("web:intended-use", permits[0].intended_use.uuid)
    context = {
        "form": form,
        "heading": heading,
        "lede": "Say why.",
        "submit_label": heading,
        "back_url": reverse("web:inventory"),
        "back_label": "Inventory",
    }
    return visit.render("registry/form.html", context, status=400)


def _batches(use: api.IntendedUse) -> list[str]:
    roles = sorted({str(entry["role"]) for entry in use.version.datasets} - {"train", "test"})
    return roles or ["recent"]


def _form_page(
    visit: Visit,
    use: api.IntendedUse,
    *,
    form: object,
    heading: str,
    submit_label: str,
    lede: str,
    consequence: str = "What you record is kept for good, with your name and the time.",
) -> HttpResponse:
    status = 400 if visit.request.method == "POST" else 200
    return visit.render(
        "registry/form.html",
        {
            "form": form,
            "heading": heading,
            "lede": lede,
            "submit_label": submit_label,
            "facts": [
                ("Version", use.version),
                ("Use case", use.use_case.name),
                ("Entity", use.use_case.entity),
            ],
            "consequence": consequence,
            "back_url": reverse("web:intended-use", args=[use.uuid]),
            "back_label": use,
        },
        status=status,
    )
