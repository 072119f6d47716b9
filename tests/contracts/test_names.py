"""The glossary's naming rules, as far as a program can read them."""

import ast
import re

from tests.contracts.sources import PACKAGES, ROOT, functions_of, name_of, python_files

INSTRUMENTS = re.compile(r"\b(SR ?11-7|SS1/23|E-23|CRR Art|Occasional Paper 24)\b")
PLACEHOLDERS = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError|pragma: no cover)\b")
MODEL_VALIDATION = {"validate_password"}


def test_validate_means_model_validation_only() -> None:
    """Reading input is clean, parse or ensure (G2)."""
    found = [
        f"{name_of(path)}:{node.name}"
        for path in python_files(*PACKAGES)
        for node in functions_of(path)
        if re.match(r"_?validate_", node.name) and node.name not in MODEL_VALIDATION
    ]
    assert not found


def test_a_procedure_on_a_model_is_a_check_never_a_test() -> None:
    """``test_`` belongs to pytest (G3)."""
    functions = [
        f"{name_of(path)}:{node.name}"
        for path in python_files(*PACKAGES)
        for node in functions_of(path)
        if re.match(r"_?test_|.*_test$", node.name)
    ]
    classes = [
        f"{name_of(path)}:{node.name}"
        for path in python_files(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and re.search(r"(^Test|Test$)", node.name)
    ]
    assert not functions + classes


def test_public_functions_of_actions_take_keywords_only() -> None:
    found = [
        f"{name_of(path)}:{node.name}"
        for path in python_files("registry/actions")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and len(node.args.args) > 1
    ]
    assert not found


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{name_of(path)}:{number}"
        for path in python_files(*PACKAGES, "examples")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if PLACEHOLDERS.search(line)
    ]
    assert not found


def test_code_names_no_instrument_in_its_logic() -> None:
    """Instruments' names live in packs and tables; docstrings and comments may cite a source."""
    found = []
    for path in python_files("registry/policy", "registry/capital", "registry/decisions"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        found += [
            f"{name_of(path)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
            and INSTRUMENTS.search(node.value)
        ]
    assert not found


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in python_files(*PACKAGES)
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent
    assert (ROOT / "README.md").exists()
