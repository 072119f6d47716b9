"""Writes the pages of ``docs/reference`` from the code: ``python -m tests.contracts.reference_pages``.

A test holds the pages to the code, so neither can change alone.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mrm.env import VARIABLES, Variable
from registry.policy.vocabulary import VOCABULARY
from tests.contracts.sources import PACKAGES, ROOT, python_files

FOLDER = ROOT / "docs" / "reference"
CODE = re.compile(r"[A-Z]{3}\d{3}")


def settings_page() -> str:
    """Return the page of settings."""
    rows = [f"| `{v.name}` | {_cell(v.meaning)} | {_default(v)} | {_yes(v.secret)} |" for v in VARIABLES]
    return _page(
        "Settings",
        "Everything that the program reads from its environment. A secret may be given as a file: `NAME_FILE` "
        "holds its path. What is required in production has a default in embedded mode.",
        ("variable", "meaning", "default", "secret"),
        rows,
    )


def facts_page() -> str:
    """Return the page of facts."""
    rows = [
        f"| `{spec.name}` | {spec.type.value} | {spec.stage.value} | {_cell(spec.description)} "
        f"| {_cell(spec.evidence)} | {_yes(spec.mutable)} |"
        for spec in sorted(VOCABULARY.values(), key=lambda spec: spec.name)
    ]
    return _page(
        "Facts",
        "The only things that a rule of a policy pack may read. A fact that is absent is unknown.",
        ("fact", "type", "from stage", "meaning", "evidence", "may change"),
        rows,
    )


def errors_page() -> str:
    """Return the page of error codes."""
    found = error_codes()
    rows = [
        f"| `{code}` | {_cell(message) or 'made where it is raised'} | {_cell(remedy)} |"
        for code, (message, remedy) in sorted(found.items())
    ]
    return _page(
        "Error codes",
        "Every refusal has a stable code, a cause and what to do about it. Words in braces are filled in.",
        ("code", "cause", "what to do"),
        rows,
    )


PAGES = {"settings.md": settings_page, "facts.md": facts_page, "errors.md": errors_page}


def error_codes() -> dict[str, tuple[str, str]]:
    """Return every code in the sources with its cause and remedy, as far as they stand beside it."""
    found: dict[str, tuple[str, str]] = {}
    for path in python_files(*PACKAGES):
        for code, message, remedy in _codes_of(path):
            if code not in found or (message and not found[code][0]):
                found[code] = (message, remedy)
    return found


def _codes_of(path: Path) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield from _from_call(node)
        elif isinstance(node, ast.Tuple) and len(node.elts) == 3 and _is_code(node.elts[0]):
            yield _text(node.elts[0]), _text(node.elts[1]), _text(node.elts[2])
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None and _is_code(key):
                    parts = value.elts if isinstance(value, ast.Tuple) else [value]
                    texts = [_text(part) for part in parts]
                    yield _text(key), texts[0], texts[1] if len(texts) > 1 else ""
        elif isinstance(node, ast.Constant) and _is_code(node):
            yield _text(node), "", ""


def _from_call(node: ast.Call) -> Iterator[tuple[str, str, str]]:
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    code = node.args[0] if node.args else named.get("code")
    if code is None or not _is_code(code):
        return
    message = node.args[1] if len(node.args) > 1 else named.get("message", named.get("detail"))
    yield _text(code), _text(message), _text(named.get("remedy"))


def _is_code(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(CODE.fullmatch(node.value))


def _text(node: ast.expr | None) -> str:
    """Return a string as it stands in the source; what is filled in later stands in braces."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "{…}"
            for part in node.values
            if not isinstance(part, ast.Constant) or isinstance(part.value, str)
        )
    return ""


def _default(variable: Variable) -> str:
    if variable.default is None:
        return "required"
    return f"`{variable.default}`" if variable.default else "empty"


def _yes(is_so: bool) -> str:  # noqa: FBT001 - a word for a flag
    return "yes" if is_so else "no"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _page(title: str, lede: str, columns: tuple[str, ...], rows: list[str]) -> str:
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    note = "Written by `python -m tests.contracts.reference_pages`; a test holds it to the code."
    return "\n".join([f"# {title}", "", lede, "", note, "", *head, *rows, ""])


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
