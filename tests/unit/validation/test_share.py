"""How far a step has come: from the loops that know to the line on the child's stream."""

import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.builders.run_folder import FEATURES
from tests.builders.tree_artifacts import LIGHTGBM_TEXT
from validation.adapters import mlflow_box
from validation.adapters.mlflow_box import ROWS_IN_WORDS, _Count, _predict
from validation.adapters.shap_adapter import build_explainer
from validation.adapters.tree_formats import read_lightgbm
from validation.catalog import list_specs
from validation.domain.share import WORDS, Share, no_advance
from validation.engine import child
from validation.engine.child import Teller
from validation.engine.protocol import Advanced, decode, encode
from validation.stats.shapley import permutation_values
from validation.stats.tree_shap import TreeShap

ROWS = np.column_stack([np.linspace(1e4, 5e5, 40), np.tile(np.arange(-2.0, 6.0), 5)])
Told = list[tuple[int, int, str]]


@pytest.mark.parametrize(
    ("done", "total", "of"), [(-1, 5, "rows"), (6, 5, "rows"), (0, 0, "rows"), (1, 2**31, "rows"), (1, 5, "")]
)
def test_what_is_no_share_is_refused(done: int, total: int, of: str) -> None:
    with pytest.raises(ValueError, match="not a share"):
        Share(done=done, total=total, of=of)


def test_a_share_says_whose_it_is_and_no_more_than_it_may() -> None:
    share = Share(done=2, total=5, of="rows explained")
    assert share.named(title="Data drift") == Share(done=2, total=5, of="rows explained (Data drift)")
    assert all(len(share.named(title=spec.title).of) <= WORDS for spec in list_specs().values())
    long = share.named(title="Explanation certificate: faithful, steady, agreed, and not planted")
    assert long.of == "rows explained (Explanation certificate: faithful, steady, …"


def test_a_share_survives_its_line() -> None:
    event = Advanced(share=Share(done=2, total=5, of="rows"))
    assert decode(encode(event)) == event
    assert decode(b'{"event": "advanced", "done": "2", "total": 5, "of": "rows"}') is None


def test_the_child_tells_at_most_twice_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(child.time, "monotonic", lambda: clock[0])
    stream = io.BytesIO()
    teller = Teller(stream=stream)
    for step in range(1, 41):
        clock[0] += 0.125
        teller(step, 40, "rows")
    told = [decode(line) for line in stream.getvalue().splitlines()]
    # Five seconds have passed.
    assert told == [Advanced(share=Share(done=done, total=40, of="rows")) for done in range(4, 41, 4)]


def test_trees_tell_of_blocks_and_end_at_all_of_them() -> None:
    told: Told = []
    trees, _names = read_lightgbm(declared=LIGHTGBM_TEXT.read_bytes())
    ready = TreeShap(trees)
    heard = ready.interventional(rows=ROWS, background=ROWS[:9], advance=lambda *one: told.append(one))
    silent = ready.interventional(rows=ROWS, background=ROWS[:9], advance=no_advance)
    assert np.array_equal(heard.values, silent.values)
    assert told[-1] == (ready.blocks, ready.blocks, "blocks of trees, each over all 40 rows")


def test_permutations_tell_of_every_row() -> None:
    told: Told = []
    permutation_values(
        predict=lambda rows: rows[:, 0],
        rows=ROWS[:3],
        background=ROWS[:5],
        pairs=1,
        seed=1,
        advance=lambda *one: told.append(one),
    )
    assert told == [(row, 3, "rows explained") for row in (1, 2, 3)]


@pytest.mark.parametrize("form", ["booster.txt", "none"])
def test_either_route_of_the_explainer_tells(tmp_path: Path, form: str) -> None:
    told: Told = []
    if form != "none":
        (tmp_path / form).write_bytes(LIGHTGBM_TEXT.read_bytes())
    explainer = build_explainer(
        model_dir=tmp_path,
        names=FEATURES,
        predict=lambda rows: np.full(len(rows), 0.5),
        advance=lambda *one: told.append(one),
    )
    assert explainer is not None
    explainer.attribute(rows=ROWS[:4], background=ROWS[4:9], seed=1)
    assert told
    assert told[-1][0] == told[-1][1]


class FakeBox:
    """Answers with the first column, and remembers how many rows each call held."""

    inspection = SimpleNamespace(features=("x",))

    def __init__(self) -> None:
        self.calls: list[int] = []

    def predict(self, *, columns: dict[str, np.ndarray]) -> np.ndarray:
        self.calls.append(len(columns["x"]))
        return columns["x"]


def test_rows_go_to_the_box_by_stretches_and_come_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_box, "ROWS_AT_ONCE", 4)
    box, told = FakeBox(), Told()
    count = _Count(advance=lambda *one: told.append(one), total=20)
    values = np.arange(10.0)
    found = _predict(box, {"x": values}, count)  # type: ignore[arg-type]
    assert found.tolist() == values.tolist()
    assert box.calls == [4, 4, 2]
    _predict(box, {"x": values}, count)  # type: ignore[arg-type]
    assert told == [(done, 20, ROWS_IN_WORDS) for done in (4, 8, 10, 14, 18, 20)]
    assert _predict(box, {"x": values[:0]}, count).shape == (0,)  # type: ignore[arg-type]
