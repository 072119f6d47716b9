"""Sizes that a reader can hold in his head, and names that say something."""

import ast
from pathlib import Path
from statistics import quantiles

import pytest

from tests.contracts.sources import PACKAGES, functions_of, name_of, python_files

LONGEST_FILE, LONG_FILE = 500, 300
LONGEST_FUNCTION, LONG_FUNCTION = 60, 40
LONGEST_TEST = 100
TESTS_PER_SOURCE_LINE = 2.0
SAYS_NOTHING = {"utils", "util", "common", "helpers", "helper", "misc", "extras", "lib", "base", "core_utils"}


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def percentile_95(values: list[int]) -> float:
    return quantiles(values, n=20)[-1]


def test_no_file_is_longer_than_the_limit() -> None:
    long = {
        name_of(p): lines(p) for p in python_files(*PACKAGES, "tests", "examples") if lines(p) > LONGEST_FILE
    }
    assert not long


def test_nearly_all_files_are_short() -> None:
    assert percentile_95([lines(path) for path in python_files(*PACKAGES)]) <= LONG_FILE


@pytest.mark.parametrize(
    ("folders", "limit"), [((*PACKAGES, "examples"), LONGEST_FUNCTION), (("tests",), LONGEST_TEST)]
)
def test_no_function_is_longer_than_the_limit(folders: tuple[str, ...], limit: int) -> None:
    long = {
        f"{name_of(path)}:{node.name}": length(node)
        for path in python_files(*folders)
        for node in functions_of(path)
        if length(node) > limit
    }
    assert not long


def test_nearly_all_functions_are_short() -> None:
    lengths = [length(node) for path in python_files(*PACKAGES) for node in functions_of(path)]
    assert percentile_95(lengths) <= LONG_FUNCTION


def test_no_module_is_a_catch_all() -> None:
    found = [
        name_of(path)
        for path in python_files(*PACKAGES, "tests")
        if SAYS_NOTHING & {path.stem, *path.parent.parts}
    ]
    assert not found


def test_tests_do_not_outgrow_the_source() -> None:
    source = sum(lines(path) for path in python_files(*PACKAGES))
    tests = sum(lines(path) for path in python_files("tests"))
    assert tests <= TESTS_PER_SOURCE_LINE * source
