"""Signed notes against the vectors of the C2SP specification and RFC 8032."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from registry.audit.signed_note import (
    CheckpointBody,
    NoteSigner,
    open_checkpoint,
    open_note,
    parse_key,
    signer_from_pem,
)
from registry.domain.errors import IntegrityMismatch, InvalidInput

SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
RFC_8032_SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
LOG_KEY = "example.org/mrm-audit+c4a4c613+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
LOG_NOTE = (
    "example.org/mrm-audit\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n— example.org/mrm-audit "
    "xKTGE1BISAcc99vz2QHemd9TjsxYURvtXIhJ5nvn+R6dIKPTQbF7Ieqib29/RIii4qgiUul1/a0gyWU2F39zKH2qpgU=\n"
)
ROOT_OF_EIGHT = bytes.fromhex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
SIGNER = NoteSigner(
    name="example.org/mrm-audit",
    private=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_8032_SEED)),
)


def test_the_specifications_note_opens_with_the_specifications_key() -> None:
    assert open_note(SPEC_NOTE, key=parse_key(SPEC_KEY)) == "This is an example message.\n"


def test_no_byte_of_the_note_can_change() -> None:
    key = parse_key(SPEC_KEY)
    for position, letter in enumerate(SPEC_NOTE):
        altered = SPEC_NOTE[:position] + ("x" if letter != "x" else "y") + SPEC_NOTE[position + 1 :]
        with pytest.raises(IntegrityMismatch, match="AUD010"):
            open_note(altered, key=key)


def test_our_checkpoint_equals_the_published_one_byte_for_byte() -> None:
    body = CheckpointBody(origin="example.org/mrm-audit", size=8, root=ROOT_OF_EIGHT)
    note = SIGNER.sign(body.text)
    assert note == LOG_NOTE
    assert (
        hashlib.sha256(note.encode()).hexdigest()
        == "417de2696c729185e4a50c33dea22226a6270d36e7dc3a6719ea463b2c55dabf"
    )
    assert SIGNER.key.text == LOG_KEY
    assert open_checkpoint(note, key=parse_key(LOG_KEY + "\n")) == body


def test_another_signers_line_is_passed_over_but_ours_must_be_there() -> None:
    both = LOG_NOTE + SPEC_NOTE.rsplit("\n\n", 1)[1]
    assert open_checkpoint(both, key=SIGNER.key).size == 8
    with pytest.raises(IntegrityMismatch, match="not signed by"):
        open_note(SPEC_NOTE, key=SIGNER.key)


@pytest.mark.parametrize(
    "text",
    [
        "example.org/other\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n",
        "example.org/mrm-audit\n08\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n",
        "example.org/mrm-audit\n-8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n",
        "example.org/mrm-audit\n8\nXcnaeacGWamtVZy3\n",
        "example.org/mrm-audit\n8\nnot base64!\n",
        "example.org/mrm-audit\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh=\n",
        "example.org/mrm-audit\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\nextension\n",
        "example.org/mrm-audit\n8\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_of_this_log_is_refused(text: str) -> None:
    with pytest.raises(IntegrityMismatch, match="AUD010"):
        open_checkpoint(SIGNER.sign(text), key=SIGNER.key)


@pytest.mark.parametrize(
    "note",
    ["", "no signature\n", "text\n\n", "text\n\n— example.org/mrm-audit xKTGE1A", "text\n\nother line\n"],
)
def test_a_malformed_note_is_refused(note: str) -> None:
    with pytest.raises(IntegrityMismatch, match="AUD010"):
        open_note(note, key=SIGNER.key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        SPEC_KEY.replace("530d903a", "530d903b"),
        SPEC_KEY.replace("example", "exemple"),
        SPEC_KEY[:-1] + "!",
        "example.com/foo+530d903a+" + base64.b64encode(b"\x04" + bytes(32)).decode(),
    ],
)
def test_a_key_that_contradicts_itself_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="AUD009"):
        parse_key(text)


def test_only_an_ed25519_pem_can_sign() -> None:
    pem = SIGNER.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert signer_from_pem(name=SIGNER.name, pem=pem).key == SIGNER.key
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for unfit in ("", "nonsense", other.decode()):
        with pytest.raises(InvalidInput, match="AUD009"):
            signer_from_pem(name=SIGNER.name, pem=unfit)
