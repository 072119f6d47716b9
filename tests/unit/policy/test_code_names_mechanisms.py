"""Instruments and their numbers live in packs; the engine's code names mechanisms only."""

import ast
import re
from pathlib import Path

from registry.policy import engine
from registry.policy.pack import load_packs

SOURCES = sorted(Path(engine.__file__).parent.glob("*.py"))
CLAUSE = re.compile(r"\b(CRE|RBC|MAR|OPE|SR|SS|E-)\d", re.IGNORECASE)


def test_no_instrument_and_no_clause_is_named_in_code() -> None:
    names = {pack.instrument for pack in load_packs()} - {"house"}
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        assert [name for name in names if name in text.lower()] == [], source.name
        assert CLAUSE.findall(text) == [], source.name


def test_no_fraction_is_written_in_code() -> None:
    allowed = {("mutate.py", "0.01"), ("rule_reader.py", "0.05")}
    for source in SOURCES:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        fractions = {str(value) for value in constants if isinstance(value, float)}
        fractions |= {
            found
            for value in constants
            if isinstance(value, str)
            for found in re.findall(r"\b0\.\d+\b", value)
        }
        assert {(source.name, found) for found in fractions} <= allowed
