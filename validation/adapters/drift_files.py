"""Drift between two Parquet files, or between a stored profile of one and the other.

Only for files whose bytes the caller trusts, such as those that came out of
the box's parser: decoding happens in this process. Columns are read in
blocks, so that memory does not grow with their number.
"""

import hashlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from validation.adapters import drift_compiled
from validation.domain.inputs import FloatArray, UnusableInputError
from validation.stats.distances import (
    CategoryDistance,
    NumericDistance,
    Pool,
    Rows,
    Tally,
    compare_categories,
    compare_numeric,
    tally,
)
from validation.stats.pooled import count_places, pool
from validation.stats.profiles import (
    NumericProfile,
    ProfileDistance,
    SlotLoops,
    build_profile,
    compare_with_profile,
)

# Compiled loops cost a quarter of a second to load: as much as they save on so many values.
_MANY_VALUES = 10_000_000
_BLOCK_VALUES = 8_000_000
_HEAD = "profile.json"
_KINDS = ("int32", "float64")

Arrays = dict[str, list[NDArray[Any]]]
Distance = NumericDistance | CategoryDistance


@dataclass(frozen=True, kw_only=True)
class FileProfile:
    """The profiles of a file's columns, with the digest of the file they were made from."""

    sha256: str
    bins: int
    numeric: Mapping[str, NumericProfile]
    categories: Mapping[str, Tally]


@dataclass(frozen=True, kw_only=True)
class ProfileComparison:
    """Distances by column; ``exact`` holds those that the profile could not decide."""

    numeric: Mapping[str, ProfileDistance]
    categories: Mapping[str, CategoryDistance]
    exact: Mapping[str, NumericDistance]


def compare_files(
    *, reference: Path, current: Path, categories: Collection[str], bins: int
) -> dict[str, Distance]:
    """Return the exact distance of every column of ``reference``.

    Raises ``UnusableInputError`` when a column is absent, empty or infinite.
    """
    found: dict[str, Distance] = {}
    names, rows = _read_head(reference)
    is_compiled = _is_compiled(2 * rows * len(names))
    order: Pool = drift_compiled.Pooler() if is_compiled else pool
    count = drift_compiled.count_places if is_compiled else count_places
    for (name, before), (_, after) in zip(_columns(reference, names), _columns(current, names), strict=True):
        if name in categories:
            found[name] = compare_categories(
                reference=tally(before, count=count), current=tally(after, count=count)
            )
        else:
            found[name] = compare_numeric(reference=before, current=after, bins=bins, pool=order)
    return found


def profile_file(*, path: Path, categories: Collection[str], bins: int) -> FileProfile:
    """Return the profile of every column. Raises as ``compare_files`` does."""
    numeric: dict[str, NumericProfile] = {}
    tallies: dict[str, Tally] = {}
    for name, values in _columns(path, _read_head(path)[0]):
        if name in categories:
            tallies[name] = tally(values)
        else:
            numeric[name] = build_profile(values=values, bins=bins)
    return FileProfile(sha256=_digest(path), bins=bins, numeric=numeric, categories=tallies)


def compare_file_with_profile(
    *, profile: FileProfile, current: Path, method: str, threshold: float, reference: Path | None = None
) -> ProfileComparison:
    """Return the distances of a batch from a profile.

    A numeric column whose interval for ``method`` holds the threshold is
    computed again, exactly, from the reference file. Raises
    ``UnusableInputError`` as ``compare_files`` does, and
    ``reference_needed`` when that file is wanted and not given, or is not
    the one profiled.
    """
    names = [*profile.numeric, *profile.categories]
    is_compiled = _is_compiled(_read_head(current)[1] * len(names))
    loops = drift_compiled.slot_loops() if is_compiled else SlotLoops()
    count = drift_compiled.count_places if is_compiled else count_places
    numeric: dict[str, ProfileDistance] = {}
    tallies: dict[str, CategoryDistance] = {}
    for name, values in _columns(current, names):
        if name in profile.categories:
            tallies[name] = compare_categories(
                reference=profile.categories[name], current=tally(values, count=count)
            )
        else:
            numeric[name] = compare_with_profile(profile=profile.numeric[name], current=values, loops=loops)
    open_ = [name for name, one in numeric.items() if not _is_decided(profile, name, one, method, threshold)]
    exact = _exactly(profile, reference, current, open_) if open_ else {}
    return ProfileComparison(numeric=numeric, categories=tallies, exact=exact)


