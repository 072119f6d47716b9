"""The table on the screen and ``bench.json``: figures never without their conditions."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import Cost, Result
from tests.benchmarks.peers import peer_versions

LIBRARIES = (
    "evidently",
    "scikit-learn",
    "numpy",
    "django",
    "djangorestframework",
    "django-filter",
    "mlflow",
    "psycopg",
    "gunicorn",
    "shap",
    "xgboost-cpu",
    "numba",
)
COLUMNS = (
    "work",
    "ours: CPU ms",
    "wall ms",
    "peak MiB",
    "peer: CPU ms",
    "wall ms",
    "peak MiB",
    "peer/ours CPU",
    "equal",
)


def conditions(*, database: str) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "libraries": {name: version(name) for name in LIBRARIES} | peer_versions(),
        "database": database,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": round(os.getloadavg()[0], 2),
    }


def as_json(result: Result, *, database: str) -> dict[str, Any]:
    """Return a result with its conditions."""
    found = asdict(result)
    return {
        "name": found["name"],
        "work": found["work"],
        "peer": found["peer"],
        "ours": found["ours"],
        "ratio": {"cpu": found["ratio_cpu"], "wall": found["ratio_wall"]},
        "equal": found["is_equal"],
        "note": found["note"],
        "conditions": conditions(database=database) | {"sizes": dict(result.sizes), "runs": result.runs},
    }


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the results as a table in Markdown."""
    rows = [COLUMNS, *(_row(item) for item in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _row(item: Mapping[str, Any]) -> tuple[str, ...]:
    ratio = item["ratio"]["cpu"]
    return (
        f"{item['work']} ({item['conditions']['database']})",
        *_cells(item["ours"]),
        *_cells(item["peer"]),
        "no peer" if ratio is None else f"{ratio:.1f}",
        "yes" if item["equal"] else "NO",
    )


def _cells(cost: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if cost is None:
        return "", "", ""
    peak = "" if cost["peak_mib"] is None else f"{cost['peak_mib']:.1f}"
    return f"{cost['cpu_ms']:.2f}", f"{cost['wall_ms']:.2f}", peak


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


__all__ = ["Cost", "as_json", "conditions", "table"]
