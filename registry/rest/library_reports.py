"""A library's own report on the evidence of a check, made for a person who asks."""

from typing import ClassVar, TypedDict
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest.fields import read_query
from registry.rest.output import when
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, idempotent, page_link, tagged, who


class LibraryReportShape(TypedDict):
    """A library's report on an evidence record. ``state`` is not_asked, pending, made or failed.

    ``validation_request`` is the run that was asked for it; null where nobody asked, or the check left it itself.
    ``figures`` says whether that run gave the figures of the record: same or other; empty where no run of its
    own made the report. ``page`` is where a person looks at it, or asks for it.
    """

    evidence: str
    evidence_digest: str
    check_id: str
    state: str
    may_ask: bool
    validation_request: str | None
    requested_by: str
    requested_at: str | None
    ended_at: str | None
    ended_reason: str
    figures: str
    file: str
    what: str
    size_bytes: int
    sha256: str
    page: str


class LibraryReportDetail(ApiView):
    """The library's report on an evidence record."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.SUBMIT}

    @described("Read how a library's report stands", LibraryReportShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read whether the report was asked for, and its digest once it is made."""
        read_query(request)
        found = api.get_library_report(actor=actor_of(request), evidence_uuid=uuid)
        return tagged(request, _report(found))

    @described("Ask for a library's report", LibraryReportShape, status=201, also=(422,))
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Have a worker make it; answers 200 with how it stands where it was asked for already."""
        found = api.request_library_report(**who(request), evidence_uuid=uuid)
        return Response(_report(found), status=201 if found.is_new else 200)


def _report(row: api.LibraryReport) -> LibraryReportShape:
    request, file = row.request, row.file
    return {
        "evidence": str(row.record.uuid),
        "evidence_digest": row.record.digest,
        "check_id": row.record.check_id,
        "state": row.state,
        "may_ask": row.may_ask,
        "validation_request": None if request is None else str(request.uuid),
        "requested_by": "" if request is None else request.requested_by.username,
        "requested_at": None if request is None else when(request.requested_at),
        "ended_at": None if request is None else when(request.ended_at),
        "ended_reason": "" if request is None else request.ended_reason,
        "figures": "" if row.figures is None else row.figures.sameness,
        "file": "" if file is None else file.file,
        "what": "" if file is None else file.what,
        "size_bytes": 0 if file is None else file.size,
        "sha256": "" if file is None else file.sha256,
        "page": _page(row),
    }


def _page(row: api.LibraryReport) -> str:
    if row.source is None or row.file is None:
        return page_link("web:evidence", uuid=row.record.uuid)
    return page_link(
        "validation_web:attachment-of-check",
        uuid=row.source.request.uuid,
        check=row.record.check_id,
        file=row.file.file,
    )
