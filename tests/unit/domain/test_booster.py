"""Boosters counted as data, in both forms; UBJSON against bytes written by hand; nothing malformed is accepted."""

import json
import struct
from pathlib import Path

import pytest

from registry.domain.booster import read_booster_shape
from registry.domain.ubjson import MOST_EMPTY_ITEMS, parse_ubjson
from registry.domain.vocab import ModelFamily
from tests.unit.sandbox.artefacts import booster


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"Z", None),
        (b"T", True),
        (b"F", False),
        (b"i\xff", -1),
        (b"U\xff", 255),
        (b"I\x01\x00", 256),
        (b"l\x00\x01\x00\x00", 65536),
        (b"L" + struct.pack(">q", -(2**40)), -(2**40)),
        (b"d" + struct.pack(">f", 0.5), 0.5),
        (b"D" + struct.pack(">d", 0.1), 0.1),
        (b"Cx", "x"),
        (b"SU\x02ab", "ab"),
        (b"HU\x041.50", "1.50"),
        (b"N[NU\x01NU\x02N]", [1, 2]),
        (b"[]", []),
        (b"[#U\x02U\x01T", [1, True]),
        (b"[$U#U\x03\x01\x02\x03", [1, 2, 3]),
        (b"[$l#L" + struct.pack(">qii", 2, 7, -1), [7, -1]),
        (b"[$T#U\x02", [True, True]),
        (b"[$S#U\x02U\x01aU\x01b", ["a", "b"]),
        (b"{U\x01aU\x05U\x01b[]}", {"a": 5, "b": []}),
        (b"{$U#U\x01U\x01a\x09", {"a": 9}),
    ],
)
def test_a_document_reads_as_it_was_written_by_hand(data: bytes, value: object) -> None:
    assert parse_ubjson(data=data) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"U",
        b"SU\x09ab",
        b"Si\xffab",
        b"SSU\x01",
        b"?",
        b"[",
        b"[U\x01",
        b"{U\x01a",
        b"[$U\x01",
        b"[#i\xff",
        b"[$U#l\x7f\xff\xff\xff",
        b"[$T#l" + struct.pack(">i", MOST_EMPTY_ITEMS + 1),
        b"[$[#U\x02" + (b"$Z#l" + struct.pack(">i", MOST_EMPTY_ITEMS - 1)) * 2,
        b"[" * 40,
        b"U\x01U\x02",
        b"C\xff",
        b"SU\x01\xff",
    ],
)
def test_what_is_malformed_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_ubjson(data=data)


def test_a_booster_of_one_split_is_a_tree_in_json() -> None:
    shape = read_booster_shape(data=json.dumps(booster()).encode())
    assert (shape.family, shape.trees, shape.max_depth, shape.parameters) == (ModelFamily.TREE, 1, 1, 3)
    assert shape.features == ("x",)


def test_both_forms_that_xgboost_writes_count_alike(tmp_path: Path) -> None:
    numpy, xgboost = pytest.importorskip("numpy"), pytest.importorskip("xgboost")
    rows = numpy.random.default_rng(7).normal(size=(200, 3))
    data = xgboost.DMatrix(rows, label=(rows[:, 0] + rows[:, 1] * rows[:, 2] > 0).astype(float))
    found = []
    trained = xgboost.train({"max_depth": 3, "objective": "binary:logistic"}, data, num_boost_round=5)
    for name in ("model.json", "model.ubj"):
        trained.save_model(tmp_path / name)
        found.append(read_booster_shape(data=(tmp_path / name).read_bytes()))
    dumped = trained.get_dump()
    assert found[0] == found[1]
    assert (found[0].family, found[0].trees, found[0].max_depth) == (ModelFamily.TREE_ENSEMBLE, 5, 3)
    assert found[0].parameters == sum(text.strip().count("\n") + 1 for text in dumped)


def test_a_linear_booster_is_counted_by_its_weights() -> None:
    document = {"learner": {"gradient_booster": {"name": "gblinear", "model": {"weights": [0.1, 0.2, 0.3]}}}}
    shape = read_booster_shape(data=json.dumps(document).encode())
    assert (shape.family, shape.trees, shape.max_depth, shape.parameters) == (
        ModelFamily.LINEAR,
        None,
        None,
        3,
    )


def circle() -> dict[str, object]:
    document: dict[str, object] = booster()
    text = json.dumps(document).replace('"left_children": [1, -1, -1]', '"left_children": [0, -1, -1]')
    return dict(json.loads(text))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\x80\x04pickle",
        b"[]",
        b"[ ]",
        b"{\n",
        json.dumps({"learner": {"gradient_booster": []}}).encode(),
        json.dumps(circle()).encode(),
    ],
)
def test_what_is_no_booster_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_booster_shape(data=data)
