"""docs/operations.md lists every variable that the program reads, as it is declared, and names real things."""

import re
from pathlib import Path

from mrm.env import VARIABLES, Variable
from tests.services.compose_file import ROOT, read_compose

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def row(variable: Variable) -> str:
    default = (
        "required" if variable.default is None else f"`{variable.default}`" if variable.default else "empty"
    )
    return f"| `{variable.name}` | {variable.meaning} | {default} | {'yes' if variable.secret else ''} |"


def table() -> str:
    return "\n".join(row(variable) for variable in VARIABLES)


def test_the_table_is_that_of_the_program() -> None:
    assert PAGE.rstrip().endswith(table()), f"the table should be:\n{table()}"


def test_no_other_variable_of_ours_is_named() -> None:
    named = set(re.findall(r"`(MRM_[A-Z_]+)`", PAGE))

    assert named <= {variable.name for variable in VARIABLES}


def test_every_management_command_exists() -> None:
    ours = {path.stem for path in Path(ROOT).glob("*/management/commands/*.py")}
    django_s = {"check", "migrate", "shell"}

    assert set(re.findall(r"manage\.py ([a-z_]+)", PAGE)) <= ours | django_s


def test_every_service_that_is_named_exists() -> None:
    named = set(re.findall(r"`(web|worker-[a-z]+|beat|migrate|objects|mlflow)`", PAGE))

    assert named <= set(read_compose()["services"])
