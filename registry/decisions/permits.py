"""The signed statement of a permission, and checking it.

The signature is Ed25519 over the canonical JSON of the statement. The key is
not the one that signs audit checkpoints.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from registry.audit.checkpoint import ensure_key_file
from registry.decisions.models import Permit
from registry.domain.canonical import canonical_bytes, to_json
from registry.domain.errors import InvalidInput

KEY_FILE = "permit-ed25519.pem"


def sign_statement(statement: Mapping[str, object]) -> tuple[str, str, str]:
    """Return the statement's canonical text, its signature in base64 and the key's identifier."""
    key = _private_key()
    text = canonical_bytes(statement)
    return text.decode("utf-8"), base64.b64encode(key.sign(text)).decode("ascii"), _key_id(key.public_key())


def is_genuine(permit: Permit) -> bool:
    """Say whether the stored statement carries our signature."""
    try:
        _private_key().public_key().verify(
            base64.b64decode(permit.signature), permit.statement.encode("utf-8")
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def is_intact(permit: Permit) -> bool:
    """Say whether the row says what was signed: its columns repeat a statement that is genuine."""
    if not is_genuine(permit):
        return False
    stated = json.loads(permit.statement)
    columns = {
        "mlflow_uri": permit.intended_use.version.mlflow_uri,
        "use_case": permit.intended_use.use_case.key,
        "artifact_digest": permit.version_digest,
        "expires_on": permit.expires_on,
        "conditions": permit.conditions,
        "approval": permit.approval_uuid,
    }
    return all(stated.get(name) == to_json(value) for name, value in columns.items())


def public_key_pem() -> str:
    """Return the public key with which anybody can check a permit offline."""
    key = _private_key().public_key()
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def _key_id(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def _private_key() -> Ed25519PrivateKey:
    text = settings.MRM_PERMIT_KEY
    if not text:
        path = Path(settings.MRM_KEY_DIR) / KEY_FILE
        ensure_key_file(path=path)
        text = path.read_text(encoding="ascii")
    key = serialization.load_pem_private_key(text.encode("ascii"), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(
            "DEC020",
            "the permit key is not an Ed25519 key",
            remedy="Set MRM_PERMIT_KEY to an Ed25519 key in PEM.",
        )
    return key
