"""What can go wrong between a data scientist and the registry."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class MrmApiError(Exception):
    """A refusal of the registry, or of the client before it got there.

    ``code`` is stable, ``message`` names the cause, ``remedy`` says what to
    do; ``status`` is the HTTP status (0 when no answer came), and
    ``correlation_id`` finds the call in the registry's log.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        remedy: str,
        status: int = 0,
        correlation_id: str = "",
        context: Mapping[str, object] | None = None,
        fields: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.status = status
        self.correlation_id = correlation_id
        self.context = dict(context or {})
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        faults = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in self.fields.items())
        message = f"{self.message} ({faults})" if faults else self.message
        return f"{self.code} {message}; do: {self.remedy}"


@contextmanager
def understood() -> Iterator[None]:
    """Read an answer within: ``CLI004`` where it lacks what this client expects."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise MrmApiError(
            "CLI004",
            "the answer is not what this client knows",
            remedy="Check that MRM_URL names the registry, and that client and registry are of one version.",
        ) from error
