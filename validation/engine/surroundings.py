"""Where a result was computed, as far as its numbers may depend on it: program, lock file, libraries, machine.

Versions are those installed, whether or not a check has loaded them: what a
result says of itself must not depend on which checks ran before it.
"""

import hashlib
import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

_ROOT = Path(__file__).parents[2]
_SOURCES = ("validation", "registry/capital", "registry/domain")
_KINDS = (".py", ".csv")
_LOCK = _ROOT / "requirements" / "worker.txt"
_CPU_FILE = Path("/proc/cpuinfo")
_DIGITS = 16
_LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "shap": "shap",
    "numba": "numba",
    "xgboost": "xgboost-cpu",
    "interpret": "interpret-core",
    "lightgbm": "lightgbm",
    "evidently": "evidently",
    "sklearn": "scikit-learn",
    "mlflow": "mlflow",
}


@cache
def read_surroundings() -> Mapping[str, str]:
    """Return names and versions as text; what is not installed, or cannot be told here, is left out."""
    found = {"python": sys.version.split()[0], "program": _digest_of_sources(_ROOT), "platform": _platform()}
    if _LOCK.is_file():
        found["lock file"] = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:_DIGITS]
    for name, distribution in _LIBRARIES.items():
        try:
            found[name] = version(distribution)
        except PackageNotFoundError:
            continue
    return MappingProxyType(found)


def _digest_of_sources(root: Path) -> str:
    """Return a digest of the code that computes results: it names a program more finely than a version number."""
    digest = hashlib.sha256()
    files = (path for folder in _SOURCES for path in (root / folder).rglob("*") if path.suffix in _KINDS)
    for path in sorted(files):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:_DIGITS]


def _platform() -> str:
    libc = " ".join(platform.libc_ver()).strip()
    return ", ".join(part for part in (platform.machine(), libc, _processor(_CPU_FILE)) if part)


def _processor(file: Path) -> str:
    """Return the model of the processor: numerical libraries choose their kernels by it."""
    if not file.is_file():
        return ""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
