"""Registering versions, reading them, and asking whether they may be used."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import output, shapes
from registry.rest.bodies import GateQuestion, Registration, Safeguard, TradeOff
from registry.rest.fields import read_body, read_query
from registry.rest.paging import page_of
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, idempotent, tagged, who


class VersionList(ApiView):
    """Model versions."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.REGISTER}

    @described(
        "List the model versions, newest first",
        shapes.VersionShape,
        is_list=True,
        query=("mlflow_uri", "after", "limit"),
    )
    def get(self, request: Request) -> Response:
        """List versions; ``mlflow_uri`` narrows to the one that MLflow knows under it."""
        query = read_query(request, "mlflow_uri", "after", "limit")
        rows = api.list_versions(actor=actor_of(request))
        if "mlflow_uri" in query:
            found = api.find_version_by_uri(actor=actor_of(request), mlflow_uri=query["mlflow_uri"])
            rows = rows.filter(pk=found.pk) if found is not None else rows.none()
        page = page_of(rows, query, order=("-id",))
        return Response({"items": [output.version(row) for row in page.rows], "next": page.next_cursor})

    @described(
        "Register a model version from MLflow",
        shapes.RegistrationShape,
        status=201,
        body=Registration,
        also=(422, 502, 503),
    )
    @idempotent(is_atomic=False)
    def post(self, request: Request) -> Response:
        """Register a version for its use cases: 201, or 200 when the version was registered before."""
        body = read_body(request, Registration)
        call = who(request)
        result = api.register_version(
            **call,
            mlflow_uri=body["mlflow_uri"],
            use_case_keys=body["use_cases"],
            details=body.get("details"),
        )
        answer: shapes.RegistrationShape = {
            "version": output.version(result.version),
            "is_new": result.is_new,
            "permissions": [output.permission(use, actor=call["actor"]) for use in result.intended_uses],
        }
        return Response(answer, status=201 if result.is_new else 200)


class VersionDetail(ApiView):
    """One model version."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read a model version", shapes.VersionDetailShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read a version with its files, claims and permissions."""
        read_query(request)
        actor = actor_of(request)
        row = api.get_version(actor=actor, uuid=uuid)
        uses = api.list_intended_uses(actor=actor).filter(version=row).order_by("use_case__key")
        return tagged(request, output.version_detail(row, actor=actor, uses=uses))


class Gate(ApiView):
    """May a version be used for a use case now?"""

    scopes: ClassVar = {"POST": api.Scope.READ}

    @described("Ask whether a version may be used now", shapes.GateShape, body=GateQuestion, also=(422,))
    @idempotent()
    def post(self, request: Request) -> Response:
        """Decide afresh, record the decision, and answer with the permit and its conditions, held against the use."""
        body = read_body(request, GateQuestion)
        answer = api.check_permission(
            **who(request),
            mlflow_uri=body.pop("mlflow_uri"),
            use_case_key=body.pop("use_case"),
            statement=api.UseStatement(**{**body, "overlays": tuple(body.get("overlays", ()))}),
        )
        return Response(output.gate(answer))


class IntendedUseDetail(ApiView):
    """A version offered for a use case."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read an intended use with its permission", shapes.IntendedUseShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the pair, its permission as it stands, and its decisions, newest first."""
        read_query(request)
        actor = actor_of(request)
        use = api.get_intended_use(actor=actor, uuid=uuid)
        decisions = api.list_decisions(actor=actor, intended_use=use)
        return tagged(request, output.intended_use(use, actor=actor, decisions=decisions))


class SafeguardList(ApiView):
    """Safeguards of an intended use."""

    scopes: ClassVar = {"POST": api.Scope.EVIDENCE}

    @described(
        "Show that a safeguard is in place", shapes.RecordedShape, status=201, body=Safeguard, also=(422,)
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Record the evidence; policy decides again."""
        body = read_body(request, Safeguard)
        call = who(request)
        row = api.evidence_safeguard(**call, intended_use_uuid=uuid, **body)
        return _recorded(call["actor"], row.uuid, uuid)


class TradeOffList(ApiView):
    """Economic statements about an intended use."""

    scopes: ClassVar = {"POST": api.Scope.EVIDENCE}

    @described(
        "State the economic case for a complex model",
        shapes.RecordedShape,
        status=201,
        body=TradeOff,
        also=(422,),
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Record the statement; policy decides again."""
        body = read_body(request, TradeOff)
        call = who(request)
        row = api.state_trade_off(**call, intended_use_uuid=uuid, **body)
        return _recorded(call["actor"], row.uuid, uuid)


def _recorded(actor: api.Actor, row_uuid: UUID, use_uuid: UUID) -> Response:
    use = api.get_intended_use(actor=actor, uuid=use_uuid)
    answer: shapes.RecordedShape = {"uuid": str(row_uuid), "permission": output.permission(use, actor=actor)}
    return Response(answer, status=201)
