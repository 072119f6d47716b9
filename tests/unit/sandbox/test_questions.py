"""Rows that nobody promised the model: what it takes, what it refuses, and what it dies of."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.unit.sandbox.artefacts import Pickled, write_booster, write_pickled
from validation.adapters.asking import build_asking
from validation.domain.tools import Reply
from validation.runs.boxed import build_predictor
from validation.sandbox.flavours import Opening, _cast


def opening(kind: str) -> Opening:
    return Opening(
        flavour="python_function",
        runs_code=True,
        options={},
        features=("x",),
        types={"x": kind},
        folder=Path("/"),
    )


def test_a_booster_takes_what_is_missing_and_beyond_its_range(tmp_path: Path) -> None:
    ask = build_asking(predict=build_predictor(model_dir=str(write_booster(tmp_path / "m")), features=("x",)))
    assert ask is not None
    answer = ask(rows=np.array([[1.0], [np.nan], [1e30]]))
    assert answer.reply is Reply.ANSWERED
    np.testing.assert_allclose(answer.scores, [0.2, 0.8, 0.8], atol=1e-7)


@pytest.mark.usefixtures("layers")
def test_a_box_that_the_model_killed_opens_again_for_the_next_question(tmp_path: Path) -> None:
    def scores_or_death(rows: int) -> object:
        if rows == 3:
            os._exit(7)
        return np.full(rows, 0.25 if rows == 1 else 2.0)

    folder = write_pickled(tmp_path / "m", Pickled(on_predict=scores_or_death))
    ask = build_asking(predict=build_predictor(model_dir=str(folder), features=("x",)))
    assert ask is not None
    replies = [ask(rows=np.zeros((rows, 1))).reply for rows in (1, 3, 1, 2, 1)]
    assert replies == [Reply.ANSWERED, Reply.DIED, Reply.ANSWERED, Reply.NO_PROBABILITY, Reply.ANSWERED]


@pytest.mark.parametrize("kind", ["long", "integer", "boolean"])
def test_what_is_no_whole_number_never_becomes_one_on_its_way_to_the_model(kind: str) -> None:
    whole = _cast(np.array([0.0, 1.0]), opening(kind), "x")
    assert isinstance(whole, np.ndarray)
    assert whole.dtype.kind in "ib"
    for value in (np.nan, 0.5, 1e300):
        given = np.array([1.0, value])
        assert _cast(given, opening(kind), "x") is given


def test_a_column_of_another_type_is_cast_or_left_as_the_signature_says() -> None:
    values = np.array([np.nan, 0.5])
    single = _cast(values, opening("float"), "x")
    assert isinstance(single, np.ndarray)
    assert single.dtype == np.float32
    assert _cast(values, opening("double"), "x") is values
