"""What a person judges in place of the rules: the tier of a use, and the scope of a regime."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from registry import api
from registry.templatetags.display import title_words
from registry.web.access import Visit, page
from registry.web.forms import OverrideTierForm, ScopeForm, WithdrawTierForm
from registry.web.reading import submit

KEPT = "What you record is kept for good, with your name and the time."


@page("GET", "POST")
def override_tier(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Set a tier in place of the computed one."""
    use = api.get_intended_use(actor=visit.actor, uuid=uuid)
    form = OverrideTierForm(visit.request.POST or None)

    def act() -> None:
        api.override_tier(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            intended_use_uuid=uuid,
            tier=int(form.cleaned_data["tier"]),
            reason=form.cleaned_data["reason"],
            expires_on=form.cleaned_data["expires_on"],
        )

    if visit.request.method == "POST" and submit(form, act):
        messages.success(visit.request, "Recorded. Policy has decided again with it.")
        return redirect("web:intended-use", uuid)
    conflicts = api.conflicts_of_relief(intended_use=use, person_uuid=visit.actor.person_uuid)
    return _tier_page(
        visit,
        use,
        {
            "form": form,
            "heading": "Set the tier",
            "lede": "A stricter tier holds until it is withdrawn. A milder one takes an independent approver, "
            "ends on a date, and lapses when the rules grow stricter.",
            "submit_label": "Set the tier",
            "note": f"You may set a stricter tier only: {visit.actor.name} {' and '.join(conflicts)}."
            if conflicts
            else "",
        },
    )


@page("GET", "POST")
def withdraw_tier(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Let the computed tier hold again."""
    use = api.get_intended_use(actor=visit.actor, uuid=uuid)
    form = WithdrawTierForm(visit.request.POST or None)

    def act() -> None:
        api.withdraw_override(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            intended_use_uuid=uuid,
            reason=form.cleaned_data["reason"],
        )

    if visit.request.method == "POST" and submit(form, act):
        messages.success(visit.request, "Withdrawn. The computed tier holds, and policy has decided again.")
        return redirect("web:intended-use", uuid)
    return _tier_page(
        visit,
        use,
        {
            "form": form,
            "heading": "Withdraw the tier that was set",
            "lede": "The computed tier holds again. Where it is milder, that takes an independent approver.",
            "submit_label": "Withdraw",
            "note": "",
        },
    )


@page("GET", "POST")
def record_scope(visit: Visit, *, uuid: UUID, regime: str) -> HttpResponse:
    """Record a determination that departs from what the rules say."""
    model = api.get_model(actor=visit.actor, uuid=uuid)
    clauses = api.list_citable_clauses(regime=regime, on=visit.at.date())
    choices = [(one.ref, f"{one.citation}{' (STALE)' if one.is_stale else ''}") for one in clauses]
    form = ScopeForm(visit.request.POST or None, clauses=choices)

    def act() -> None:
        api.record_scope(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            registered_model_uuid=uuid,
            regime=regime,
            answer=form.cleaned_data["answer"],
            reason=form.cleaned_data["reason"],
            cites=form.cleaned_data["cites"],
            review_on=form.cleaned_data["review_on"],
        )

    if visit.request.method == "POST" and submit(form, act):
        messages.success(
            visit.request, "Recorded. It holds until its review, or until the rules say otherwise."
        )
        return redirect(f"{reverse('web:model', args=[uuid])}#scope")
    standing = api.list_scope(actor=visit.actor, registered_model=model, on=visit.at.date())
    found = [one for one in standing if one.computed.regime == regime]
    context: dict[str, object] = {
        "form": form,
        "heading": "Determine the scope of a regime",
        "lede": "Say whether the regime takes this model for a model, where that differs from what its rules say.",
        "submit_label": "Record the determination",
        "facts": [
            ("Model", model.name),
            *[("Regime", one.title) for one in found],
            *[("The rules say", f"{title_words(one.computed.answer)}. {one.computed.reason}") for one in found],
        ],
        "conflicts": api.conflicts_of_scope(registered_model=model, person_uuid=visit.actor.person_uuid),
        "consequence": KEPT,
        "back_url": reverse("web:model", args=[uuid]),
        "back_label": model.key,
    }  # fmt: skip
    return visit.render("registry/form.html", context, status=400 if visit.request.method == "POST" else 200)


def _tier_page(visit: Visit, use: api.IntendedUse, context: dict[str, object]) -> HttpResponse:
    standing = api.get_tier_standing(actor=visit.actor, intended_use=use, on=visit.at.date())
    computed = standing.compute()
    set_tier = (
        [("Set by a person", f"Tier {standing.override.tier}")] if standing.override is not None else []
    )
    return visit.render(
        "registry/form.html",
        {
            "facts": [
                ("Version", use.version),
                ("Use case", use.use_case.name),
                ("Computed tier", f"Tier {computed:d}" if computed is not None else "None"),
                *set_tier,
            ],
            "consequence": KEPT,
            "back_url": reverse("web:intended-use", args=[use.uuid]),
            "back_label": use,
            **context,
        },
        status=400 if visit.request.method == "POST" else 200,
    )
