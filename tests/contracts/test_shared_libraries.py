"""A fresh Debian 12 has no OpenMP, no compiler and no mathematics library: the installed wheels must bring all."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from tests.contracts.elf import is_elf, read_library

ROOT = Path(__file__).resolve().parents[2]
# On every Debian 12: libc6 and libgcc-s1 are required, libstdc++6 and zlib1g come with apt and dpkg.
OF_THE_SYSTEM = re.compile(
    r"(libc|libm|libpthread|libdl|librt|libutil|libresolv|libgcc_s|libstdc\+\+|libz|ld-linux-[\w-]+)\.so\.\d+"
)
# numba tries three thread pools and falls back to the third, which needs nothing.
TRIED_ONLY = {
    "numba/np/ufunc/omppool": ["libgomp.so.1.0.0"],
    "numba/np/ufunc/tbbpool": ["libtbb.so.12"],
}
OPENMP = ("libgomp.so.1", "libgomp.so.1.0.0", "libomp.so", "libomp.so.5", "libiomp5.so", "libtbb.so.12")
BROKEN = "import ctypes; ctypes.CDLL('libgomp.so.1')"
POOL = "import numba.np.ufunc.omppool"
WORK = """
import json, numpy, shap, xgboost
from evidently import Report
from numba import njit, prange
from sklearn.ensemble import HistGradientBoostingClassifier

rows = numpy.random.default_rng(1).normal(size=(200, 3))
labels = (rows[:, 0] > 0).astype(int)
assert HistGradientBoostingClassifier(max_iter=5).fit(rows, labels).score(rows, labels) > 0.9
booster = xgboost.XGBClassifier(n_estimators=5).fit(rows, labels)
assert numpy.abs(shap.TreeExplainer(booster).shap_values(rows)).sum() > 0

@njit(parallel=True)
def total(values):
    found = 0.0
    for index in prange(len(values)):
        found += values[index]
    return found

assert total(numpy.ones(50)) == 50
maps = open("/proc/self/maps").read()
print(json.dumps([line.split()[-1] for line in maps.splitlines() if "omp.so" in line or "libgomp" in line]))
"""


def worker_distributions() -> list[Distribution]:
    lock = (ROOT / "requirements" / "worker.txt").read_text(encoding="utf-8")
    return [distribution(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)]


def shared_libraries(installed: Distribution) -> dict[str, Path]:
    files = {str(file): Path(str(file.locate())) for file in installed.files or () if ".so" in file.name}
    return {name: path for name, path in files.items() if path.is_file() and is_elf(path)}


def wanting(libraries: dict[str, Path]) -> dict[str, list[str]]:
    """Return, by library, what neither the system nor the same wheel has."""
    read = {name: read_library(path) for name, path in libraries.items()}
    bundled = {Path(name).name for name in read} | {library.soname for library in read.values()}
    lacks = {
        name: [need for need in library.needed if need not in bundled and not OF_THE_SYSTEM.fullmatch(need)]
        for name, library in read.items()
    }
    return {name: needs for name, needs in lacks.items() if needs}


def without_openmp(code: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run code where every name of an OpenMP library of the system leads to a file that cannot be loaded."""
    for name in OPENMP:
        (folder / name).write_bytes(b"not a library")
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"LD_LIBRARY_PATH": str(folder), "NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def scikit_learn() -> tuple[dict[str, Path], str, str]:
    """Return a wheel's libraries, which want for nothing, one that uses OpenMP, and the bundled copy."""
    libraries = shared_libraries(distribution("scikit-learn"))
    assert wanting(libraries) == {}
    helpers = next(name for name in libraries if "_openmp_helpers" in name)
    return libraries, helpers, next(name for name in libraries if "libgomp-" in name)


def test_no_wheel_of_the_worker_needs_a_library_that_a_fresh_debian_lacks() -> None:
    found: dict[str, list[str]] = {}
    for wheel in worker_distributions():
        found |= wanting(shared_libraries(wheel))

    assert {name.partition(".")[0]: needs for name, needs in found.items()} == TRIED_ONLY


def test_the_walk_sees_every_library_that_matters() -> None:
    seen = {name for wheel in worker_distributions() for name in shared_libraries(wheel)}

    for library in (
        "xgboost/lib/libxgboost.so",
        "sklearn/utils/_openmp_helpers",
        "pyarrow/libarrow.so",
        "libgomp-",
    ):
        assert any(library in name for name in seen), library


def test_a_library_linked_against_the_system_s_openmp_is_found(tmp_path: Path) -> None:
    libraries, helpers, copy = scikit_learn()
    bundled, patched = Path(copy).name.encode(), tmp_path / "patched.so"
    image = libraries[helpers].read_bytes()
    patched.write_bytes(image.replace(bundled, b"libgomp.so.1".ljust(len(bundled), b"\0")))

    assert wanting(libraries | {helpers: patched}) == {helpers: ["libgomp.so.1"]}


def test_a_wheel_that_lost_its_openmp_is_found() -> None:
    libraries, helpers, copy = scikit_learn()
    del libraries[copy]

    assert wanting(libraries)[helpers] == [Path(copy).name]


@pytest.mark.parametrize("code", [BROKEN, POOL])
def test_the_system_s_openmp_is_hidden(code: str, tmp_path: Path) -> None:
    done = without_openmp(code, tmp_path)

    assert done.returncode != 0
    assert str(tmp_path) in done.stderr


def test_the_libraries_compute_without_the_system_s_openmp(tmp_path: Path) -> None:
    done = without_openmp(WORK, tmp_path)

    assert done.returncode == 0, done.stderr[-2000:]
    mapped = {Path(path) for path in json.loads(done.stdout)}
    assert {path.parent.name for path in mapped} <= {"xgboost_cpu.libs", "scikit_learn.libs"}
    assert mapped
