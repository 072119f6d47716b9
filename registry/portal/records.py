"""What a supervisor reads of the register: inventory, decisions, evidence, findings, rules."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from registry import api
from registry.domain.errors import InvalidInput
from registry.domain.false_alarms import read_bound
from registry.domain.vocab import FindingStatus, Severity
from registry.portal.door import Download, Page, Visit, logged, parse_uuid

FILTERS = ("search", "tier", "state", "entity", "owner", "origin", "permission", "sort", "after")
SORTS = (
    ("key", "Key"),
    ("name", "Name"),
    ("tier", "Tier, highest risk first"),
    ("-tier", "Tier, lowest risk first"),
    ("-registered", "Newest first"),
    ("registered", "Oldest first"),
)
LIST_LENGTH = 200
ACTIVITY_LENGTH = 12
INSPECTION_CHECK = "integrity.artifact"


def activity(visit: Visit, *subjects: UUID) -> list[api.EventView]:
    """Return the newest events on the subjects."""
    found = [
        event
        for subject in subjects
        for event in api.list_audit_events(
            actor=visit.actor, subject_uuid=subject, limit=ACTIVITY_LENGTH
        ).events
        if event.subject_uuid == subject
    ]
    return sorted(found, key=lambda event: event.recorded_at, reverse=True)[:ACTIVITY_LENGTH]


@logged
def home(visit: Visit) -> Page:
    """Show the scope of the portal and where to start."""
    return Page(
        title="Scope",
        template="portal/home.html",
        context={
            "entities": sorted({row.entity.name for row in api.list_use_cases(actor=visit.actor)}),
            "checkpoint": api.find_latest_checkpoint(),
            "reads_all": api.reads_whole_log(visit.actor),
            "uses": api.list_intended_uses(actor=visit.actor).order_by(
                "use_case__key", "version__registered_model__key"
            )[:LIST_LENGTH],
        },
    )


def _query(visit: Visit) -> api.InventoryQuery:
    given = visit.request.GET
    unknown = sorted(set(given) - set(FILTERS))
    if unknown:
        raise InvalidInput(
            "POR002", f"the inventory has no filter {unknown[0][:40]!r}", remedy=f"Use {', '.join(FILTERS)}."
        )
    chosen: dict[str, Any] = {name: given.get(name, "")[:200] for name in FILTERS if given.get(name)}
    return replace(api.InventoryQuery(), **chosen)


@logged
def inventory(visit: Visit) -> Page:
    """List the models."""
    query = _query(visit)
    htmx = getattr(visit.request, "htmx", None)
    is_partial = htmx is not None and bool(htmx) and not htmx.history_restore_request
    return Page(
        title="Inventory",
        template="registry/inventory_partial.html" if is_partial else "registry/inventory.html",
        context={
            "inventory": api.list_models(actor=visit.actor, query=query),
            "query": query,
            "sorts": SORTS,
            "is_filtered": any(getattr(query, name) for name in FILTERS if name not in ("sort", "after")),
        },
    )


@logged
def inventory_csv(visit: Visit) -> Download:
    """Download the inventory."""
    api.record_inventory_export(
        actor=visit.actor,
        at=visit.at,
        correlation_id=visit.correlation_id,
        query=visit.request.GET.urlencode(),
    )
    return Download(
        title="Inventory as CSV",
        name=f"inventory-{visit.at:%Y-%m-%dT%H%MZ}.csv",
        content_type="text/csv; charset=utf-8",
        content=api.inventory_csv(actor=visit.actor, query=_query(visit)),
    )


@logged
def model(visit: Visit, *, uuid: UUID) -> Page:
    """Show one model."""
    row = api.get_model(actor=visit.actor, uuid=uuid)
    uses = api.list_intended_uses(actor=visit.actor).filter(version__registered_model=row)
    return Page(
        title=f"Model {row.key}",
        template="registry/model.html",
        context={
            "registered_model": row,
            "uses": uses.order_by("-version__number", "use_case__key"),
            "fields": api.e23_fields(actor=visit.actor, registered_model=row, on=visit.at.date()),
            "scope": api.list_scope(actor=visit.actor, registered_model=row, on=visit.at.date()),
            "determinations": api.list_determinations(actor=visit.actor, registered_model=row),
            "versions": list(row.versions.all()),
            "findings": api.list_findings(actor=visit.actor).filter(intended_use__in=uses),
            "dependencies": api.list_dependencies(actor=visit.actor, registered_model=row),
            "events": activity(visit, row.uuid),
        },
    )


@logged
def version(visit: Visit, *, uuid: UUID) -> Page:
    """Show one version."""
    row = api.get_version(actor=visit.actor, uuid=uuid)
    requests = api.list_validation_requests(actor=visit.actor, feeding_facts=True)
    newest = requests.filter(intended_use__version=row)[:10]
    records = [record for one in newest for record in api.list_evidence(actor=visit.actor, request=one)]
    return Page(
        title=f"Version {row}",
        template="registry/version.html",
        context={
            "version": row,
            "uses": api.list_intended_uses(actor=visit.actor).filter(version=row).order_by("use_case__key"),
            "inspections": [record for record in records if record.check_id == INSPECTION_CHECK][:1],
            "events": activity(visit, row.uuid),
        },
    )


@logged
def use_cases(visit: Visit) -> Page:
    """List the use cases."""
    uses = list(api.list_intended_uses(actor=visit.actor).order_by("version__registered_model__key"))
    rows = [
        {"use_case": row, "uses": [use for use in uses if use.use_case.pk == row.pk]}
        for row in api.list_use_cases(actor=visit.actor)
    ]
    return Page(title="Use cases", template="registry/use_cases.html", context={"rows": rows})


@logged
def use_case(visit: Visit, *, key: str) -> Page:
    """Show one use case."""
    row = api.get_use_case(actor=visit.actor, key=key)
    uses = api.list_intended_uses(actor=visit.actor).filter(use_case=row)
    return Page(
        title=f"Use case {row.key}",
        template="registry/use_case.html",
        context={
            "use_case": row,
            "uses": uses.order_by("version__registered_model__key", "-version__number"),
            "events": activity(visit, row.uuid),
        },
    )


@logged
def entity(visit: Visit, *, key: str) -> Page:
    """Show one legal entity under the output floor today."""
    view = api.get_entity_floor(actor=visit.actor, key=key, on=visit.at.date(), at=visit.at)
    return Page(
        title=f"{view.entity.name} under the output floor",
        template="registry/entity.html",
        context={"view": view},
    )


@logged
def intended_use(visit: Visit, *, uuid: UUID) -> Page:
    """Show where a version stands for one use."""
    use = api.get_intended_use(actor=visit.actor, uuid=uuid)
    validations = api.list_validation_requests(actor=visit.actor).filter(intended_use=use)
    permit = api.find_permit(intended_use=use)
    standing = api.get_tier_standing(actor=visit.actor, intended_use=use, on=visit.at.date())
    return Page(
        title=f"Intended use {use}",
        template="registry/intended_use.html",
        context={
            "standing": standing,
            "computed_tier": standing.compute(),
            "overrides": api.list_tier_overrides(actor=visit.actor, intended_use=use),
            "use": use,
            "permit": permit,
            "decisions": api.list_decisions(actor=visit.actor, intended_use=use),
            "validations": list(validations.select_related("report__signed_by")),
            "approvals": list(api.list_approvals(actor=visit.actor).filter(intended_use=use)),
            "safeguards": use.safeguards.select_related("evidenced_by").order_by("safeguard", "-id"),
            "trade_offs": use.trade_offs.select_related("stated_by").order_by("-id"),
            "findings": api.list_findings(actor=visit.actor, intended_use=use),
            "events": activity(visit, use.uuid, *([permit.uuid] if permit else [])),
            "timeline": api.get_timeline(actor=visit.actor, at=visit.at, intended_use_uuid=uuid),
            "asked": visit.request.GET,
            "on_day": api.find_permission_asked(
                actor=visit.actor, at=visit.at, intended_use_uuid=uuid, query=visit.request.GET.dict()
            ),
        },
    )


@logged
def decision(visit: Visit, *, uuid: UUID) -> Page:
    """Show a decision with its trace."""
    view = api.get_decision(actor=visit.actor, uuid=uuid)
    use = view.row.intended_use
    is_newest = use.permission_decision_uuid in (None, view.row.uuid)
    return Page(
        title=f"Decision on {view.row.intended_use} at {view.row.stage}",
        template="registry/decision.html",
        context={
            "view": view,
            "floor": api.find_decision_floor(actor=visit.actor, decision=view.row),
            "is_newest": is_newest,
            "timeline": api.get_timeline(actor=visit.actor, at=visit.at, intended_use_uuid=use.uuid)
            if is_newest
            else None,
            "packs": api.list_packs(actor=visit.actor),
        },
    )


@logged
def decision_json(visit: Visit, *, uuid: UUID) -> Download:
    """Download a decision with the facts that it saw."""
    row = api.get_decision_row(actor=visit.actor, uuid=uuid)
    document = {
        "uuid": str(row.uuid),
        "decision": json.loads(row.body),
        "decision_digest": row.body_digest,
        "facts": row.facts,
        "facts_digest": row.facts_digest,
    }
    return Download(
        title=f"Decision {row.uuid} as JSON",
        name=f"decision-{row.uuid}.json",
        content_type="application/json; charset=utf-8",
        content=json.dumps(document, indent=2, ensure_ascii=False).encode(),
    )


@logged
def validations(visit: Visit) -> Page:
    """List the validations."""
    rows = api.list_validation_requests(actor=visit.actor).select_related("report__signed_by")
    return Page(
        title="Validations", template="registry/validations.html", context={"validations": rows[:LIST_LENGTH]}
    )


@logged
def validation(visit: Visit, *, uuid: UUID) -> Page:
    """Show the evidence, the challenge and the report of one validation."""
    row = api.get_validation_request(actor=visit.actor, uuid=uuid)
    records = list(api.list_evidence(actor=visit.actor, request=row))
    findings = api.list_findings(actor=visit.actor, intended_use=row.intended_use)
    return Page(
        title=f"Validation of {row.intended_use} on {row.batch}",
        template="portal/validation.html",
        context={
            "validation": row,
            "records": records,
            "false_alarms": read_bound(record.body for record in records),
            "report": api.find_report(request=row),
            "reperformances": api.list_reperformances(actor=visit.actor, original=row),
            "library_reports": api.list_library_reports(actor=visit.actor, request=row),
            "challenges": row.challenges.select_related("author").order_by("id"),
            "findings": findings.filter(evidence_uuid__in=[record.uuid for record in records]),
        },
    )


@logged
def export_validation(visit: Visit, *, uuid: UUID, form: str) -> Download:
    """Download a validation as JSON, CSV or a page that stands alone."""
    dossier = api.export_validation(
        actor=visit.actor, at=visit.at, correlation_id=visit.correlation_id, request_uuid=uuid, form=form
    )
    file = api.dossier_file(dossier=dossier, form=form, at=visit.at)
    title = f"Validation of {dossier.request.intended_use} as {form}"
    return Download(title=title, name=file.name, content_type=file.content_type, content=file.content)


@logged
def comparison(visit: Visit, *, uuid: UUID) -> Page:
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
    title = f"Comparison of validations of {request.intended_use}"
    return Page(title=title, template="registry/comparison.html", context=context)


@logged
def evidence(visit: Visit, *, uuid: UUID) -> Page:
    """Show one evidence record."""
    record = api.get_evidence(actor=visit.actor, uuid=uuid)
    return Page(
        title=f"Evidence {record.check_id} on {record.request.intended_use}",
        template="registry/evidence.html",
        context={
            "record": record,
            "library_report": api.find_library_report(actor=visit.actor, row=record),
        },
    )


@logged
def findings(visit: Visit) -> Page:
    """List the findings."""
    status, severity = (visit.request.GET.get(name, "")[:40] for name in ("status", "severity"))
    return Page(
        title="Findings",
        template="registry/findings.html",
        context={
            "findings": api.list_findings(actor=visit.actor, status=status, severity=severity)[:LIST_LENGTH],
            "statuses": list(FindingStatus),
            "severities": list(Severity),
            "status": status,
            "severity": severity,
        },
    )


@logged
def finding(visit: Visit, *, uuid: UUID) -> Page:
    """Show one finding."""
    row = api.get_finding(actor=visit.actor, uuid=uuid)
    return Page(
        title=f"Finding {row.title}",
        template="registry/finding.html",
        context={
            "finding": row,
            "plans": row.remediation_plans.select_related("proposed_by").order_by("-id"),
            "events": activity(visit, row.uuid),
        },
    )
