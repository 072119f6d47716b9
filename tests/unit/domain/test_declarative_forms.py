"""LightGBM's text and skops files counted as data: by hand where they can be written, else as the libraries write."""

import io
import json
import warnings
import zipfile
from collections.abc import Mapping

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from registry.domain import skops_schema
from registry.domain.lightgbm_text import read_lightgbm_shape
from registry.domain.skops_schema import read_skops_shape
from registry.domain.vocab import ModelFamily
from registry.inventory.families import estimator_families
from tests.unit.domain.lightgbm_texts import lightgbm_text, stump, tree_text

DEEP = tree_text(left=(1, 2, -1), right=(-2, -3, -4))
ROWS = np.random.default_rng(0).normal(size=(120, 3))
LABELS = (ROWS[:, 0] + ROWS[:, 1] * ROWS[:, 2] > 0).astype(int)
FAMILIES = estimator_families()


def test_trees_of_a_text_are_counted_to_their_leaves() -> None:
    shape = read_lightgbm_shape(data=lightgbm_text(stump(), DEEP, tree_text(left=(), right=())))
    assert (shape.family, shape.trees, shape.max_depth) == (ModelFamily.TREE_ENSEMBLE, 3, 3)
    assert shape.parameters == 3 + 7 + 1
    assert shape.features == ("income", "age")


def test_one_tree_is_a_tree() -> None:
    assert read_lightgbm_shape(data=lightgbm_text(stump())).family is ModelFamily.TREE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"tree\nversion=v4",
        b"pickle\nfeature_names=a",
        lightgbm_text(tree_text(left=(0,), right=(0,))),
        lightgbm_text(tree_text(left=(7,), right=(-1,))),
        lightgbm_text(tree_text(left=(-1, -1), right=(-2,))),
        lightgbm_text(tree_text(left=(-1,), right=(-2,), num_leaves="0")),
        lightgbm_text(tree_text(left=(-1,), right=(-2,), num_leaves="x")),
        lightgbm_text(tree_text(left=(-1,), right=(-2,), is_linear="1")),
    ],
)
def test_a_text_that_does_not_fit_together_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_lightgbm_shape(data=data)


def fitted(model: object) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return bytes(skops.io.dumps(model.fit(ROWS, LABELS)))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("model", "family", "counts"),
    [
        (LogisticRegression(), ModelFamily.LINEAR, (None, None, 4)),
        (make_pipeline(StandardScaler(), LogisticRegression()), ModelFamily.LINEAR, (None, None, 4)),
        (DecisionTreeClassifier(max_depth=1), ModelFamily.TREE, (1, 1, 3)),
        (RandomForestClassifier(4, max_depth=1, random_state=1), ModelFamily.TREE_ENSEMBLE, (4, 1, 12)),
        (GradientBoostingClassifier(n_estimators=2, max_depth=1), ModelFamily.TREE_ENSEMBLE, (2, 1, 6)),
        (HistGradientBoostingClassifier(max_iter=2), ModelFamily.TREE_ENSEMBLE, (None, None, None)),
        (MLPClassifier((2,), max_iter=3), ModelFamily.NEURAL, (None, None, 3 * 2 + 2 + 2 + 1)),
    ],
)
def test_a_skops_file_is_counted(
    model: object, family: ModelFamily, counts: tuple[int | None, int | None, int | None]
) -> None:
    shape = read_skops_shape(data=fitted(model), families=FAMILIES)
    assert (shape.family, (shape.trees, shape.max_depth, shape.parameters)) == (family, counts)


@pytest.mark.parametrize(
    ("model", "stranger"),
    [
        (
            make_pipeline(PolynomialFeatures(), LogisticRegression()),
            "sklearn.preprocessing.PolynomialFeatures",
        ),
        (make_pipeline(FunctionTransformer(np.square), LogisticRegression()), "numpy"),
        (StandardScaler(), "no estimators"),
    ],
)
def test_what_is_not_known_is_named_and_never_taken_for_simple(model: object, stranger: str) -> None:
    with pytest.raises(ValueError, match=stranger):
        read_skops_shape(data=fitted(model), families=FAMILIES)


