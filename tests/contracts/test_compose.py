"""docker-compose.yml and the Dockerfile keep what the documentation promises of them."""

import re
from typing import Any

import pytest

from mrm.env import VARIABLES
from tests.services.compose_file import (
    DOCKERFILE,
    REFERENCE,
    NotSetError,
    interpolate,
    read_compose,
    references,
)

COMPOSE = read_compose()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EMBEDDED_ONLY = {"MRM_WEB_PORT", "MRM_MLFLOW_PORT"}
"""Ports that `make demo` chooses: in production the file publishes one port and the proxy finds it."""

ONE_SHOT = {"migrate", "objects-bucket"}
OURS = {"web", "worker-light", "worker-heavy", "beat", "migrate"}
OWN_IMAGES = {"mrm-web": "web", "mrm-worker": "worker", "mrm-objects": "objects"}
each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def environment_of(name: str) -> dict[str, str]:
    return {key: str(value) for key, value in SERVICES[name].get("environment", {}).items()}


def test_every_variable_of_the_file_is_declared_and_every_declared_one_is_in_the_file() -> None:
    declared = {variable.name for variable in VARIABLES}
    given = {key for name in OURS for key in environment_of(name)}
    asked = {name for name, _mark in references(COMPOSE) if name.startswith("MRM_")}

    assert given == declared - EMBEDDED_ONLY
    assert asked <= declared - EMBEDDED_ONLY
    assert declared >= EMBEDDED_ONLY


@pytest.mark.parametrize("name", sorted(OURS - {"web"}))
def test_our_processes_share_one_environment(name: str) -> None:
    assert environment_of(name) == environment_of("web")


def test_a_secret_that_is_not_set_stops_the_start() -> None:
    optional = {name for name, mark in references(COMPOSE) if mark != "?"}
    assert optional == {"MRM_CHECK_LANES", "MRM_LOG_LEVEL"}
    with pytest.raises(NotSetError, match="POSTGRES_PASSWORD"):
        interpolate(environment_of("web")["MRM_DATABASE_URL"], {})


@each_service
def test_no_password_stands_in_the_file(name: str) -> None:
    for key, value in environment_of(name).items():
        literal = REFERENCE.sub("", value)
        assert not re.search(r"://[^/@]*:[^/@]+@", literal), key
        if re.search(r"PASSWORD|SECRET|_KEY", key):
            assert not literal, key


@each_service
def test_a_service_runs_without_privileges(name: str) -> None:
    service = SERVICES[name]
    user, group = service["user"].split(":")

    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


@each_service
def test_a_service_is_examined_or_ends(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    assert ("healthcheck" in service) != (name in ONE_SHOT)


@each_service
def test_a_dependency_is_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert how["condition"] == expected


def test_every_image_is_pinned_or_built_here() -> None:
    stages = dict(re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE))
    named = {service["image"] for service in SERVICES.values()}
    built = {item["image"]: item["build"]["target"] for item in SERVICES.values() if "build" in item}

    assert built == OWN_IMAGES
    for image in (named | set(stages)) - set(OWN_IMAGES) - set(stages.values()):
        assert re.search(r":[^:/]*\d", image), image
        assert not image.endswith(":latest")


def test_only_the_pages_are_reachable_and_only_from_the_proxy_s_host() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}


def test_a_volume_covers_a_folder_that_the_service_s_user_owns() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    made = set(re.search(r"install -d -o mrm -g mrm -m 0750 (.+)$", text, re.MULTILINE)[1].split())  # type: ignore[index]
    made |= set(re.findall(r"^COPY --from=base --chown=10001:10001 \S+ (\S+)$", text, re.MULTILINE))
    covered = {
        volume.split(":")[1]
        for service in SERVICES.values()
        if service["image"] in OWN_IMAGES
        for volume in service.get("volumes", [])
    }

    assert covered == {"/var/lib/mrm", "/srv/checkpoints", "/objects"}
    assert covered <= made


def test_the_images_end_as_an_unprivileged_user() -> None:
    for stage in DOCKERFILE.read_text(encoding="utf-8").split("\nFROM ")[2:]:
        users = re.findall(r"^USER (\S+)$", stage, re.MULTILINE)
        assert users[-1] == "10001:10001", stage.splitlines()[0]
