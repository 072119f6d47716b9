"""The policy: packs, and proposals to change them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from registry import api
from registry.domain.errors import InvalidInput
from registry.web.access import Visit, page
from registry.web.forms import ApprovePackForm, PackForm, RejectPackForm, WithdrawalForm
from registry.web.reading import activity, parse_number, submit

LIST_LENGTH = 100
MOST_BYTES = 2_000_000
"""Of a file, before it is read: no text that may be proposed is longer."""


def _call(visit: Visit) -> dict[str, Any]:
    return {"actor": visit.actor, "at": visit.at, "correlation_id": visit.correlation_id}


@page()
def packs(visit: Visit) -> HttpResponse:
    """List the policy packs with where they stand, and the proposals to change them."""
    return visit.render(
        "registry/packs.html",
        {
            "standings": api.list_pack_standings(actor=visit.actor, on=visit.at.date()),
            "proposals": api.list_pack_proposals(actor=visit.actor)[:LIST_LENGTH],
        },
    )


@page()
def pack(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show the rules of a pack in plain English, with what they do to the inventory."""
    view = api.view_pack(actor=visit.actor, uuid=uuid, on=visit.at.date())
    return visit.render("registry/pack.html", {"view": view, "pack": view.row})


@page("GET", "POST")
def new_proposal(visit: Visit) -> HttpResponse:
    """Write a new pack, from scratch or from a released one."""
    source = visit.request.GET.get("from", "")
    initial = {"text": _text_of(visit, source)} if source else {}
    form = PackForm(_typed(visit) if visit.request.method == "POST" else None, initial=initial)
    made: list[api.PackProposal] = []

    def act() -> None:
        made.append(api.draft_pack(**_call(visit), **form.cleaned_data))

    if _is_sent(visit) and submit(form, act):
        messages.success(visit.request, "The draft is kept. Look at what it changes, then propose it.")
        return redirect("web:proposal", made[0].uuid)
    return _editor(visit, form, heading="Propose a pack")


