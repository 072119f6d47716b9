"""The page on capital names every refusal, function file and table mark."""

import re
from pathlib import Path

from registry.capital.cited_tables import TABLES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "capital.md").read_text(encoding="utf-8")
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in TABLES.parent.rglob("*.py")}


def test_every_refusal_is_documented_and_every_documented_one_exists() -> None:
    raised = {code for text in SOURCES.values() for code in re.findall(r'"(CAP\d{3})"', text)}
    assert raised == set(re.findall(r"CAP\d{3}", PAGE))


def test_every_file_with_public_functions_is_on_the_page() -> None:
    internal = {"__init__.py", "figures.py", "cited_tables.py"}
    assert {name for name in SOURCES if f"`{name}`" not in PAGE} == internal
