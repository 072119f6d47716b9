"""Reads the values that explanations, outcomes of groups and robustness are compared with."""

import csv
from pathlib import Path

FOLDER = Path(__file__).parent


def explanation_value(case: str, output: str) -> float:
    return _value("explanation_values.csv", case, output)


def fairness_value(case: str, output: str) -> float:
    return _value("fairness_values.csv", case, output)


def robustness_value(case: str, output: str) -> float:
    return _value("robustness_values.csv", case, output)


def _value(name: str, case: str, output: str) -> float:
    rows = csv.DictReader((FOLDER / name).read_text(encoding="utf-8").splitlines())
    (row,) = (row for row in rows if (row["case"], row["output"]) == (case, output))
    return float(row["value"])
