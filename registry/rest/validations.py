"""Validation requests and their evidence."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import shapes
from registry.rest.bodies import PredictionsOrder, ValidationOrder
from registry.rest.fields import read_body, read_query
from registry.rest.output import when
from registry.rest.paging import page_of
from registry.rest.parsers import FormParser
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, idempotent, page_link, tagged, who


class ValidationList(ApiView):
    """Validation requests."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.SUBMIT}

    @described(
        "List the validation requests, newest first",
        shapes.ValidationShape,
        is_list=True,
        query=("intended_use", "status", "after", "limit"),
    )
    def get(self, request: Request) -> Response:
        """List the requests, of one intended use or with one status where named."""
        query = read_query(request, "intended_use", "status", "after", "limit")
        actor = actor_of(request)
        rows = api.list_validation_requests(actor=actor)
        if "intended_use" in query:
            uses = api.list_intended_uses(actor=actor)
            rows = rows.filter(
                intended_use__in=[use for use in uses if str(use.uuid) == query["intended_use"]]
            )
        if "status" in query:
            rows = rows.filter(status=query["status"])
        page = page_of(rows, query, order=("-id",))
        return Response({"items": [_request(row) for row in page.rows], "next": page.next_cursor})

    @described("Ask for a validation", shapes.ValidationShape, status=201, body=ValidationOrder, also=(422,))
    @idempotent()
    def post(self, request: Request) -> Response:
        """Open a request; a worker runs its plan."""
        body = read_body(request, ValidationOrder)
        extra = {"batch": body["batch"]} if "batch" in body else {}
        row = api.request_validation(**who(request), intended_use_uuid=body["intended_use"], **extra)
        return Response(_request(row), status=201)


class ValidationDetail(ApiView):
    """One validation request."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read a validation request with its evidence", shapes.ValidationDetailShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the request, its plan, the evidence recorded when its run ended, and the signed report."""
        read_query(request)
        actor = actor_of(request)
        row = api.get_validation_request(actor=actor, uuid=uuid)
        report = api.find_report(request=row)
        answer: shapes.ValidationDetailShape = {
            **_request(row),
            "plan": row.plan,
            "evidence": [_evidence(item) for item in api.list_evidence(actor=actor, request=row)],
            "report": _report(report) if report is not None else None,
        }
        return tagged(request, answer)


class PredictionsList(ApiView):
    """Files of predictions for one intended use."""

    scopes: ClassVar = {"POST": api.Scope.SUBMIT}
    parser_classes = (FormParser,)

    @described(
        "Ask for a validation on a file of predictions",
        shapes.ValidationShape,
        status=201,
        body=PredictionsOrder,
        also=(422,),
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Keep the file and open a request; a worker reads it and makes the checks that need no artefact.

        Its results feed no fact: nothing ties the scores to the registered artefact.
        """
        body = read_body(request, PredictionsOrder)
        file = body.pop("file")
        row = api.submit_predictions(
            **who(request), intended_use_uuid=uuid, content=file, file_name=file.name, columns=body
        )
        return Response(_request(row), status=201)


class EvidenceDetail(ApiView):
    """One evidence record."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read an evidence record", shapes.EvidenceShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the record with its figures, verdict and digest."""
        read_query(request)
        row = api.get_evidence(actor=actor_of(request), uuid=uuid)
        return tagged(request, _evidence(row), tag=row.digest[:32])


def _request(row: api.ValidationRequest) -> shapes.ValidationShape:
    return {
        "uuid": str(row.uuid),
        "intended_use": str(row.intended_use.uuid),
        "decision": str(row.decision.uuid),
        "batch": row.batch,
        "scores_from": row.scores_from,
        "scores_from_in_words": row.scores_from_sentence,
        "predictions": _predictions(row),
        "status": row.status,
        "reason": row.reason,
        "plan_digest": row.plan_digest,
        "checks_planned": len(row.plan),
        "requested_by": row.requested_by.username,
        "requested_at": row.requested_at.isoformat(),
        "ended_at": when(row.ended_at),
        "ended_reason": row.ended_reason,
        "reperforms": None if row.reperforms is None else str(row.reperforms.uuid),
        "reports_on": None if row.reports_on is None else str(row.reports_on.uuid),
        "page": page_link("validation_web:run", uuid=row.uuid),
    }


def _predictions(row: api.ValidationRequest) -> shapes.PredictionsShape | None:
    if not row.is_from_predictions:
        return None
    file = row.predictions
    return {
        "file_name": file.file_name,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "columns": file.columns,
    }


def _evidence(row: api.EvidenceRecord) -> shapes.EvidenceShape:
    return {
        "uuid": str(row.uuid),
        "validation_request": str(row.request.uuid),
        "scores_from": row.request.scores_from,
        "scores_from_in_words": row.request.scores_from_sentence,
        "run": str(row.run_uuid),
        "check_id": row.check_id,
        "check_major": row.check_major,
        "verdict": row.verdict,
        "reason": row.reason,
        "metrics": row.metrics,
        "facts": row.facts,
        "body": row.body,
        "digest": row.digest,
        "recorded_at": row.recorded_at.isoformat(),
    }


def _report(row: api.ValidationReport) -> shapes.ReportShape:
    return {
        "uuid": str(row.uuid),
        "opinion": row.opinion,
        "summary": row.summary,
        "evidence_digest": row.evidence_digest,
        "signed_by": row.signed_by.username,
        "signed_at": row.signed_at.isoformat(),
    }
