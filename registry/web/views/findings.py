"""Findings: the board, the page of one, and what owner and validator do."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect

from registry import api
from registry.domain.vocab import FindingStatus, Severity
from registry.web.access import Visit, page
from registry.web.forms import AcceptRiskForm, CloseFindingForm, RemediationForm
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
    return _finding_page(visit, uuid, {}, status=200)


@page("POST")
def remediate(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Propose a remedy."""
    done = "The remedy is proposed. A validator judges it."
    form = RemediationForm(visit.request.POST)
    return _act(visit, uuid, name="remediation", form=form, action=api.propose_remediation, done=done)


@page("POST")
def close(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Close a finding."""
    done = "The finding is closed. Policy has decided again."
    form = CloseFindingForm(visit.request.POST)
    return _act(visit, uuid, name="closing", form=form, action=api.close_finding, done=done)


@page("POST")
def accept(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Accept the risk for a while."""
    done = "The risk is accepted until the day you named. Policy has decided again."
    form = AcceptRiskForm(visit.request.POST)
    return _act(visit, uuid, name="accepting", form=form, action=api.accept_risk, done=done)


def _act(
    visit: Visit, uuid: UUID, *, name: str, form: Form, action: Callable[..., object], done: str
) -> HttpResponse:
    def act() -> None:
        action(
            actor=visit.actor,
            at=visit.at,
            correlation_id=visit.correlation_id,
            finding_uuid=uuid,
            **form.cleaned_data,
        )

    if submit(form, act):
        messages.success(visit.request, done)
        return redirect("web:finding", uuid)
    return _finding_page(visit, uuid, {name: form}, status=400)


def _finding_page(visit: Visit, uuid: UUID, forms: dict[str, Form], *, status: int) -> HttpResponse:
    row = api.get_finding(actor=visit.actor, uuid=uuid)
    start = {"row_version": row.row_version}
    context: dict[str, object] = {
        "finding": row,
        "plans": row.remediation_plans.select_related("proposed_by").order_by("-id"),
        "remediation": RemediationForm(),
        "closing": CloseFindingForm(initial=start),
        "accepting": AcceptRiskForm(initial=start),
        "events": activity(visit, row.uuid),
        **forms,
    }
    return visit.render("registry/finding.html", context, status=status)
