"""The first page: what waits for the person who signed in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpResponse
from django.urls import reverse

from registry import api
from registry.domain.vocab import ApprovalStatus, FindingStatus, RequestStatus, Role
from registry.web.access import Visit, page

QUEUE_LENGTH = 25


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to do, linked to where it is done."""

    title: str
    url: str
    state: str
    note: str
    at: date | datetime | None


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Things of one kind that wait for somebody in a role."""

    title: str
    why: str
    empty: str
    items: list[Item]


@page()
def home(visit: Visit) -> HttpResponse:
    """Show the queues of every role that the visitor holds."""
    makers = (
        (Role.APPROVER, _to_approve),
        (Role.VALIDATOR, _to_sign),
        (Role.VALIDATOR, _to_close),
        (Role.OWNER, _to_remedy),
        (Role.OWNER, _owned_uses),
        (Role.DEVELOPER, _developed_uses),
    )
    queues = [make(visit) for role, make in makers if visit.actor.holds(role)]
    return visit.render("registry/home.html", {"queues": queues})


def _to_approve(visit: Visit) -> Queue:
    rows = api.list_approvals(actor=visit.actor, status=ApprovalStatus.PENDING)[:QUEUE_LENGTH]
    items = [
        Item(
            title=str(row.intended_use),
            url=reverse("web:approval", args=[row.uuid]),
            state=row.status,
            note=f"Report by {row.report.signed_by}; submitted by {row.submitted_by}",
            at=row.submitted_at,
        )
        for row in rows
    ]
    return Queue(
        title="To approve",
        why="A report is signed and somebody asks",
        empty="Nothing waits for approval.",
        items=items,
    )


def _to_sign(visit: Visit) -> Queue:
    requests = api.list_validation_requests(actor=visit.actor, feeding_facts=True)
    rows = requests.filter(status=RequestStatus.COMPLETED, report__isnull=True)[:QUEUE_LENGTH]
    items = [
        Item(
            title=str(row.intended_use),
            url=reverse("validation_web:run", args=[row.uuid]),
            state=row.status,
            note=f"Batch {row.batch}: challenge the evidence and sign",
            at=row.ended_at,
        )
        for row in rows
    ]
    return Queue(
        title="To challenge and sign",
        why="The run is complete, no report is signed",
        empty="No completed run waits for a report.",
        items=items,
    )


def _to_close(visit: Visit) -> Queue:
    rows = api.list_findings(actor=visit.actor, status=FindingStatus.REMEDIATION_PROPOSED)[:QUEUE_LENGTH]
    return Queue(
        title="Findings to judge",
        why="The owner proposed a remedy",
        empty="No remedy waits for a judgement.",
        items=_finding_items(rows),
    )


def _to_remedy(visit: Visit) -> Queue:
    rows = api.list_findings(actor=visit.actor, status=FindingStatus.OPEN).filter(
        owner__uuid=visit.actor.person_uuid
    )[:QUEUE_LENGTH]
    return Queue(
        title="Findings that you own",
        why="Propose a remedy before they are due",
        empty="You own no open finding.",
        items=_finding_items(rows),
    )


def _finding_items(rows: Iterable[api.Finding]) -> list[Item]:
    return [
        Item(
            title=row.title,
            url=reverse("web:finding", args=[row.uuid]),
            state=row.severity,
            note=f"{row.intended_use}; due",
            at=row.due_date,
        )
        for row in rows
    ]


def _owned_uses(visit: Visit) -> Queue:
    rows = api.list_intended_uses(actor=visit.actor).filter(use_case__owner__uuid=visit.actor.person_uuid)
    return Queue(
        title="Your use cases",
        why="Where each version offered for them stands",
        empty="No version has been offered for a use case of yours.",
        items=_use_items(rows),
    )


def _developed_uses(visit: Visit) -> Queue:
    rows = api.list_intended_uses(actor=visit.actor).filter(version__developer__uuid=visit.actor.person_uuid)
    return Queue(
        title="Versions that you registered",
        why="Where each stands, and what is missing",
        empty="Register a version with mrm.register(…); it appears here.",
        items=_use_items(rows),
    )


def _use_items(rows: Iterable[api.IntendedUse]) -> list[Item]:
    newest = sorted(rows, key=lambda row: row.declared_at, reverse=True)[:QUEUE_LENGTH]
    return [
        Item(
            title=str(row),
            url=reverse("web:intended-use", args=[row.uuid]),
            state=row.permission_state,
            note=row.permission_sentence,
            at=row.permission_until or row.declared_at,
        )
        for row in newest
    ]
