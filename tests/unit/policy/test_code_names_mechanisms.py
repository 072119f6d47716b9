"""Instruments and their numbers live in packs; the engine's code names mechanisms only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.policy import engine
from registry.policy.pack import load_packs

SOURCES = sorted(Path(engine.__file__).parent.glob("*.py"))
CLAUSE = re.compile(r"\b(CRE|RBC|MAR|OPE|CRR|SR|SS|E-)\d", re.IGNORECASE)
INSTRUMENTS = sorted({pack.instrument for pack in load_packs()} - {"house"})
NUMBER = re.compile(r"(?<![\w.#/:-])\d+(?:\.\d+)?%?(?![\w-])")
MATHEMATICAL_CONSTANTS = {"0", "1", "2"}
# Numbers that bound a search, a display or a machine word; none is a limit on a model.
MECHANICAL = {
    "aggregate.py": {
        "7",
        "31",
        "92",
        "184",
        "366",
    },  # the most days of a week, month, quarter, half-year, year
    "candidates.py": {"20"},  # a range short enough to try whole
    "columns.py": {
        "4",
        "6",
        "8",
        "64",
        "255",
        "256",
    },  # bytes and bits, rows at a time, comparisons before ranking
    "corpus.py": {"12"},  # digits of a digest in a file's name
    "counterfactual.py": {"3", "20000"},  # size and budget of a search, where the caller gives none
    "facts.py": {"80"},  # characters of a value that a message shows
    "mutate.py": {"0.01", "95", "100"},  # how far a mutant moves a threshold; per cent of mutants to notice
    "prepared.py": {"3"},  # truth has three values
    "rule_reader.py": {"0.05", "36500"},  # how to write a number; days of a century
    "scorecard.py": {"100"},  # points of a whole sum
    "tier_facts.py": {"100"},  # the same, in a sentence
    "written.py": {"32"},  # prepared packs that are kept
}


def numbers(source: str) -> Iterator[str]:
    """Numbers in code and in its texts, docstrings and names of standards' tags aside."""
    tree = ast.parse(source)
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)  # what stands alone is told
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in told or isinstance(node.value, bool):
            continue
        if isinstance(node.value, int | float):
            yield str(node.value)
        elif isinstance(node.value, str) and not node.value.startswith("tag:"):
            yield from NUMBER.findall(node.value)


def names(source: str) -> list[str]:
    """Instruments and clauses, in code, texts and comments."""
    return [name for name in INSTRUMENTS if name in source.lower()] + CLAUSE.findall(source)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_code_holds_no_regulatory_number_and_no_instrument(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert names(source) == []
    assert set(numbers(source)) - MATHEMATICAL_CONSTANTS == MECHANICAL.get(path.name, set())


@pytest.mark.parametrize(
    "source",
    [
        "LIMIT = 0.65",
        "LIMIT = 1250",
        'LIMIT = Decimal("0.60")',
        'LIMIT = Decimal("72.5")',
        'text = f"at most {limit} or 72.5%"',
    ],
)
def test_the_scan_sees_a_number(source: str) -> None:
    assert set(numbers(source)) - MATHEMATICAL_CONSTANTS


@pytest.mark.parametrize(
    "source", ["# as CRE31 has it", '"""Of basel."""', "us-sr-26-2", "see E-23", "bis-fsi-24"]
)
def test_the_scan_sees_a_name(source: str) -> None:
    assert names(source)
