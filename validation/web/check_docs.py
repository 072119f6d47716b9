"""The documentation of the checks, read from their source text.

A check's module imports numerics that the web process must not load, so its
title and its five parts are taken from the literal in the file.
"""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from validation import checks

PARTS = ("purpose", "mechanism", "signs_of_high_risk", "strengths", "limitations")


@dataclass(frozen=True, kw_only=True)
class CheckDocumentation:
    """What a check is for, how it works, and what it cannot tell."""

    title: str
    purpose: str
    mechanism: str
    signs_of_high_risk: str
    strengths: str
    limitations: str


@cache
def check_documentation() -> dict[str, CheckDocumentation]:
    """Return the documentation of every built-in check, by check id."""
    folders = [Path(folder) for folder in checks.__path__]
    found = [_read(file) for folder in folders for file in sorted(folder.glob("[!_]*.py"))]
    return dict(item for item in found if item is not None)


def _read(file: Path) -> tuple[str, CheckDocumentation] | None:
    calls = [
        node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    spec = next((_texts(call) for call in calls if _is_call_of(call, "CheckSpec")), {})
    parts = next((_texts(call) for call in calls if _is_call_of(call, "FiveParts")), {})
    if not {"id", "title"} <= set(spec) or set(parts) != set(PARTS):
        return None
    return spec["id"], CheckDocumentation(title=spec["title"], **parts)


def _is_call_of(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name


def _texts(call: ast.Call) -> dict[str, str]:
    return {
        keyword.arg: keyword.value.value
        for keyword in call.keywords
        if keyword.arg and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    }
