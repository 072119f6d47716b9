"""Reads the package's tables: strict CSV in which each row carries source, status and note."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import TypeVar

from registry.capital.figures import Citation
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Verification

TABLES = Path(__file__).parent / "tables"
T = TypeVar("T")

MARKS = ("source", "status", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table. Cells are read by type; a wrong cell is refused with ``CAP001``."""

    table: str
    line: int
    cells: Mapping[str, str]

    @property
    def citation(self) -> Citation:
        """The row's own source and verification mark."""
        return self.citation_from(source="source", status="status")

    def citation_from(self, *, source: str, status: str) -> Citation:
        """A citation from other columns, for a cell with a source of its own."""
        mark = self.parsed(status, Verification)
        return Citation(
            table=self.table,
            line=self.line,
            source=self.text(source),
            verification=mark,
            note=self.cells["note"],
        )

    def text(self, column: str) -> str:
        """The cell as text; empty is refused."""
        if not self.cells[column]:
            raise self._refused(column)
        return self.cells[column]

    def decimal(self, column: str) -> Decimal:
        """The cell as a finite decimal."""
        value = self.parsed(column, Decimal)
        if not value.is_finite():
            raise self._refused(column)
        return value

    def optional_decimal(self, column: str) -> Decimal | None:
        """The cell as a finite decimal, or nothing when it is empty."""
        return self.decimal(column) if self.cells[column] else None

    def day(self, column: str) -> date:
        """The cell as an ISO date."""
        return self.parsed(column, date.fromisoformat)

    def optional_day(self, column: str) -> date | None:
        """The cell as an ISO date, or nothing when it is empty."""
        return self.day(column) if self.cells[column] else None

    def flag(self, column: str) -> bool:
        """The cell ``yes`` or ``no`` as a truth value."""
        if self.cells[column] not in ("yes", "no"):
            raise self._refused(column)
        return self.cells[column] == "yes"

    def parsed(self, column: str, parse: Callable[[str], T]) -> T:
        """The cell through ``parse``, which raises ``ValueError`` on a text that it does not know."""
        try:
            return parse(self.text(column))
        except (ValueError, InvalidOperation) as problem:
            raise self._refused(column) from problem

    def _refused(self, column: str) -> InvalidInput:
        return InvalidInput(
            "CAP001",
            f"table {self.table}, line {self.line}, column {column}: cannot read {self.cells[column]!r}",
            remedy="Correct the cell; the table's header and the neighbouring lines show the form.",
            table=self.table,
            line=self.line,
            column=column,
        )


def computation_limit(*, name: str) -> int:
    """Return a bound of the house on the size of a computation."""
    rows = {row.text("parameter"): row for row in table_rows("computation_limits", "parameter")}
    return int(rows[name].decimal("value"))


def column_values(*, table: str, column: str) -> tuple[str, ...]:
    """Return what a column of a shipped table holds, each value once, in the table's order."""
    rows = read_table(path=TABLES / f"{table}.csv", key=())
    return tuple(dict.fromkeys(row.text(column) for row in rows))


def read_table(*, path: Path, key: tuple[str, ...]) -> tuple[Row, ...]:
    """Read a table whose rows are unique on ``key``; an empty key asks for no uniqueness.

    Refuses with ``CAP002`` a missing mark column, a row of another length and a repeated key.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        header = next(reader, [])
        if tuple(header[-len(MARKS) :]) != MARKS or not set(key) <= set(header):
            raise _malformed(path.stem, 1, "the header lacks a key or mark column")
        rows: list[Row] = []
        seen: set[tuple[str, ...]] = set()
        for cells in reader:
            if len(cells) != len(header):
                raise _malformed(path.stem, reader.line_num, "another number of cells than the header")
            row = Row(table=path.stem, line=reader.line_num, cells=dict(zip(header, cells, strict=True)))
            identity = tuple(row.cells[column] for column in key)
            if key and identity in seen:
                raise _malformed(path.stem, reader.line_num, f"repeats {', '.join(identity)}")
            seen.add(identity)
            rows.append(row)
    return tuple(rows)


@cache
def table_rows(name: str, *key: str) -> tuple[Row, ...]:
    """Return the shipped table ``name``, read once."""
    return read_table(path=TABLES / f"{name}.csv", key=key)


def _malformed(table: str, line: int, what: str) -> InvalidInput:
    return InvalidInput(
        "CAP002",
        f"table {table}, line {line}: {what}",
        remedy="Correct the table so that every line has each column once and a key of its own.",
        table=table,
        line=line,
    )
