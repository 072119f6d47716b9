"""A port that cannot be had is named, with its variable and a port that can."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mrm.demo.places import Places, PortTakenError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def places(*, web: int, mlflow: int) -> Places:
    return Places(folder=Path("demo"), web_port=web, mlflow_port=mlflow)


def test_free_ports_are_free() -> None:
    places(web=free_port(), mlflow=free_port()).ensure_ports_are_free()


@pytest.mark.parametrize("variable", ["MRM_WEB_PORT", "MRM_MLFLOW_PORT"])
def test_a_taken_port_is_named_with_one_that_is_free(variable: str, taken: int) -> None:
    other = free_port()
    web, mlflow = (taken, other) if variable == "MRM_WEB_PORT" else (other, taken)

    with pytest.raises(PortTakenError, match=f"Port {taken} .*not free.*Set {variable}") as refusal:
        places(web=web, mlflow=mlflow).ensure_ports_are_free()

    advised = re.search(rf"{variable}=(\d+) make demo", str(refusal.value))
    assert advised is not None
    socket.create_server(("127.0.0.1", int(advised[1]))).close()


@pytest.mark.parametrize("number", [0, 65_536])
def test_what_is_no_port_is_named(number: int) -> None:
    with pytest.raises(PortTakenError, match=f"MRM_WEB_PORT is {number}; a port is a number from 1 to 65535"):
        places(web=number, mlflow=free_port()).ensure_ports_are_free()


def test_two_servers_do_not_share_a_port() -> None:
    with pytest.raises(PortTakenError, match="name the same port"):
        places(web=8600, mlflow=8600).ensure_ports_are_free()
