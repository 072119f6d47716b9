"""Validation requests, and what a validator does with a run's evidence."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header

from registry import api
from registry.web.access import Visit, page
from registry.web.forms import ChallengeForm, SignReportForm
from registry.web.reading import parse_uuid, submit

LIST_LENGTH = 100


@page()
def validations(visit: Visit) -> HttpResponse:
    """List the newest validations."""
    rows = api.list_validation_requests(actor=visit.actor).select_related("report__signed_by")
    return visit.render("registry/validations.html", {"validations": rows[:LIST_LENGTH]})


@page()
def export(visit: Visit, *, uuid: UUID, form: str) -> HttpResponse:
    """Download a validation as JSON, CSV or a page that stands alone."""
    dossier = api.export_validation(
        actor=visit.actor, at=visit.at, correlation_id=visit.correlation_id, request_uuid=uuid, form=form
    )
    file = api.dossier_file(dossier=dossier, form=form, at=visit.at)
    disposition = content_disposition_header(as_attachment=True, filename=file.name) or ""
    headers = {"Content-Disposition": disposition}
    return HttpResponse(file.content, content_type=file.content_type, headers=headers)


@page()
def comparison(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show a validation beside another one of the same use case."""
    request = api.get_validation_request(actor=visit.actor, uuid=uuid)
    other = parse_uuid(visit.request.GET.get("with", ""))
    context: dict[str, object] = {
        "request_row": request,
        "chosen": other,
        "candidates": api.list_comparable(actor=visit.actor, request=request)[:LIST_LENGTH],
        "comparison": api.compare_validations(actor=visit.actor, first_uuid=other, second_uuid=uuid)
        if other
        else None,
    }
    return visit.render("registry/comparison.html", context)


@page("POST")
def reperform(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Have a validation repeated as it was."""
    again = api.reperform_validation(
        actor=visit.actor, at=visit.at, correlation_id=visit.correlation_id, request_uuid=uuid
    )
    messages.success(
        visit.request, "A worker repeats the validation with the same plan, seed, data and bytes."
    )
    return redirect("validation_web:run", again.uuid)


@page("GET", "POST")
def challenge(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Note a challenge."""
    request = api.get_validation_request(actor=visit.actor, uuid=uuid)
    form = ChallengeForm(visit.request.POST or None)

    def act() -> None:
        api.note_challenge(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            request_uuid=uuid,
            **form.cleaned_data,
        )

    if visit.request.method == "POST" and submit(form, act):
        messages.success(visit.request, "The challenge is recorded.")
        return redirect("validation_web:run", uuid)
    lede = "Effective challenge: a question that an informed and independent reader would put, and what came of it."
    return _form_page(
        visit, request, form=form, heading="Note a challenge", submit_label="Record the challenge", lede=lede
    )


@page("GET", "POST")
def sign_report(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Sign the report on a run."""
    request = api.get_validation_request(actor=visit.actor, uuid=uuid)
    form = SignReportForm(visit.request.POST or None)

    def act() -> None:
        api.sign_report(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            request_uuid=uuid,
            **form.cleaned_data,
        )

    if visit.request.method == "POST" and submit(form, act):
        messages.success(visit.request, "The report is signed. Policy has decided again with it.")
        return redirect("validation_web:run", uuid)
    lede = "Your conclusion on the evidence as it stands. It cannot be changed afterwards."
    return _form_page(
        visit, request, form=form, heading="Sign the report", submit_label="Sign the report", lede=lede
    )


def _form_page(
    visit: Visit, request: api.ValidationRequest, *, form: object, heading: str, submit_label: str, lede: str
) -> HttpResponse:
    use = request.intended_use
    records = api.list_evidence(actor=visit.actor, request=request)
    verdicts = [record.verdict for record in records]
    counted = ", ".join(
        f"{verdicts.count(verdict)} {verdict.replace('_', ' ')}" for verdict in dict.fromkeys(verdicts)
    )
    conflicts = api.conflicts_of_validator(intended_use=use, person_uuid=visit.actor.person_uuid)
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
                ("Verdicts of the run", counted or "none yet"),
                ("Challenges so far", request.challenges.count()),
            ],
            "conflicts": conflicts,
            "consequence": "What you record is kept for good, with your name and the time.",
            "back_url": reverse("validation_web:run", args=[request.uuid]),
            "back_label": f"Validation of {use}",
        },
        status=400 if visit.request.method == "POST" else 200,
    )
