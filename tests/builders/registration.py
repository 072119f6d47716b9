"""A fake MLflow dressed as the run of a credit model: the inventory tags, and data sets with their manifest."""

import hashlib
import json

from tests.unit.gateway.fake_mlflow import API, ARTIFACTS, VERSION, FakeMlflow

URI = "models:/pd/1"
RUN_DATASETS = "1/r1/artifacts/datasets"
DATA = b"PAR1 rows PAR1"
DETAILS = {
    "name": "Card default, gradient boosting",
    "description": "Probability that a card customer defaults within the next month.",
    "purpose": "Ranking of default risk.",
    "limitations": "One issuer, one half-year.",
    "data_sources": "Public research data",
    "origin": "internal",
    "entity": "meridian-eu",
    "jurisdictions": "EU",
    "owner": "owen",
    "validator": "vera",
}


def dress(server: FakeMlflow, *, without: str = "", sha256: str = "") -> None:
    """Tag version 1 of ``pd`` with the details (one may be left out) and give its run three data sets."""
    tags = [{"key": f"mrm.{name}", "value": text} for name, text in DETAILS.items() if name != without]
    version = {"model_version": {**VERSION["model_version"], "tags": tags}}
    server.replies[f"{API}/model-versions/get"] = (200, json.dumps(version).encode())
    entries = [
        {
            "name": role,
            "file": f"{role}.parquet",
            "sha256": sha256 or hashlib.sha256(DATA).hexdigest(),
            "rows": 10,
            "label": "default",
        }
        for role in ("train", "test", "recent")
    ]
    manifest = json.dumps({"datasets": entries}).encode()
    files = {"manifest.json": manifest, **{entry["file"]: DATA for entry in entries}}
    server.listings[RUN_DATASETS] = [
        {"path": name, "is_dir": False, "file_size": len(data)} for name, data in files.items()
    ]
    for name, data in files.items():
        server.replies[f"{ARTIFACTS}/{RUN_DATASETS}/{name}"] = (200, data)
