"""Checking a permit without the registry: the signature over its exact text, its term, and its conditions."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from mrm.client.conditions import EXCEEDED, UNKNOWN, OfflineCheck, StatedUse, check_offline
from mrm.client.errors import MrmApiError


@dataclass(frozen=True, kw_only=True)
class PermitVerdict:
    """Whether a permit covers a use, in a sentence; where ``is_decided`` is false, a condition is not known."""

    is_valid: bool
    sentence: str
    checks: tuple[OfflineCheck, ...] = ()
    is_decided: bool = True


def verify_permit(
    *, file: Path, key: Path, on: date | None = None, use: StatedUse | None = None
) -> PermitVerdict:
    """Check a permit's signature, its term, and its conditions against the use that is stated.

    As at the gate, the permit is over on the day on which it ends. A valid
    signature says what was permitted when it was issued; only the registry
    knows of a suspension since. Raises ``CLI030`` when a file cannot be read,
    ``CLI031`` without the cryptography library.
    """
    permit = _permit(file)
    if not _is_signed(permit, _read(key)):
        return PermitVerdict(
            is_valid=False, sentence="The permit is not genuine: its signature is not the registry's."
        )
    statement = json.loads(permit["statement"])
    expires_on = date.fromisoformat(statement["expires_on"])
    what = f"{statement['mlflow_uri']} for {statement['use_case']}"
    if expires_on <= (on or datetime.now(tz=UTC).date()):
        return PermitVerdict(
            is_valid=False, sentence=f"The permit of {what} is genuine but ended on {expires_on}."
        )
    checks = check_offline(conditions=statement.get("conditions", []), use=use or StatedUse())
    return _verdict(what, statement, checks)


def _verdict(what: str, statement: dict[str, Any], checks: tuple[OfflineCheck, ...]) -> PermitVerdict:
    exceeded = [item.text for item in checks if item.status == EXCEEDED]
    if exceeded:
        return PermitVerdict(
            is_valid=False,
            sentence=f"The permit of {what} is genuine and does not cover this use: {' '.join(exceeded)}",
            checks=checks,
        )
    unknown = [item.text for item in checks if item.status == UNKNOWN]
    if unknown:
        return PermitVerdict(
            is_valid=False,
            sentence=f"The permit of {what} is genuine; whether it covers this use is not known."
            f" State what it limits: {' '.join(unknown)}",
            checks=checks,
            is_decided=False,
        )
    return PermitVerdict(
        is_valid=True,
        sentence=(
            f"The permit of {what} is genuine and ends on {statement['expires_on']}, for the artefact"
            f" {statement['artifact_digest']}. Ask 'mrm gate' whether it was suspended since."
        ),
        checks=checks,
    )


def _permit(file: Path) -> dict[str, str]:
    try:
        document: Any = json.loads(_read(file))
    except ValueError:
        document = None
    if isinstance(document, dict) and "statement" not in document:
        document = document.get("permit")
    names = ("statement", "signature")
    if not isinstance(document, dict) or not all(isinstance(document.get(name), str) for name in names):
        raise MrmApiError(
            "CLI030",
            f"{file} holds no permit",
            remedy="Give the JSON that 'mrm gate --output FILE' wrote for a version that has one.",
        )
    return {name: document[name] for name in names}


def _is_signed(permit: dict[str, str], pem: bytes) -> bool:
    try:
        serialization = import_module("cryptography.hazmat.primitives.serialization")
        ed25519 = import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
        exceptions = import_module("cryptography.exceptions")
    except ImportError as error:
        raise MrmApiError(
            "CLI031",
            "signatures cannot be checked here: the cryptography library is missing",
            remedy="Install it: pip install cryptography",
        ) from error
    try:
        public_key = serialization.load_pem_public_key(pem)
    except ValueError:
        public_key = None
    if not isinstance(public_key, ed25519.Ed25519PublicKey):
        raise MrmApiError(
            "CLI030",
            "the key file holds no Ed25519 public key",
            remedy="Save the registry's key from /api/v1/permits/key.",
        )
    try:
        public_key.verify(base64.b64decode(permit["signature"], validate=True), permit["statement"].encode())
    except (exceptions.InvalidSignature, binascii.Error):
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MrmApiError(
            "CLI030", f"{path} cannot be read: {error.strerror}", remedy="Check the path."
        ) from error
