"""A decision with its reasons and its evidence."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from registry import api
from registry.web.access import Visit, page


@page()
def decision(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show a decision: question, sentence, rules, what would change it."""
    view = api.get_decision(actor=visit.actor, uuid=uuid)
    use = view.row.intended_use
    is_newest = use.permission_decision_uuid in (None, view.row.uuid)
    context: dict[str, object] = {
        "view": view,
        "floor": api.find_decision_floor(actor=visit.actor, decision=view.row),
        "is_newest": is_newest,
        "timeline": api.get_timeline(actor=visit.actor, at=visit.at, intended_use_uuid=use.uuid)
        if is_newest
        else None,
        "packs": api.list_packs(actor=visit.actor),
    }
    return visit.render("registry/decision.html", context)


@page()
def decision_json(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Return a decision and its facts as they are stored."""
    row = api.get_decision_row(actor=visit.actor, uuid=uuid)
    document = {
        "uuid": str(row.uuid),
        "decision": json.loads(row.body),
        "decision_digest": row.body_digest,
        "facts": row.facts,
        "facts_digest": row.facts_digest,
    }
    return HttpResponse(
        json.dumps(document, indent=2, ensure_ascii=False), content_type="application/json; charset=utf-8"
    )


@page()
def evidence(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show one evidence record."""
    record = api.get_evidence(actor=visit.actor, uuid=uuid)
    library_report = api.find_library_report(actor=visit.actor, row=record)
    return visit.render("registry/evidence.html", {"record": record, "library_report": library_report})


@page("POST")
def ask_for_library_report(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Have a library's own report made, and lead to the run that makes or made it."""
    found = api.request_library_report(
        actor=visit.actor, at=visit.at, correlation_id=visit.correlation_id, evidence_uuid=uuid
    )
    if found.request is None:
        messages.success(visit.request, "The check left the report itself: it is linked below.")
        return redirect("web:evidence", uuid)
    said = "A worker makes the report." if found.is_new else "It was asked for already: this is its run."
    messages.success(visit.request, said)
    return redirect("validation_web:run", found.request.uuid)
