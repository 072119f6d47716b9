"""Features written column by column: what the engine reads back, by columns, by rows and whole."""

from pathlib import Path

import numpy as np
import pytest

from validation.engine import inputs
from validation.engine.inputs import StoredArrays, write_features

COLUMNS = [np.array([1.0, 2.0, np.nan]), np.array([-0.5, 0.0, 7.25])]


def test_columns_come_back_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "WRITTEN_AT_ONCE", 2)
    every_other = np.arange(6.0)[::2]
    write_features(run_dir=tmp_path, sample="test", columns=iter([*COLUMNS, every_other]), rows=3, count=3)
    stored = StoredArrays(run_dir=tmp_path)
    expected = np.column_stack([*COLUMNS, every_other])
    rows = stored.rows("test.features")
    assert rows.shape == (3, 3)
    np.testing.assert_array_equal(rows.column(1), [-0.5, 0.0, 7.25])
    np.testing.assert_array_equal(rows.stretch(1, 3), expected[1:])
    np.testing.assert_array_equal(stored["test.features"], expected)
    assert np.load(tmp_path / "arrays" / "test.features.npy").flags.f_contiguous


def test_a_sample_may_be_empty(tmp_path: Path) -> None:
    write_features(run_dir=tmp_path, sample="test", columns=[np.empty(0)] * 2, rows=0, count=2)
    assert np.load(tmp_path / "arrays" / "test.features.npy").shape == (0, 2)


@pytest.mark.parametrize(("rows", "count"), [(3, 1), (3, 3), (2, 2), (4, 2)])
def test_other_columns_than_announced_are_not_written(tmp_path: Path, rows: int, count: int) -> None:
    with pytest.raises(ValueError, match=r"announced|shorter|longer"):
        write_features(run_dir=tmp_path, sample="test", columns=COLUMNS, rows=rows, count=count)
