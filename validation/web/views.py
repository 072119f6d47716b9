"""The page of a validation run: what was planned, what is done, what it says."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from registry import api as registry_api
from registry.domain.canonical import digest
from registry.domain.false_alarms import read_bound
from registry.domain.vocab import RequestStatus, Role, RunStatus
from validation import api
from validation.web.access import Visit, page
from validation.web.check_docs import CheckDocumentation, check_documentation

PENDING = "queued"


@dataclass(kw_only=True)
class CheckView:
    """One planned check: pending, or with its result and, once recorded, its evidence record."""

    check_id: str
    title: str
    doc: CheckDocumentation | None
    check_major: int = 1
    verdict: str = PENDING
    reason: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    metrics: list[Any] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    uuid: UUID | None = None

    @property
    def is_pending(self) -> bool:
        """Whether no result is there yet."""
        return self.verdict == PENDING

    @property
    def headline(self) -> dict[str, Any] | None:
        """The figure that is judged: the first one."""
        return self.metrics[0] if self.metrics else None


@page()
def run(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show the workpaper of a validation request."""
    return render(visit.request, "validation/run.html", _context(visit, uuid))


@page()
def progress(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Return the live part of the page; at the end, have the browser load the whole.

    The step is announced only when it is another than the one that the page shows.
    """
    context = _context(visit, uuid)
    context["is_new_step"] = visit.request.GET.get("step") != context["step"]
    response = render(visit.request, "validation/progress.html", context)
    if not context["is_live"]:
        response["HX-Refresh"] = "true"
    return response


@page("POST")
def cancel(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Cancel the run."""
    api.cancel_validation(actor=visit.actor, request_uuid=uuid)
    messages.success(visit.request, "The run is cancelled. Its worker stops within seconds.")
    return redirect("validation_web:run", uuid)


def _context(visit: Visit, uuid: UUID) -> dict[str, Any]:
    request = registry_api.get_validation_request(actor=visit.actor, uuid=uuid)
    found = api.find_run(actor=visit.actor, request_uuid=uuid)
    checks = _checks(visit, request)
    done = [check for check in checks if not check.is_pending]
    step = f"{len(done)}: {found.progress if found else ''}"
    return {
        "step": digest(step)[:12],
        "is_new_step": False,
        "validation": request,
        "use": request.intended_use,
        "run": found,
        "checks": checks,
        "done": done,
        "false_alarms": read_bound(check.body for check in done),
        "planned": max(len(checks), found.checks_planned if found else 0),
        "is_live": request.status == RequestStatus.REQUESTED
        and (found is None or not RunStatus(found.status).is_terminal),
        "attachments": api.list_attachments(actor=visit.actor, request_uuid=uuid),
        "report": registry_api.find_report(request=request),
        "reperformances": registry_api.list_reperformances(actor=visit.actor, original=request),
        "library_reports": registry_api.list_library_reports(actor=visit.actor, request=request),
        "may_reperform": _may_reperform(visit, request),
        "challenges": request.challenges.select_related("author").order_by("id"),
        "findings": registry_api.list_findings(actor=visit.actor, intended_use=request.intended_use).filter(
            evidence_uuid__in=[check.uuid for check in done if check.uuid]
        ),
    }


def _may_reperform(visit: Visit, request: registry_api.ValidationRequest) -> bool:
    """Whether the visitor is an independent validator; the action decides again."""
    use = request.intended_use
    return visit.actor.holds(
        Role.VALIDATOR, entity_key=use.use_case.entity.key
    ) and not registry_api.conflicts_of_validator(intended_use=use, person_uuid=visit.actor.person_uuid)


def _checks(visit: Visit, request: registry_api.ValidationRequest) -> list[CheckView]:
    views = {check.check_id: check for check in map(_planned, request.plan)}
    for record in api.list_check_records(actor=visit.actor, request_uuid=request.uuid):
        view = views.setdefault(record.check_id, _view(record.check_id))
        view.check_major, view.verdict, view.body = record.check_major, record.verdict, record.result
        view.metrics, view.facts = record.result.get("metrics", []), record.result.get("facts", {})
        view.reason = record.result.get("reason", "")
    for evidence in registry_api.list_evidence(actor=visit.actor, request=request):
        view = views.setdefault(evidence.check_id, _view(evidence.check_id))
        view.check_major, view.verdict, view.body = evidence.check_major, evidence.verdict, evidence.body
        view.metrics, view.facts, view.reason = evidence.metrics, evidence.facts, evidence.reason
        view.digest, view.uuid = evidence.digest, evidence.uuid
    return list(views.values())


def _planned(entry: dict[str, Any]) -> CheckView:
    return _view(str(entry["check"]))


def _view(check_id: str) -> CheckView:
    doc = check_documentation().get(check_id)
    return CheckView(check_id=check_id, title=doc.title if doc else check_id, doc=doc)
