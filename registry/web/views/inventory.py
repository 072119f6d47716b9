"""The inventory, a model, a version, and the use cases they serve."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from registry import api
from registry.domain.errors import InvalidInput
from registry.web.access import Visit, page
from registry.web.reading import activity

SORTS = (
    ("key", "Key"),
    ("name", "Name"),
    ("tier", "Tier, highest risk first"),
    ("-tier", "Tier, lowest risk first"),
    ("-registered", "Newest first"),
    ("registered", "Oldest first"),
)
FILTERS = ("search", "tier", "state", "entity", "owner", "origin", "permission", "sort", "after")
INSPECTION_CHECK = "integrity.artifact"


def read_query(visit: Visit) -> api.InventoryQuery:
    """Return the query that the address asks. Raises ``WEB003`` for a parameter that means nothing."""
    given = visit.request.GET
    unknown = sorted(set(given) - set(FILTERS))
    if unknown:
        raise InvalidInput(
            "WEB003",
            f"the inventory has no filter {unknown[0][:40]!r}",
            remedy=f"Use {', '.join(FILTERS)}.",
        )
    chosen: dict[str, Any] = {name: given.get(name, "")[:200] for name in FILTERS if given.get(name)}
    return replace(api.InventoryQuery(), **chosen)


@page()
def inventory(visit: Visit) -> HttpResponse:
    """List the models; htmx gets the results alone."""
    query = read_query(visit)
    context = {
        "inventory": api.list_models(actor=visit.actor, query=query),
        "query": query,
        "sorts": SORTS,
        "is_filtered": any(getattr(query, name) for name in FILTERS if name not in ("sort", "after")),
    }
    template = "registry/inventory_partial.html" if visit.is_partial else "registry/inventory.html"
    return visit.render(template, context)


@page()
def inventory_csv(visit: Visit) -> StreamingHttpResponse:
    """Download what the inventory lists, as CSV that no spreadsheet computes."""
    query = read_query(visit)
    api.record_inventory_export(
        actor=visit.actor,
        at=visit.at,
        correlation_id=visit.correlation_id,
        query=visit.request.GET.urlencode(),
    )
    lines = api.inventory_csv(actor=visit.actor, query=query)
    name = f"inventory-{visit.at:%Y-%m-%dT%H%MZ}.csv"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition or ""}
    )


@page()
def model(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show one model, opening with what it may be used for."""
    registered_model = api.get_model(actor=visit.actor, uuid=uuid)
    uses = api.list_intended_uses(actor=visit.actor).filter(version__registered_model=registered_model)
    return visit.render(
        "registry/model.html",
        {
            "registered_model": registered_model,
            "uses": uses.order_by("-version__number", "use_case__key"),
            "fields": api.e23_fields(
                actor=visit.actor, registered_model=registered_model, on=visit.at.date()
            ),
            "scope": api.list_scope(actor=visit.actor, registered_model=registered_model, on=visit.at.date()),
            "determinations": api.list_determinations(actor=visit.actor, registered_model=registered_model),
            "versions": list(registered_model.versions.all()),
            "findings": api.list_findings(actor=visit.actor).filter(intended_use__in=uses),
            "dependencies": api.list_dependencies(actor=visit.actor, registered_model=registered_model),
            "events": activity(visit, registered_model.uuid),
        },
    )


@page()
def version(visit: Visit, *, uuid: UUID) -> HttpResponse:
    """Show one immutable version: bytes, lineage, signature, inspection."""
    row = api.get_version(actor=visit.actor, uuid=uuid)
    requests = api.list_validation_requests(actor=visit.actor, feeding_facts=True)
    newest = requests.filter(intended_use__version=row)[:10]
    records = [record for one in newest for record in api.list_evidence(actor=visit.actor, request=one)]
    return visit.render(
        "registry/version.html",
        {
            "version": row,
            "uses": api.list_intended_uses(actor=visit.actor).filter(version=row).order_by("use_case__key"),
            "inspections": [record for record in records if record.check_id == INSPECTION_CHECK][:1],
            "events": activity(visit, row.uuid),
        },
    )


@page()
def use_cases(visit: Visit) -> HttpResponse:
    """List the use cases with the permission of each version offered for them."""
    uses = list(api.list_intended_uses(actor=visit.actor).order_by("version__registered_model__key"))
    rows = [
        {"use_case": row, "uses": [use for use in uses if use.use_case.pk == row.pk]}
        for row in api.list_use_cases(actor=visit.actor)
    ]
    return visit.render("registry/use_cases.html", {"rows": rows})


@page()
def use_case(visit: Visit, *, key: str) -> HttpResponse:
    """Show one use case and every version offered for it."""
    row = api.get_use_case(actor=visit.actor, key=key)
    uses = api.list_intended_uses(actor=visit.actor).filter(use_case=row)
    return visit.render(
        "registry/use_case.html",
        {
            "use_case": row,
            "uses": uses.order_by("version__registered_model__key", "-version__number"),
            "events": activity(visit, row.uuid),
        },
    )
