"""The audit trail as a supervisor reads it: events, proofs, the whole log, and his own reading."""

import io
import tempfile
import zipfile
from pathlib import Path
from uuid import UUID

from registry import api
from registry.domain.errors import InvalidInput, NotFound, NotPermitted
from registry.portal.door import Download, Page, Visit, logged, parse_uuid

READING_LENGTH = 200


@logged
def audit(visit: Visit) -> Page:
    """List events, newest first."""
    given = visit.request.GET
    found = api.list_audit_events(
        actor=visit.actor,
        subject_uuid=parse_uuid(given.get("subject", "")),
        action=given.get("action", ""),
        before=_parse_number(given.get("before", "")),
    )
    return Page(
        title="Audit trail",
        template="registry/audit.html",
        context={
            "events": found.events,
            "next_before": found.next_before,
            "actions": list(api.AuditAction),
            "action": given.get("action", ""),
            "subject": given.get("subject", ""),
            "reads_all": api.reads_whole_log(visit.actor),
        },
    )


@logged
def audit_event(visit: Visit, *, uuid: UUID) -> Page:
    """Show one event with its inclusion proof."""
    view = api.get_audit_event(actor=visit.actor, uuid=uuid)
    return Page(
        title=f"Audit event {view.event.action}",
        template="registry/audit_event.html",
        context={"event": view.event, "proof": view.proof},
    )


@logged
def audit_proof(visit: Visit, *, uuid: UUID) -> Download:
    """Download an event's bytes with its proof. Raises ``POR005`` before a checkpoint covers it."""
    view = api.get_audit_event(actor=visit.actor, uuid=uuid)
    if view.proof is None:
        raise NotFound(
            "POR005",
            "no checkpoint covers this event yet",
            remedy="Try again in a moment: one is signed shortly.",
        )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(f"{view.proof.index}.json", view.event.entry)
        files.writestr(f"{view.proof.index}.tlog-proof", view.proof.text)
    return Download(
        title=f"Proof of audit event {view.proof.index}",
        name=f"audit-event-{view.proof.index}.zip",
        content_type="application/zip",
        content=archive.getvalue(),
    )


@logged
def audit_export(visit: Visit) -> Download:
    """Download the whole log with the verifier. Raises ``POR006`` for a reader of some entities only."""
    if not api.reads_whole_log(visit.actor):
        raise NotPermitted(
            "POR006",
            "the whole log is for readers of every legal entity",
            remedy="Download the proofs of the events that you may see.",
        )
    archive = io.BytesIO()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "audit-log"
        report = api.export_log(directory=folder)
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    files.write(file, file.relative_to(folder.parent))
    api.record_log_export(
        actor=visit.actor, at=visit.at, correlation_id=visit.correlation_id, size=report.size
    )
    return Download(
        title=f"Audit log of {report.size} events",
        name=f"audit-log-{report.size}.zip",
        content_type="application/zip",
        content=archive.getvalue(),
    )


@logged
def reading_log(visit: Visit) -> Page:
    """Show the reader what he has read, as the log holds it."""
    found = api.list_audit_events(
        actor=visit.actor,
        action=api.AuditAction.PORTAL_PAGE_READ,
        before=_parse_number(visit.request.GET.get("before", "")),
        limit=READING_LENGTH,
    )
    own = [event for event in found.events if event.actor_uuid == visit.actor.person_uuid]
    return Page(
        title="My reading",
        template="portal/reading_log.html",
        context={"events": own, "next_before": found.next_before},
    )


def _parse_number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidInput(
            "POR004", f"{text[:60]!r} is not a whole number", remedy="Follow the links of the page."
        )
    return int(text)
