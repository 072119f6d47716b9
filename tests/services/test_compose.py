"""Each service of docker-compose.yml starts for real, is healthy by its own examination, and stops when told.

Against the local PostgreSQL and Redis, which trust without a password;
MLflow keeps artefacts in a folder instead of the object store.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.flows.mlflow_server import free_port
from tests.services.compose_file import ROOT, LocalService, Place, local_service
from tests.services.throw_away import postgresql_database
from tests.surroundings import SERVICE_URLS, is_there

pytestmark = pytest.mark.services("postgresql", "redis")

HEALTHY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 30.0
REDIS_DATABASE = "13"
HOST = "mrm.bank.example"


def new_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True)
class Deployment:
    """What an operator would set, where containers' places are here, and the ports in use."""

    values: dict[str, str]
    place: Place
    folder: Path
    ports: dict[str, int]

    def service(self, name: str) -> LocalService:
        return local_service(name, values=self.values, place=self.place)

    def manage(self, *arguments: str, typed: str = "", **other: str) -> subprocess.CompletedProcess[str]:
        """Run a management command in the environment of ``web``, without a terminal."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.service("web").environment | other, input=typed, capture_output=True, text=True,
            timeout=180, check=False, start_new_session=True,
        )  # fmt: skip

    @contextmanager
    def running(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start the service's command and wait until its own examination says that it is healthy."""
        service = self.service(name)
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                service.command,
                cwd=ROOT,
                env=service.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(service, process)
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=STOPPED_WITHIN_S)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]

    def _wait(self, service: LocalService, process: subprocess.Popen[bytes]) -> None:
        ends = time.monotonic() + HEALTHY_WITHIN_S
        while True:
            examined = subprocess.run(
                service.health_command(pid=process.pid), env=service.environment, capture_output=True, text=True,
                timeout=30, check=False,
            )  # fmt: skip
            assert process.poll() is None, self.log(service.name)
            if examined.returncode == 0:
                return
            assert time.monotonic() < ends, (
                f"{service.name} is not healthy: {examined.stderr}\n{self.log(service.name)}"
            )
            time.sleep(0.3)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    ports = {"web": free_port(), "mlflow": free_port()}
    values = {
        "MRM_SECRET_KEY": "k" * 20 + os.urandom(32).hex(),
        "POSTGRES_PASSWORD": "not-asked-for-here",
        "REDIS_PASSWORD": "not-asked-for-here",
        "OBJECTS_USER": "store",
        "OBJECTS_PASSWORD": "not-asked-for-here",
        "MRM_PUBLIC_URL": f"https://{HOST}",
        "MRM_ALLOWED_HOSTS": HOST,
        "MRM_CHECKPOINT_KEY": new_key(),
        "MRM_PERMIT_KEY": new_key(),
    }
    with (
        postgresql_database(prefix="mrm_compose") as ours,
        postgresql_database(prefix="mrm_compose") as mlflow,
    ):
        broker = SERVICE_URLS["redis"].rpartition("/")[0].removeprefix("redis://")
        place = {
            "mrm:not-asked-for-here@postgres:5432/mrm": ours.removeprefix("postgresql://"),
            "mrm:not-asked-for-here@postgres:5432/mlflow": mlflow.removeprefix("postgresql://"),
            ":not-asked-for-here@redis:6379/0": f"{broker}/{REDIS_DATABASE}",
            "mlflow:5000": "mlflow:5000",
            "http://mlflow:5000": f"http://127.0.0.1:{ports['mlflow']}",
            "0.0.0.0:8000": f"127.0.0.1:{ports['web']}",
            "127.0.0.1:8000": f"127.0.0.1:{ports['web']}",
            "127.0.0.1:5000": f"127.0.0.1:{ports['mlflow']}",
            "0.0.0.0": "127.0.0.1",
            "5000": str(ports["mlflow"]),
            "s3://mlflow": (folder / "objects").as_uri(),
            "/var/lib/mrm": str(folder / "var"),
            "/srv/checkpoints": str(folder / "checkpoints"),
            "/tmp": str(folder / "tmp"),
        }
        for name in ("objects", "var", "checkpoints", "tmp"):
            (folder / name).mkdir()
        queues = redis.Redis.from_url(f"redis://{broker}/{REDIS_DATABASE}")
        queues.flushdb()
        found = Deployment(values=values, place=place, folder=folder, ports=ports)
        migrate = found.service("migrate")
        subprocess.run(migrate.command, cwd=ROOT, env=migrate.environment, check=True, timeout=180)
        yield found
        queues.flushdb()


