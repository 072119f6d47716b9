"""docker-compose.yml as data, and its services translated to processes on this machine.

No container engine is needed: a service's command, environment and health
check are taken from the file, and only what containers supply is replaced
(host names, ports, folders, and the object store, which becomes a folder).
"""

import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
BIN = Path(sys.executable).parent
REFERENCE = re.compile(r"\$\$|\$\{(?P<name>[A-Z0-9_]+)(?::(?P<mark>[?-])(?P<rest>[^}]*))?\}")

Place = dict[str, str]


class NotSetError(LookupError):
    """A reference to a variable that must be set and is not, as the engine would refuse it."""


def read_compose() -> dict[str, Any]:
    """Return the file's content, anchors and merge keys resolved, references left as they stand."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """Replace references as the engine does; raises ``NotSetError`` where ``:?`` stands and nothing is set."""

    def value_of(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        found = values.get(match["name"], "")
        if not found and match["mark"] == "?":
            raise NotSetError(f"{match['name']}: {match['rest']}")
        return found or (match["rest"] if match["mark"] == "-" else "")

    return REFERENCE.sub(value_of, text)


def references(node: object) -> list[tuple[str, str]]:
    """Return (name, mark) of every reference in the file or a part of it; the mark is ``?``, ``-`` or empty."""
    if isinstance(node, Mapping):
        return [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    found = REFERENCE.finditer(node) if isinstance(node, str) else ()
    return [(match["name"], match["mark"] or "") for match in found if match["name"]]


def image_environment() -> dict[str, str]:
    """Return what the Dockerfile sets for every process of its images."""
    joined = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    pairs: dict[str, str] = {}
    for line in joined.splitlines():
        if line.startswith("ENV "):
            pairs |= dict(item.split("=", 1) for item in shlex.split(line[4:]))
    return pairs


@dataclass(frozen=True)
class LocalService:
    """One service of the file as a process here: what runs, with which environment, and how it is examined."""

    name: str
    command: list[str]
    environment: dict[str, str]
    health: list[str] = field(default_factory=list)

    def health_command(self, *, pid: int) -> list[str]:
        """Return the service's own examination; in a container the service is process 1."""
        return [part.replace("/proc/1/", f"/proc/{pid}/") for part in self.health]


def local_service(name: str, *, values: Mapping[str, str], place: Place) -> LocalService:
    """Translate a service. ``values`` are the operator's variables, ``place`` maps container text to local text."""
    service = read_compose()["services"][name]

    theirs = re.compile("|".join(re.escape(text) for text in sorted(place, key=len, reverse=True)))

    def here(text: object) -> str:
        return theirs.sub(lambda match: place[match[0]], interpolate(str(text), values))

    command = [here(part) for part in service["command"]]
    health = [here(part) for part in service.get("healthcheck", {}).get("test", [])]
    set_here = {key: here(value) for key, value in (image_environment() | service["environment"]).items()}
    return LocalService(
        name=name,
        command=_program(command),
        environment={"PATH": f"{BIN}:/usr/bin:/bin", "HOME": place["/tmp"]} | set_here,
        health=_program(health[1:]) if health else [],
    )


def _program(command: list[str]) -> list[str]:
    return [sys.executable if command[0] == "python" else str(BIN / command[0]), *command[1:]]
