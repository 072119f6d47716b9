"""Tables are strict, cited, and the only place for numbers and names of instruments."""

import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from registry.capital.cited_tables import TABLES, Row, read_table
from registry.capital.figures import CENT, step
from registry.domain.errors import InvalidInput

PACKAGE = TABLES.parent
MATHEMATICAL_CONSTANTS = {0, 1, 2}
UNITS = {str(CENT)}
INSTRUMENTS = re.compile(
    r"\b(?:Basel|BCBS|BIS|CRE\d*|RBC\d*|MAR\d*|OPE\d*|CRR\d?|PRA|PS1|OSFI|APRA|MAS|HKMA|FINMA|Collins"
    r"|EU|UK|US|Canada|Japan|Singapore|Switzerland|Australia)\b"
)


def strangers(source: str) -> Iterator[str]:
    """Numbers and instruments' names that code may not hold."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Constant):
            continue
        value = node.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value not in MATHEMATICAL_CONSTANTS:
                yield repr(value)
        elif isinstance(value, str):
            if re.fullmatch(r"[-+]?\d*\.?\d+%?", value) and value not in UNITS:
                yield repr(value)
            yield from INSTRUMENTS.findall(value)
    for line in source.splitlines():
        yield from INSTRUMENTS.findall(line.partition("#")[2])


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_code_holds_no_regulatory_number_and_no_instrument(path: Path) -> None:
    assert list(strangers(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    ["x = 0.725", "x = 50", 'x = Decimal("0.725")', 'x = "EU"', '"""As in CRE31."""', "x = 1  # RBC20"],
)
def test_the_scan_sees_what_it_must(source: str) -> None:
    assert list(strangers(source))


@pytest.mark.parametrize("path", sorted(TABLES.glob("*.csv")), ids=lambda path: path.stem)
def test_every_row_has_a_source_and_a_mark(path: Path) -> None:
    rows = _rows(path)
    assert rows
    for row in rows:
        assert row.citation.source


def _rows(path: Path) -> tuple[Row, ...]:
    header = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
    return read_table(path=path, key=tuple(header))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("name,source,status\na,b,VERIFIED\n", ("name",)),
        ("", ("name",)),
        ("name,source,status,note\na,b,VERIFIED,\n", ("title",)),
        ("name,source,status,note\na,b,VERIFIED\n", ("name",)),
        ("name,source,status,note\na,b,VERIFIED,\na,c,VERIFIED,\n", ("name",)),
    ],
)
def test_a_malformed_table_is_refused(tmp_path: Path, text: str, key: tuple[str, ...]) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="CAP002"):
        read_table(path=path, key=key)


@pytest.mark.parametrize(
    ("read", "cell"),
    [
        ("text", ""),
        ("decimal", "1,5"),
        ("decimal", "NaN"),
        ("day", "2026-13-01"),
        ("flag", "maybe"),
        ("flag", ""),
    ],
)
def test_a_wrong_cell_is_refused_with_its_place(read: str, cell: str) -> None:
    row = Row(table="sheet", line=7, cells={"value": cell, "note": "", "source": "s", "status": "WISHED"})
    with pytest.raises(InvalidInput) as refusal:
        getattr(row, read)("value")
    assert refusal.value.code == "CAP001"
    assert refusal.value.context == {"table": "sheet", "line": 7, "column": "value"}
    with pytest.raises(InvalidInput, match="CAP001"):
        _ = row.citation


def test_values_become_text_that_can_be_compared() -> None:
    assert step(quantity="q", formula="f", value=Decimal("1E+3")).value == "1000"
    assert step(quantity="q", formula="f", value=0.1).value == "0.1"
    assert step(quantity="q", formula="f", value="as it is").value == "as it is"
