"""Stored decisions: the trace, what would flip them, and deciding again."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.domain.canonical import to_json
from registry.rest import shapes
from registry.rest.bodies import NoFields
from registry.rest.fields import read_body, read_query
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, idempotent, page_link, tagged


class DecisionDetail(ApiView):
    """One decision."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read a decision with its trace", shapes.DecisionShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the decision as stored, its tree, its grounds, and the smallest changes that would flip it."""
        read_query(request)
        return tagged(request, _decision(api.get_decision(actor=actor_of(request), uuid=uuid)))


class DecisionReplay(ApiView):
    """Deciding again from what is stored."""

    scopes: ClassVar = {"POST": api.Scope.READ}

    @described("Decide again and compare", shapes.ReplayShape, body=NoFields, also=(422,))
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Decide again from the stored facts and packs, and return the digest."""
        read_body(request, NoFields)
        actor = actor_of(request)
        row = api.get_decision_row(actor=actor, uuid=uuid)
        digest = api.replay_decision(actor=actor, uuid=uuid)
        answer: shapes.ReplayShape = {
            "decision": str(uuid),
            "digest": digest,
            "is_same": digest == row.body_digest,
        }
        return Response(answer)


def _decision(view: api.DecisionView) -> shapes.DecisionShape:
    row = view.row
    return {
        "uuid": str(row.uuid),
        "intended_use": str(row.intended_use.uuid),
        "stage": row.stage,
        "outcome": row.outcome,
        "tier": row.tier,
        "sentence": row.sentence,
        "as_of_date": row.as_of_date.isoformat(),
        "decided_at": row.decided_at.isoformat(),
        "digest": row.body_digest,
        "facts_digest": row.facts_digest,
        "engine_version": row.engine_version,
        "body": dict(view.body),
        "tree": _objects(view.tree),
        "reasons": _objects(view.reasons),
        "citations": dict(view.citations),
        "conditions": _objects(view.conditions),
        "requirements": _objects(view.requirements),
        "missing": view.missing,
        "facts": [
            {
                "name": fact.name,
                "label": fact.label,
                "value": fact.value,
                "provenance": fact.provenance,
                "source": fact.source,
                "reason": fact.reason,
            }
            for fact in view.facts
        ],
        "counterfactuals": [{"changes": flip.changes, "outcome": flip.outcome} for flip in view.flips],
        "counterfactual_statement": view.flip_statement,
        "counterfactual_target": view.flip_target,
        "page": page_link("web:decision", uuid=row.uuid),
    }


def _objects(values: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - canonical JSON of the engine
    return [dict(item) for item in to_json(values)]  # type: ignore[union-attr, arg-type]
