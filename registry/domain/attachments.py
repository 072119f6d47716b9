"""The files that a recorded result names, and the checks that can leave a library's own report.

A result names each file in a table of its own, by digest. The bytes stand elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

TABLE = "attachments"

LIBRARY = "Evidently"
"""The library whose own report a person may ask for."""

REPORT_PARAMS: Mapping[str, str] = MappingProxyType({"drift.data": "attach_report"})
"""The checks that have a library make its own report where a parameter asks for it, and that parameter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedFile:
    """A file as a result names it: ``what`` says what it is in words, ``size`` counts bytes."""

    file: str
    what: str
    size: int
    sha256: str


def named_files(*, body: Mapping[str, Any]) -> tuple[NamedFile, ...]:
    """Return the files that a recorded result names."""
    return tuple(
        NamedFile(file=file, what=what, size=int(size), sha256=sha256)
        for table in body.get("tables", ())
        if table["id"] == TABLE
        for file, what, size, sha256 in table["rows"]
    )


def without_files(*, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result but for the files that it names and the parameters that ask for a library's report."""
    tables = [table for table in body.get("tables", ()) if table["id"] != TABLE]
    asking = set(REPORT_PARAMS.values())
    params = {name: value for name, value in body.get("params", {}).items() if name not in asking}
    return {**body, "tables": tables, "params": params}