def write_profile(*, profile: FileProfile, folder: Path) -> None:
    """Write a profile: an array of each type and one JSON file, nothing that executes."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: Arrays = {kind: [np.zeros(0, dtype=kind)] for kind in _KINDS}
    head = {
        "format": 2,
        "sha256": profile.sha256,
        "bins": profile.bins,
        "numeric": {name: _taken_apart(one, arrays) for name, one in profile.numeric.items()},
        "categories": {name: _taken_apart(one, arrays) for name, one in profile.categories.items()},
    }
    for kind, parts in arrays.items():
        np.save(folder / f"{kind}.npy", np.concatenate(parts), allow_pickle=False)
    (folder / _HEAD).write_text(json.dumps(head, allow_nan=False), encoding="utf-8")


def read_profile(*, folder: Path) -> FileProfile:
    """Read what ``write_profile`` wrote; arrays are mapped into memory, not copied."""
    head = json.loads((folder / _HEAD).read_bytes())
    mapped = {kind: np.load(folder / f"{kind}.npy", mmap_mode="r", allow_pickle=False) for kind in _KINDS}
    # As plain arrays: those of the mapped class cost more at every step.
    arrays = {kind: np.asarray(one) for kind, one in mapped.items()}
    return FileProfile(
        sha256=head["sha256"],
        bins=head["bins"],
        numeric={name: NumericProfile(**_put_together(one, arrays)) for name, one in head["numeric"].items()},
        categories={name: Tally(**_put_together(one, arrays)) for name, one in head["categories"].items()},
    )


def _taken_apart(record: NumericProfile | Tally, arrays: Arrays) -> dict[str, Any]:
    """Return a record's fields with, for an array, its type and its place among the arrays, to which it is added."""
    found = asdict(record)
    for name, value in found.items():
        if isinstance(value, np.ndarray):
            parts = arrays[value.dtype.name]
            begin = sum(map(len, parts))
            parts.append(value)
            found[name] = [value.dtype.name, begin, begin + len(value)]
    return found


def _put_together(data: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    found = {
        name: arrays[value[0]][value[1] : value[2]] if isinstance(value, list) else value
        for name, value in data.items()
    }
    return {**found, "rows": Rows(**data["rows"])}


def _is_decided(
    profile: FileProfile, name: str, found: ProfileDistance, method: str, threshold: float
) -> bool:
    """Return whether the interval leaves no doubt; the Wasserstein limit counts the reference's deviations."""
    if method == "wasserstein":
        return found.wasserstein.decides(threshold=threshold * profile.numeric[name].spread)
    chosen = {"ks": found.ks, "psi": found.psi, "jensenshannon": found.jensen_shannon}[method]
    return chosen.decides(threshold=threshold)


def _exactly(
    profile: FileProfile, reference: Path | None, current: Path, names: Sequence[str]
) -> dict[str, NumericDistance]:
    if reference is None or _digest(reference) != profile.sha256:
        raise UnusableInputError(
            reason="reference_needed",
            detail=f"{names[0]} lies too near its threshold; the file that was profiled is needed to decide",
        )
    pairs = zip(_columns(reference, names), _columns(current, names), strict=True)
    return {
        name: compare_numeric(reference=before, current=after, bins=profile.bins)
        for (name, before), (_, after) in pairs
    }


def _is_compiled(values: int) -> bool:
    """Return whether compiled loops pay on so many values; they are as good as free where Numba is loaded."""
    return values >= _MANY_VALUES or "numba" in sys.modules


def _read_head(path: Path) -> tuple[list[str], int]:
    """Return the names of a file's columns, and its rows."""
    import pyarrow.parquet as pq

    head = pq.read_metadata(path)
    return list(head.schema.to_arrow_schema().names), head.num_rows


def _columns(path: Path, names: Sequence[str]) -> Iterator[tuple[str, FloatArray]]:
    """Yield the named columns in that order, as doubles; a missing value is NaN."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True) as file:
        missing = sorted(set(names) - set(file.schema_arrow.names))
        if missing:
            raise UnusableInputError(
                reason="malformed_input", detail=f"{path.name} has no column {missing[0]}"
            )
        size = max(1, _BLOCK_VALUES // max(1, file.metadata.num_rows))
        for start in range(0, len(names), size):
            block = file.read(columns=list(names[start : start + size]), use_threads=False)
            for name in names[start : start + size]:
                yield name, _usable(np.asarray(block[name].to_numpy(), dtype=np.float64), name)


def _usable(values: FloatArray, name: str) -> FloatArray:
    total = values.sum()
    if not np.isfinite(total) and (np.isinf(values).any() or np.isnan(values).all()):
        raise UnusableInputError(
            reason="non_finite_input", detail=f"the column {name} holds no value at all, or an infinite one"
        )
    if not len(values):
        raise UnusableInputError(reason="malformed_input", detail=f"the column {name} is empty")
    return values


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
