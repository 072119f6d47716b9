"""An honest model in the box, and answers that are refused."""

import json
import os
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from tests.unit.sandbox.artefacts import (
    PICKLE_MLMODEL,
    Pickled,
    alive,
    booster,
    write_booster,
    write_pickled,
    write_skops,
)
from validation.sandbox import model_task
from validation.sandbox.answers import Answers, RefusedError
from validation.sandbox.box import open_box
from validation.sandbox.errors import BoxError
from validation.sandbox.layers import Layer, missing_for_code
from validation.sandbox.limits import BoxLimits

X = {"x": np.array([1.0, 2.9, 3.0, 9.0, np.nan]), "default": np.array([0, 1, 0, 1, 0])}


def test_a_booster_scores_as_its_tree_says(tmp_path: Path) -> None:
    # One split at 3 with log-odds -ln 4 and ln 4; a missing value goes right.
    with open_box(model_dir=write_booster(tmp_path / "m")) as box:
        scores = box.predict(columns=X)
        report = box.report
    np.testing.assert_allclose(scores, [0.2, 0.2, 0.8, 0.8, 0.8], atol=1e-7)
    assert report.pid != os.getpid()
    assert not alive(report.pid)
    assert box.inspection.features == ("x",)
    assert (box.inspection.runs_code, box.inspection.declaration.family) == (False, "tree")
    assert box.inspection.declaration.parameters == 3


@pytest.mark.usefixtures("layers")
def test_a_pickle_scores_and_admits_to_running_code(tmp_path: Path) -> None:
    folder = write_pickled(tmp_path / "m", Pickled(on_predict=lambda rows: np.linspace(0.1, 0.5, rows)))
    with open_box(model_dir=folder) as box:
        np.testing.assert_allclose(box.predict(columns=X), [0.1, 0.2, 0.3, 0.4, 0.5])
        assert box.predict(columns={"x": []}).shape == (0,)
        np.testing.assert_allclose(box.predict(columns={"x": [1, 2]}), [0.1, 0.5])
    assert box.inspection.runs_code
    assert box.inspection.declaration.form == "none"


@pytest.mark.usefixtures("layers")
def test_a_skops_file_scores_as_the_model_that_was_saved(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": X["x"]})
    model = RandomForestClassifier(5, random_state=1).fit(frame, [0, 0, 1, 1, 1])
    with open_box(model_dir=write_skops(tmp_path / "m", model)) as box:
        np.testing.assert_allclose(box.predict(columns=X), model.predict_proba(frame)[:, 1])
    assert box.inspection.runs_code


@pytest.mark.usefixtures("layers")
def test_of_two_columns_the_second_is_the_probability_of_default(tmp_path: Path) -> None:
    folder = write_pickled(tmp_path / "m", Pickled(on_predict=lambda rows: np.tile([0.75, 0.25], (rows, 1))))
    with open_box(model_dir=folder) as box:
        assert box.predict(columns={"x": [1.0, 2.0]}).tolist() == [0.25, 0.25]


@pytest.mark.usefixtures("layers")
@pytest.mark.parametrize(
    "answer",
    [
        lambda rows: np.full(rows, np.nan),
        lambda rows: np.full(rows, np.inf),
        lambda rows: np.full(rows, 1.5),
        lambda rows: np.full(rows, -0.1),
        lambda rows: np.full(rows + 1, 0.5),
        lambda rows: np.full(rows - 1, 0.5),
        lambda rows: np.full((rows, 3), 0.5),
        lambda rows: np.empty(0),
    ],
    ids=["nan", "infinity", "above one", "negative", "too long", "too short", "a matrix", "nothing"],
)
def test_an_answer_that_is_no_vector_of_probabilities_is_refused(tmp_path: Path, answer: object) -> None:
    folder = write_pickled(tmp_path / "m", Pickled(on_predict=answer))  # type: ignore[arg-type]
    with open_box(model_dir=folder) as box, pytest.raises(BoxError, match="BOX005"):
        box.predict(columns=X)


@pytest.mark.usefixtures("layers")
def test_a_model_that_raises_or_returns_text_leaves_the_box_open(tmp_path: Path) -> None:
    def moody(rows: int) -> object:
        if rows == 1:
            raise KeyError("no such column")
        return ["high"] * rows if rows == 2 else [0.5] * rows

    with open_box(model_dir=write_pickled(tmp_path / "m", Pickled(on_predict=moody))) as box:
        for rows in (1, 2):
            with pytest.raises(BoxError, match="BOX006"):
                box.predict(columns={"x": np.zeros(rows)})
        assert box.predict(columns={"x": np.zeros(3)}).tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    "columns",
    [{"y": [1.0]}, {"x": ["text"]}, {"x": [[1.0]]}, {"x": np.zeros(11)}],
    ids=["absent", "text", "matrix", "too many"],
)
def test_rows_that_cannot_be_used_are_not_sent(tmp_path: Path, columns: dict[str, object]) -> None:
    with (
        open_box(model_dir=write_booster(tmp_path / "m"), limits=BoxLimits(rows=10)) as box,
        pytest.raises(BoxError, match="BOX006"),
    ):
        box.predict(columns=columns)  # type: ignore[arg-type]


