"""A decision with its reasons and its evidence."""

import json
from uuid import UUID

from django.http import HttpResponse

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
    return visit.render("registry/evidence.html", {"record": record})
