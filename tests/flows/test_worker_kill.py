"""A worker is killed in the middle of a real run; the next one takes up where it stopped."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.flows.mlflow_server import mlflow_server
from tests.services.installation import ROOT, Installation, column, kill_session, wait_until
from validation.runs.processes import descendants

pytestmark = pytest.mark.flow

RECORDS = "SELECT check_id, recorded_at FROM validation_check_record ORDER BY id"
RUN = "SELECT status, attempt, checks_planned, processes FROM validation_run"


def test_a_killed_worker_costs_time_and_nothing_else(tmp_path: Path) -> None:
    with mlflow_server(folder=tmp_path / "mlflow") as mlflow_url:
        place = Installation(folder=tmp_path / "var", MRM_MLFLOW_URL=mlflow_url)
        place.folder.mkdir()
        train(mlflow_url)
        place.python("manage.py", "migrate", "--verbosity", "0", "--skip-checks")
        place.python("-m", "tests.flows.register_boosted", "models:/pd-cards/1")
        with place.process("manage.py", "loops", "--skip-checks", log="loops.log"):
            before, orphans = kill_in_mid_run(place)
            with place.worker() as worker:
                wait_until(lambda: status(place) == "succeeded", within_s=120, what="the end", say=place.log)
                time.sleep(1)
                assert worker.poll() is None
                ensure_parent_is_light(place)
    ensure_one_outcome(place, before=before)
    assert not [pid for pid in orphans if Path(f"/proc/{pid}").exists()]
    assert list((place.folder / "runs").iterdir()) == []


def train(mlflow_url: str) -> None:
    subprocess.run(
        [sys.executable, "examples/train_credit_models.py"],
        cwd=ROOT,
        env=os.environ | {"MLFLOW_TRACKING_URI": mlflow_url},
        check=True,
        capture_output=True,
        timeout=180,
    )


def kill_in_mid_run(place: Installation) -> tuple[dict[str, str], list[int]]:
    """Kill the worker between two checks; return what was recorded, and the processes it had."""
    with place.worker() as worker:
        wait_until(lambda: len(place.rows(RECORDS)) >= 3, within_s=90, what="three checks", say=place.log)
        orphans = descendants(of=worker.pid)
        assert status(place) == "running"
        kill_session(worker)
        before = dict(place.rows(RECORDS))
        wait_until(
            lambda: not [pid for pid in orphans if Path(f"/proc/{pid}").exists()],
            within_s=10,
            what="the children of the killed worker to die with it",
        )
    return before, orphans


def ensure_one_outcome(place: Installation, *, before: dict[str, str]) -> None:
    ((final, attempt, planned, processes),) = place.rows(RUN)
    after = dict(place.rows(RECORDS))
    assert (final, attempt) == ("succeeded", 2)
    assert len(after) == planned == len(place.rows(RECORDS)) > len(before)
    assert {check: after[check] for check in before} == before
    evidence = column(place.rows("SELECT check_id FROM registry_evidence_record"))
    assert sorted(evidence) == sorted(after)
    failing = column(place.rows("SELECT check_id FROM validation_check_record WHERE verdict = 'fail'"))
    assert sorted(column(place.rows("SELECT check_id FROM registry_finding"))) == sorted(failing)
    events = column(place.rows("SELECT action FROM audit_event"))
    assert events.count("validation.completed") == 1
    ensure_separate(json.loads(processes))


def ensure_parent_is_light(place: Installation) -> None:
    """After a whole run the worker's own process has mapped no numeric library."""
    pid = json.loads(place.rows(RUN)[0][3])["worker"]["pid"]
    mapped = Path(f"/proc/{pid}/maps").read_text()
    assert not [name for name in ("numpy", "pandas", "pyarrow", "xgboost", "scipy") if name in mapped]


def ensure_separate(processes: dict[str, Any]) -> None:
    """Web (this test's side), worker, preparation, box and engine are processes of their own."""
    pids = [processes[name]["pid"] for name in ("worker", "preparation", "model_box")]
    pids += [os.getpid(), *processes["engine"]["pid"]]
    assert len(set(pids)) == len(pids)
    assert {"seccomp", "empty_environment"} <= set(processes["model_box"]["layers"])


def status(place: Installation) -> str:
    rows = place.rows(RUN)
    return str(rows[0][0]) if rows else "absent"
