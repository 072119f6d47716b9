"""Measuring one piece of work done by us and by a peer, in turns, and saying whether the answers are equal.

The unit is CPU seconds (user and system) of whatever does the work: this
process, a child, or a server's process tree. Wall seconds and peak memory
stand beside it. Nothing here judges a time; only unequal answers fail.
"""

import os
import resource
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one turn cost and answered. ``peak_mib`` is absent where it was not measured."""

    cpu_s: float
    wall_s: float
    answer: Any
    peak_mib: float | None = None


@dataclass(frozen=True, kw_only=True)
class Side:
    """Who does the work, how one turn is measured, and how peak memory is found outside the timed turns."""

    name: str
    turn: Callable[[], Sample]
    peak_mib: Callable[[], float] | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One comparison. Without a peer ``is_equal`` judges our answer alone (its second argument is none)."""

    name: str
    work: str
    ours: Side
    is_equal: Callable[[Any, Any], bool]
    peer: Side | None = None
    runs: int = 11
    warm_up: int = 2
    note: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Medians over the turns of one side."""

    who: str
    cpu_ms: float
    wall_ms: float
    peak_mib: float | None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an entry came to. Ratios are peer over ours, turn by turn, then the median: above 1 we are cheaper."""

    name: str
    work: str
    ours: Cost
    peer: Cost | None
    ratio_cpu: float | None
    ratio_wall: float | None
    is_equal: bool
    runs: int
    note: str
    sizes: Mapping[str, int]


def measure(entry: Entry) -> Result:
    """Let both sides take turns, changing who begins, after a warm-up that does not count."""
    sides = [entry.ours, *([entry.peer] if entry.peer else [])]
    for _ in range(entry.warm_up):
        for side in sides:
            side.turn()
    samples: dict[str, list[Sample]] = {side.name: [] for side in sides}
    for number in range(entry.runs):
        for side in sides if number % 2 == 0 else reversed(sides):
            samples[side.name].append(side.turn())
    ours = samples[entry.ours.name]
    peer = samples[entry.peer.name] if entry.peer else []
    beside: Sequence[Sample | None] = peer or [None] * len(ours)
    pairs = list(zip(ours, beside, strict=True))
    return Result(
        name=entry.name,
        work=entry.work,
        ours=_cost(entry.ours, ours),
        peer=_cost(entry.peer, peer) if entry.peer else None,
        ratio_cpu=_ratio((b.cpu_s, a.cpu_s) for a, b in pairs if b is not None),
        ratio_wall=_ratio((b.wall_s, a.wall_s) for a, b in pairs if b is not None),
        is_equal=all(entry.is_equal(a.answer, b.answer if b else None) for a, b in pairs),
        runs=entry.runs,
        note=entry.note,
        sizes=entry.sizes,
    )


def _cost(side: Side, samples: Sequence[Sample]) -> Cost:
    peaks = [sample.peak_mib for sample in samples if sample.peak_mib is not None]
    peak = side.peak_mib() if side.peak_mib else (median(peaks) if peaks else None)
    return Cost(
        who=side.name,
        cpu_ms=median(sample.cpu_s for sample in samples) * 1000,
        wall_ms=median(sample.wall_s for sample in samples) * 1000,
        peak_mib=peak,
    )


def _ratio(pairs: Iterable[tuple[float, float]]) -> float | None:
    ratios = [peer / ours for peer, ours in pairs if ours > 0]
    return median(ratios) if ratios else None


def in_process(name: str, call: Callable[[], Any], *, repeats: int = 1) -> Side:
    """Measure a call in this process; a turn is the mean of ``repeats``. Memory is what Python allocated at most."""

    def turn() -> Sample:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(repeats):
            answer = call()
        return Sample(
            cpu_s=(time.process_time() - cpu) / repeats,
            wall_s=(time.perf_counter() - wall) / repeats,
            answer=answer,
        )

    def peak() -> float:
        tracemalloc.start()
        try:
            call()
            return tracemalloc.get_traced_memory()[1] / MIB
        finally:
            tracemalloc.stop()

    return Side(name=name, turn=turn, peak_mib=peak)


def in_child(name: str, command: Sequence[str], *, environment: Mapping[str, str], cwd: Path) -> Side:
    """Measure a child from start to end, by the kernel's account of it; its standard output is the answer."""

    def turn() -> Sample:
        wall = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        watch = _PeakWatch(process.pid)
        answer = process.stdout.read().decode()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode != 0:
            raise RuntimeError(f"{name} ended with status {process.returncode}")
        return Sample(
            cpu_s=usage.ru_utime + usage.ru_stime,
            wall_s=time.perf_counter() - wall,
            answer=answer,
            peak_mib=watch.stop(),
        )

    return Side(name=name, turn=turn)


class _PeakWatch:
    """Follows a child's own peak of resident memory.

    The kernel's account at the end of a child counts what its parent held when
    it forked; the peak in /proc starts anew with the child's program.
    """

    EVERY_S = 0.005

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._ours = Path("/proc/self/cmdline").read_bytes()
        self._cmdline = Path(f"/proc/{pid}/cmdline")
        self._peak_kib = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the highest peak seen, in MiB."""
        self._done.set()
        self._thread.join()
        return self._peak_kib / 1024

    def _follow(self) -> None:
        while not self._done.wait(self.EVERY_S):
            try:
                if self._cmdline.read_bytes() != self._ours:
                    self._peak_kib = max(self._peak_kib, _peak_kib(self._status.read_text(encoding="utf-8")))
            except OSError:
                return


def in_server(name: str, call: Callable[[], Any], *, pid: int, repeats: int) -> Side:
    """Measure what calls cost a server's process tree; ``repeats`` outweighs the kernel's clock tick."""

    def turn() -> Sample:
        cpu, wall = tree_cpu_s(pid), time.perf_counter()
        for _ in range(repeats):
            answer = call()
        wall = time.perf_counter() - wall
        return Sample(cpu_s=(tree_cpu_s(pid) - cpu) / repeats, wall_s=wall / repeats, answer=answer)

    return Side(name=name, turn=turn, peak_mib=lambda: tree_peak_mib(pid))


class PeakOfChildren:
    """Follows the sum of the peaks of resident memory of all children, taken while they live."""

    EVERY_S = 0.05

    def __enter__(self) -> Self:
        self.mib = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _follow(self) -> None:
        tasks = Path(f"/proc/{os.getpid()}/task")
        while not self._done.wait(self.EVERY_S):
            try:
                children = {int(one) for path in tasks.glob("*/children") for one in path.read_text().split()}
                self.mib = max(self.mib, sum(tree_peak_mib(child) for child in children))
            except OSError:
                continue


def children_cpu_s() -> float:
    """Return the CPU seconds of all children that have ended, and of theirs."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def tree_cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process and its living descendants have used."""
    ticks = 0
    for member in _tree(pid):
        fields = Path(f"/proc/{member}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def tree_peak_mib(pid: int) -> float:
    """Return the sum of the processes' peaks of resident memory; pages that they share count more than once."""
    return (
        sum(_peak_kib(Path(f"/proc/{member}/status").read_text(encoding="utf-8")) for member in _tree(pid))
        / 1024
    )


def _peak_kib(status: str) -> int:
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text(encoding="utf-8").split():
            found.extend(_tree(int(child)))
    return found
