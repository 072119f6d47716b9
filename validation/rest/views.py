"""The run of a validation request over REST: how far it is, what it has recorded, and stopping it."""

import json
import re
from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from django.db import transaction
from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry import api as registry_api
from registry.domain.canonical import digest
from registry.domain.clock import SystemClock
from registry.domain.errors import InvalidInput, NotFound
from validation import api

KEY = re.compile(r"[A-Za-z0-9._:-]{8,128}")


class RunShape(TypedDict):
    """A validation run. ``share_done`` of ``share_total`` things, such as rows, are done of the step in
    ``progress``; a total of 0 says that it has no share. ``processes`` names who does the work, and
    which layers confine the model.
    """

    uuid: str
    request: str
    status: str
    attempt: int
    progress: str
    share_done: int
    share_total: int
    share_of: str
    checks_planned: int
    checks_recorded: int
    processes: dict[str, Any]
    queued_at: str
    started_at: str | None
    ended_at: str | None
    ended_reason: str


class CheckShape(TypedDict):
    """A check as soon as it is recorded; ``result`` is the whole of it."""

    check_id: str
    check_major: int
    title: str
    position: int
    verdict: str
    result: dict[str, Any]
    recorded_at: str


class CheckListShape(TypedDict):
    """The checks recorded so far, in the order of the plan."""

    items: list[CheckShape]


def _answer(shape: type) -> OpenApiResponse:
    schema = dict(resolve_type_hint(shape))  # type: ignore[no-untyped-call]
    return OpenApiResponse(response=schema, description=shape.__doc__ or "")


class RunDetail(APIView):
    """The run of a validation request."""

    scopes: ClassVar = {"GET": registry_api.Scope.READ}

    @extend_schema(summary="Read how far a validation has come", responses=_answer(RunShape))
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the run; 404 until a worker has taken it up."""
        return Response(_run(_actor(request), uuid))


class CheckList(APIView):
    """The checks that a run has recorded."""

    scopes: ClassVar = {"GET": registry_api.Scope.READ}

    @extend_schema(summary="List the checks recorded so far", responses=_answer(CheckListShape))
    def get(self, request: Request, uuid: UUID) -> Response:
        """List the checks of the run while it works and after."""
        records = api.list_check_records(actor=_actor(request), request_uuid=uuid)
        return Response(CheckListShape(items=[_check(record) for record in records]))


class Cancellation(APIView):
    """Stopping a run."""

    scopes: ClassVar = {"POST": registry_api.Scope.SUBMIT}

    @extend_schema(summary="Cancel a validation", request=None, responses=_answer(RunShape))
    def post(self, request: Request, uuid: UUID) -> Response:
        """Cancel the run; its worker stops within seconds, and what it recorded stays.

        A repeated ``Idempotency-Key`` gets the answer that it got before.
        """
        actor, key = _actor(request), _key_of(request)
        if not key:
            return Response(_cancelled(actor, uuid))
        asked = digest({"method": request.method, "path": request.path})
        kept = registry_api.claim_key(
            actor_uuid=actor.person_uuid, key=key, request_digest=asked, at=SystemClock().now()
        )
        if kept is not None:
            return Response(json.loads(kept.body), status=kept.status)
        try:
            with transaction.atomic():
                answer = Response(_cancelled(actor, uuid))
                body = JSONRenderer().render(answer.data).decode("utf-8")
                registry_api.keep_answer(
                    actor_uuid=actor.person_uuid, key=key, status=answer.status_code, body=body
                )
                return answer
        except BaseException:
            registry_api.release_key(actor_uuid=actor.person_uuid, key=key)
            raise


def _cancelled(actor: registry_api.Actor, request_uuid: UUID) -> RunShape:
    api.cancel_validation(actor=actor, request_uuid=request_uuid)
    return _run(actor, request_uuid)


def _key_of(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if key and not KEY.fullmatch(key):
        raise InvalidInput(
            "RUN014",
            "the idempotency key is not one",
            remedy="Send 8 to 128 letters, digits, '.', ':', '_' or '-', such as a random UUID.",
        )
    return key


def _actor(request: Request) -> registry_api.Actor:
    actor: object = request.user
    assert isinstance(actor, registry_api.Actor)  # permissions refused everybody else
    return actor


def _run(actor: registry_api.Actor, request_uuid: UUID) -> RunShape:
    run = api.find_run(actor=actor, request_uuid=request_uuid)
    if run is None:
        raise NotFound(
            "RUN013", "no worker has taken up this validation yet", remedy="Ask again in a few seconds."
        )
    recorded = api.list_check_records(actor=actor, request_uuid=request_uuid)
    return {
        "uuid": str(run.uuid),
        "request": str(run.request_uuid),
        "status": run.status,
        "attempt": run.attempt,
        "progress": run.progress,
        "share_done": run.share_done,
        "share_total": run.share_total,
        "share_of": run.share_of,
        "checks_planned": run.checks_planned,
        "checks_recorded": len(recorded),
        "processes": run.processes,
        "queued_at": run.queued_at.isoformat(),
        "started_at": _when(run.started_at),
        "ended_at": _when(run.ended_at),
        "ended_reason": run.ended_reason,
    }


def _check(record: api.CheckRecord) -> CheckShape:
    return {
        "check_id": record.check_id,
        "check_major": record.check_major,
        "title": record.title,
        "position": record.position,
        "verdict": record.verdict,
        "result": record.result,
        "recorded_at": record.recorded_at.isoformat(),
    }


def _when(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
