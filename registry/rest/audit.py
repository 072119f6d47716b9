"""The audit log, read-only, with inclusion proofs."""

import base64
from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.domain.canonical import to_json
from registry.rest import shapes
from registry.rest.fields import read_number, read_query
from registry.rest.paging import LONGEST
from registry.rest.problems import FieldsAtFault
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, tagged


class EventList(ApiView):
    """Events, newest first."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described(
        "List audit events, newest first",
        shapes.AuditEventShape,
        is_list=True,
        query=("subject", "action", "after", "limit"),
    )
    def get(self, request: Request) -> Response:
        """List the events that you may read: about one subject, or of one action, where named."""
        query = read_query(request, "subject", "action", "after", "limit")
        page = api.list_audit_events(
            actor=actor_of(request),
            subject_uuid=_uuid(query["subject"]) if "subject" in query else None,
            action=query.get("action", ""),
            before=read_number(query, "after", default=1, highest=10**15) if "after" in query else None,
            limit=read_number(query, "limit", default=50, highest=LONGEST),
        )
        following = "" if page.next_before is None else str(page.next_before)
        return Response({"items": [_event(event) for event in page.events], "next": following})


class EventDetail(ApiView):
    """One event."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read an audit event with its inclusion proof", shapes.AuditEventDetailShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the event, the bytes that are hashed, and the proof once a checkpoint covers it."""
        read_query(request)
        view = api.get_audit_event(actor=actor_of(request), uuid=uuid)
        answer: shapes.AuditEventDetailShape = {
            **_event(view.event),
            "entry_base64": base64.b64encode(view.event.entry).decode("ascii"),
            "proof": _proof(view.proof) if view.proof is not None else None,
        }
        return tagged(request, answer)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise FieldsAtFault(
            "API005",
            "subject must be a UUID",
            remedy="Pass the uuid of a model, a version or an intended use.",
            fields={"subject": ["must be a UUID"]},
        ) from error


def _event(event: api.EventView) -> shapes.AuditEventShape:
    return {
        "uuid": str(event.uuid),
        "index": event.index,
        "action": event.action.value,
        "sentence": event.sentence,
        "subject_type": event.subject_type,
        "subject_uuid": str(event.subject_uuid),
        "subject_label": event.subject_label,
        "actor_uuid": str(event.actor_uuid),
        "actor_name": event.actor_name,
        "actor_role": event.actor_role,
        "correlation_id": event.correlation_id,
        "at": event.at.isoformat(),
        "recorded_at": event.recorded_at.isoformat(),
        "payload": {name: to_json(value) for name, value in event.payload.items()},
    }


def _proof(proof: api.InclusionProof) -> shapes.ProofShape:
    return {
        "index": proof.index,
        "leaf_hash": proof.leaf_hash.hex(),
        "path": [node.hex() for node in proof.path],
        "checkpoint_size": proof.checkpoint.size,
        "checkpoint_note": proof.checkpoint.note,
        "tlog_proof": proof.text,
    }
