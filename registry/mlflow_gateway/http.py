"""The HTTP connection to the one MLflow server, with caps and coded errors."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from urllib.parse import quote, urlsplit

import requests

from registry.domain.errors import InvalidInput, LimitExceeded, NotFound, UpstreamUnavailable
from registry.mlflow_gateway.records import GatewayLimits

CHUNK = 1 << 18
CHECK_SERVER = "Check that the MLflow server is running at the configured address, then try again."
NOT_FOUND = 404


class MlflowConnection:
    """Requests to paths under one base URL. Not safe for use by several threads at once."""

    def __init__(self, *, base_url: str, limits: GatewayLimits, token: str | None) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise InvalidInput(
                "MLF006",
                "the address of the MLflow server is no http or https URL",
                remedy="Set it to something like http://127.0.0.1:5000",
            )
        self._base = base_url.rstrip("/")
        self._limits = limits
        self._session = requests.Session()
        # Proxies, netrc and CA bundles of the environment would widen what is contacted.
        self._session.trust_env = False
        self._session.headers["Accept-Encoding"] = "identity"
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def get_json(self, path: str, *, query: Mapping[str, str] | None = None) -> dict[str, object]:
        """GET a JSON object. Numbers with a fraction arrive as ``Decimal``."""
        return self._json("GET", path, query=query, body=None)

    def post_json(self, path: str, *, body: Mapping[str, object], method: str = "POST") -> dict[str, object]:
        """Send a JSON object and return the JSON object answered."""
        return self._json(method, path, query=None, body=body)

    def get_bytes(self, path: str, *, limit: int) -> bytes:
        """GET a small file whole. Raises ``LimitExceeded`` ``MLF020`` beyond ``limit`` bytes."""
        collected = bytearray()
        self.stream(path, sink=collected.extend, limit=limit, deadline=time.monotonic() + self._limits.call_s)
        return bytes(collected)

    def stream(self, path: str, *, sink: Callable[[bytes], object], limit: int, deadline: float) -> int:
        """GET a file in chunks into ``sink`` and return its size in bytes."""
        with self._open("GET", path, query=None, body=None) as response:
            return _drain(response, sink=sink, limit=limit, deadline=deadline)

    def _json(
        self, method: str, path: str, *, query: Mapping[str, str] | None, body: Mapping[str, object] | None
    ) -> dict[str, object]:
        collected = bytearray()
        with self._open(method, path, query=query, body=body) as response:
            _drain(
                response,
                sink=collected.extend,
                limit=self._limits.reply_bytes,
                deadline=time.monotonic() + self._limits.call_s,
            )
        return _parse_object(bytes(collected))

    @contextmanager
    def _open(
        self, method: str, path: str, *, query: Mapping[str, str] | None, body: Mapping[str, object] | None
    ) -> Iterator[requests.Response]:
        try:
            with self._session.request(
                method,
                f"{self._base}/{quote(path)}",
                params=query,
                json=body,
                stream=True,
                allow_redirects=False,
                timeout=(self._limits.connect_s, self._limits.read_s),
            ) as response:
                _ensure_ok(response)
                yield response
        except requests.Timeout as error:
            raise UpstreamUnavailable(
                "MLF002", "the MLflow server did not answer in time", remedy=CHECK_SERVER
            ) from error
        except requests.RequestException as error:
            raise UpstreamUnavailable(
                "MLF001", f"the MLflow server cannot be reached ({type(error).__name__})", remedy=CHECK_SERVER
            ) from error


def _ensure_ok(response: requests.Response) -> None:
    status = response.status_code
    if status == requests.codes.ok:
        return
    if status == NOT_FOUND:
        raise NotFound(
            "MLF010", "MLflow knows no such thing", remedy="Check the name and the version in MLflow."
        )
    if 300 <= status < 400:
        raise UpstreamUnavailable(
            "MLF005",
            "the MLflow server sent a redirect, which is refused",
            remedy="Configure the final address.",
        )
    raise UpstreamUnavailable(
        "MLF003", f"the MLflow server answered with status {status}", remedy=CHECK_SERVER, status=status
    )


def _drain(
    response: requests.Response, *, sink: Callable[[bytes], object], limit: int, deadline: float
) -> int:
    size = 0
    for chunk in response.iter_content(CHUNK):
        size += len(chunk)
        if size > limit:
            raise LimitExceeded(
                "MLF020",
                f"a file or reply of the MLflow server has more than {limit:,} bytes",
                remedy="Log a smaller artefact, or ask the administrator to raise the limit.",
            )
        if time.monotonic() > deadline:
            raise LimitExceeded(
                "MLF023",
                "the transfer from the MLflow server took too long",
                remedy="Try again when the MLflow server is less busy, or ask to raise the limit.",
            )
        sink(chunk)
    return size


def _parse_object(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data, parse_float=Decimal)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise malformed("no JSON object")
    return value


def malformed(what: str) -> UpstreamUnavailable:
    """Return the error for an answer that is not what MLflow's API promises."""
    return UpstreamUnavailable(
        "MLF004",
        f"the MLflow server answered nonsense: {what}",
        remedy="Check that the configured address is an MLflow server of version 3.",
    )
