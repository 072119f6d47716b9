"""``python -m tests.contracts.deployment``: migrations are complete, and production settings pass every check."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.contracts.sources import ROOT


def main() -> int:
    """Run both commands and return the first failure's status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        production = production_environment(folder)
        commands = (
            (["makemigrations", "--check", "--dry-run"], {"MRM_VAR_DIR": str(folder / "embedded")}),
            (["check", "--deploy", "--fail-level", "WARNING"], production),
        )
        for command, extra in commands:
            done = subprocess.run(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=os.environ | extra, check=False
            )
            if done.returncode != 0:
                return done.returncode
    return 0


def production_environment(folder: Path) -> dict[str, str]:
    """Return production settings with secrets that live as long as this run."""
    files = {
        "MRM_SECRET_KEY": secrets.token_urlsafe(64),
        "MRM_CHECKPOINT_KEY": private_key(),
        "MRM_PERMIT_KEY": private_key(),
    }
    environment = {}
    for name, value in files.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(value)
        environment[f"{name}_FILE"] = str(path)
    return environment | {
        "MRM_MODE": "production",
        "MRM_VAR_DIR": str(folder / "var"),
        "MRM_CHECKPOINT_DIR": str(folder / "checkpoints"),
        "MRM_DATABASE_URL": "postgresql://mrm@127.0.0.1:5432/mrm",
        "MRM_BROKER_URL": "redis://127.0.0.1:6379/0",
        "MRM_PUBLIC_URL": "https://models.bank.example",
        "MRM_ALLOWED_HOSTS": "models.bank.example",
    }


def private_key() -> str:
    """Return a new Ed25519 private key as PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


if __name__ == "__main__":
    sys.exit(main())
