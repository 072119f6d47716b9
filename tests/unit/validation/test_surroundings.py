"""What a result says of where it was computed: the same whoever asks, and another for other code."""

import sys
from pathlib import Path

import pytest

from validation.engine import surroundings
from validation.engine.surroundings import _digest_of_sources, _platform, _processor, read_surroundings


def test_program_lock_file_libraries_and_platform_are_named() -> None:
    found = read_surroundings()
    assert found["python"] == sys.version.split()[0]
    assert {"numpy", "scipy", "xgboost", "shap", "program", "platform", "lock file"} <= set(found)
    assert len(found["program"]) == len(found["lock file"]) == 16
    with pytest.raises(TypeError):
        found["numpy"] = "0"  # type: ignore[index]


def test_libraries_are_named_whether_or_not_they_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("shap", "evidently", "mlflow"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    read_surroundings.cache_clear()
    assert {"shap", "evidently", "mlflow"} <= set(read_surroundings())


def test_what_is_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(surroundings, "_LIBRARIES", {"numpy": "numpy", "none": "no-such-distribution"})
    monkeypatch.setattr(surroundings, "_LOCK", tmp_path / "absent.txt")
    read_surroundings.cache_clear()
    try:
        assert set(read_surroundings()) == {"python", "program", "platform", "numpy"}
    finally:
        read_surroundings.cache_clear()


def test_one_byte_of_code_or_of_a_table_is_another_program(tmp_path: Path) -> None:
    code, table = tmp_path / "validation" / "a.py", tmp_path / "registry" / "capital" / "t.csv"
    for path, text in ((code, "x = 1"), (table, "1,2"), (tmp_path / "validation" / "notes.md", "a")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    first = _digest_of_sources(tmp_path)
    (tmp_path / "validation" / "notes.md").write_text("b")
    assert _digest_of_sources(tmp_path) == first
    code.write_text("x = 2")
    second = _digest_of_sources(tmp_path)
    table.write_text("1,3")
    assert len({first, second, _digest_of_sources(tmp_path)}) == 3


def test_the_processor_is_read_where_the_kernel_tells_it(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    assert _processor(file) == ""
    file.write_text("processor : 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: Other\n")
    assert _processor(file) == "Some CPU @ 2 GHz"
    file.write_text("processor : 0\n")
    assert _processor(file) == ""
    assert _platform()
