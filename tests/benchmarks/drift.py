"""Drift of fifty columns, from two Parquet files to the figures: our kernels against Evidently.

``MRM_BENCH_DRIFT_ROWS`` sets the rows of each file; above 100,000, where the peer takes minutes, it has one turn beside
which both of ours are put, and its memory is not measured. The peer is given the same files, reads them with pandas
and is asked for figures only, never for HTML. Exact figures are held against scipy's besides. Both sides have their
libraries loaded before they are timed.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.harness import Entry, Result, Side, in_process, measure
from validation.adapters.drift_files import (
    compare_file_with_profile,
    compare_files,
    profile_file,
    read_profile,
    write_profile,
)
from validation.stats.distances import CategoryDistance, NumericDistance

ROWS = int(os.environ.get("MRM_BENCH_DRIFT_ROWS", "100000"))
NUMERIC = tuple(f"n{place}" for place in range(40))
CATEGORIES = tuple(f"c{place}" for place in range(10))
BINS = 10
MOVED = 0.1
SCIPY_ROOM = 1e-9
RUNS = 3 if ROWS <= 100_000 else 1

Answer = dict[str, float]


def results() -> list[Result]:
    """Measure exact figures and profiled ones, against the preset and against the cheapest metric."""
    with tempfile.TemporaryDirectory(prefix="mrm-drift-") as name:
        folder = Path(name)
        _load(folder)
        files = tuple(
            _write(folder / f"{place}.parquet", seed=place + 1, shift=place * MOVED) for place in range(2)
        )
        kept = folder / "profile"
        write_profile(profile=profile_file(path=files[0], categories=CATEGORIES, bins=BINS), folder=kept)
        exactly = _exact(*files)

        def from_files() -> Answer:
            return _exact(*files)

        def from_profile() -> Answer:
            found = compare_file_with_profile(
                profile=read_profile(folder=kept),
                current=files[1],
                method="psi",
                threshold=0.1,
                reference=files[0],
            )
            for column, one in found.numeric.items():
                assert one.wasserstein.lower <= exactly[column] <= one.wasserstein.upper
            return {
                **{column: one.wasserstein.estimate for column, one in found.numeric.items()},
                **{column: one.jensen_shannon for column, one in found.categories.items()},
            }

        peers = {
            name: in_process(f"evidently {name}", lambda items=items: _evidently(*files, items=items()))
            for name, items in (("preset", _preset), ("count only", _count))
        }
        peers = {name: _once(side) for name, side in peers.items()}
        truth = _scipy(*files)
        return [
            measure(_entry(how=how, ours=ours, peer=peer, theirs=side, room=room, truth=known))
            for how, ours, room, known in (
                ("exact", from_files, 1e-6, truth),
                ("from a stored profile", from_profile, 1e-2, {}),
            )
            for peer, side in peers.items()
        ]


def _entry(
    *, how: str, ours: Callable[[], Answer], peer: str, theirs: Side, room: float, truth: Answer
) -> Entry:
    spreads = {name: column.std() for name, column in _columns(seed=1, shift=0.0).items()}

    def is_equal(mine: Answer, other: Answer) -> bool:
        # Evidently norms by the reference's deviation and takes Jensen-Shannon in nats, ours is in bits.
        scaled = {
            name: mine[name] / spreads[name] if name in NUMERIC else mine[name] * np.sqrt(np.log(2.0))
            for name in other
        }
        return (
            bool(mine)
            and all(abs(scaled[name] - value) <= room * value for name, value in other.items())
            and all(abs(mine[name] - value) <= SCIPY_ROOM * value for name, value in truth.items())
        )

    return Entry(
        name=f"drift, {how}, against Evidently's {peer}",
        work=f"drift of 50 columns, 2 x {ROWS:,} rows from Parquet, {how}; Evidently: {peer}",
        ours=in_process(f"validation.adapters.drift_files, {how}", ours),
        peer=theirs,
        is_equal=is_equal,
        runs=RUNS,
        warm_up=1 if RUNS > 1 else 0,
        sizes={"rows": ROWS, "columns": 50},
        note="ours: KS, Wasserstein, PSI, Jensen-Shannon, chi-square and missing rate of every column",
    )


def _once(side: Side) -> Side:
    """Let a peer's memory, and where it takes minutes its only turn, serve all entries."""
    if RUNS == 1:
        return replace(side, turn=cache(side.turn), peak_mib=None)
    return replace(side, peak_mib=None if side.peak_mib is None else cache(side.peak_mib))


