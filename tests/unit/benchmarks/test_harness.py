"""The benchmark harness: turns, medians, ratios, memory, and what makes it fail."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.harness import (
    Entry,
    Sample,
    Side,
    in_child,
    in_process,
    measure,
    tree_cpu_s,
    tree_peak_mib,
)
from tests.benchmarks.report import as_json, table


def side(name: str, *cpu_s: float, answer: object = 1, log: list[str] | None = None) -> Side:
    costs = iter(cpu_s)

    def turn() -> Sample:
        if log is not None:
            log.append(name)
        cpu = next(costs)
        return Sample(cpu_s=cpu, wall_s=2 * cpu, answer=answer, peak_mib=cpu * 10)

    return Side(name=name, turn=turn)


def entry(ours: Side, peer: Side | None = None, **more: Any) -> Entry:
    settled: dict[str, Any] = {"name": "sum", "work": "add", "runs": 3, "warm_up": 0}
    is_equal: Callable[[Any, Any], bool] = lambda a, b: a == (1 if b is None else b)  # noqa: E731
    return Entry(ours=ours, peer=peer, is_equal=is_equal, **(settled | more))


def test_medians_and_the_median_of_the_ratios_turn_by_turn() -> None:
    found = measure(entry(side("ours", 1, 2, 9), side("peer", 10, 4, 45)))

    assert (found.ours.cpu_ms, found.ours.wall_ms, found.ours.peak_mib) == (2000, 4000, 20)
    assert found.peer is not None
    assert found.peer.cpu_ms == 10_000
    assert (found.ratio_cpu, found.ratio_wall) == (5, 5)  # of 10, 2 and 5
    assert found.is_equal


def test_sides_take_turns_and_change_who_begins_and_a_warm_up_does_not_count() -> None:
    log: list[str] = []
    found = measure(entry(side("a", 99, 1, 1, 1, log=log), side("b", 99, 1, 1, 1, log=log), warm_up=1))

    assert "".join(log) == "ab" + "ab" + "ba" + "ab"
    assert found.ours.cpu_ms == 1000


def test_without_a_peer_there_is_no_ratio_and_the_answer_is_judged_alone() -> None:
    found = measure(entry(side("ours", 1, 1, 1)))

    assert (found.peer, found.ratio_cpu, found.is_equal) == (None, None, True)
    assert not measure(entry(side("ours", 1, 1, 1, answer=2))).is_equal


def test_a_child_is_measured_from_start_to_end_with_its_own_memory(tmp_path: Path) -> None:
    code = "import time; x = bytearray(b'1') * (64 * 1024 * 1024); time.sleep(0.1); print(len(x))"
    ballast = bytearray(b"1") * (300 * 1024 * 1024)
    sample = in_child("child", [sys.executable, "-c", code], environment={}, cwd=tmp_path).turn()

    assert (sample.answer, len(ballast)) == ("67108864\n", 300 * 1024 * 1024)
    assert sample.peak_mib is not None
    assert 64 < sample.peak_mib < 256
    assert sample.cpu_s > 0


def test_a_child_that_fails_ends_the_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="status 3"):
        in_child("child", [sys.executable, "-c", "raise SystemExit(3)"], environment={}, cwd=tmp_path).turn()


def test_a_call_in_this_process_is_repeated_and_its_allocations_counted() -> None:
    calls: list[int] = []
    measured = in_process("call", lambda: calls.append(1), repeats=5)
    measured.turn()
    assert len(calls) == 5

    heavy = in_process("allocate", lambda: bytearray(8 * 1024 * 1024))
    assert heavy.peak_mib is not None
    assert 8 <= heavy.peak_mib() < 9


def test_a_process_tree_has_used_cpu_and_memory() -> None:
    assert tree_cpu_s(os.getpid()) > 0
    assert tree_peak_mib(os.getpid()) > 5


def test_the_table_says_where_there_is_no_peer_and_where_answers_differ() -> None:
    alone = as_json(measure(entry(side("ours", 1, 1, 1))), database="SQLite 3")
    unequal = as_json(
        measure(entry(side("ours", 1, 1, 1), side("peer", 2, 2, 2, answer=0))), database="SQLite 3"
    )
    first, second = table([alone, unequal]).splitlines()[2:]

    assert "no peer" in first
    assert first.split("|")[-2].strip() == "yes"
    assert "2.0" in second
    assert second.split("|")[-2].strip() == "NO"


def test_a_result_carries_its_conditions() -> None:
    found = as_json(measure(entry(side("ours", 1, 1, 1), sizes={"models": 7})), database="SQLite 3")

    assert set(found) == {"name", "work", "peer", "ours", "ratio", "equal", "note", "conditions"}
    assert {"cpu", "cores", "python", "libraries", "database", "date", "sizes", "runs"} <= set(
        found["conditions"]
    )
    assert found["conditions"]["sizes"] == {"models": 7}


@pytest.mark.parametrize(
    ("answer", "status"), [pytest.param(1, 0, id="equal"), pytest.param(2, 1, id="unequal")]
)
def test_unequal_answers_make_the_exit_status(
    answer: int, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = as_json(measure(entry(side("ours", 1, 1, 1, answer=answer))), database="none")
    monkeypatch.setattr(bench, "measure_apart", lambda _name, _database: [result])

    assert bench.main(["decision"], out=tmp_path / "bench.json") == status
    assert json.loads((tmp_path / "bench.json").read_text())[0]["equal"] is (status == 0)


def test_an_entry_that_could_not_be_measured_makes_the_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "measure_apart", lambda _name, _database: [])

    assert bench.main(["decision"], out=tmp_path / "bench.json") == 1


def test_an_unknown_entry_is_a_mistake_of_use(tmp_path: Path) -> None:
    assert bench.main(["nothing"], out=tmp_path / "bench.json") == 2
