"""The audit log and one of its events with its proof."""

from uuid import UUID

from django.http import HttpResponse

from registry import api
from registry.web.access import Visit, page
from registry.web.reading import parse_number, parse_uuid


@page()
def audit(visit: Visit) -> HttpResponse:
    """List events, newest first, narrowed by action or subject."""
    given = visit.request.GET
    found = api.list_audit_events(
        actor=visit.actor,
        subject_uuid=parse_uuid(given.get("subject", "")),
        action=given.get("action", ""),
        before=parse_number(given.get("before", "")),
    )
    return visit.render(
        "registry/audit.html",
        {
            "events": found.events,
            "next_before": found.next_before,
            "actions": list(api.AuditAction),
            "action": given.get("action", ""),
            "subject": given.get("subject", ""),
            "reads_all": api.reads_whole_log(visit.actor),
        },
    )


@page()
def audit_event(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show one event and the proof that the log includes it."""
    view = api.get_audit_event(actor=visit.actor, uuid=uuid)
    return visit.render("registry/audit_event.html", {"event": view.event, "proof": view.proof})
