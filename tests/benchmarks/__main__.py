"""``make bench``: every entry in a process of its own, a table, and ``var/bench.json``. Exit 1: answers differ.

``python -m tests.benchmarks NAME…`` measures only the entries named.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tests.benchmarks.report import table
from tests.services.throw_away import postgresql_database
from tests.surroundings import is_there

ROOT = Path(__file__).resolve().parents[2]
SQLITE, POSTGRESQL, NONE = "SQLite", "PostgreSQL", "none"
ENTRIES = {
    "inventory_list": (SQLITE, POSTGRESQL),
    "mlflow_search": (SQLITE,),
    "first_decision": (SQLITE,),
    "decision": (SQLITE,),
    "policy_verdicts": (NONE,),
    "pack_impact": (SQLITE, POSTGRESQL),
    "irb_portfolio": (NONE,),
    "tree_shap": (NONE,),
    "black_box": (NONE,),
    "drift": (NONE,),
    "auc": (NONE,),
    "preparation": (NONE,),
    "standard_plan": (NONE,),
}


def main(names: Sequence[str], *, out: Path) -> int:
    """Measure, print, write; return the exit status."""
    unknown = sorted(set(names) - set(ENTRIES))
    if unknown:
        sys.stderr.write(f"no such entry: {', '.join(unknown)}; there are {', '.join(ENTRIES)}\n")
        return 2
    found: list[dict[str, Any]] = []
    is_complete = True
    for name in names or ENTRIES:
        for database in ENTRIES[name]:
            if database == POSTGRESQL and not is_there("postgresql"):
                sys.stderr.write(f"{name}: no PostgreSQL on this machine, measured on SQLite only\n")
                continue
            sys.stderr.write(f"{name} on {database} …\n")
            results = measure_apart(name, database)
            is_complete &= bool(results)
            found.extend(results)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{table(found)}\n\nWritten to {out}\n")
    return verdict(found, is_complete=is_complete)


def verdict(found: Sequence[Mapping[str, Any]], *, is_complete: bool) -> int:
    """Return 0 when every entry was measured and every answer was equal."""
    for item in found:
        if not item["equal"]:
            sys.stderr.write(f"{item['name']}: the answers are not equal\n")
    return 0 if is_complete and all(item["equal"] for item in found) else 1


def measure_apart(name: str, database: str) -> list[dict[str, Any]]:
    """Measure one entry in a fresh process over a throw-away folder and database; empty when it failed."""
    folder = Path(tempfile.mkdtemp(prefix="mrm-bench-"))
    context = postgresql_database(prefix="mrm_bench") if database == POSTGRESQL else nullcontext("")
    try:
        with context as url:
            environment = os.environ | {
                "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
                "MRM_MODE": "embedded",
                "MRM_VAR_DIR": str(folder),
                "MRM_DATABASE_URL": url,
                "MRM_BROKER_URL": "",
                "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
            }
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.inside", name, database, str(folder / "results.json")],
                cwd=ROOT, env=environment, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            sys.stderr.write(f"{name} on {database} failed\n")
            return []
        results: list[dict[str, Any]] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        return results
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], out=ROOT / "var" / "bench.json"))
