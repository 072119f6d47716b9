"""The project's settings over a throw-away folder: no test touches the checkout's ``var``.

Processes that tests start inherit the folder through the environment; each
process of a parallel run has one of its own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_OURS = "MRM_TEST_DIR"

if _OURS not in os.environ:
    os.environ[_OURS] = tempfile.mkdtemp(prefix="mrm-test-")
    atexit.register(shutil.rmtree, os.environ[_OURS], ignore_errors=True)
os.environ["MRM_VAR_DIR"] = str(Path(os.environ[_OURS]) / os.environ.get("PYTEST_XDIST_WORKER", "main"))

from mrm.settings import *  # noqa: E402, F403
