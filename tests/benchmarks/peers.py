"""Libraries that serve as peers only: installed under ``var`` by ``make bench``, never into ``.venv``.

They are put behind everything else on the path of the process that measures,
so that what both places hold comes from ``.venv``.
"""

import sys
from importlib import import_module
from importlib.metadata import distributions
from types import ModuleType

from requirements.install import PEERS

NAMES = ("cel-python", "common-expression-language", "lightgbm")


def peer_versions() -> dict[str, str]:
    """Return the versions of the peers that are installed."""
    return {item.name: item.version for item in distributions(path=[str(PEERS)]) if item.name in NAMES}


def import_peer(name: str) -> ModuleType:
    """Return a module of a library in ``requirements/bench.in``."""
    if not PEERS.is_dir():
        raise RuntimeError("the peers are not installed; run `python3 requirements/install.py bench`")
    if str(PEERS) not in sys.path:
        sys.path.append(str(PEERS))
    return import_module(name)
