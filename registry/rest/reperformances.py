"""Repeating a validation, and whether the numbers came out the same."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.domain.reproduction import Difference
from registry.rest import reproduction_shapes as shapes
from registry.rest.fields import read_query
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, idempotent, page_link, tagged, who


class ReperformanceList(ApiView):
    """The re-performances of a validation."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.SUBMIT}

    @described("List the re-performances of a validation", shapes.ReperformanceShape, is_list=True)
    def get(self, request: Request, uuid: UUID) -> Response:
        """List them, newest first, each with its comparison."""
        read_query(request)
        actor = actor_of(request)
        original = api.get_validation_request(actor=actor, uuid=uuid)
        rows = api.list_reperformances(actor=actor, original=original)
        return Response({"items": [_reperformance(row) for row in rows], "next": None})

    @described("Re-perform a validation", shapes.ReperformanceShape, status=201, also=(422,))
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Open a repetition as an independent validator: same plan, seed, data and bytes."""
        call = who(request)
        again = api.reperform_validation(**call, request_uuid=uuid)
        found = api.get_reperformance(actor=call["actor"], request_uuid=again.uuid)
        return Response(_reperformance(found), status=201)


class ReproductionDetail(ApiView):
    """One re-performance."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read whether a re-performance gave the same numbers", shapes.ReperformanceShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the outcome, check by check, with what else differs between the two runs."""
        read_query(request)
        found = api.get_reperformance(actor=actor_of(request), request_uuid=uuid)
        return tagged(request, _reperformance(found))


def _reperformance(row: api.Reperformance) -> shapes.ReperformanceShape:
    found = row.reproduction
    return {
        "validation_request": str(row.request.uuid),
        "reperforms": str(row.original.uuid),
        "status": row.request.status,
        "outcome": row.outcome,
        "ended_reason": row.request.ended_reason,
        "causes": [] if found is None else _places(found.causes),
        "checks": []
        if found is None
        else [
            {
                "check_id": check.check_id,
                "sameness": check.sameness,
                "differences": _places(check.differences),
                "causes": _places(check.causes),
            }
            for check in found.checks
        ],
        "page": page_link("validation_web:run", uuid=row.request.uuid),
    }


def _places(items: Iterable[Difference]) -> list[shapes.DifferenceShape]:
    return [{"place": one.place, "first": one.first, "second": one.second} for one in items]
