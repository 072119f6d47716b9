"""The preparation of a run as a worker runs it: Parquet parsed in boxes, rows predicted in a box, the folder written.

``MRM_BENCH_PREPARE_ROWS`` is the number of rows in all: 40 % train, 40 % test, 20 % recent. Test rows are predicted
twice. There is no peer: no library does the same work.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.harness import MIB, Entry, PeakOfChildren, Result, Sample, Side, children_cpu_s, measure
from tests.builders.run_folder import LABEL, write_order
from validation.runs.prepared import prepare_folder

ROWS, FEATURES, TREES = int(os.environ.get("MRM_BENCH_PREPARE_ROWS", "1000000")), 50, 20
SHARES = {"train": 0.4, "test": 0.4, "recent": 0.2}
NAMES = tuple(f"x{place}" for place in range(FEATURES))
FEW = 100_000
ROW_GROUP = 200_000
FITTED = 20_000
SIGNATURE = json.dumps([{"name": name, "type": "double", "required": True} for name in NAMES])
MLMODEL = f"""
flavors:
  xgboost: {{data: model.json, model_format: json, model_class: xgboost.core.Booster}}
signature:
  inputs: '{SIGNATURE}'
  outputs: '[{{"type": "double"}}]'
"""


def results() -> list[Result]:
    """Measure the preparation of few rows and of all rows."""
    with tempfile.TemporaryDirectory(prefix="mrm-prepare-") as name:
        folder = Path(name)
        _fit(folder / "artifact")
        return [_measure(folder / str(rows), rows, folder / "artifact") for rows in sorted({FEW, ROWS})]


def _measure(folder: Path, rows: int, artifact: Path) -> Result:
    samples = _write_samples(folder, rows)
    stored = sum(path.stat().st_size for path in (folder / "data").iterdir()) / MIB
    shutil.copytree(artifact, folder / "artifact")
    write_order(folder, checks=("discrimination.auc",), samples=samples)

    def turn() -> Sample:
        for written in ("arrays", "scores", "model", "scratch"):
            shutil.rmtree(folder / written, ignore_errors=True)
        before, wall = children_cpu_s(), time.perf_counter()
        with PeakOfChildren() as peak:
            prepare_folder(run_dir=folder, on_event=lambda _event: None, ensure_going=lambda: None)
        wall = time.perf_counter() - wall
        return Sample(cpu_s=children_cpu_s() - before, wall_s=wall, answer=folder, peak_mib=peak.mib)

    result = measure(
        Entry(
            name="preparation",
            work=f"a run prepared: {rows:,} rows of {FEATURES}, {stored:.0f} MiB of Parquet",
            ours=Side(name="validation.runs.prepared", turn=turn),
            is_equal=lambda answer, _: _is_prepared(answer),
            runs=1,
            warm_up=0,
            sizes={"rows": rows, "features": FEATURES, "trees": TREES, "Parquet MiB": round(stored)},
        )
    )
    shutil.rmtree(folder)
    return replace(result, note="equal: every value of every sample is the one in the Parquet file")


def _is_prepared(folder: Path) -> bool:
    """Compare every feature with the Parquet file, one column after another."""
    import pyarrow.parquet as pq

    for name in SHARES:
        features = np.load(folder / "arrays" / f"{name}.features.npy", mmap_mode="r")
        for place, feature in enumerate(NAMES):
            column = pq.read_table(folder / "data" / f"{name}.parquet", columns=[feature])[feature].to_numpy()
            if not np.array_equal(features[:, place], column):
                return False
    return True


def _write_samples(folder: Path, rows: int) -> dict[str, dict[str, str]]:
    """Write the data sets by groups of rows, and return what an order says of them."""
    (folder / "data").mkdir(parents=True)
    samples = {}
    for seed, (name, share) in enumerate(SHARES.items()):
        path = folder / "data" / f"{name}.parquet"
        _write_sample(path, rows=round(rows * share), seed=seed)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        samples[name] = {"file": f"data/{name}.parquet", "sha256": digest, "label": LABEL}
    return samples


def _write_sample(path: Path, *, rows: int, seed: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    random, writer = np.random.default_rng(seed), None
    for begin in range(0, rows, ROW_GROUP):
        columns = _customers(random, min(ROW_GROUP, rows - begin))
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _customers(random: np.random.Generator, rows: int) -> dict[str, Any]:
    """Return columns as credit data have them, in turn amounts, shares, small whole numbers and measurements."""
    columns: dict[str, Any] = {}
    for place, name in enumerate(NAMES):
        normal = random.normal(size=rows)
        kinds = (
            np.round(np.exp(8.0 + 0.6 * normal), 2),
            np.round(1.0 / (1.0 + np.exp(-normal)), 4),
            normal,
            np.floor(20.0 + 12.0 * np.abs(normal)),
        )
        columns[name] = kinds[place % 4]
    columns[LABEL] = (random.random(rows) < 0.1).astype("int64")
    return columns


def _fit(folder: Path) -> None:
    import xgboost

    columns = _customers(np.random.default_rng(99), FITTED)
    rows = np.column_stack([columns[name] for name in NAMES])
    given = {"objective": "binary:logistic", "max_depth": 4, "tree_method": "hist", "nthread": 1}
    booster = xgboost.train(given, xgboost.DMatrix(rows, columns[LABEL], nthread=1), TREES)
    folder.mkdir()
    booster.save_model(folder / "model.json")
    (folder / "MLmodel").write_text(MLMODEL)
