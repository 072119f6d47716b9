"""Where the demonstration lives: folders, ports, and the environment of its processes."""

import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from mrm.env import Env

CHECKOUT = Path(__file__).resolve().parents[2]
LAST_PORT = 65_535


class PortTakenError(RuntimeError):
    """One of our processes cannot listen where it should: mostly, another does."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Everything that a process of the demonstration must know."""

    folder: Path
    web_port: int
    mlflow_port: int

    @property
    def web_url(self) -> str:
        """Where people find the pages."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def mlflow_url(self) -> str:
        """Where MLflow answers."""
        return f"http://127.0.0.1:{self.mlflow_port}"

    @property
    def database(self) -> Path:
        """The registry's database."""
        return self.folder / "mrm.sqlite3"

    @property
    def people_file(self) -> Path:
        """The accounts and tokens that the set-up made, readable by their owner only."""
        return self.folder / "people.json"

    def log(self, name: str) -> Path:
        """Where a process writes what it says."""
        return self.folder / "logs" / f"{name}.log"

    def environment(self) -> dict[str, str]:
        """Return the environment of every process: nothing is written outside the folder, nobody is called."""
        cache = self.folder.parent / "cache"
        return _without_secrets() | {
            "DJANGO_SETTINGS_MODULE": "mrm.settings",
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONUNBUFFERED": "1",
            "MRM_MODE": "embedded",
            "MRM_VAR_DIR": str(self.folder),
            "MRM_MLFLOW_URL": self.mlflow_url,
            "MRM_PUBLIC_URL": self.web_url,
            "MRM_ALLOWED_HOSTS": "127.0.0.1,localhost",
            "MLFLOW_TRACKING_URI": self.mlflow_url,
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "1",
            "GIT_PYTHON_REFRESH": "quiet",
            "OMP_WAIT_POLICY": "PASSIVE",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "XDG_CACHE_HOME": str(cache),
            "MPLCONFIGDIR": str(cache / "matplotlib"),
            "NUMBA_CACHE_DIR": str(cache / "numba"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    def renew(self) -> None:
        """Remove what an earlier demonstration left, and make the folders."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("logs", "tmp", "home", "mlflow", "static"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def ensure_ports_are_free(self) -> None:
        """Raise ``PortTakenError`` with the variable that names a port which cannot be had."""
        ports = {"MRM_WEB_PORT": self.web_port, "MRM_MLFLOW_PORT": self.mlflow_port}
        if self.web_port == self.mlflow_port:
            raise PortTakenError("MRM_WEB_PORT and MRM_MLFLOW_PORT name the same port; set one to another.")
        for name, port in ports.items():
            if not 0 < port <= LAST_PORT:
                raise PortTakenError(f"{name} is {port}; a port is a number from 1 to {LAST_PORT}.")
            try:
                _bind(port)
            except OSError as error:
                raise PortTakenError(
                    f"Port {port} of this machine is not free ({error.strerror}). "
                    f"Set {name} to one that is, for example: {name}={_bind(0)} make demo"
                ) from error


def places_from(env: Env) -> Places:
    """Return the places that the environment asks for."""
    return Places(
        folder=env.var_dir / "demo",
        web_port=env.number("MRM_WEB_PORT"),
        mlflow_port=env.number("MRM_MLFLOW_PORT"),
    )


def _bind(port: int) -> int:
    """Take a port for a moment (0: any that is free) and return its number."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])


def _without_secrets() -> dict[str, str]:
    """Return the environment without settings of another installation, and without what could leak."""
    kept = ("LANG", "LC_ALL", "TZ", "TERM", "USER", "LOGNAME", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ}
