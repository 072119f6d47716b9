"""What is wrong between here and the registry, with the exact fix."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from mrm.client.connection import Connection, Settings
from mrm.client.errors import MrmApiError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing examined."""

    is_good: bool
    text: str


def examine() -> list[Finding]:
    """Examine versions, configuration, connection and token, in that order, up to the first that fails."""
    findings = [
        Finding(is_good=True, text=f"Python {platform.python_version()}, requests {_installed('requests')}"),
        Finding(is_good=True, text=f"cryptography {_installed('cryptography')} (for verify-permit)"),
    ]
    try:
        settings = Settings.from_environment()
        findings.append(Finding(is_good=True, text=f"registry {settings.url}"))
        findings.append(_privacy(settings.url))
        who = Connection(settings, sleep=lambda _pause_s: None).get("whoami")
    except MrmApiError as error:
        return [*findings, Finding(is_good=False, text=str(error))]
    scopes = ", ".join(who["scopes"])
    return [*findings, Finding(is_good=True, text=f"the token speaks for {who['name']}, scopes {scopes}")]


def _privacy(url: str) -> Finding:
    parts = urlsplit(url)
    is_private = parts.scheme == "https" or parts.hostname in LOOPBACK
    good = "the token travels encrypted or stays on this machine"
    bad = "MRM_URL is plain http to another machine; do: use https, or anybody on the way reads the token"
    return Finding(is_good=is_private, text=good if is_private else bad)


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"
