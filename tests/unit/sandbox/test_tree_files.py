"""LightGBM's text and skops' file read as data in the box: what they say, and what is refused."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from tests.builders.tree_artifacts import (
    FORESTS,
    LIGHTGBM_ROWS,
    LIGHTGBM_SCORES,
    LIGHTGBM_TEXT,
    grow,
    write_lightgbm,
    write_model,
)
from validation.adapters.mlflow_box import believed
from validation.sandbox import flavours, skops_file
from validation.sandbox.box import Inspection, open_box
from validation.sandbox.declared import UNKNOWN, read_lightgbm
from validation.sandbox.declared import read_skops as read_declared
from validation.sandbox.lightgbm_text import read_model, scorer
from validation.sandbox.skops_model import read_skops

TEXT = LIGHTGBM_TEXT.read_text()
LEAF_ONLY = "\n\nTree=4\nnum_leaves=1\nnum_cat=0\nleaf_value=1.5\nshrinkage=1\n\n\nend of trees"


def test_lightgbm_s_own_scores_come_out_of_the_box_without_lightgbm(tmp_path: Path) -> None:
    with open_box(model_dir=write_lightgbm(tmp_path / "m")) as box:
        scores = box.predict(columns=LIGHTGBM_ROWS)
    np.testing.assert_allclose(scores, LIGHTGBM_SCORES, rtol=0, atol=1e-15)
    assert (box.inspection.flavour, box.inspection.runs_code) == ("lightgbm", False)
    found = box.inspection.declaration
    assert (found.form, found.family, found.features) == ("lightgbm", "tree_ensemble", tuple(LIGHTGBM_ROWS))
    assert (found.trees, found.max_depth, found.parameters) == (4, 3, 28)


def test_a_leaf_alone_and_zeros_that_count_as_missing_by_hand() -> None:
    plain = scorer(read_model(TEXT.encode()))
    shifted = scorer(read_model(TEXT.replace("\n\nend of trees", LEAF_ONLY).encode()))
    before, after = plain(LIGHTGBM_ROWS), shifted(LIGHTGBM_ROWS)
    assert np.log(after / (1 - after)) - np.log(before / (1 - before)) == pytest.approx(1.5)
    # Kind 1 with missing to the left: zero and NaN go left although zero is above the threshold.
    text = TEXT.replace(" 276056.0", " -276056.0").replace("=2 2 8", "=2 2 6")
    outputs = scorer(read_model(text.encode()))({"limit_bal": [0.0, np.nan, 1.0], "pay_0": [3.0, 3.0, 3.0]})
    assert outputs[0] == outputs[1] != outputs[2]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("sigmoid:1", "sigmoid:2"),
        lambda text: text.replace("objective=binary", "objective=multiclass"),
        lambda text: text.replace("per_iteration=1", "per_iteration=3"),
        lambda text: text.replace("num_class=1\n", "num_class=1\naverage_output\n"),
        lambda text: text.replace("num_cat=0", "num_cat=1"),
        lambda text: text.replace("is_linear=0", "is_linear=1"),
        lambda text: text.replace("decision_type=2 2 8", "decision_type=2 1 8"),
        lambda text: text.replace("decision_type=2 2 8", "decision_type=2 2 12"),
        lambda text: text.replace("left_child=-1 2 -2", "left_child=-1 0 -2"),
        lambda text: text.replace("left_child=-1 2 -2", "left_child=-1 2 -9"),
        lambda text: text.replace("left_child=-1 2 -2", "left_child=-1 2 -1"),
        lambda text: text.replace("split_feature=1 1 0", "split_feature=1 2 0"),
        lambda text: text.replace("leaf_value=-0.72", "leaf_value=nan -0.72"),
        lambda text: text.replace("leaf_value=-0.72288368238669642", "leaf_value=inf"),
        lambda text: text.replace("threshold=1.5000000000000002", "threshold=nan"),
        lambda text: text.replace("feature_names=limit_bal pay_0", "feature_names=pay_0 pay_0"),
        lambda text: text.replace("max_feature_idx=1", "max_feature_idx=7"),
        lambda text: text.replace("num_leaves=4", "num_leaves=0"),
        lambda text: text.partition("Tree=0")[0],
    ],
)
def test_a_text_that_is_not_read_exactly_is_left_to_the_library(
    tmp_path: Path, change: Callable[[str], str]
) -> None:
    changed = change(TEXT)
    assert changed != TEXT
    with pytest.raises(ValueError):  # noqa: PT011  int() and float() raise their own
        read_model(changed.encode())
    opening = flavours.choose(write_lightgbm(tmp_path / "m", text=changed))
    assert (opening.flavour, opening.runs_code) == ("python_function", True)


@pytest.mark.parametrize("kind", [*FORESTS, DecisionTreeClassifier])
def test_a_forest_is_counted_from_its_arrays(tmp_path: Path, kind: type[Any]) -> None:
    model = grow(kind)
    found = read_declared(write_model(tmp_path / "m", model=model) / "model.skops")
    members = getattr(model, "estimators_", [model])
    assert (found.form, found.trees) == ("forest", len(members))
    assert found.max_depth == max(member.get_depth() for member in members)
    assert found.parameters == sum(member.tree_.node_count for member in members)
    assert found.family == ("tree" if len(members) == 1 else "tree_ensemble")


@pytest.mark.usefixtures("layers")
def test_a_forest_by_skops_scores_in_the_box_and_admits_to_running_code(tmp_path: Path) -> None:
    model, rows = grow(), {"limit_bal": [1e5, 4e5, 2e4], "pay_0": [-1.0, 2.0, 5.0]}
    with open_box(model_dir=write_model(tmp_path / "m", model=model)) as box:
        scores = box.predict(columns=rows)
    expected = model.predict_proba(np.column_stack(list(rows.values())))[:, 1]
    np.testing.assert_allclose(scores, expected, atol=1e-15)
    assert box.inspection.runs_code
    assert box.inspection.declaration.form == "forest"


def rewrite(path: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """Write the file again with its schema and its arrays changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts.pop("schema.json"))
    change(schema, parts)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**parts, "schema.json": json.dumps(schema).encode()}.items():
            archive.writestr(name, data)
    return path


