"""Findings: the board, the page of one, and what owner and validator do."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect

from registry import api
from registry.domain.vocab import FindingStatus, Severity
from registry.web.access import Visit, page
from registry.web.forms import CloseFindingForm, RemediationForm
from registry.web.reading import activity, submit

LIST_LENGTH = 200


@page()
def findings(visit: Visit) -> HttpResponse:
    """Show findings as a board and as a table."""
    status, severity = (visit.request.GET.get(name, "")[:40] for name in ("status", "severity"))
    rows = list(api.list_findings(actor=visit.actor, status=status, severity=severity)[:LIST_LENGTH])
    lanes = [
        {"status": lane.value, "findings": [row for row in rows if row.status == lane]}
        for lane in FindingStatus
    ]
    return visit.render(
        "registry/findings.html",
        {
            "findings": rows,
            "lanes": [lane for lane in lanes if not status or lane["status"] == status],
            "statuses": list(FindingStatus),
            "severities": list(Severity),
            "status": status,
            "severity": severity,
        },
    )


@page()
def finding(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show one finding."""
    row = api.get_finding(actor=visit.actor, uuid=uuid)
    return _finding_page(
        visit, row, RemediationForm(), CloseFindingForm(initial={"row_version": row.row_version}), 200
    )


@page("POST")
def remediate(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Propose a remedy."""
    form = RemediationForm(visit.request.POST)

    def act() -> None:
        api.propose_remediation(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            finding_uuid=uuid,
            **form.cleaned_data,
        )

    if submit(form, act):
        messages.success(visit.request, "The remedy is proposed. A validator judges it.")
        return redirect("web:finding", uuid)
    row = api.get_finding(actor=visit.actor, uuid=uuid)
    return _finding_page(visit, row, form, CloseFindingForm(initial={"row_version": row.row_version}), 400)


@page("POST")
def close(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Close a finding."""
    form = CloseFindingForm(visit.request.POST)

    def act() -> None:
        api.close_finding(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            finding_uuid=uuid,
            **form.cleaned_data,
        )

    if submit(form, act):
        messages.success(visit.request, "The finding is closed. Policy has decided again.")
        return redirect("web:finding", uuid)
    row = api.get_finding(actor=visit.actor, uuid=uuid)
    return _finding_page(visit, row, RemediationForm(), form, 400)


def _finding_page(
    visit: Visit, row: api.Finding, remediation: Form, closing: Form, status: int
) -> HttpResponse:
    return visit.render(
        "registry/finding.html",
        {
            "finding": row,
            "plans": row.remediation_plans.select_related("proposed_by").order_by("-id"),
            "remediation": remediation,
            "closing": closing,
            "events": activity(visit, row.uuid),
        },
        status=status,
    )
