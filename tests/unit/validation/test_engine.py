"""The engine in one process: verdicts, facts, order, folders, the catalogue."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from registry.domain.canonical import canonical_bytes
from registry.domain.clock import FrozenClock
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import at_least, estimates, execute, inputs, plan, tools
from validation.catalog import ENTRY_POINT_GROUP, build_catalog, load_catalog
from validation.domain.inputs import CheckInputs, UnusableInputError
from validation.domain.plan import ValidationPlan
from validation.domain.results import CheckResult, Measurement, Metric
from validation.engine.child import compute
from validation.engine.core import check_seed, run
from validation.engine.inputs import read_inputs, write_array, write_inputs
from validation.engine.protocol import Finished, Ready, Started, decode
from validation.engine.toolbox import Toolbox, load_factory

CLOCK = FrozenClock(datetime(2026, 1, 5, tzinfo=UTC))


def with_compute(compute: Any) -> Any:
    check = load_catalog()["integrity.artifact"]
    return {"integrity.artifact": replace(check, compute=compute)}


def run_one(compute: Any) -> CheckResult:
    return run(
        plan=plan("integrity.artifact"),
        inputs=inputs(),
        catalog=with_compute(compute),
        tools=tools,
        clock=CLOCK,
    ).results[0]


def write_folder(folder: Path, given: CheckInputs, wanted: ValidationPlan) -> Path:
    write_inputs(run_dir=folder, inputs=given)
    (folder / "plan.json").write_bytes(canonical_bytes(wanted.to_json()))
    return folder


def test_a_breach_fails_with_a_sentence_and_still_feeds_facts() -> None:
    result = execute("discrimination.auc", thresholds=[at_least("gini", "0.99")])
    assert (result.verdict, result.reason) == (Verdict.FAIL, "threshold_breached")
    assert result.detail.startswith("gini must be at least 0.99; it is 0.")
    assert result.facts["evidence.gini"] in result.detail
    met = execute("discrimination.auc", thresholds=[at_least("gini.lower", "0.01")])
    assert (met.verdict, met.detail) == (Verdict.PASS, "every threshold is met")


def test_run_reports_in_order_and_counts() -> None:
    seen: list[str] = []
    report = run(
        plan=plan("discrimination.ks", "discrimination.auc"),
        inputs=inputs(),
        catalog=load_catalog(),
        tools=tools,
        clock=CLOCK,
        on_start=lambda check: seen.append(f"start {check}"),
        on_result=lambda result: seen.append(f"end {result.check}"),
    )
    assert seen == [
        "start discrimination.ks",
        "end discrimination.ks",
        "start discrimination.auc",
        "end discrimination.auc",
    ]
    assert report.counts()["pass"] == 2
    assert canonical_bytes(report.to_json())


def test_a_crash_is_an_error_that_names_itself_and_stops_nothing() -> None:
    def explode(*_: object) -> Measurement:
        raise ZeroDivisionError("by nothing")

    result = run_one(explode)
    assert (result.verdict, result.reason) == (Verdict.ERROR, "crashed")
    assert "ZeroDivisionError: by nothing" in result.detail


def test_a_figure_that_is_not_a_number_is_never_a_pass() -> None:
    broken = Metric(name="digest_matches", estimate=float("nan"), n=1, method="none")
    result = run_one(lambda *_: Measurement(metrics=(broken,)))
    assert (result.verdict, result.reason, result.facts) == (Verdict.ERROR, "not_measured", {})


def test_a_metric_that_was_not_declared_is_an_error() -> None:
    surprise = Metric(name="surprise", estimate=1.0, n=1, method="none")
    assert run_one(lambda *_: Measurement(metrics=(surprise,))).reason == "crashed"


def test_seed_of_a_check_does_not_depend_on_its_neighbours() -> None:
    alone = check_seed(plan_seed=1, check="explain.shap")
    assert alone == check_seed(plan_seed=1, check="explain.shap")
    assert alone != check_seed(plan_seed=2, check="explain.shap")
    assert alone != check_seed(plan_seed=1, check="drift.data")


def test_run_folder_gives_back_what_was_written(tmp_path: Path) -> None:
    given = inputs()
    write_inputs(run_dir=tmp_path, inputs=given)
    back = read_inputs(run_dir=tmp_path)
    assert set(back.arrays) == set(given.arrays)
    assert len(back.arrays) == len(given.arrays)
    for name in given.arrays:
        assert np.array_equal(back.array(name), given.array(name))
    assert replace(back, arrays={}) == replace(given, arrays={})


@pytest.mark.parametrize(
    ("values", "sample", "part"),
    [
        (np.array(["a"] * 1200), "test", "scores"),
        (np.zeros((1200, 2)), "test", "scores"),
        (np.zeros(1199), "test", "scores"),
        (np.zeros(1200), "test", "features"),
    ],
)
def test_scores_from_the_box_are_read_with_suspicion(
    tmp_path: Path, values: np.ndarray, sample: str, part: str
) -> None:
    write_inputs(run_dir=tmp_path, inputs=inputs())
    write_array(run_dir=tmp_path, sample=sample, part=part, values=values)
    with pytest.raises(UnusableInputError):
        read_inputs(run_dir=tmp_path).array(f"{sample}.{part}")


def test_a_pickle_in_the_place_of_scores_is_not_opened(tmp_path: Path) -> None:
    write_inputs(run_dir=tmp_path, inputs=inputs())
    np.save(tmp_path / "scores" / "test.npy", np.array([{"a": 1}] * 1200, dtype=object), allow_pickle=True)
    with pytest.raises(UnusableInputError):
        read_inputs(run_dir=tmp_path).array("test.scores")
    (tmp_path / "scores" / "test.npy").write_bytes(b"not an array")
    with pytest.raises(UnusableInputError):
        read_inputs(run_dir=tmp_path).array("test.scores")


@pytest.mark.parametrize("name", ["test.secrets", "../test.labels", "holdout.labels"])
def test_an_array_under_another_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        write_inputs(run_dir=tmp_path, inputs=CheckInputs(feature_names=(), arrays={name: np.zeros(1)}))
    assert refusal.value.code == "CHK009"


@pytest.mark.parametrize("content", [None, b"{", b"[]", b'{"artifact": null}'])
def test_a_folder_without_a_readable_head_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "inputs.json").write_bytes(content)
    with pytest.raises(InvalidInput) as refusal:
        read_inputs(run_dir=tmp_path)
    assert refusal.value.code == "CHK009"


def test_the_child_streams_one_line_an_event(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, inputs(), plan("discrimination.ks", "drift.score", "stability.psi"))
    stream = BytesIO()
    compute(run_dir=folder, checks=["drift.score", "stability.psi"], stream=stream, clock=CLOCK, tools=tools)
    events = [decode(line) for line in stream.getvalue().splitlines()]
    assert isinstance(events[0], Ready)
    assert events[1] == Started(check="drift.score")
    assert isinstance(events[2], Finished)
    assert [type(event) for event in events] == [Ready, Started, Finished, Started, Finished]


@pytest.mark.parametrize("line", [b"warning: something", b"[1]", b'{"event": "surprise"}', b""])
def test_what_is_no_event_is_ignored(line: bytes) -> None:
    assert decode(line) is None


def test_tools_come_from_our_own_packages_only(tmp_path: Path) -> None:
    assert load_factory(path="validation.adapters.interpretable:build_challenger")
    for path in ("os:system", "validation.adapters.interpretable", "validationx.a:b", "validation.a:b.c"):
        with pytest.raises(InvalidInput) as refusal:
            load_factory(path=path)
        assert refusal.value.code == "CHK012"
    (tmp_path / "tools.json").write_text(
        json.dumps({"capital": {"factory": "validation.adapters.interpretable:build_challenger"}})
    )
    box = Toolbox(run_dir=tmp_path)
    given = box(load_catalog()["capital.rwa_effect"].spec, 3)
    assert given.seed == 3
    assert given.capital is box(load_catalog()["capital.rwa_effect"].spec, 4).capital
    assert given.explainer is None
    # What a check may use is built too, and is None where the folder names none.
    assert box(load_catalog()["challenger.advantage"].spec, 3).capital is given.capital
    (tmp_path / "tools.json").unlink()
    assert Toolbox(run_dir=tmp_path)(load_catalog()["challenger.advantage"].spec, 3).capital is None


def test_an_installed_package_adds_checks_but_may_not_replace_one() -> None:
    entry = EntryPoint(name="x", value="validation.checks.drift_score", group=ENTRY_POINT_GROUP)
    with pytest.raises(InvalidInput) as refusal:
        build_catalog(entries=[entry])
    assert refusal.value.code == "CHK011"
    spec = replace(load_catalog()["drift.score"].spec, id="bank.own")
    module = SimpleNamespace(SPEC=spec, compute=lambda *_: None, __name__="bank.own")
    added = SimpleNamespace(name="own", load=lambda: module)
    assert "bank.own" in build_catalog(entries=[added])  # type: ignore[list-item]
    empty = SimpleNamespace(name="own", load=SimpleNamespace)
    with pytest.raises(InvalidInput):
        build_catalog(entries=[empty])  # type: ignore[list-item]


def test_figures_are_those_of_the_arrays() -> None:
    arrays = {
        "test.labels": np.array([1.0] * 5 + [0.0] * 8),
        "test.scores": np.array([9, 8, 8, 6, 4, 7, 6, 5, 4, 3, 3, 2, 1], dtype=float),
    }
    result = execute(
        "discrimination.auc",
        CheckInputs(feature_names=(), arrays=arrays),
        params={"min_defaults": 5},
    )
    assert estimates(result) == {"auc": 0.875, "gini": 0.75}
    assert result.facts["evidence.gini_lower"] == "0.1791621096"
