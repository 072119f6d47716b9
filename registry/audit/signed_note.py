"""Signed notes and checkpoints in the plain-text formats of C2SP (signed-note, tlog-checkpoint), Ed25519.

Pure functions on text and keys; files and tables are elsewhere.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from registry.domain.errors import IntegrityMismatch, InvalidInput

KEY_TYPE = b"\x01"
"""Ed25519 signature over the note's text."""

KEY_ID_BYTES = 4

_SIGNATURE_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key with the name under which it signs."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first bytes of a hash over name and key: a hint, not a proof."""
        return hashlib.sha256(self.name.encode() + b"\n" + KEY_TYPE + self.public).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The one-line form in which the key is published."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(KEY_TYPE + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key with the name under which it signs."""

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> NoteKey:
        """The public half."""
        return NoteKey(name=self.name, public=self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Return the note: ``text`` (ending in a newline), a blank line, one signature line."""
        signature = base64.b64encode(self.key.key_id + self.private.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signature}\n"


@dataclass(frozen=True, slots=True)
class CheckpointBody:
    """What a checkpoint states: which log, how many entries, which root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def signer_from_pem(*, name: str, pem: str) -> NoteSigner:
    """Read an Ed25519 private key in PEM (PKCS #8). Raises ``AUD009`` for anything else."""
    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise _unusable_key("it is not an unencrypted PEM private key") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise _unusable_key("it is not an Ed25519 key")
    return NoteSigner(name=name, private=private)


def parse_key(text: str) -> NoteKey:
    """Read a published key, ``name+id+base64``. Raises ``AUD009`` if it contradicts itself."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        material = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise _unusable_key("its last part is not base64") from error
    key = NoteKey(name=name, public=material[1:])
    if material[:1] != KEY_TYPE or len(key.public) != 32 or key.key_id.hex() != key_id:
        raise _unusable_key("it is not an Ed25519 note key, or its identifier does not belong to it")
    return key


def open_note(note: str, *, key: NoteKey) -> str:
    """Return the signed text of ``note``.

    Signatures by other keys are passed over, as the format demands. Raises
    ``AUD010`` if the note is malformed, not signed by ``key``, or altered.
    """
    text, blank, signatures = note.rpartition("\n\n")
    text += "\n"
    if not blank or not signatures.endswith("\n"):
        raise _bad_note("it has no signature block")
    found = False
    for line in signatures[:-1].split("\n"):
        match = _SIGNATURE_LINE.fullmatch(line)
        if match is None:
            raise _bad_note("a signature line is malformed")
        signature = _decode(match["signature"])
        if match["name"] != key.name or signature[:KEY_ID_BYTES] != key.key_id:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature[KEY_ID_BYTES:], text.encode())
        except InvalidSignature as error:
            raise _bad_note("the signature does not belong to the text") from error
        found = True
    if not found:
        raise _bad_note(f"it is not signed by {key.name}")
    return text


def open_checkpoint(note: str, *, key: NoteKey) -> CheckpointBody:
    """Return what a signed checkpoint of the log named like ``key`` states. Raises ``AUD010``."""
    lines = open_note(note, key=key).split("\n")
    if len(lines) != 4 or lines[0] != key.name or not _SIZE.fullmatch(lines[1]):
        raise _bad_note("its text is not a checkpoint of this log")
    root = _decode(lines[2])
    if len(root) != 32:
        raise _bad_note("its root is not a SHA-256")
    return CheckpointBody(origin=lines[0], size=int(lines[1]), root=root)


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _bad_note("it holds malformed base64") from error
    if base64.b64encode(data).decode() != text:
        raise _bad_note("it holds base64 that is not in its one form")
    return data


def _unusable_key(cause: str) -> InvalidInput:
    return InvalidInput(
        "AUD009",
        f"the checkpoint key cannot be used: {cause}",
        remedy="Give an Ed25519 key, in PEM to sign, in the one-line note form to verify.",
    )


def _bad_note(cause: str) -> IntegrityMismatch:
    return IntegrityMismatch(
        "AUD010",
        f"the checkpoint cannot be trusted: {cause}",
        remedy="Compare it with the copy that was published, and find out who changed it.",
    )
