"""Builds the client's wheel from the checkout with the standard library alone (PEP 517).

The wheel holds ``mrm/__init__.py`` and ``mrm/client`` and nothing else of the
project. Its bytes depend on its content only.
"""  # noqa: INP001 - a build backend lies beside its pyproject.toml

import base64
import hashlib
import tarfile
import tomllib
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "mrm"
EPOCH = (1980, 1, 1, 0, 0, 0)


def build_wheel(
    wheel_directory: str,
    config_settings: object = None,  # noqa: ARG001 - PEP 517's signature
    metadata_directory: str | None = None,  # noqa: ARG001
) -> str:
    """Write the wheel into the folder and return its file name."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    files = {f"mrm/{path.relative_to(SOURCE).as_posix()}": path.read_bytes() for path in _sources()}
    info = f"{stem}.dist-info"
    files[f"{info}/METADATA"] = _metadata(project).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: mrm-client\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    scripts = "".join(f"{name} = {target}\n" for name, target in project["scripts"].items())
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{scripts}".encode()
    record = "".join(f"{name},{_hash(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            wheel.writestr(zipfile.ZipInfo(path, EPOCH), data)
    return name


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:  # noqa: ARG001
    """Refuse: the client's source is the project's."""
    raise tarfile.TarError("the client is built from a checkout of the project: python -m pip wheel ./client")


def _sources() -> list[Path]:
    return [SOURCE / "__init__.py", *sorted((SOURCE / "client").rglob("*.py"))]


def _metadata(project: dict[str, object]) -> str:
    dependencies: list[str] = list(project["dependencies"])  # type: ignore[call-overload]
    extras: dict[str, list[str]] = dict(project["optional-dependencies"])  # type: ignore[call-overload]
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        f"License-Expression: {project['license']}",
        *(f"Requires-Dist: {item}" for item in dependencies),
    ]
    for extra, items in extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {item}; extra == "{extra}"' for item in items]
    return "\n".join(lines) + "\n"


def _hash(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest}"
