"""The client's wheel: small, installable without network, with the command."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "-w", str(folder)]
    done = subprocess.run([*command, str(ROOT / "client")], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_client_and_nothing_of_the_registry(wheel: Path) -> None:
    assert wheel.name == "mrm_client-0.1.0-py3-none-any.whl"
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert names[0] == "mrm/__init__.py"
    assert all(name.startswith("mrm/client/") for name in names[1:])


def test_the_installed_command_runs_without_the_project(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
    ]
    subprocess.run([*install, str(wheel)], check=True)
    environment = {"PYTHONPATH": str(target), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(target / "bin" / "mrm"), "gate", "models:/pd/1", "--use-case", "x"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (3, "")
    assert "CLI001 MRM_URL is not set" in done.stdout
