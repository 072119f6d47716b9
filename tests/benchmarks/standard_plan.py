"""The plan that the house pack asks for a complex PD model in tiers 1 and 2, by the engine as a worker runs it.

``MRM_BENCH_PLAN_ROWS`` is the number of rows in all: 40 % train, 40 % test, 20 % recent. The folder is written as the
preparation child leaves it; the box, which parses and predicts, is not in the figures. There is no peer: no library
does the same work.
"""

import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tests.benchmarks.harness import MIB, Entry, PeakOfChildren, Result, Sample, Side, children_cpu_s, measure
from validation.catalog import list_specs
from validation.domain.inputs import ArtifactEvidence, CheckInputs
from validation.domain.plan import parse_plan
from validation.domain.results import CheckResult
from validation.engine.inputs import write_inputs
from validation.engine.plans import write_plan
from validation.engine.supervise import Ending, Listener, supervise

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "registry" / "policy" / "packs" / "house" / "2026-11.yaml"
ROWS, FEATURES, TREES = int(os.environ.get("MRM_BENCH_PLAN_ROWS", "1000000")), 50, 300
SHARES = {"train": 0.4, "test": 0.4, "recent": 0.2}
FEW = 10_000
FITTED = 200_000
MEASURED = {"pass", "warn", "fail"}

Answer = dict[str, CheckResult]


def results() -> list[Result]:
    """Measure the plan on a few rows, which also compiles what is kept, then on all rows."""
    with tempfile.TemporaryDirectory(prefix="mrm-plan-") as name:
        folder = Path(name)
        os.environ.setdefault("NUMBA_CACHE_DIR", str(folder / "compiled"))
        declared = _fit(folder / "booster.json")
        _turn(_prepare(folder / "first", rows=FEW, declared=declared))
        return [_measure(folder / str(rows), rows, declared) for rows in sorted({FEW, ROWS})]


def house_plan() -> list[dict[str, Any]]:
    """Return each check that the pack requires once, with the thresholds of all rules that require it."""
    found: dict[str, dict[str, Any]] = {}
    for rule in yaml.safe_load(HOUSE.read_text(encoding="utf-8"))["rules"]:
        required = rule["effect"].get("require", {})
        if "check" in required:
            item = found.setdefault(
                required["check"], {"check": required["check"], "params": {}, "thresholds": []}
            )
            item["thresholds"] += [
                {**one, "value": str(one["value"])} for one in required.get("thresholds", [])
            ]
    return list(found.values())


def _measure(folder: Path, rows: int, declared: Path) -> Result:
    run_dir = _prepare(folder, rows=rows, declared=declared)
    data = sum(path.stat().st_size for path in run_dir.rglob("*.npy")) / MIB
    answers: list[Answer] = []

    def turn() -> Sample:
        sample = _turn(run_dir)
        answers.append(sample.answer)
        return sample

    result = measure(
        Entry(
            name="standard plan",
            work=f"the house plan for a PD model, {rows:,} rows of {FEATURES}, {TREES} trees; data {data:.0f} MiB",
            ours=Side(name="validation.engine.supervise", turn=turn),
            is_equal=lambda answer, _: _is_measured(answer) and _is_area_right(answer, run_dir),
            runs=1,
            warm_up=0,
            sizes={"rows": rows, "features": FEATURES, "trees": TREES, "data MiB": round(data)},
        )
    )
    shutil.rmtree(run_dir)
    spent = "; ".join(f"{name} {one.elapsed_s or 0.0:.1f} s" for name, one in answers[-1].items())
    return replace(result, note=f"equal: every check measured, and the area is scikit-learn's; {spent}")


def _turn(run_dir: Path) -> Sample:
    found: Answer = {}

    def keep(result: CheckResult) -> None:
        found[result.check] = result

    before, wall = children_cpu_s(), time.perf_counter()
    with PeakOfChildren() as peak:
        outcome = supervise(run_dir=run_dir, listener=Listener(on_result=keep))
    wall = time.perf_counter() - wall
    if outcome.ending is not Ending.COMPLETED:
        raise RuntimeError("the plan did not end")
    return Sample(cpu_s=children_cpu_s() - before, wall_s=wall, answer=found, peak_mib=peak.mib)


