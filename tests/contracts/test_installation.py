"""The installation ends well wherever an earlier one broke off."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from requirements import install


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / ".venv"
    monkeypatch.setattr(install, "VENV", folder)
    monkeypatch.setattr(install, "PYTHON", folder / "bin" / "python")
    return folder


def test_a_virtual_environment_that_broke_off_before_pip_is_made_again(venv: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    assert not install.has_pip()

    install.ensure_venv()

    assert install.has_pip()


def test_a_whole_virtual_environment_is_kept(venv: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    (venv / "kept").touch()

    install.ensure_venv()

    assert (venv / "kept").exists()


def test_an_interruption_says_how_to_go_on(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(install, "ensure_venv", interrupted)

    assert install.main(layer="worker") == 130
    assert "goes on from here" in capsys.readouterr().err
    assert not (venv / ".installed-worker").exists()


def test_peers_of_benchmarks_go_to_a_folder_of_their_own(
    venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peers = tmp_path / "peers"
    (peers / "of an older lock").mkdir(parents=True)
    asked: list[tuple[str, Path | None]] = []

    def installed(*, lock: Path, target: Path | None = None) -> None:
        asked.append((lock.name, target))
        peers.mkdir()

    monkeypatch.setattr(install, "PEERS", peers)
    monkeypatch.setattr(install, "ensure_venv", lambda: None)
    monkeypatch.setattr(install, "install", installed)

    assert [install.main(layer="bench"), install.main(layer="bench")] == [0, 0]

    assert asked == [("bench.txt", peers)]
    assert [path.name for path in peers.iterdir()] == [".installed-bench"]
    assert not venv.exists()


def test_an_old_python_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "OLDEST", (99, 1))

    with pytest.raises(install.InstallError, match=r"99\.1 or newer is needed"):
        install.ensure_venv()


def test_a_space_in_the_checkout_s_path_leads_nowhere_else(tmp_path: Path) -> None:
    checkout = tmp_path / "a checkout"
    checkout.mkdir()
    shutil.copy(install.ROOT / "Makefile", checkout)

    subprocess.run(["make", "PYTHON=true", "worker-env"], cwd=checkout, check=True)

    assert [path.name for path in tmp_path.iterdir()] == ["a checkout"]
    assert {path.name for path in checkout.iterdir()} == {"Makefile", "var"}