@page("GET", "POST")
def revise_proposal(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Write a draft anew."""
    row = api.get_pack_proposal(actor=visit.actor, uuid=uuid)
    initial = {"text": row.text, "rationale": row.rationale}
    form = PackForm(_typed(visit) if visit.request.method == "POST" else None, initial=initial)
    version = parse_number(visit.request.POST.get("row_version", "")) or row.row_version

    def act() -> None:
        api.revise_pack(**_call(visit), proposal_uuid=uuid, row_version=version, **form.cleaned_data)

    if _is_sent(visit) and submit(form, act):
        messages.success(visit.request, "The draft is kept.")
        return redirect("web:proposal", uuid)
    return _editor(visit, form, heading="Revise the draft", row=row)


@page("POST")
def preview(visit: Visit) -> HttpResponse:
    """Show what a text would change, while it is typed."""
    found = api.preview_pack(actor=visit.actor, text=visit.request.POST.get("text", ""), on=visit.at.date())
    return visit.render("registry/pack_preview.html", {"preview": found})


@page("GET", "POST")
def new_withdrawal(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Propose to withdraw a release."""
    view = api.get_pack(actor=visit.actor, uuid=uuid)
    form = WithdrawalForm(visit.request.POST or None)
    made: list[api.PackProposal] = []

    def act() -> None:
        made.append(api.draft_withdrawal(**_call(visit), release_uuid=uuid, **form.cleaned_data))

    if visit.request.method == "POST" and submit(form, act):
        messages.success(visit.request, "The draft is kept. Look at what it changes, then propose it.")
        return redirect("web:proposal", made[0].uuid)
    return visit.render(
        "registry/form.html",
        {
            "form": form,
            "heading": f"Withdraw {view.row}",
            "lede": "A withdrawn pack rules no more from a day on. Its text and all decisions under it stay.",
            "submit_label": "Keep as a draft",
            "consequence": "Nothing changes before two approvers have read its impact and approved.",
            "back_url": reverse("web:pack", args=[uuid]),
            "back_label": str(view.row),
        },
        status=400 if visit.request.method == "POST" else 200,
    )


@page()
def proposal(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show a proposal: what it changes, its impact, who approved, and what came of it."""
    return _proposal_page(visit, uuid)


@page()
def progress(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show how far the work on a proposal is, as a part of its page."""
    view = api.view_proposal(actor=visit.actor, uuid=uuid, on=visit.at.date())
    return visit.render("registry/pack_work.html", {"view": view, "proposal": view.row, "is_partial": True})


@page("POST")
def propose(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Freeze a draft and offer it for approval."""
    version = parse_number(visit.request.POST.get("row_version", "")) or 0
    try:
        api.propose_pack(**_call(visit), proposal_uuid=uuid, row_version=version)
    except InvalidInput as error:
        return _proposal_page(visit, uuid, refusal=error, status=400)
    messages.success(visit.request, "Proposed. Two approvers who did not write it now decide.")
    return redirect("web:proposal", uuid)


@page("GET", "POST")
def impact(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show a report of impact, or ask for one."""
    if visit.request.method == "POST":
        api.request_impact(**_call(visit), proposal_uuid=uuid)
        messages.success(visit.request, "A worker decides every pair under both sets of packs.")
        return redirect("web:impact", uuid)
    query = effect_query(visit.request.GET)
    view = api.view_effects(actor=visit.actor, uuid=uuid, on=visit.at.date(), query=query)
    return visit.render(
        "registry/impact.html", {"view": view, "proposal": view.row, "query": query, "job": view.job}
    )


@page()
def impact_csv(visit: Visit, *, uuid: UUID) -> HttpResponseBase:
    """Download a report of impact."""
    row = api.get_pack_proposal(actor=visit.actor, uuid=uuid)
    return StreamingHttpResponse(
        api.effects_csv(actor=visit.actor, uuid=uuid),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="impact-{row.instrument}-{row.version}.csv"'},
    )


@page("POST")
def approve(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Approve as one of two."""
    form = ApprovePackForm(visit.request.POST)

    def act() -> None:
        api.approve_pack(**_call(visit), proposal_uuid=uuid, **form.cleaned_data)

    if submit(form, act):
        row = api.get_pack_proposal(actor=visit.actor, uuid=uuid)
        done = (
            "Activated. The pairs that change are being decided again."
            if row.release
            else "Approved. One more."
        )
        messages.success(visit.request, done)
        return redirect("web:proposal", uuid)
    return _proposal_page(visit, uuid, approve_form=form, status=400)


@page("POST")
def reject(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """End a proposal without effect."""
    form = RejectPackForm(visit.request.POST)

    def act() -> None:
        api.reject_pack(**_call(visit), proposal_uuid=uuid, **form.cleaned_data)

    if submit(form, act):
        messages.success(visit.request, "Rejected. Nothing has changed.")
        return redirect("web:proposal", uuid)
    return _proposal_page(visit, uuid, reject_form=form, status=400)


def effect_query(given: Any) -> api.EffectQuery:  # noqa: ANN401 - Django's QueryDict
    """Return what to show of a report. Raises ``WEB002`` for a number that is none."""
    chosen = {name: given.get(name, "")[:60] for name in ("change", "stage", "use_case")}
    return api.EffectQuery(**chosen, after=parse_number(given.get("after", "")) or 0)


def _proposal_page(
    visit: Visit,
    uuid: UUID,
    *,
    approve_form: ApprovePackForm | None = None,
    reject_form: RejectPackForm | None = None,
    refusal: InvalidInput | None = None,
    status: int = 200,
) -> HttpResponse:
    view = api.view_proposal(actor=visit.actor, uuid=uuid, on=visit.at.date())
    read = {
        "content_sha256": view.row.content_sha256,
        "report_digest": view.impact.report.digest if view.impact else "",
        "row_version": view.row.row_version,
    }
    return visit.render(
        "registry/proposal.html",
        {
            "view": view,
            "proposal": view.row,
            "approve_form": approve_form or ApprovePackForm(initial=read, auto_id="approve_%s"),
            "reject_form": reject_form or RejectPackForm(initial=read, auto_id="reject_%s"),
            "refusal": refusal,
            "is_author": view.row.author.uuid == visit.actor.person_uuid,
            "events": activity(visit, view.row.uuid),
        },
        status=status,
    )


def _editor(
    visit: Visit, form: PackForm, *, heading: str, row: api.PackProposal | None = None
) -> HttpResponse:
    text = str(form["text"].value() or "")
    is_posted = visit.request.method == "POST"
    return visit.render(
        "registry/pack_editor.html",
        {
            "form": form,
            "heading": heading,
            "proposal": row,
            "preview": api.preview_pack(actor=visit.actor, text=text, on=visit.at.date())
            if is_posted and text
            else None,
        },
        status=400 if _is_sent(visit) else 200,
    )


def _is_sent(visit: Visit) -> bool:
    """Whether the form was sent to be kept, not only to be previewed."""
    return visit.request.method == "POST" and visit.request.POST.get("act") != "preview"


def _typed(visit: Visit) -> dict[str, str]:
    """Return what was typed; a file that was chosen takes the place of the text."""
    given = {name: visit.request.POST.get(name, "") for name in ("text", "rationale")}
    chosen = visit.request.FILES.get("file")
    if chosen is not None:
        given["text"] = _read_file(chosen)
    return given


def _read_file(chosen: "UploadedFile[Any]") -> str:
    """Return the text of a file. Raises ``WEB004`` for one that is too large or not UTF-8."""
    try:
        if (chosen.size or 0) <= MOST_BYTES:
            text: str = chosen.read().decode("utf-8")
            return text
    except UnicodeDecodeError:
        pass
    raise InvalidInput(
        "WEB004",
        f"the file is larger than {MOST_BYTES:,} bytes or not text in UTF-8",
        remedy="Save the pack as UTF-8 and choose it again; nothing was recorded.",
    )


def _text_of(visit: Visit, source: str) -> str:
    rows = {str(row.uuid): row for row in api.list_packs(actor=visit.actor)}
    return rows[source].text if source in rows else ""