def _without_mlmodel(folder: Path) -> None:
    (folder / "MLmodel").unlink()


def _outside(folder: Path) -> None:
    (folder / "MLmodel").write_text(PICKLE_MLMODEL.replace("model.pkl", "../../../etc/passwd"))


def _circular(folder: Path) -> None:
    text = json.dumps(booster()).replace('"left_children": [1, -1, -1]', '"left_children": [0, -1, -1]')
    (folder / "model.json").write_text(text)


def _other(name: str, text: str) -> object:
    return lambda folder: (folder / name).write_text(text)


@pytest.mark.usefixtures("layers")
@pytest.mark.parametrize(
    "spoil",
    [
        _without_mlmodel,
        _outside,
        _circular,
        _other("MLmodel", "[1"),
        _other("MLmodel", "flavors: {lightgbm: {}}"),
        _other("MLmodel", "flavors: {sklearn: {serialization_format: joblib}}"),
        _other("model.json", "[]"),
        _other("model.json", "{}"),
    ],
)
def test_a_malformed_artefact_is_refused(tmp_path: Path, spoil: object) -> None:
    folder = write_booster(tmp_path / "m")
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(BoxError) as refused, open_box(model_dir=folder):
        pass
    assert refused.value.code == "BOX002"
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("layers", "missing"),
    [
        ([], ("network", "file")),
        ([Layer.SECCOMP, Layer.OTHER_USER], ("file",)),
        ([Layer.LANDLOCK, Layer.RESOURCE_LIMITS], ("network",)),
        ([Layer.PRIVATE_ROOT, Layer.NETWORK_NAMESPACE], ()),
        (["landlock", "seccomp"], ()),
    ],
)
def test_code_needs_a_network_and_a_file_layer(layers: list[str], missing: tuple[str, ...]) -> None:
    assert missing_for_code(layers) == missing


def test_a_pickle_is_refused_and_not_run_where_a_layer_is_missing(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    folder = write_pickled(tmp_path / "m", Pickled(on_load=lambda: marker.write_text("x")))
    reading, writing = os.pipe()
    channel = Answers(requests=reading, answers=writing)
    with pytest.raises(RefusedError, match=r"BOX001 .* the file layer is missing"):
        model_task.run({"model_dir": str(folder)}, channel, [Layer.SECCOMP], BoxLimits())
    os.close(reading)
    os.close(writing)
    assert not marker.exists()


@pytest.mark.usefixtures("layers")
def test_an_ended_box_leaves_no_descriptor_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = write_pickled(tmp_path / "m", Pickled(on_predict=lambda _: os._exit(9)))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(2):
        with open_box(model_dir=folder) as box, pytest.raises(BoxError, match="BOX004"):
            box.predict(columns=X)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_boxes_of_several_threads_do_not_disturb_one_another(tmp_path: Path) -> None:
    folder = write_booster(tmp_path / "m")
    seen: list[float] = []

    def score() -> None:
        with open_box(model_dir=folder) as box:
            seen.extend(box.predict(columns={"x": [1.0]}).round(6).tolist())

    threads = [threading.Thread(target=score) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [0.2, 0.2, 0.2]
