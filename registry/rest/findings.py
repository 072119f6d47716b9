"""Findings, their remediation, and closing them."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import shapes
from registry.rest.bodies import Closure, Remediation
from registry.rest.fields import read_body, read_query
from registry.rest.output import when
from registry.rest.paging import page_of
from registry.rest.schema import MATCH_HEADER, described
from registry.rest.views import (
    ApiView,
    actor_of,
    idempotent,
    page_link,
    required_row_version,
    tagged,
    who,
)


class FindingList(ApiView):
    """Findings."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described(
        "List the findings, the most urgent first",
        shapes.FindingShape,
        is_list=True,
        query=("status", "severity", "after", "limit"),
    )
    def get(self, request: Request) -> Response:
        """List the findings, with one status or severity where named."""
        query = read_query(request, "status", "severity", "after", "limit")
        rows = api.list_findings(
            actor=actor_of(request), status=query.get("status", ""), severity=query.get("severity", "")
        ).prefetch_related("remediation_plans__proposed_by")
        page = page_of(rows, query, order=("due_date", "id"))
        return Response({"items": [_finding(row) for row in page.rows], "next": page.next_cursor})


class FindingDetail(ApiView):
    """One finding."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read a finding", shapes.FindingShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the finding; its ETag is what closing it takes as If-Match."""
        read_query(request)
        return _tagged(request, api.get_finding(actor=actor_of(request), uuid=uuid))


class FindingRemediation(ApiView):
    """What the owner will do."""

    scopes: ClassVar = {"POST": api.Scope.EVIDENCE}

    @described("Propose a remediation", shapes.FindingShape, status=201, body=Remediation, also=(422,))
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Add a plan, as the finding's owner."""
        body = read_body(request, Remediation)
        call = who(request)
        api.propose_remediation(**call, finding_uuid=uuid, **body)
        answer = _tagged(request, api.get_finding(actor=call["actor"], uuid=uuid))
        answer.status_code = 201
        return answer


class FindingClosure(ApiView):
    """The end of a finding: a validator's act."""

    scopes: ClassVar = {"POST": api.Scope.EVIDENCE}

    @described(
        "Close a finding", shapes.FindingShape, body=Closure, query=(MATCH_HEADER,), also=(412, 422, 428)
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Close the finding that you read: If-Match carries its ETag."""
        call = who(request)
        api.get_finding(actor=call["actor"], uuid=uuid)
        row_version = required_row_version(request)
        body = read_body(request, Closure)
        row = api.close_finding(**call, finding_uuid=uuid, reason=body["reason"], row_version=row_version)
        return _tagged(request, row)


def _tagged(request: Request, row: api.Finding) -> Response:
    return tagged(request, _finding(row), tag=str(row.row_version))


def _finding(row: api.Finding) -> shapes.FindingShape:
    return {
        "uuid": str(row.uuid),
        "intended_use": str(row.intended_use.uuid),
        "check_id": row.check_id,
        "evidence": str(row.evidence_uuid),
        "severity": row.severity,
        "title": row.title,
        "detail": row.detail,
        "status": row.status,
        "owner": row.owner.username,
        "due_date": row.due_date.isoformat(),
        "raised_at": row.raised_at.isoformat(),
        "closed_by": row.closed_by.username if row.closed_by is not None else None,
        "closed_at": when(row.closed_at),
        "closing_reason": row.closing_reason,
        "row_version": row.row_version,
        "remediation_plans": [
            {
                "uuid": str(plan.uuid),
                "actions": plan.actions,
                "due_date": plan.due_date.isoformat(),
                "proposed_by": plan.proposed_by.username,
                "proposed_at": plan.proposed_at.isoformat(),
            }
            for plan in row.remediation_plans.all()
        ],
        "page": page_link("web:finding", uuid=row.uuid),
    }
