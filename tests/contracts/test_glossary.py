"""Every name in code that docs/glossary.md gives exists."""

import re
from importlib.util import find_spec

from tests.services.compose_file import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("registry", "validation")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
)


def names_in_code() -> list[str]:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and line.count("|") == 4]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[3])]


def exists(name: str) -> bool:
    if name.startswith(("registry.", "validation.")):
        return find_spec(name) is not None
    if "." in name:
        return f'"{name}"' in SOURCES
    return re.search(rf"^(class|def) {name}\b|^    {name}\b *[:=]", SOURCES, re.MULTILINE) is not None


def test_every_name_exists() -> None:
    names = names_in_code()

    assert len(names) > 60
    assert [name for name in names if not exists(name)] == []


def test_a_name_that_does_not_exist_would_be_seen() -> None:
    assert not exists("ModelTable")
    assert not exists("registry.nothing")


def test_a_term_stands_once() -> None:
    terms = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.count("|") == 4]
    terms = [term for term in terms if term not in ("term", "---")]

    assert len(terms) == len(set(terms))
