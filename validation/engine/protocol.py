"""The lines between child and parent: one JSON object a line, nothing else on that stream."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from registry.domain.canonical import Json, canonical_bytes
from validation.domain.results import CheckResult, result_from_json
from validation.domain.share import Share


@dataclass(frozen=True, kw_only=True)
class Ready:
    """The child has read its folder and starts."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """A check has started."""

    check: str


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A check has finished."""

    result: CheckResult


@dataclass(frozen=True, kw_only=True)
class Advanced:
    """The check that runs has come so far."""

    share: Share


Event = Ready | Started | Advanced | Finished


def encode(event: Event) -> bytes:
    """Return the line of an event, newline included."""
    body: dict[str, Json]
    match event:
        case Ready():
            body = {"event": "ready"}
        case Started(check=check):
            body = {"event": "started", "check": check}
        case Advanced(share=share):
            body = {"event": "advanced", "done": share.done, "total": share.total, "of": share.of}
        case Finished(result=result):
            body = {"event": "finished", "result": result.to_json()}
    return canonical_bytes(body) + b"\n"


def decode(line: bytes) -> Event | None:
    """Return the event of a line, or None for a line that is not one."""
    try:
        body = json.loads(line)
    except ValueError:
        return None
    if not isinstance(body, Mapping):
        return None
    match body:
        case {"event": "ready"}:
            return Ready()
        case {"event": "started", "check": str(check)}:
            return Started(check=check)
        case {"event": "advanced", "done": int(done), "total": int(total), "of": str(of)}:
            return Advanced(share=Share(done=done, total=total, of=of))
        case {"event": "finished", "result": result}:
            return Finished(result=result_from_json(data=result))
        case _:
            return None
