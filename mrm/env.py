"""Every variable that the program reads from its environment, declared once.

``docker-compose.yml``, the documentation and the settings are compared with
this table by tests: a variable that is not here is not read. A secret may be
given as a file: ``NAME_FILE`` holds the path, so that it never stands in a
process's environment.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Variable:
    """One setting: its name, what it means, its default (``None``: required in production)."""

    name: str
    meaning: str
    default: str | None = ""
    secret: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable("MRM_MODE", "embedded (one machine, SQLite, no broker) or production", "embedded"),
    Variable("MRM_VAR_DIR", "folder for everything that is written, relative to the checkout", "var"),
    Variable(
        "MRM_SECRET_KEY", "Django's secret key; embedded mode makes one under MRM_VAR_DIR", None, secret=True
    ),
    Variable(
        "MRM_DATABASE_URL",
        "postgresql://… or sqlite:///path; empty means SQLite under MRM_VAR_DIR",
        "",
        secret=True,
    ),
    Variable("MRM_BROKER_URL", "redis://… or amqp://…; empty means files under MRM_VAR_DIR", "", secret=True),
    Variable("MRM_MLFLOW_URL", "address of the MLflow tracking server", "http://127.0.0.1:8501"),
    Variable("MRM_PUBLIC_URL", "address under which people reach the web pages", "http://127.0.0.1:8500"),
    Variable("MRM_ALLOWED_HOSTS", "host names served, comma-separated", "127.0.0.1,localhost"),
    Variable("MRM_WEB_PORT", "port of the web process started by make demo", "8500"),
    Variable("MRM_MLFLOW_PORT", "port of the MLflow server started by make demo", "8501"),
    Variable(
        "MRM_CHECKPOINT_KEY", "Ed25519 private key (PEM) that signs audit checkpoints", None, secret=True
    ),
    Variable(
        "MRM_PERMIT_KEY",
        "Ed25519 private key (PEM) that signs permits; not the checkpoint key",
        None,
        secret=True,
    ),
    Variable(
        "MRM_CHECKPOINT_DIR",
        "folder to which checkpoints are exported, beyond a database administrator's reach",
        "",
    ),
    Variable(
        "MRM_CHECK_LANES", "checks of a run that compute side by side; 0: two where there are two cores", "0"
    ),
    Variable("MRM_LOG_LEVEL", "level of the program's own log lines", "INFO"),
)

_BY_NAME = {variable.name: variable for variable in VARIABLES}


class SettingMissingError(RuntimeError):
    """A variable that production needs is not set, or a file it names cannot be read."""


@dataclass(frozen=True)
class Env:
    """The environment, read through the table above."""

    values: Mapping[str, str]
    base_dir: Path

    @property
    def is_embedded(self) -> bool:
        """Whether the program runs by itself on one machine."""
        return self.text("MRM_MODE") == "embedded"

    @property
    def var_dir(self) -> Path:
        """The folder under which everything is written."""
        return (self.base_dir / self.text("MRM_VAR_DIR")).resolve()

    def text(self, name: str) -> str:
        """Return the variable's value, from its file if one is named, else its default."""
        variable = _BY_NAME[name]
        path = self.values.get(f"{name}_FILE", "")
        if variable.secret and path:
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingMissingError(
                    f"{name}_FILE names {path}, which cannot be read: {error.strerror}"
                ) from error
        value = self.values.get(name, "")
        if value:
            return value
        if variable.default is None and not self.is_embedded:
            raise SettingMissingError(
                f"{name} is not set. {variable.meaning}. Set it, or {name}_FILE to a file that holds it."
            )
        return variable.default or ""

    def items(self, name: str) -> list[str]:
        """Return a comma-separated variable as a list."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def number(self, name: str) -> int:
        """Return a variable as a whole number."""
        value = self.text(name)
        if not value.isdigit():
            raise SettingMissingError(f"{name} is {value!r}, which is not a whole number.")
        return int(value)


def read_env(base_dir: Path) -> Env:
    """Read the process's environment."""
    return Env(values=dict(os.environ), base_dir=base_dir)
