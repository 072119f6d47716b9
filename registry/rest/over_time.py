"""The permission of a pair on another day, and what the days ahead bring. Nothing here is stored."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.domain.clock import parse_day
from registry.rest import output, shapes
from registry.rest.fields import read_query
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, tagged, who

DAY = "as_of"
USE = api.STATED


class PermissionByAddress(ApiView):
    """The permission of a version for a use case, by the names that a pipeline knows."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described(
        "Read the permission of a version for a use case on a day",
        shapes.PermissionOnShape,
        query=("mlflow_uri", "use_case", DAY, *USE),
    )
    def get(self, request: Request) -> Response:
        """Read it on ``as_of`` (today when left out): on record for a past day, projected for a day ahead.

        The other parameters state one use; ``overlays`` are separated by commas.
        """
        query = read_query(request, "mlflow_uri", "use_case", DAY, *USE)
        use = api.get_registered_use(
            actor=actor_of(request),
            mlflow_uri=query.pop("mlflow_uri", ""),
            use_case_key=query.pop("use_case", ""),
        )
        return _permission_on(request, use.uuid, query)


class PermissionOfUse(ApiView):
    """The permission of an intended use on a day."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read the permission of an intended use on a day", shapes.PermissionOnShape, query=(DAY, *USE))
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read it on ``as_of`` (today when left out): on record for a past day, projected for a day ahead."""
        return _permission_on(request, uuid, read_query(request, DAY, *USE))


class TimelineOfUse(ApiView):
    """What the days ahead bring to a permission."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read what the days ahead bring to a permission", shapes.TimelineShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read every day ahead on which something ends or begins, and the permission from then on."""
        read_query(request)
        call = who(request)
        answer = api.get_timeline(actor=call["actor"], at=call["at"], intended_use_uuid=uuid)
        return tagged(request, output.timeline(answer))


def _permission_on(request: Request, uuid: UUID, query: dict[str, str]) -> Response:
    call = who(request)
    answer = api.get_permission_on(
        actor=call["actor"],
        at=call["at"],
        intended_use_uuid=uuid,
        on=parse_day(query[DAY]) if query.get(DAY) else call["at"].date(),
        statement=api.UseStatement.read(query),
    )
    return tagged(request, output.permission_on(answer))