@pytest.mark.parametrize("name", ["web", "worker-light", "worker-heavy", "beat", "mlflow"])
def test_a_service_starts_is_healthy_and_stops_when_told(deployment: Deployment, name: str) -> None:
    with deployment.running(name) as process:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(timeout=STOPPED_WITHIN_S)

    assert process.returncode in (0, -signal.SIGTERM), deployment.log(name)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_django_s_deployment_check_has_nothing_to_say(deployment: Deployment) -> None:
    checked = deployment.manage("check", "--deploy", "--fail-level", "WARNING")

    assert checked.returncode == 0, checked.stderr


def test_the_pages_come_over_tls_for_the_operator_s_host_only(deployment: Deployment) -> None:
    def status(host: str, **headers: str) -> int:
        request = Request(
            f"http://127.0.0.1:{deployment.ports['web']}/sign-in/", headers={"Host": host} | headers
        )
        try:
            with urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except HTTPError as answer:
            return answer.code

    with deployment.running("web"):
        assert status(HOST, **{"X-Forwarded-Proto": "https"}) == 200
        assert status("elsewhere.example", **{"X-Forwarded-Proto": "https"}) == 400


def test_mlflow_answers_under_the_name_by_which_the_others_call_it(deployment: Deployment) -> None:
    address = (
        f"http://127.0.0.1:{deployment.ports['mlflow']}/api/2.0/mlflow/registered-models/search?max_results=1"
    )
    with deployment.running("mlflow"):
        request = Request(address, headers={"Host": "mlflow:5000"})
        with urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.mark.skipif(not is_there("pg_dump"), reason="PostgreSQL's own tools are not installed")
def test_the_first_accounts_are_made_as_the_page_says_and_a_restored_backup_verifies(
    deployment: Deployment,
) -> None:
    early = deployment.folder / "early.dump"
    dump(deployment, early)
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    snippet = re.search(r"```python\n(.+?)```", page, re.DOTALL)
    assert snippet is not None
    typed = "a long enough passphrase 7\n" * 2
    made = deployment.manage("shell", "--no-imports", "-c", snippet[1], typed=typed)
    assert made.returncode == 0, made.stderr

    signed = deployment.manage("checkpoint")
    assert "Signed a checkpoint over" in signed.stdout, signed.stderr
    late = deployment.folder / "late.dump"
    dump(deployment, late)

    assert verify_restored(deployment, late).returncode == 0
    refused = verify_restored(deployment, early)
    assert refused.returncode == 1
    assert "AUD" in refused.stderr


def dump(deployment: Deployment, file: Path) -> None:
    url = deployment.service("web").environment["MRM_DATABASE_URL"]
    subprocess.run(["pg_dump", "-Fc", "-f", str(file), url], check=True, timeout=120)


def verify_restored(deployment: Deployment, file: Path) -> subprocess.CompletedProcess[str]:
    with postgresql_database(prefix="mrm_restore") as url:
        restore = ["pg_restore", "--exit-on-error", "--no-owner", "-d", url, str(file)]
        subprocess.run(restore, check=True, timeout=120)
        assert deployment.manage("migrate", "--check", MRM_DATABASE_URL=url).returncode == 0
        return deployment.manage("verify_audit", MRM_DATABASE_URL=url)
