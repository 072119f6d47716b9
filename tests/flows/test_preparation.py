"""Preparing a run folder in a child process: boxes for data and model, labels outside the model's box."""

import errno
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from registry.domain.errors import LimitExceeded
from tests.builders.run_folder import FEATURES, LABEL, MLMODEL, write_artifact, write_order, write_samples
from validation.adapters.mlflow_box import ROWS_IN_WORDS
from validation.domain.results import CheckResult
from validation.engine.inputs import read_inputs
from validation.engine.supervise import Listener, supervise
from validation.runs import prepare_child
from validation.runs.attachments import read_attachments
from validation.runs.prepared import PreparationError, prepare_folder

pytestmark = pytest.mark.flow

CHECKS = ("discrimination.auc", "integrity.artifact")


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    write_artifact(tmp_path / "artifact")
    write_order(tmp_path, checks=CHECKS, samples=write_samples(tmp_path))
    return tmp_path


def prepare(run_dir: Path) -> list[Mapping[str, Any]]:
    events: list[Mapping[str, Any]] = []
    prepare_folder(run_dir=run_dir, on_event=events.append, ensure_going=lambda: None)
    return events


def shares(events: list[Mapping[str, Any]]) -> dict[str, list[tuple[int, int, str]]]:
    """Return how far each step said it was."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for event in events:
        if event["event"] == "step":
            said = found.setdefault(event["text"], [])
        elif event["event"] == "share":
            said.append((event["done"], event["total"], event["of"]))
    return found


def test_a_prepared_folder_holds_all_that_the_checks_read(run_dir: Path) -> None:
    events = prepare(run_dir)

    inputs = read_inputs(run_dir=run_dir)
    assert inputs.feature_names == FEATURES
    assert inputs.array("test.features").shape == (400, 2)
    assert inputs.array("recent.labels").shape == (400,)
    assert np.array_equal(inputs.array("test.scores"), inputs.array("test.scores_repeat"))
    assert inputs.grade_edges == (0.1, 0.3, 0.5)
    assert inputs.claims == {"auc": "0.7"}
    assert inputs.artifact is not None
    assert inputs.artifact.declarative == "booster"
    assert "seccomp" in inputs.artifact.layers
    assert (run_dir / "model" / "booster.json").is_file()
    assert [item["check"] for item in json.loads((run_dir / "plan.json").read_bytes())["checks"]] == list(
        CHECKS
    )
    assert shares(events) == {
        "reading the data set train": [(400, 400, "rows")],
        "reading the data set test": [(400, 400, "rows")],
        "reading the data set recent": [(400, 400, "rows")],
        "predicting 1,200 rows in the box": [
            (done, 1_600, ROWS_IN_WORDS) for done in (400, 800, 1_200, 1_600)
        ],
        "writing the model's columns": [(done, 6, "columns") for done in range(1, 7)],
    }
    pids = {event["name"]: event["pid"] for event in events if event["event"] == "process"}
    assert len(set(pids.values())) == 2 == len(pids)


def test_features_are_written_column_by_column_as_the_files_hold_them(run_dir: Path) -> None:
    prepare(run_dir)
    for sample in ("train", "test", "recent"):
        source = pd.read_parquet(run_dir / "data" / f"{sample}.parquet")
        with (run_dir / "arrays" / f"{sample}.features.npy").open("rb") as file:
            assert np.lib.format.read_magic(file) == (1, 0)
            assert np.lib.format.read_array_header_1_0(file) == ((400, 2), True, np.dtype("<f8"))
            assert file.read() == b"".join(source[name].to_numpy().tobytes() for name in FEATURES)
        labels = np.load(run_dir / "arrays" / f"{sample}.labels.npy")
        assert labels.tolist() == source[LABEL].tolist()


@pytest.mark.parametrize(("number", "expected"), [(errno.ENOSPC, "RUN021"), (errno.EIO, "Errno 5")])
def test_a_full_disk_has_a_code_of_its_own(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("os.posix_fallocate", refuse)
    with pytest.raises((LimitExceeded, OSError), match=expected):
        prepare_child.prepare(run_dir=run_dir, say=lambda _event: None)


def test_data_that_do_not_match_their_digest_stop_the_run_with_a_code(run_dir: Path) -> None:
    path = run_dir / "data" / "test.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")

    with pytest.raises(PreparationError, match="DAT005"):
        prepare(run_dir)


def test_a_model_that_asks_for_the_label_does_not_get_it(run_dir: Path) -> None:
    (run_dir / "artifact" / "MLmodel").write_text(MLMODEL.replace("limit_bal", LABEL))

    with pytest.raises(PreparationError, match="BOX006 the data lack the model's columns: default"):
        prepare(run_dir)


def test_a_data_set_without_its_label_is_refused(run_dir: Path) -> None:
    samples = json.loads((run_dir / "order.json").read_bytes())["samples"]
    samples["recent"]["label"] = "bad"
    write_order(run_dir, checks=CHECKS, samples=samples)

    with pytest.raises(PreparationError, match="RUN009 the data set recent has no column 'bad'"):
        prepare(run_dir)


REGIONS = {"train": ["north", "south"], "test": ["east", None, "north", "south"], "recent": ["south", "west"]}


def with_named_columns(run_dir: Path, regions: Mapping[str, list[Any]], checks: tuple[str, ...]) -> None:
    """Write samples with a region and an earlier score, named as a manifest names them."""
    before = np.where(np.arange(400) % 8 == 0, np.nan, np.random.default_rng(5).uniform(0.01, 0.6, 400))
    opened = np.where(np.arange(400) < 200, "2024-Q2", "2024-Q10").astype(object)
    opened[:3] = None
    columns = {"opened": opened, "pd_before": before}
    extra = {name: {"region": (words * 400)[:400], **columns} for name, words in regions.items()}
    (run_dir / "data").rename(run_dir / "data-of-others")
    samples = write_samples(run_dir, extra=extra)
    for sample in samples.values():
        sample.update(segment="region", vintage="opened", score_before="pd_before")
    write_order(run_dir, checks=checks, samples=samples)


def test_what_a_manifest_names_for_checks_reaches_them_and_no_model(run_dir: Path) -> None:
    checks = ("discrimination.segments", "calibration.segments", "stability.migrations")
    with_named_columns(run_dir, REGIONS, checks)
    order = json.loads((run_dir / "order.json").read_bytes())
    order["plan"][1]["params"] = {"by": "vintages"}
    (run_dir / "order.json").write_text(json.dumps(order))
    # Without a signature the model is given whatever columns there are.
    (run_dir / "artifact" / "MLmodel").write_text(MLMODEL.partition("signature:")[0])
    prepare(run_dir)
    inputs = read_inputs(run_dir=run_dir)
    assert inputs.feature_names == FEATURES
    assert inputs.segment_names == ("east", "north", "south", "west")
    assert inputs.vintage_names == ("2024-Q10", "2024-Q2")
    assert np.array_equal(inputs.array("test.vintages")[2:4], [np.nan, 1.0], equal_nan=True)
    assert np.array_equal(inputs.array("test.segments")[:4], [0.0, np.nan, 1.0, 2.0], equal_nan=True)
    assert inputs.array("recent.segments")[:2].tolist() == [2.0, 3.0]
    assert np.isnan(inputs.array("train.scores_before")[0])

    results: list[CheckResult] = []
    supervise(run_dir=run_dir, listener=Listener(on_result=results.append))
    tables = {result.check: {one.id: one.rows for one in result.tables} for result in results}
    assert {row[0] for row in tables["discrimination.segments"]["segments"]} == {
        *("east", "north", "south", "no segment stated"),
    }
    assert [row[:2] for row in tables["calibration.segments"]["segments"]] == [
        *(("2024-Q2", "197"), ("2024-Q10", "200"), ("no vintage stated", "3")),
    ]
    matrix = tables["stability.migrations"]["matrix"]
    assert sum(int(cell) for row in matrix for cell in row[1:]) == 350


@pytest.mark.parametrize("column", ["region", "opened", "pd_before"])
def test_a_model_that_asks_for_a_column_meant_for_checks_does_not_get_it(run_dir: Path, column: str) -> None:
    with_named_columns(run_dir, REGIONS, CHECKS)
    (run_dir / "artifact" / "MLmodel").write_text(MLMODEL.replace("limit_bal", column))
    with pytest.raises(PreparationError, match=f"BOX006 the data lack the model's columns: {column}"):
        prepare(run_dir)


def test_segments_of_two_kinds_are_refused_and_so_is_a_column_that_is_not_there(run_dir: Path) -> None:
    with_named_columns(run_dir, {**REGIONS, "recent": [1, 2]}, CHECKS)
    with pytest.raises(PreparationError, match="RUN015"):
        prepare(run_dir)
    samples = json.loads((run_dir / "order.json").read_bytes())["samples"]
    samples["recent"]["segment"] = "area"
    write_order(run_dir, checks=CHECKS, samples=samples)
    with pytest.raises(PreparationError, match=r"RUN009 .*'area', which its manifest names as the segment"):
        prepare(run_dir)


def test_an_unknown_check_is_refused_before_anything_is_opened(run_dir: Path) -> None:
    write_order(run_dir, checks=("discrimination.aucc",), samples={})

    with pytest.raises(PreparationError, match="CHK001"):
        prepare(run_dir)


def test_a_preparation_that_dies_is_named(run_dir: Path) -> None:
    (run_dir / "order.json").write_text("{}")

    with pytest.raises(PreparationError, match=r"RUN011 .*last words: KeyError: 'plan'"):
        prepare(run_dir)


def test_the_preparation_stops_when_its_worker_must_stop(run_dir: Path) -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        prepare_folder(run_dir=run_dir, on_event=lambda _event: None, ensure_going=stop)


def test_evidently_s_report_is_left_in_the_folder_where_the_plan_asks_for_it(run_dir: Path) -> None:
    order = json.loads((run_dir / "order.json").read_bytes())
    params = {"attach_report": "1", "min_rows": "50"}
    order["plan"] = [{"check": "drift.data", "params": params, "thresholds": []}]
    (run_dir / "order.json").write_text(json.dumps(order))
    prepare(run_dir)
    results: list[CheckResult] = []
    supervise(run_dir=run_dir, listener=Listener(on_result=results.append))
    ((attached, content),) = read_attachments(folder=run_dir, result=results[0])
    assert attached.size == len(content) > 100_000
    assert b"limit_bal" in content
