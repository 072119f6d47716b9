"""Whoever ends a performance is again as it was before: it adopts nobody."""

import ctypes
from pathlib import Path

from mrm.demo.places import Places
from mrm.demo.processes import Troupe

PR_GET_CHILD_SUBREAPER = 37


def adopts_orphans() -> bool:
    answer = ctypes.c_int(-1)
    assert ctypes.CDLL(None).prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(answer), 0, 0, 0) == 0
    return bool(answer.value)


def test_orphans_are_adopted_until_everything_is_stopped(tmp_path: Path) -> None:
    troupe = Troupe(Places(folder=tmp_path, web_port=8600, mlflow_port=8601))
    assert adopts_orphans()

    assert troupe.stop() == []

    assert not adopts_orphans()
