"""The approver's inbox and the page on which he decides."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from registry import api
from registry.domain.vocab import ApprovalStatus, FindingStatus
from registry.web.access import Visit, page
from registry.web.forms import DecideApprovalForm
from registry.web.reading import activity, submit

STATUSES = (("pending", "Waiting"), ("granted", "Granted"), ("rejected", "Refused"), ("all", "All"))
LIST_LENGTH = 100


@page()
def approvals(visit: Visit) -> HttpResponse:
    """List approval requests, those that wait first."""
    asked = visit.request.GET.get("status", "pending")
    status = asked if asked in dict(STATUSES) else "pending"
    rows = api.list_approvals(actor=visit.actor, status="" if status == "all" else status)
    return visit.render(
        "registry/approvals.html", {"approvals": rows[:LIST_LENGTH], "statuses": STATUSES, "status": status}
    )


@page("GET", "POST")
def approval(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show a request with what changed and any conflict of interest, and decide it."""
    row = api.get_approval(actor=visit.actor, uuid=uuid)
    is_posted = visit.request.method == "POST"
    form = DecideApprovalForm(
        visit.request.POST if is_posted else None, initial={"row_version": row.row_version}
    )
    is_granted = visit.request.POST.get("decision") == "grant"

    def act() -> None:
        api.decide_approval(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            approval_uuid=uuid,
            is_granted=is_granted,
            **form.cleaned_data,
        )

    if is_posted and submit(form, act):
        text = (
            "Granted. The permit is signed and issued." if is_granted else "Refused. The owner is told why."
        )
        messages.success(visit.request, text)
        return redirect("web:approval", uuid)
    use = row.intended_use
    previous = _previous(visit, row)
    conflicts = api.conflicts_of_approver(intended_use=use, person_uuid=visit.actor.person_uuid)
    if row.submitted_by.uuid == visit.actor.person_uuid:
        conflicts.append("submitted the request")
    return visit.render(
        "registry/approval.html",
        {
            "approval": row,
            "form": form,
            "conflicts": conflicts,
            "previous": previous,
            "changes": _changes(previous, row),
            "findings": api.list_findings(actor=visit.actor, intended_use=use).exclude(
                status=FindingStatus.CLOSED
            ),
            "events": activity(visit, row.uuid, use.uuid),
        },
        status=400 if is_posted else 200,
    )


def _previous(visit: Visit, row: api.ApprovalRequest) -> api.ApprovalRequest | None:
    granted = api.list_approvals(actor=visit.actor, status=ApprovalStatus.GRANTED)
    same_use = granted.filter(intended_use__use_case=row.intended_use.use_case, pk__lt=row.pk)
    return same_use.first()


def _changes(before: api.ApprovalRequest | None, after: api.ApprovalRequest) -> list[dict[str, str]]:
    """Return what differs from the last approval for the same use case."""
    if before is None:
        return []
    pairs = (
        ("Version", str(before.intended_use.version), str(after.intended_use.version)),
        ("Artefact", before.version_digest[:16], after.version_digest[:16]),
        ("Family", before.intended_use.version.family, after.intended_use.version.family),
        ("Complexity", before.intended_use.version.complexity, after.intended_use.version.complexity),
        ("Opinion", before.report.opinion, after.report.opinion),
        ("Validator", str(before.report.signed_by), str(after.report.signed_by)),
    )
    return [{"label": label, "before": old, "after": new} for label, old, new in pairs if old != new]
