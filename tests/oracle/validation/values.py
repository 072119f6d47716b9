"""Reads the values that explanations are compared with."""

import csv
from pathlib import Path

FILE = Path(__file__).parent / "explanation_values.csv"
ROWS = list(csv.DictReader(FILE.read_text(encoding="utf-8").splitlines()))


def explanation_value(case: str, output: str) -> float:
    (row,) = (row for row in ROWS if (row["case"], row["output"]) == (case, output))
    return float(row["value"])
