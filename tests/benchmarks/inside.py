"""``python -m tests.benchmarks.inside NAME DATABASE FILE``: one entry in this process, over an empty database."""

import json
import sys
from importlib import import_module
from pathlib import Path

import django

from tests.benchmarks.report import as_json


def main(name: str, database: str, out: Path) -> None:
    """Migrate, measure, and write the results."""
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, skip_checks=True)
    results = import_module(f"tests.benchmarks.{name}").results()
    label = f"{database} {database_version(connection)}"
    out.write_text(json.dumps([as_json(result, database=label) for result in results]), encoding="utf-8")


def database_version(connection: object) -> str:
    """Return the database's version as digits and dots."""
    return ".".join(str(part) for part in connection.get_database_version())  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
