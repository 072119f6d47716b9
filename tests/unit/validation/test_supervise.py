"""The supervisor with real child processes: results, crash, deadline, cancel, orphan, environment."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from registry.domain.canonical import canonical_bytes
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import at_least, inputs, plan
from validation.domain.results import CheckResult
from validation.engine.inputs import write_inputs
from validation.engine.supervise import Ending, Listener, Outcome, clean_environment, supervise

FAST = ("discrimination.auc", "stability.psi", "integrity.artifact")
ROOT = Path(__file__).parents[3]


def folder(path: Path, *checks: str, deadline_s: int = 60) -> Path:
    write_inputs(run_dir=path, inputs=inputs())
    (path / "plan.json").write_bytes(canonical_bytes(plan(*checks, deadline_s=deadline_s).to_json()))
    return path


def stand_in(path: Path, body: str) -> dict[str, str]:
    """A capital tool that behaves as ``body`` says, importable by the child only."""
    package = path / "planted" / "validation_stand_in"
    package.mkdir(parents=True)
    (package / "sitecustomize.py").write_text(
        "import sys, types\n"
        "module = types.ModuleType('validation.planted')\n"
        f"def build():\n    {body}\n"
        "module.build = build\n"
        "sys.modules['validation.planted'] = module\n"
    )
    (path / "tools.json").write_text(json.dumps({"capital": {"factory": "validation.planted:build"}}))
    return {"PYTHONPATH": str(package)}


def follow(path: Path, **given: object) -> tuple[Outcome, list[CheckResult]]:
    results: list[CheckResult] = []
    listener = Listener(on_result=results.append, on_start=given.pop("on_start", lambda _check: None))  # type: ignore[arg-type]
    outcome = supervise(run_dir=path, listener=listener, **given)  # type: ignore[arg-type]
    return outcome, results


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def gone_by(pid: int, *, deadline: float) -> bool:
    """A signal is delivered when the process next runs: only the supervisor's own child is waited for."""
    while not gone(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_results_stream_from_another_process_and_finished_checks_are_skipped(tmp_path: Path) -> None:
    started: list[str] = []
    outcome, results = follow(folder(tmp_path, *FAST), on_start=started.append, done=["stability.psi"])
    assert outcome.ending is Ending.COMPLETED
    assert [result.check for result in results] == started == ["discrimination.auc", "integrity.artifact"]
    assert {result.verdict for result in results} == {Verdict.PASS}
    (child,) = outcome.children
    assert child != os.getpid()
    assert gone(child)


def test_thresholds_of_the_plan_are_judged_in_the_child(tmp_path: Path) -> None:
    folder(tmp_path, *FAST)
    strict = plan("discrimination.auc", thresholds=[at_least("auc", "0.999")])
    (tmp_path / "plan.json").write_bytes(canonical_bytes(strict.to_json()))
    assert [result.verdict for result in follow(tmp_path)[1]] == [Verdict.FAIL]


def test_a_child_that_dies_costs_one_check_and_a_new_one_takes_the_rest(tmp_path: Path) -> None:
    path = folder(tmp_path, "discrimination.auc", "capital.rwa_effect", "stability.psi")
    body = "import os, sys; print('the disk is on fire', file=sys.stderr, flush=True); os._exit(9)"
    outcome, results = follow(path, environment=stand_in(path, body))
    assert [result.verdict for result in results] == [Verdict.PASS, Verdict.ERROR, Verdict.PASS]
    assert results[1].reason == "child_died"
    assert "the disk is on fire" in results[1].detail
    assert (outcome.ending, len(outcome.children)) == (Ending.COMPLETED, 2)


@pytest.mark.parametrize(("lanes", "words"), [(2, "waited for"), (1, "did not finish")])
def test_checks_of_other_tools_compute_side_by_side(tmp_path: Path, lanes: int, words: str) -> None:
    path = folder(tmp_path, "capital.rwa_effect", *FAST, deadline_s=8)
    (tmp_path / "needs.json").write_text(json.dumps({check: ["separator"] for check in FAST}))
    # The first group waits for the second, so it ends well only where both compute at once.
    body = (
        "import pathlib, time; "
        f"[time.sleep(0.05) for _ in iter(lambda: pathlib.Path({str(tmp_path)!r}, 'second').exists(), True)]; "
        "raise SystemError('waited for')"
    )
    results: dict[str, CheckResult] = {}

    def note(result: CheckResult) -> None:
        results[result.check] = result
        (tmp_path / "second").touch()

    outcome = supervise(
        run_dir=path, listener=Listener(on_result=note), environment=stand_in(path, body), lanes=lanes
    )
    assert (outcome.ending, len(outcome.children)) == (Ending.COMPLETED, 2)
    assert [results[check].verdict for check in FAST] == [Verdict.PASS] * 3
    first = results["capital.rwa_effect"]
    assert first.verdict is Verdict.ERROR
    assert words in first.detail


def test_checks_without_tools_come_first_and_then_the_longest(tmp_path: Path) -> None:
    path = folder(tmp_path, *FAST, "calibration.brier")
    (tmp_path / "needs.json").write_text(
        json.dumps(
            {"discrimination.auc": ["explainer"], "stability.psi": ["drift"], "calibration.brier": ["drift"]}
        )
    )
    started: list[str] = []
    follow(path, on_start=started.append, lanes=1)
    assert started == ["integrity.artifact", "stability.psi", "calibration.brier", "discrimination.auc"]


def test_a_check_that_outlives_its_deadline_is_stopped_alone(tmp_path: Path) -> None:
    path = folder(tmp_path, "capital.rwa_effect", "stability.psi", deadline_s=2)
    outcome, results = follow(path, environment=stand_in(path, "import time; time.sleep(60)"))
    assert [(result.verdict, result.reason) for result in results] == [
        (Verdict.ERROR, "timed_out"),
        (Verdict.PASS, "measured"),
    ]
    assert all(gone(pid) for pid in outcome.children)


def test_a_child_that_never_starts_to_compute_is_given_up(tmp_path: Path) -> None:
    path = folder(tmp_path, "stability.psi")
    (tmp_path / "inputs.json").unlink()
    _, results = follow(path)
    assert [(r.check, r.verdict, r.reason) for r in results] == [
        ("stability.psi", Verdict.ERROR, "child_died")
    ]
    assert "CHK009" in results[0].detail
    _, late = follow(path, start_allowance_s=0.0)
    assert late[0].reason == "timed_out"


def test_cancel_kills_the_whole_group_within_two_seconds(tmp_path: Path) -> None:
    path = folder(tmp_path, "capital.rwa_effect", "stability.psi")
    body = (
        "import pathlib, subprocess, time; other = subprocess.Popen(['sleep', '60']); "
        f"pathlib.Path({str(tmp_path)!r}, 'other').write_text(str(other.pid)); time.sleep(60)"
    )
    environment = stand_in(path, body)
    asked: list[float] = []

    def should_stop() -> bool:
        if (tmp_path / "other").exists() and (tmp_path / "other").read_text():
            asked.append(time.monotonic())
            return True
        return False

    outcome, results = follow(path, environment=environment, should_stop=should_stop)
    assert time.monotonic() - asked[0] < 2.0
    assert (outcome.ending, results) == (Ending.CANCELLED, [])
    assert gone(outcome.children[0])
    assert gone_by(int((tmp_path / "other").read_text()), deadline=asked[0] + 2.0)


def test_an_error_in_the_parent_leaves_no_child_behind(tmp_path: Path) -> None:
    seen: list[str] = []

    def refuse(result: CheckResult) -> None:
        seen.append(result.check)
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="the database is gone"):
        supervise(run_dir=folder(tmp_path, *FAST), listener=Listener(on_result=refuse))
    assert seen == ["discrimination.auc"]


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    path = folder(tmp_path, "capital.rwa_effect")
    body = (
        "import os, pathlib, time; "
        f"pathlib.Path({str(tmp_path)!r}, 'child').write_text(str(os.getpid())); time.sleep(60)"
    )
    environment = stand_in(path, body)
    script = (
        "import pathlib; from validation.engine.supervise import Listener, supervise; "
        f"supervise(run_dir=pathlib.Path({str(path)!r}), listener=Listener(on_result=print), "
        f"environment={environment!r})"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    note = tmp_path / "child"
    patience = time.monotonic() + 30
    while not (note.exists() and note.read_text()) and time.monotonic() < patience:
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    patience = time.monotonic() + 5
    while not gone(int(note.read_text())) and time.monotonic() < patience:
        time.sleep(0.05)
    assert gone(int(note.read_text()))


def test_a_child_whose_parent_is_gone_refuses_to_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "validation.engine.child", str(tmp_path), "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "the parent is gone" in ended.stderr


def test_secrets_of_the_worker_do_not_reach_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MRM_SECRET_KEY", "very secret")
    environment = clean_environment(scratch=tmp_path, extra={"LANG": "C"})
    assert "very secret" not in environment.values()
    assert environment["HOME"] == str(tmp_path)
    assert environment["LANG"] == "C"


def test_compiled_code_is_kept_where_the_operator_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert clean_environment(scratch=tmp_path, extra={})["NUMBA_CACHE_DIR"] == str(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/srv/compiled")
    assert clean_environment(scratch=tmp_path, extra={})["NUMBA_CACHE_DIR"] == "/srv/compiled"


def test_the_supervisor_and_the_catalogue_load_nothing_heavy() -> None:
    script = (
        "import sys; import validation.engine.supervise; first = set(sys.modules); "
        "from validation.catalog import load_catalog; load_catalog(); "
        "print('numpy' in first, sorted({'scipy.stats', 'pandas', 'shap', 'evidently', 'sklearn', 'xgboost'}"
        " & set(sys.modules)))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert printed.split(maxsplit=1) == ["False", "[]\n"]
