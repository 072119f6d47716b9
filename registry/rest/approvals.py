"""Approval requests. They are opened here; no token can decide one."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import shapes
from registry.rest.bodies import ApprovalOrder
from registry.rest.fields import read_body, read_query
from registry.rest.output import when
from registry.rest.paging import page_of
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, idempotent, page_link, tagged, who


class ApprovalList(ApiView):
    """Approval requests."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.SUBMIT}

    @described(
        "List the approval requests, newest first",
        shapes.ApprovalShape,
        is_list=True,
        query=("status", "after", "limit"),
    )
    def get(self, request: Request) -> Response:
        """List the requests, with one status where named."""
        query = read_query(request, "status", "after", "limit")
        rows = api.list_approvals(actor=actor_of(request), status=query.get("status", ""))
        page = page_of(rows, query, order=("-id",))
        return Response({"items": [_approval(row) for row in page.rows], "next": page.next_cursor})

    @described("Submit for approval", shapes.ApprovalShape, status=201, body=ApprovalOrder, also=(422,))
    @idempotent()
    def post(self, request: Request) -> Response:
        """Open an approval request, pinned to the signed report and to the artefact's digest."""
        body = read_body(request, ApprovalOrder)
        row = api.request_approval(**who(request), intended_use_uuid=body["intended_use"])
        return Response(_approval(row), status=201)


class ApprovalDetail(ApiView):
    """One approval request."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read an approval request", shapes.ApprovalShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the request."""
        read_query(request)
        row = api.get_approval(actor=actor_of(request), uuid=uuid)
        return tagged(request, _approval(row), tag=str(row.row_version))


def _approval(row: api.ApprovalRequest) -> shapes.ApprovalShape:
    return {
        "uuid": str(row.uuid),
        "intended_use": str(row.intended_use.uuid),
        "report": str(row.report.uuid),
        "version_digest": row.version_digest,
        "status": row.status,
        "submitted_by": row.submitted_by.username,
        "submitted_at": row.submitted_at.isoformat(),
        "decided_by": row.decided_by.username if row.decided_by is not None else None,
        "decided_at": when(row.decided_at),
        "comment": row.comment,
        "row_version": row.row_version,
        "page": page_link("web:approval", uuid=row.uuid),
    }