def _is_measured(answer: Answer) -> bool:
    unmeasured = {name: one.detail for name, one in answer.items() if one.verdict.value not in MEASURED}
    if unmeasured:
        sys.stderr.write(f"not measured: {unmeasured}\n")
    return bool(answer) and not unmeasured


def _is_area_right(answer: Answer, run_dir: Path) -> bool:
    from sklearn.metrics import roc_auc_score

    labels, scores = (np.load(run_dir / place) for place in ("arrays/test.labels.npy", "scores/test.npy"))
    metrics = {metric.name: metric.estimate for metric in answer["discrimination.auc"].metrics}
    # Results travel from the child as decimals of ten digits.
    return bool(abs(metrics["auc"] - roc_auc_score(labels, scores)) < 1e-9)


def _prepare(folder: Path, *, rows: int, declared: Path) -> Path:
    """Write a run folder as the preparation child leaves it, and return it."""
    import xgboost

    booster = xgboost.Booster({"nthread": 1}, model_file=declared)
    arrays: dict[str, np.ndarray] = {}
    for place, (name, share) in enumerate(SHARES.items()):
        features, labels = _customers(round(rows * share), seed=place, shift=0.02 * place)
        scores = np.asarray(booster.inplace_predict(features), dtype=np.float64)
        arrays |= {f"{name}.features": features, f"{name}.labels": labels, f"{name}.scores": scores}
    arrays["test.scores_repeat"] = arrays["test.scores"]
    edges = np.unique(np.quantile(arrays["train.scores"], np.linspace(0.0, 1.0, 11)[1:-1]))
    artifact = ArtifactEvidence(
        digest_recorded="a" * 64, digest_seen="a" * 64, family="tree_ensemble", declarative="booster"
    )
    folder.mkdir()
    write_inputs(
        run_dir=folder,
        inputs=CheckInputs(
            feature_names=tuple(f"x{place}" for place in range(FEATURES)),
            arrays=arrays,
            grade_edges=tuple(float(edge) for edge in edges),
            claims={"auc": "0.75"},
            artifact=artifact,
        ),
    )
    specs = list_specs()
    write_plan(run_dir=folder, plan=parse_plan(data=house_plan(), specs=specs), specs=specs)
    (folder / "tools.json").write_text("{}")
    (folder / "model").mkdir()
    shutil.copyfile(declared, folder / "model" / "booster.json")
    return folder


def _fit(declared: Path) -> Path:
    import xgboost

    features, labels = _customers(FITTED, seed=99, shift=0.0)
    given = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.05, "tree_method": "hist", "nthread": 1}
    booster = xgboost.train(given, xgboost.DMatrix(features, labels, nthread=1), TREES)
    booster.save_model(declared)
    return declared


def _customers(rows: int, *, seed: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Return columns as credit data have them (amounts, shares, scores, whole numbers), and who defaulted."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(rows, FEATURES))
    normal += shift
    odds = normal @ np.random.default_rng(1234).normal(size=FEATURES) / FEATURES**0.5
    odds += 0.5 * normal[:, 0] * normal[:, 1] + 0.4 * np.abs(normal[:, 2]) - 3.0
    labels = (rng.random(rows) < 1.0 / (1.0 + np.exp(-odds))).astype(np.float64)
    for column in range(0, FEATURES, 4):
        normal[:, column] = np.round(np.exp(8.0 + 0.6 * normal[:, column]), 2)
    for column in range(1, FEATURES, 4):
        normal[:, column] = np.round(1.0 / (1.0 + np.exp(-normal[:, column])), 4)
    for column in range(3, FEATURES, 4):
        normal[:, column] = np.floor(20.0 + 12.0 * np.abs(normal[:, column]))
    # What the trees read is single precision; files hold no more here either.
    return normal.astype(np.float32).astype(np.float64), labels
