"""Domain errors. Each has a stable code, a cause and what to do about it.

Surfaces translate them: REST into RFC 9457 problem details, the web into a
page, commands into an exit status. No domain error carries an HTTP status.
"""

from collections.abc import Collection
from difflib import get_close_matches
from typing import ClassVar

_LIKENESS = 0.6


class MrmError(Exception):
    """Base of every expected refusal.

    ``code`` is area plus number, never reused (``POL014``); ``message`` names
    the cause in one line; ``remedy`` says what the reader can do; ``context``
    holds plain values that a machine may want.
    """

    kind: ClassVar[str] = "error"

    def __init__(self, code: str, message: str, *, remedy: str, **context: object) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.remedy = remedy
        self.context = context


class InvalidInput(MrmError):
    """What was sent cannot be understood or breaks a stated rule."""

    kind = "invalid_input"


class NotPermitted(MrmError):
    """The actor lacks the role, or separation of duties forbids the act."""

    kind = "not_permitted"


class NotFound(MrmError):
    """No such thing, or none that this actor may see: the two look the same."""

    kind = "not_found"


class Conflict(MrmError):
    """Somebody changed it first, or the same thing exists already."""

    kind = "conflict"


class InvalidTransition(MrmError):
    """The thing is in a state from which this step does not lead on."""

    kind = "invalid_transition"


class IntegrityMismatch(MrmError):
    """Bytes do not match the digest recorded for them."""

    kind = "integrity_mismatch"


class UpstreamUnavailable(MrmError):
    """A service that we depend on did not answer, or answered nonsense."""

    kind = "upstream_unavailable"


class LimitExceeded(MrmError):
    """Too large, too many or too long."""

    kind = "limit_exceeded"


def unknown_name(name: str, known: Collection[str]) -> str:
    """Say that a name is unknown, and which known one it resembles."""
    near = get_close_matches(name, list(known), n=1, cutoff=_LIKENESS)
    return f"unknown; did you mean {near[0]!r}?" if near else f"unknown; known: {', '.join(known) or 'none'}"
