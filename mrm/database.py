"""Turns a database address into Django's settings."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
    "PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON;"
)


def database_settings(url: str, *, var_dir: Path) -> dict[str, Any]:
    """Return the ``DATABASES["default"]`` entry for ``url``; empty means SQLite under ``var_dir``.

    SQLite runs with a write-ahead log, transactions that take the write lock
    at once, a 20 s wait, and recursive triggers, without which INSERT OR
    REPLACE deletes a row and no trigger fires.
    """
    parts = urlsplit(url or f"sqlite:///{var_dir / 'mrm.sqlite3'}")
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path,
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": SQLITE_PRAGMAS},
            "ATOMIC_REQUESTS": False,
        }
    if parts.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "ATOMIC_REQUESTS": False,
        }
    raise ValueError(f"MRM_DATABASE_URL starts with {parts.scheme!r}; use postgresql:// or sqlite:///")
