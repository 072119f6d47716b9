"""Models and use cases."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import output, shapes
from registry.rest.bodies import NewUseCase
from registry.rest.fields import read_body, read_number, read_query
from registry.rest.paging import LONGEST, page_of
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, idempotent, tagged, who

FILTERS = ("search", "tier", "state", "entity", "owner", "origin", "permission", "sort", "after")


class ModelList(ApiView):
    """The inventory."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("List the models", shapes.ModelPageShape, query=(*FILTERS, "limit", "facets"))
    def get(self, request: Request) -> Response:
        """List models under the filters; ``facets=1`` adds the counts of every facet, which costs more."""
        query = read_query(request, *FILTERS, "limit", "facets")
        limit = read_number(query, "limit", default=50, highest=LONGEST)
        asked = api.InventoryQuery(limit=limit, **{name: query[name] for name in FILTERS if name in query})
        actor = actor_of(request)
        page = api.list_models_lean(actor=actor, query=asked)
        body: dict[str, object] = {"items": page.rows, "next": page.next_cursor}
        if query.get("facets", "") not in ("", "0"):
            counted = api.list_models(actor=actor, query=asked)
            body["facets"] = [output.facet(item) for item in counted.facets]
        return Response(body)


class ModelDetail(ApiView):
    """One model."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read a model with its inventory record", shapes.ModelShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the model with the seventeen fields of its record."""
        read_query(request)
        call = who(request)
        row = api.get_model(actor=call["actor"], uuid=uuid)
        record = api.e23_fields(actor=call["actor"], registered_model=row, on=call["at"].date())
        versions = api.list_versions(actor=call["actor"]).filter(registered_model=row).order_by("-number")
        return tagged(request, output.model(row, record=record, versions=versions))


class UseCaseList(ApiView):
    """Use cases."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.REGISTER}

    @described("List the use cases", shapes.UseCaseShape, is_list=True, query=("after", "limit"))
    def get(self, request: Request) -> Response:
        """List the use cases by key."""
        query = read_query(request, "after", "limit")
        page = page_of(api.list_use_cases(actor=actor_of(request)), query, order=("key",))
        return Response({"items": [output.use_case(row) for row in page.rows], "next": page.next_cursor})

    @described("Create a use case", shapes.UseCaseShape, status=201, body=NewUseCase, also=(422,))
    @idempotent()
    def post(self, request: Request) -> Response:
        """Create a use case, as an owner of the legal entity."""
        details = api.UseCaseDetails(**read_body(request, NewUseCase))
        return Response(output.use_case(api.create_use_case(**who(request), details=details)), status=201)


class UseCaseDetail(ApiView):
    """One use case."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read a use case", shapes.UseCaseShape)
    def get(self, request: Request, key: str) -> Response:
        """Read the use case with this key."""
        read_query(request)
        row = api.get_use_case(actor=actor_of(request), key=key)
        return tagged(request, output.use_case(row), tag=str(row.row_version))
