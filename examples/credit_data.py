"""The four data sets of the credit card examples, made from one cohort at fixed seeds.

See ``examples/data/README.md`` for the source and its licence.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

SOURCE = Path(__file__).parent / "data" / "taiwan_credit_default.parquet"
LABEL = "default"
SEGMENT = "sex"
SEED = 20_051_001
FIRST_RECENT_ID = 24_001

# Sex, education, marital status and age stay out of the models. Sex is named as the segment, so that checks
# compare outcomes by group; no model's box gets it.
FEATURES = (
    "limit_bal",
    "pay_0", "pay_2", "pay_3", "pay_4", "pay_5", "pay_6",
    "bill_amt1", "bill_amt2", "bill_amt3", "bill_amt4", "bill_amt5", "bill_amt6",
    "pay_amt1", "pay_amt2", "pay_amt3", "pay_amt4", "pay_amt5", "pay_amt6",
)  # fmt: skip

HOW_MADE = {
    "train": "rows 1 to 24,000; 75 % drawn at random, stratified by the label",
    "test": "rows 1 to 24,000; the 25 % not used in training",
    "recent": (
        "PSEUDO-TEMPORAL: rows 24,001 to 30,000 of one cohort, the row id taken for time; "
        "no date of origination exists in the data"
    ),
    "shifted": (
        "the recent rows with a made-up covariate shift: limit_bal x 0.6, bill_amt1..6 x 1.6 + 20,000, "
        "pay_amt1..6 x 0.4, and one month more of delay in pay_0..pay_6 for a random 40 % of the rows; "
        "labels untouched"
    ),
}

ROLE = {
    "train": "training",
    "test": "test",
    "recent": "pseudo_temporal",
    "shifted": "shifted_demonstration",
}


@dataclass(frozen=True)
class DataSets:
    """The four frames: every column of the source, the label included."""

    train: pd.DataFrame
    test: pd.DataFrame
    recent: pd.DataFrame
    shifted: pd.DataFrame

    def items(self) -> tuple[tuple[str, pd.DataFrame], ...]:
        """Return name and frame, in a fixed order."""
        return (
            ("train", self.train),
            ("test", self.test),
            ("recent", self.recent),
            ("shifted", self.shifted),
        )


def load_data_sets(*, source: Path = SOURCE) -> DataSets:
    """Read the cohort and split it. The same bytes give the same four frames."""
    cohort = pd.read_parquet(source)
    past = cohort[cohort["id"] < FIRST_RECENT_ID]
    recent = cohort[cohort["id"] >= FIRST_RECENT_ID]
    train, test = train_test_split(past, test_size=0.25, random_state=SEED, stratify=past[LABEL])
    return DataSets(
        train=train.sort_values("id", ignore_index=True),
        test=test.sort_values("id", ignore_index=True),
        recent=recent.reset_index(drop=True),
        shifted=shift(recent.reset_index(drop=True)),
    )


def shift(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the covariate shift that ``HOW_MADE["shifted"]`` describes."""
    shifted = frame.copy()
    later = np.random.default_rng(SEED).random(len(frame)) < 0.4
    shifted["limit_bal"] = (shifted["limit_bal"] * 0.6).round().astype("int64")
    for month in range(1, 7):
        bill, paid = f"bill_amt{month}", f"pay_amt{month}"
        shifted[bill] = (shifted[bill] * 1.6 + 20_000).round().astype("int64")
        shifted[paid] = (shifted[paid] * 0.4).round().astype("int64")
    for status in ("pay_0", "pay_2", "pay_3", "pay_4", "pay_5", "pay_6"):
        shifted.loc[later, status] = (shifted.loc[later, status] + 1).clip(upper=8)
    return shifted


def write_data_sets(data: DataSets, *, folder: Path) -> Path:
    """Write one Parquet file per data set, and ``manifest.json``; return the manifest's path."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, frame in data.items():
        path = folder / f"{name}.parquet"
        frame.to_parquet(path, index=False, compression="zstd")
        entries.append(
            {
                "name": name,
                "file": path.name,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "rows": len(frame),
                "columns": list(frame.columns),
                "features": list(FEATURES),
                "label": LABEL,
                "segment": SEGMENT,
                "role": ROLE[name],
                "how_made": HOW_MADE[name],
            }
        )
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"version": 1, "datasets": entries}, indent=2, sort_keys=True) + "\n")
    return manifest