def first_tree(schema: dict[str, Any]) -> dict[str, Any]:
    members = schema["content"]["content"]["estimators_"]["content"]
    tree: dict[str, Any] = members[0]["content"]["content"]["tree_"]["content"]["content"]
    return tree


def put(node: str, array: np.ndarray) -> Callable[[dict[str, Any], dict[str, bytes]], None]:
    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        stream = io.BytesIO()
        np.save(stream, array, allow_pickle=True)
        parts[first_tree(schema)[node]["file"]] = stream.getvalue()

    return change


def claim_more_than_there_is(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    file = first_tree(schema)["values"]["file"]
    shape = np.load(io.BytesIO(parts[file])).shape
    huge = str((10**15, *shape[1:])).encode()
    header = parts[file].replace(str(shape).encode(), huge)
    # The header is padded to a fixed length: what the number gained, the blanks give up.
    parts[file] = header.replace(b" " * (len(huge) - len(str(shape))), b"", 1)


def circle(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    file = first_tree(schema)["nodes"]["file"]
    nodes = np.load(io.BytesIO(parts[file])).copy()
    nodes["left_child"][0] = 0
    put("nodes", nodes)(schema, parts)


def rename(*path: str, to: object) -> Callable[[dict[str, Any], dict[str, bytes]], None]:
    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        node = first_tree(schema) if path[0] == "tree" else schema
        for key in path[1:-1]:
            node = node[key]
        node[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        put("values", np.array([object()], dtype=object)),
        put("values", np.zeros((3, 1, 2))),
        put("nodes", np.zeros(3)),
        claim_more_than_there_is,
        circle,
        rename("schema", "__module__", to="sklearn.ensemble._gb"),
        rename("schema", "__class__", to="RandomForestRegressor"),
        rename("tree", "values", to={"__class__": "ndarray", "type": "numpy", "file": "../../secret"}),
        rename("tree", "values", to={"__class__": "ndarray", "type": "json", "file": "x"}),
        rename("schema", "content", "content", "estimators_", "content", to=[]),
        rename("schema", "content", "content", "estimators_", "content", to="trees"),
        rename("schema", "content", "content", to=[]),
    ],
    ids=[
        *("an array of objects", "arrays of two lengths", "nodes without names", "a header beyond the bytes"),
        *("a tree in circles", "another module", "another class", "a file that is not there", "no array"),
        *("no trees", "trees that are no list", "no state"),
    ],
)
def test_a_skops_file_that_is_no_forest_is_not_believed_to_be_one(
    tmp_path: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]
) -> None:
    folder = write_model(tmp_path / "m", model=grow())
    path = folder / "model.skops"
    assert read_declared(path).form == "forest"
    rewrite(path, change)
    with pytest.raises(ValueError):  # noqa: PT011  depth and arrays have sentences of their own
        read_declared(path)
    assert flavours.inspect(flavours.choose(folder)) == UNKNOWN


def test_other_models_and_other_bytes_are_no_forest(tmp_path: Path) -> None:
    other = GaussianNB().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    with pytest.raises(ValueError, match="no model that is read"):
        read_skops(write_model(tmp_path / "m", model=other) / "model.skops")
    (tmp_path / "broken").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="not the skops file"):
        read_skops(tmp_path / "broken")


@pytest.mark.parametrize("limit", ["MAX_ALL", "MAX_SCHEMA", "MAX_ARRAY"])
def test_a_skops_file_beyond_a_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    path = write_model(tmp_path / "m", model=grow()) / "model.skops"
    monkeypatch.setattr(skops_file, limit, 100)
    with pytest.raises(ValueError, match="too large"):
        read_skops(path)


def test_a_forest_is_believed_only_where_it_gives_the_scores(tmp_path: Path) -> None:
    model = grow()
    folder = write_model(tmp_path / "m", model=model)
    declaration = read_declared(folder / "model.skops")
    inspection = Inspection(
        declaration=declaration, flavour="sklearn", runs_code=True, features=tuple(LIGHTGBM_ROWS)
    )
    columns = {"limit_bal": np.array([1e5, 4e5]), "pay_0": np.array([-1.0, 3.0])}
    scores = model.predict_proba(np.column_stack(list(columns.values())))[:, 1]

    def belief(seen: np.ndarray, given: dict[str, np.ndarray]) -> object:
        return believed(
            model_dir=folder, inspection=inspection, samples={"test": given}, scores={"test": seen}
        )

    assert belief(scores, columns) == declaration
    assert belief(scores + 1e-6, columns) == UNKNOWN
    assert belief(scores, {"pay_0": columns["pay_0"]}) == UNKNOWN


def test_lightgbm_s_text_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "model.lgb"
    path.write_text(TEXT)
    assert read_lightgbm(path).trees == 4
