"""What each kind of process loads, and whose bell it rings. Each is started afresh and asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    *("mlflow", "shap", "evidently", "sklearn", "xgboost", "scipy.stats", "pandas", "pyarrow", "numpy"),
    *("cloudpickle", "numba", "polars", "lightgbm", "interpret"),
}
SAY_BROKER = "from celery import current_app; print('broker', current_app.conf.broker_url)"
SAY_HEAVY = f"import sys; print('loaded', sorted(set({sorted(HEAVY)!r}) & set(sys.modules)))"
BROKER = "memory://ours.example"


def say(code: str, *, folder: Path, arguments: tuple[str, ...] = ("-c",)) -> str:
    done = subprocess.run(
        [sys.executable, *arguments, code],
        cwd=ROOT,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "mrm.settings", "MRM_VAR_DIR": str(folder), "MRM_BROKER_URL": BROKER},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("web", "import mrm.wsgi"),
        ("asgi", "import mrm.asgi"),
        ("script", "import django; django.setup()"),
        ("worker", "import django; from mrm.celery import app; app.loader.import_default_modules()"),
    ],
)
def test_every_process_rings_our_bell(kind: str, start: str, tmp_path: Path) -> None:
    assert f"broker {BROKER}" in say(f"{start}; {SAY_BROKER}", folder=tmp_path)


def test_the_shell_rings_our_bell(tmp_path: Path) -> None:
    shell = ("manage.py", "shell", "--no-imports", "-c")
    assert f"broker {BROKER}" in say(SAY_BROKER, folder=tmp_path, arguments=shell)


def test_the_web_process_loads_nothing_heavy(tmp_path: Path) -> None:
    start = "import mrm.wsgi, mrm.urls; from django.urls import get_resolver; get_resolver().url_patterns"

    assert say(f"{start}; {SAY_HEAVY}", folder=tmp_path).strip() == "loaded []"


def test_the_worker_s_parent_loads_nothing_heavy(tmp_path: Path) -> None:
    start = "from mrm.celery import app; app.loader.import_default_modules(); import validation.tasks"

    assert say(f"{start}; {SAY_HEAVY}", folder=tmp_path).strip() == "loaded []"


def test_the_probe_would_see_a_heavy_library(tmp_path: Path) -> None:
    assert "numpy" in say(f"import numpy; {SAY_HEAVY}", folder=tmp_path)
