"""Calls to the registry's REST API: configuration, token, timeouts, retries where repeating is safe."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from mrm.client.errors import MrmApiError

CONNECT_S = 5.0
READ_S = 60.0
FILE_READ_S = 180.0
"""The registry hashes and stores a file before it answers."""
ATTEMPTS = 4
FIRST_PAUSE_S = 0.5
PASSING = frozenset({502, 503, 504})
"""Statuses after which the same call may succeed."""

IN_PROGRESS = "API022"

SentFile = tuple[str, bytes]
"""A file as it is sent: its name and its bytes."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the registry is, and the token that speaks for the caller."""

    url: str
    token: str

    @classmethod
    def from_environment(cls, values: Mapping[str, str] | None = None) -> "Settings":
        """Read MRM_URL and MRM_TOKEN, or the file that MRM_TOKEN_FILE names. Raises ``CLI001``, ``CLI002``."""
        values = os.environ if values is None else values
        url = values.get("MRM_URL", "").rstrip("/")
        if not url.startswith(("http://", "https://")):
            raise MrmApiError(
                "CLI001",
                "MRM_URL does not name the registry" if url else "MRM_URL is not set",
                remedy="Set MRM_URL to the registry's address, for example http://127.0.0.1:8500.",
            )
        token = _token(values)
        if not token.isascii() or not token.isprintable() or " " in token or not token:
            raise MrmApiError(
                "CLI002",
                "there is no token" if not token else "the token is not one",
                remedy="Set MRM_TOKEN, or MRM_TOKEN_FILE to a file that holds it; issue a token in the web pages.",
            )
        return cls(url=url, token=token)


class _Bearer(requests.auth.AuthBase):
    """Keeps the header ours: without an explicit one, requests would let a netrc file replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Connection:
    """One registry as one caller sees it."""

    def __init__(self, settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        self._session = requests.Session()
        self._session.auth = _Bearer(settings.token)
        self._session.headers.update({"Accept": "application/json", "User-Agent": "mrm-client"})

    @property
    def url(self) -> str:
        """The registry's address."""
        return self._settings.url

    def get(self, path: str, *, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read something. Raises ``MrmApiError``."""
        return self._call("GET", path, query=query, body=None, read_s=READ_S)

    def post(self, path: str, *, body: Mapping[str, object], read_s: float = READ_S) -> dict[str, Any]:
        """Do something once, under a key of its own, so that repeating the call cannot do it twice."""
        return self._call("POST", path, query=None, body=body, read_s=read_s)

    def send_file(self, path: str, *, file: Path, fields: Mapping[str, str]) -> dict[str, Any]:
        """Send a file with text fields once, as ``post`` does. Raises ``CLI005`` when it cannot be read."""
        try:
            content = file.read_bytes()
        except OSError as error:
            raise MrmApiError(
                "CLI005", f"the file {file} cannot be read", remedy="Check its name and who may read it."
            ) from error
        return self._call(
            "POST", path, query=None, body=fields, read_s=FILE_READ_S, file=(file.name, content)
        )

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
        read_s: float,
        file: SentFile | None = None,
    ) -> dict[str, Any]:
        headers = {"X-Correlation-ID": str(uuid4())}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(
                    method, path, query=query, body=body, headers=headers, read_s=read_s, file=file
                )
            except MrmApiError as error:
                may_pass = error.status == 0 or error.status in PASSING or error.code == IN_PROGRESS
                if attempt == ATTEMPTS or not may_pass:
                    raise
            self._sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
        raise AssertionError

    def _once(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str],
        read_s: float,
        file: SentFile | None,
    ) -> dict[str, Any]:
        try:
            response = self._session.request(
                method,
                f"{self._settings.url}/api/v1/{path}",
                params=query,
                json=body if file is None else None,
                data=None if file is None else body,
                files=None if file is None else {"file": file},
                headers=headers,
                timeout=(CONNECT_S, read_s),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise MrmApiError(
                "CLI003",
                f"the registry at {self._settings.url} cannot be reached ({type(error).__name__})",
                remedy="Check MRM_URL and that the registry is running, then run 'mrm doctor'.",
            ) from error
        return _answer(response)


def _answer(response: requests.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise MrmApiError(
            "CLI004",
            f"the answer (status {response.status_code}) is not the registry's",
            remedy="Check that MRM_URL names the registry itself, with the right scheme, not a proxy's page.",
            status=response.status_code,
        )
    if response.ok:
        return document
    raise MrmApiError(
        str(document.get("code", "CLI004")),
        str(document.get("detail", "the registry refused")),
        remedy=str(document.get("remedy", "Ask the model risk office.")),
        status=response.status_code,
        correlation_id=str(document.get("correlation_id", "")),
        context=document.get("context"),
        fields=document.get("fields"),
    )


def _token(values: Mapping[str, str]) -> str:
    path = values.get("MRM_TOKEN_FILE", "")
    if not path:
        return values.get("MRM_TOKEN", "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MrmApiError(
            "CLI002",
            f"the token file {path} cannot be read",
            remedy="Set MRM_TOKEN_FILE to a file that holds the token alone.",
        ) from error