def test_two_kinds_of_estimators_have_no_family() -> None:
    both = bytes(
        skops.io.dumps([LogisticRegression().fit(ROWS, LABELS), DecisionTreeClassifier().fit(ROWS, LABELS)])
    )
    with pytest.raises(ValueError, match="linear and tree estimators"):
        read_skops_shape(data=both, families=FAMILIES)


def zipped(schema: object, files: Mapping[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
        for name, data in (files or {}).items():
            archive.writestr(name, data)
    return out.getvalue()


def node(name: str, content: object = None, **more: object) -> dict[str, object]:
    module, _, cls = name.rpartition(".")
    return {"__class__": cls, "__module__": module, "__loader__": "ObjectNode", "content": content, **more}


def linear(coefficients: object) -> dict[str, object]:
    state = {**node("builtins.dict", {"coef_": coefficients}), "__loader__": "DictNode"}
    return node("sklearn.linear_model._logistic.LogisticRegression", state)


TREE = "sklearn.tree._tree.Tree"
ARRAY = {**node("numpy.ndarray"), "__loader__": "NdArrayNode", "type": "numpy", "file": "a.npy"}
HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 5), }"


def array(header: bytes, *, version: int = 1, magic: bytes = b"\x93NUMPY") -> bytes:
    width = 2 if version == 1 else 4
    return magic + bytes([version, 0]) + len(header).to_bytes(width, "little") + header


@pytest.mark.parametrize("version", [1, 2])
def test_weights_are_counted_by_the_header_of_their_array(version: int) -> None:
    data = zipped(linear(ARRAY), {"a.npy": array(HEADER, version=version)})
    assert read_skops_shape(data=data, families=FAMILIES).parameters == 10


def test_an_object_met_again_is_counted_once() -> None:
    state = {name: node("builtins.str", "3") for name in ("max_depth", "node_count")}
    tree = node(TREE, node("builtins.dict", state, __loader__="DictNode"))
    for value in state.values():
        value["__loader__"] = "JsonNode"
    again = node(TREE, __loader__="CachedNode")
    data = zipped([node("sklearn.tree._classes.DecisionTreeClassifier"), tree, again])
    assert read_skops_shape(data=data, families=FAMILIES).trees == 1


def test_a_linear_model_without_weights_has_a_number_that_is_not_known() -> None:
    shape = read_skops_shape(data=zipped(linear(None)), families=FAMILIES)
    assert (shape.family, shape.parameters) == (ModelFamily.LINEAR, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 no zip",
        zipped({})[:-10],
        zipped(linear(ARRAY)),
        zipped(linear(ARRAY), {"a.npy": array(HEADER, magic=b"\x93NUMPX")}),
        zipped(linear(ARRAY), {"a.npy": array(HEADER)[:-5]}),
        zipped(linear(ARRAY), {"a.npy": array(b"{'shape': (2, 'x')}")}),
        zipped(linear(ARRAY), {"a.npy": array(b"(((")}),
        zipped(linear(ARRAY), {"a.npy": array(b"{}")}),
        zipped({"__class__": "LogisticRegression"}),
        zipped([node("sklearn.tree._classes.DecisionTreeClassifier"), node(TREE, {"content": {}})]),
        zipped([node("sklearn.tree._classes.DecisionTreeClassifier"), node(TREE)]),
    ],
)
def test_a_file_that_does_not_fit_together_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_skops_shape(data=data, families=FAMILIES)


def test_a_schema_that_unpacks_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skops_schema, "SCHEMA_LIMIT", 100)
    with pytest.raises(ValueError, match="more than 100 bytes"):
        read_skops_shape(data=zipped(linear("x" * 200)), families=FAMILIES)
