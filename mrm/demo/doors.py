"""The doors of the program: pages with a session, REST with a token. People come in through these only."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import requests

PATIENCE_S = 60
FIRST_REFUSAL = 400


class RefusedError(RuntimeError):
    """The program said no; the status and what it said."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"status {status}: {text[:600]}")
        self.status = status
        self.text = text


class _Fields(HTMLParser):
    """Collects the hidden fields of every form on a page, and the page's text."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.words: list[str] = []
        self._is_quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[given.get("name") or ""] = given.get("value") or ""
        self._is_quiet += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._is_quiet -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._is_quiet and data.strip():
            self.words.append(" ".join(data.split()))


class PageDoor:
    """A person at the web pages, with a session and, on every form, the CSRF token."""

    def __init__(self, *, url: str, username: str, password: str) -> None:
        self.url = url
        self._session = requests.Session()
        self.post("/sign-in/", username=username, password=password)

    def get(self, path: str) -> str:
        """Return a page's source. Raises ``RefusedError``."""
        return self._checked(self._session.get(self.url + path, timeout=PATIENCE_S)).text

    def download(self, path: str) -> bytes:
        """Return a file. Raises ``RefusedError``."""
        return self._checked(self._session.get(self.url + path, timeout=PATIENCE_S)).content

    def post(self, path: str, *, form: str = "", **fields: str) -> str:
        """Fill in the form at ``form`` (or at ``path``) and send it to ``path``. Raises ``RefusedError``."""
        hidden = hidden_fields(self.get(form or path))
        reply = self._session.post(
            self.url + path,
            data=hidden | fields,
            headers={"Referer": self.url + path},
            timeout=PATIENCE_S,
        )
        return self._checked(reply).text

    def _checked(self, reply: requests.Response) -> requests.Response:
        if reply.status_code >= FIRST_REFUSAL:
            raise RefusedError(reply.status_code, text_of(reply.text))
        return reply


class RestDoor:
    """A person's token at the REST API."""

    def __init__(self, *, url: str, token: str) -> None:
        self.url = f"{url}/api/v1/"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a resource says. Raises ``RefusedError``."""
        return self._answer(self._session.get(self.url + path, params=query, timeout=PATIENCE_S))

    def post(self, path: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        """Send a body and return the answer. Raises ``RefusedError``."""
        return self._answer(self._session.post(self.url + path, json=body, timeout=PATIENCE_S))

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Return all items of a list, page by page."""
        found: list[dict[str, Any]] = []
        page = self.get(path, **query)
        found += page["items"]
        while page.get("next"):
            page = self.get(path, **query, after=page["next"])
            found += page["items"]
        return found

    def _answer(self, reply: requests.Response) -> Any:  # noqa: ANN401 - JSON
        if reply.status_code >= FIRST_REFUSAL:
            raise RefusedError(reply.status_code, reply.text)
        return reply.json()


class People:
    """The cast with their accounts; doors are opened when first used."""

    def __init__(self, *, file: Path, url: str) -> None:
        self.accounts: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
        self._url = url
        self._pages: dict[str, PageDoor] = {}
        self._rest: dict[str, RestDoor] = {}

    def token(self, username: str) -> str:
        """Return a person's token."""
        return self.accounts[username]["token"]

    def at_pages(self, username: str) -> PageDoor:
        """Return the person signed in to the pages."""
        if username not in self._pages:
            self._pages[username] = PageDoor(
                url=self._url, username=username, password=self.accounts[username]["password"]
            )
        return self._pages[username]

    def at_rest(self, username: str) -> RestDoor:
        """Return the person at the REST API."""
        if username not in self._rest:
            self._rest[username] = RestDoor(url=self._url, token=self.token(username))
        return self._rest[username]


def hidden_fields(source: str) -> dict[str, str]:
    """Return the hidden fields of a page's forms."""
    parser = _Fields()
    parser.feed(source)
    return parser.hidden


def text_of(source: str) -> str:
    """Return the words of a page."""
    parser = _Fields()
    parser.feed(source)
    return " ".join(parser.words)
