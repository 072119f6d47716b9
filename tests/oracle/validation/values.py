"""Reads the values that explanations, outcomes of groups, robustness and challengers are compared with."""

import csv
from pathlib import Path

FOLDER = Path(__file__).parent


def explanation_value(case: str, output: str) -> float:
    return _value("explanation_values.csv", case, output)


def fairness_value(case: str, output: str) -> float:
    return _value("fairness_values.csv", case, output)


def robustness_value(case: str, output: str) -> float:
    return _value("robustness_values.csv", case, output)


def challenger_values(case: str, output: str) -> list[float]:
    return [float(value) for value in _text("challenger_values.csv", case, output).split(" ")]


def _value(name: str, case: str, output: str) -> float:
    return float(_text(name, case, output))


def _text(name: str, case: str, output: str) -> str:
    rows = csv.DictReader((FOLDER / name).read_text(encoding="utf-8").splitlines())
    (row,) = (row for row in rows if (row["case"], row["output"]) == (case, output))
    return row["value"]
