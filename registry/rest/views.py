"""What every view of the API shares: the call's actor and instant, keys, tags, links."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry import api
from registry.domain.canonical import digest, sha256_hex
from registry.domain.clock import SystemClock
from registry.domain.errors import Conflict, InvalidInput
from registry.rest.problems import correlation_id_of

KEY = re.compile(r"[A-Za-z0-9_.:-]{8,128}")
ROW_TAG = re.compile(r'"(?P<row_version>[1-9][0-9]{0,8})"')


class Who(TypedDict):
    """The arguments that every action takes from its surface."""

    actor: api.Actor
    at: datetime
    correlation_id: str


class ApiView(APIView):
    """A resource. ``scopes`` names, per method, the scope that a token needs."""

    scopes: ClassVar[Mapping[str, str]] = {}
    metadata_class = None
    http_method_names = ["get", "head", "post", "delete"]


def actor_of(request: Request) -> api.Actor:
    """Return the actor that authentication found."""
    actor: object = request.user
    assert isinstance(actor, api.Actor)  # permissions refused everybody else
    return actor


def who(request: Request) -> Who:
    """Return who acts, when, and under which identifier."""
    return Who(actor=actor_of(request), at=SystemClock().now(), correlation_id=correlation_id_of(request))


def page_link(name: str, **kwargs: object) -> str:
    """Return the address of a web page for people."""
    return f"{settings.MRM_PUBLIC_URL.rstrip('/')}{reverse(name, kwargs=kwargs)}"


Handler = Callable[..., Response]


def idempotent(*, is_atomic: bool = True) -> Callable[[Handler], Handler]:
    """Answer a request that repeats an ``Idempotency-Key`` as it was answered before.

    The answer is kept in the transaction of the act. ``is_atomic`` is false
    for an act that talks to MLflow before its own transaction, and which may
    therefore only be one that changes nothing when repeated. A refusal changed
    nothing and frees the key.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def serve(view: ApiView, request: Request, *args: object, **kwargs: object) -> Response:
            key = _key_of(request)
            if not key:
                return handler(view, request, *args, **kwargs)
            actor_uuid = actor_of(request).person_uuid
            kept = api.claim_key(
                actor_uuid=actor_uuid,
                key=key,
                request_digest=_request_digest(request),
                at=SystemClock().now(),
            )
            if kept is not None:
                return _replay(kept)
            try:
                if not is_atomic:
                    return _kept(handler(view, request, *args, **kwargs), actor_uuid, key)
                with transaction.atomic():
                    return _kept(handler(view, request, *args, **kwargs), actor_uuid, key)
            except BaseException:
                api.release_key(actor_uuid=actor_uuid, key=key)
                raise

        return serve

    return decorate


def tagged(request: Request, body: Mapping[str, object], *, tag: str = "") -> Response:
    """Answer with an entity tag, or 304 when the caller holds that very representation.

    ``tag`` is the row's version where the row has one; else the tag is the digest of the body.
    """
    etag = f'"{tag or sha256_hex(JSONRenderer().render(body))[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    offered = [
        item.strip().removeprefix("W/") for item in request.headers.get("If-None-Match", "").split(",")
    ]
    if request.method in ("GET", "HEAD") and etag in offered:
        return Response(status=304, headers=headers)
    return Response(body, headers=headers)


def required_row_version(request: Request) -> int:
    """Return the row version that ``If-Match`` names. Raises ``API011`` without it, ``API012`` for another form."""
    offered = request.headers.get("If-Match", "").strip()
    if not offered:
        raise Conflict(
            "API011",
            "this changes a row that others may change too",
            remedy="Read it first, and send its ETag as If-Match.",
        )
    match = ROW_TAG.fullmatch(offered)
    if match is None:
        raise Conflict(
            "API012",
            "If-Match does not name one version of this row",
            remedy="Read it again, and send the ETag of that answer, quotes included.",
        )
    return int(match["row_version"])


def _key_of(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if key and not KEY.fullmatch(key):
        raise InvalidInput(
            "API020",
            "the idempotency key is not one",
            remedy="Send 8 to 128 letters, digits, '.', ':', '_' or '-', such as a random UUID.",
        )
    return key


def _request_digest(request: Request) -> str:
    body: Any = request.data
    return digest(
        {
            "method": request.method,
            "path": request.path,
            "query": request.META.get("QUERY_STRING", ""),
            "if_match": request.headers.get("If-Match", ""),
            "body": {name: _told(body[name]) for name in body},
        }
    )


def _told(value: object) -> object:
    """Return what a field says, a file by its digest."""
    if not isinstance(value, UploadedFile):
        return value
    sha256 = hashlib.sha256()
    for part in value.chunks():
        sha256.update(part)
    return sha256.hexdigest()


def _kept(response: Response, actor_uuid: UUID, key: str) -> Response:
    body = JSONRenderer().render(response.data).decode("utf-8")
    api.keep_answer(actor_uuid=actor_uuid, key=key, status=response.status_code, body=body)
    return response


def _replay(kept: api.KeptAnswer) -> Response:
    return Response(
        json.loads(kept.body) if kept.body else None,
        status=kept.status,
        headers={"Idempotency-Replayed": "true"},
    )