def _load(folder: Path) -> None:
    """Compare small files, so that what is loaded and compiled once is not in the first turn."""
    import numba  # noqa: F401  its presence is what lets small files, too, take the compiled loops

    files = tuple(
        _write(folder / f"few{place}.parquet", seed=place, shift=0.0, rows=500) for place in range(2)
    )
    _exact(*files)
    profile = profile_file(path=files[0], categories=CATEGORIES, bins=BINS)
    compare_file_with_profile(
        profile=profile, current=files[1], method="psi", threshold=9.0, reference=files[0]
    )
    _evidently(*files, items=_preset())


def _scipy(reference: Path, current: Path) -> Answer:
    """Return the distances by scipy, column by column; KS under a name of its own."""
    import pyarrow.parquet as pq
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import ks_2samp, wasserstein_distance

    found: Answer = {}
    for name in (*NUMERIC, *CATEGORIES):
        before, after = (
            pq.read_table(path, columns=[name])[name].to_numpy() for path in (reference, current)
        )
        if name in NUMERIC:
            found[name] = float(wasserstein_distance(before, after))
            found[f"{name} KS"] = float(ks_2samp(before, after, method="asymp").statistic)
        else:
            size = 1 + int(max(before.max(), after.max()))
            counts = [np.bincount(side, minlength=size) for side in (before, after)]
            found[name] = float(jensenshannon(*counts, base=2.0))
    return found


def _exact(reference: Path, current: Path) -> Answer:
    found = compare_files(reference=reference, current=current, categories=CATEGORIES, bins=BINS)
    numeric = {name: one for name, one in found.items() if isinstance(one, NumericDistance)}
    return {
        **{name: one.wasserstein for name, one in numeric.items()},
        **{f"{name} KS": one.ks for name, one in numeric.items()},
        **{name: one.jensen_shannon for name, one in found.items() if isinstance(one, CategoryDistance)},
    }


def _preset() -> Sequence[Any]:
    from evidently.presets import DataDriftPreset

    return [DataDriftPreset()]


def _count() -> Sequence[Any]:
    from evidently.metrics import DriftedColumnsCount

    return [DriftedColumnsCount()]


def _evidently(reference: Path, current: Path, *, items: Sequence[Any]) -> Answer:
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report

    definition = DataDefinition(numerical_columns=list(NUMERIC), categorical_columns=list(CATEGORIES))
    batches = [
        Dataset.from_pandas(pd.read_parquet(path), data_definition=definition)
        for path in (current, reference)
    ]
    metrics = Report(list(items)).run(*batches).dict()["metrics"]
    return {
        metric["config"]["column"]: float(metric["value"])
        for metric in metrics
        if "column" in metric["config"]
    }


def _write(path: Path, *, seed: int, shift: float, rows: int = ROWS) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(_columns(seed=seed, shift=shift, rows=rows)), path, compression="zstd")
    return path


def _columns(*, seed: int, shift: float, rows: int = ROWS) -> dict[str, Any]:
    """Return amounts in cents, shares of four digits, signed scores, whole ages, and codes."""
    rng = np.random.default_rng(seed)
    shapes: tuple[Callable[[Any], Any], ...] = (
        lambda x: np.round(np.exp(8.0 + 0.6 * x), 2),
        lambda x: np.round(1.0 / (1.0 + np.exp(-x)), 4),
        lambda x: x,
        lambda x: np.floor(20.0 + 12.0 * np.abs(x)),
    )
    columns = {
        name: shapes[place % 4](rng.normal(size=rows) + shift * (place % 3 == 0))
        for place, name in enumerate(NUMERIC)
    }
    codes = {
        name: rng.integers(0, 3 + 2 * place, rows).astype(np.int32) for place, name in enumerate(CATEGORIES)
    }
    return columns | codes
