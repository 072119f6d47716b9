"""Declarative files read as data, frames on the pipe, and the filter's bytes."""

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.sandbox.artefacts import booster
from validation.adapters.mlflow_box import believed
from validation.sandbox import protocol, seccomp
from validation.sandbox.box import Inspection
from validation.sandbox.declared import Declaration, read_booster, read_scorecard, score_scorecard

CARD = {
    "kind": "scorecard",
    "version": 1,
    "link": "logit",
    "intercept": -1.0,
    "characteristics": [
        {"name": "delay", "edges": [0.0, 2.0], "points": [-0.5, 0.0, 1.5]},
        {"name": "limit", "edges": [100.0], "points": [0.25, -0.25]},
    ],
}


def write_card(folder: Path, **changes: object) -> Path:
    path = folder / "scorecard.json"
    path.write_text(json.dumps(CARD | changes))
    return path


def test_counts_a_booster(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(booster()))
    declaration = read_booster(path)
    assert declaration.family == "tree"
    assert (declaration.trees, declaration.max_depth, declaration.parameters) == (1, 1, 3)
    assert Declaration.from_json(json.loads(json.dumps(declaration.as_json()))) == declaration


def test_counts_bins_and_scores_a_scorecard_by_hand(tmp_path: Path) -> None:
    path = write_card(tmp_path)
    assert read_scorecard(path).parameters == 6
    # delay 2 lies in the last bin (edges belong upwards), limit 50 in the first: -1 + 1.5 + 0.25 = 0.75
    # delay -1 and limit 100: -1 - 0.5 - 0.25 = -1.75
    scores = score_scorecard(path, columns={"delay": [2.0, -1.0], "limit": [50.0, 100.0]})
    assert scores == pytest.approx([1 / (1 + math.exp(-0.75)), 1 / (1 + math.exp(1.75))], abs=1e-15)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "gbm"},
        {"link": "probit"},
        {"intercept": "x"},
        {"characteristics": [{"name": "a", "edges": [2.0, 1.0], "points": [1, 2, 3]}]},
        {"characteristics": [{"name": "a", "edges": [1.0], "points": [1]}]},
        {"characteristics": [{"name": "a", "edges": [float("nan")], "points": [1, 2]}]},
        {"characteristics": [{"name": "a"}]},
        {"characteristics": 3},
    ],
)
def test_a_malformed_scorecard_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_scorecard(write_card(tmp_path, **changes))


def test_a_description_that_the_scores_contradict_is_not_believed(tmp_path: Path) -> None:
    path = write_card(tmp_path)
    columns = {"delay": np.array([2.0, -1.0]), "limit": np.array([50.0, 100.0])}
    true = np.array(score_scorecard(path, columns={k: v.tolist() for k, v in columns.items()}))
    inspection = Inspection(
        declaration=read_scorecard(path), flavour="sklearn", runs_code=True, features=("delay", "limit")
    )

    def family(scores: np.ndarray) -> str:
        return believed(
            model_dir=tmp_path,
            inspection=inspection,
            samples={"test": columns},
            scores={"test": scores},
        ).family

    assert family(true) == "scorecard"
    assert family(true + np.array([0.0, 1e-6])) == "opaque"


def reader(data: bytes) -> Callable[[int], bytes]:
    left = bytearray(data)

    def read(size: int) -> bytes:
        part = bytes(left[: min(size, 3)])
        del left[: len(part)]
        return part

    return read


def test_frames_survive_short_reads() -> None:
    data = protocol.encode({"op": "predict"}, 4) + b"\x00\x01\x02\x03"
    header, payload = protocol.read_frame(reader(data), max_payload=4)
    assert (header, bytes(payload)) == ({"op": "predict"}, b"\x00\x01\x02\x03")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        protocol.encode({}, 5) + b"12345",
        struct.pack("<4sIQ", b"BOX1", 2**31, 0),
        struct.pack("<4sIQ", b"BOX1", 3, 0) + b"[1]",
        struct.pack("<4sIQ", b"BOX1", 3, 0) + b"{{{",
        protocol.encode({"a": 1}, 4) + b"12",
    ],
    ids=["end", "http", "large payload", "large header", "list", "no json", "cut"],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(protocol.FrameError):
        protocol.read_frame(reader(data), max_payload=4)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_checks_the_architecture_first_and_jumps_inside_itself(machine: str) -> None:
    steps = list(struct.iter_unpack("HBBI", seccomp.assemble(machine)))
    assert steps[0] == (0x20, 0, 0, 4)
    assert steps[1][3] == {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    assert len(steps) < 4_096
    for at, (code, yes, no, _) in enumerate(steps):
        if code in (0x15, 0x35, 0x45):
            assert at + 1 + max(yes, no) < len(steps)
    assert steps[-1] == (0x06, 0, 0, 0x7FFF0000)


def test_an_unknown_architecture_has_no_filter() -> None:
    with pytest.raises(seccomp.UnsupportedError):
        seccomp.assemble("m68k")
