"""From the start of a process to its first decision; the yard-stick is what ``import mlflow`` costs a process."""

import os
import sys
from pathlib import Path

from tests.benchmarks.harness import Entry, Result, in_child, measure
from tests.benchmarks.stored_pair import build, stored_inputs

ROOT = Path(__file__).resolve().parents[2]
NOTE = (
    "ours: start Python, set up Django, read packs and facts from SQLite, decide; "
    "yard-stick, not a rival: start Python and import mlflow. Equal: our digest is the stored decision's"
)


def results() -> list[Result]:
    """Measure both processes from start to end."""
    row = build()
    _decision, facts, packs = stored_inputs(row)
    environment = dict(os.environ)
    entry = Entry(
        name="process start to first policy decision",
        work="fresh process to its first decision, against import mlflow",
        ours=in_child(
            "first policy decision",
            [sys.executable, "-m", "tests.benchmarks.first_decision_child"],
            environment=environment,
            cwd=ROOT,
        ),
        peer=in_child(
            "import mlflow", [sys.executable, "-c", "import mlflow"], environment=environment, cwd=ROOT
        ),
        is_equal=lambda ours, _peer: ours == row.body_digest,
        runs=5,
        warm_up=1,
        sizes={"packs": len(packs), "rules": sum(len(pack.rules) for pack in packs), "facts": len(facts)},
        note=NOTE,
    )
    return [measure(entry)]
