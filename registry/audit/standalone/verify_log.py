#!/usr/bin/env python3
"""Verify an exported audit log without trusting whoever exported it.

    python verify_log.py EXPORT --key LOG.PUB [--checkpoint EARLIER_NOTE ...]
    python verify_log.py --proof EVENT.TLOG-PROOF --entry EVENT.JSON --key LOG.PUB

Needs Python 3.11 and the package ``cryptography``, no network and no clock.
LOG.PUB and EARLIER_NOTE must come from where you kept them, not from the
export. Exit status: 0 sound, 1 tampered with, 2 wrong usage or unreadable.

Formats: entries.jsonl holds one entry per line, hashed as it stands; the tree
is that of RFC 6962, checkpoints and proofs are C2SP signed notes and tlog-proofs.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SOUND, TAMPERED, USAGE = 0, 1, 2
PROOF_HEADER = "c2sp.org/tlog-proof@v1"


class Tampered(Exception):
    """The export contradicts itself or a checkpoint."""


class Unreadable(Exception):
    """The verifier was not given what it needs."""


@dataclass(frozen=True)
class Key:
    """The log's public key."""

    name: str
    key_id: bytes
    public: Ed25519PublicKey


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement: so many entries, this root."""

    size: int
    root: bytes
    source: str


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def roots_at(leaves: Sequence[bytes], sizes: set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield (size, root) for each of ``sizes`` that the tree reaches, smallest first."""
    stack: list[tuple[int, bytes]] = []
    for count, leaf in enumerate(leaves, start=1):
        height, node = 0, leaf
        while stack and stack[-1][0] == height:
            height, node = height + 1, node_hash(stack.pop()[1], node)
        stack.append((height, node))
        if count in sizes:
            root = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                root = node_hash(left, root)
            yield count, root


def root_of_proof(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that an inclusion path leads to (RFC 9162 section 2.1.3.2), None if it has a wrong length."""
    if not 0 <= index < size:
        return None
    position, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            return None
        if position % 2 or position == last:
            node = node_hash(sibling, node)
            while position and position % 2 == 0:
                position, last = position // 2, last // 2
        else:
            node = node_hash(node, sibling)
        position, last = position // 2, last // 2
    return node if last == 0 else None


def read_key(source: str) -> Key:
    """Read the public key from a file, or from the text itself."""
    text = read_text(Path(source)) if Path(source).is_file() else source
    parts = text.strip().split("+", 2)
    try:
        name, key_id, encoded = parts
        material = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Unreadable(f"{source} is not a public note key (name+id+base64).") from error
    expected = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    if len(material) != 33 or material[0] != 1 or expected.hex() != key_id:
        raise Unreadable(f"{source} is not an Ed25519 note key, or its id does not belong to it.")
    return Key(name=name, key_id=expected, public=Ed25519PublicKey.from_public_bytes(material[1:]))


def open_checkpoint(note: str, key: Key, source: str) -> Checkpoint:
    """Check the signature of a checkpoint note and return what it states."""
    text, blank, lines = note.rpartition("\n\n")
    text += "\n"
    signed = False
    for line in lines.split("\n")[:-1]:
        match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
        if match is None:
            raise Tampered(f"{source} has a malformed signature line.")
        data = decode(match[2], source)
        if match[1] == key.name and data[:4] == key.key_id:
            try:
                key.public.verify(data[4:], text.encode())
            except InvalidSignature as error:
                raise Tampered(f"{source} was altered: the signature does not belong to its text.") from error
            signed = True
    if not blank or not signed:
        raise Tampered(f"{source} is not signed by {key.name} with the key that you gave.")
    parts = text.split("\n")
    if len(parts) != 4 or parts[0] != key.name or not re.fullmatch(r"0|[1-9][0-9]{0,18}", parts[1]):
        raise Tampered(f"{source} is not a checkpoint of the log {key.name}.")
    return Checkpoint(size=int(parts[1]), root=decode(parts[2], source), source=source)


def decode(text: str, source: str) -> bytes:
    """Decode base64 in its one form."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Tampered(f"{source} holds malformed base64.") from error
    if base64.b64encode(data).decode() != text:
        raise Tampered(f"{source} holds base64 that is not in its one form.")
    return data


def read_text(path: Path) -> str:
    """Read a text file without touching its line ends."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Tampered(f"{path} is not text.") from error
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error


def read_entries(path: Path) -> list[bytes]:
    """Return the entries, byte for byte."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    return data.removesuffix(b"\n").split(b"\n") if data else []


def read_leaves(path: Path) -> list[bytes]:
    """Return the leaf hashes that were exported beside the entries; they serve to locate a change."""
    try:
        return [bytes.fromhex(line) for line in read_text(path).split()]
    except ValueError as error:
        raise Tampered(f"{path} holds something else than hashes.") from error


def describe(entries: Sequence[bytes], index: int) -> str:
    """Name an event as well as its bytes allow."""
    if index >= len(entries):
        return f"event {index}"
    try:
        told = json.loads(entries[index])
        return f"event {index} ({told['action']}, {told['uuid']})"
    except (ValueError, KeyError, TypeError):
        return f"event {index} (unreadable)"


def first_wrong_interval(
    leaves: Sequence[bytes], expected: Mapping[int, Checkpoint]
) -> tuple[int, Checkpoint] | None:
    """Return the first checkpoint that the leaves do not lead to, with the size of the last good one."""
    good = 0
    for size, root in roots_at(leaves, set(expected)):
        if root != expected[size].root:
            return good, expected[size]
        good = size
    beyond = [size for size in expected if size > len(leaves)]
    return (good, expected[min(beyond)]) if beyond else None


def agree(checkpoints: Sequence[Checkpoint]) -> dict[int, Checkpoint]:
    """Index checkpoints by size; two roots for one size are two histories."""
    expected: dict[int, Checkpoint] = {}
    for checkpoint in checkpoints:
        other = expected.setdefault(checkpoint.size, checkpoint)
        if other.root != checkpoint.root:
            raise Tampered(
                f"{other.source} and {checkpoint.source} state different roots for {checkpoint.size} events: "
                "two histories were signed."
            )
    return expected


def verify_export(export: Path, key: Key, earlier: Sequence[Path]) -> str:
    """Verify a whole export; return the sentence that says so."""
    if not export.is_dir():
        raise Unreadable(f"{export} is not a folder.")
    notes = sorted((export / "checkpoints").glob("*.txt"))
    if not notes:
        raise Tampered("The export holds no checkpoint: nothing in it was ever signed.")
    own = [open_checkpoint(read_text(path), key, f"checkpoints/{path.name}") for path in notes]
    held = [open_checkpoint(read_text(path), key, f"the earlier checkpoint {path}") for path in earlier]
    entries = read_entries(export / "entries.jsonl")
    newest = max(own, key=lambda checkpoint: checkpoint.size)
    for checkpoint in held:
        if checkpoint.size > newest.size:
            raise Tampered(
                f"The log was truncated: {checkpoint.source} covers {checkpoint.size} events, the export {newest.size}."
            )
    expected = agree([*own, *held])
    hashes = [leaf_hash(entry) for entry in entries]
    leaves = read_leaves(export / "leaves.txt")
    wrong = first_wrong_interval(hashes, expected)
    if wrong is None and len(entries) == newest.size:
        if leaves != hashes:
            raise Tampered("leaves.txt was altered; the entries themselves lead to the signed roots.")
        also = f" It continues {len(held)} earlier checkpoint(s) that you hold." if held else ""
        return (
            f"Sound: {len(entries)} events lead to all {len(own)} checkpoints signed by {key.name}; "
            f"root {newest.root.hex()}.{also}"
        )
    if first_wrong_interval(leaves, expected) is None and len(leaves) == newest.size:
        raise Tampered(locate(entries, hashes, leaves))
    if wrong is None:
        raise Tampered(
            f"Entries were inserted beyond the newest checkpoint, from {describe(entries, newest.size)} on."
        )
    raise Tampered(explain_interval(entries, *wrong))


def explain_interval(entries: Sequence[bytes], good: int, broken: Checkpoint) -> str:
    """Say between which checkpoints history was changed, when the leaf hashes were changed with it."""
    if broken.size > len(entries):
        return (
            f"The log was truncated or entries were removed: {broken.source} covers {broken.size} events, "
            f"{len(entries)} are here; all is well up to {good}, the change is at or after {describe(entries, good)}."
        )
    return (
        f"The events {good} to {broken.size - 1} do not lead to the root in {broken.source}: at least one of them was "
        f"changed, removed, inserted or moved; the first that may be is {describe(entries, good)}."
    )


def locate(entries: Sequence[bytes], hashes: Sequence[bytes], leaves: Sequence[bytes]) -> str:
    """Name the first wrong entry. The leaf hashes are believed: they lead to the signed roots."""
    index = next(
        (i for i, pair in enumerate(zip(hashes, leaves, strict=False)) if pair[0] != pair[1]), len(hashes)
    )
    if index >= len(leaves):
        return f"Entries were inserted at the end, from {describe(entries, len(leaves))} on."
    if index >= len(hashes):
        return f"The log was truncated: events {index} to {len(leaves) - 1} are missing."
    found = describe(entries, index)
    if hashes[index] in leaves:
        belongs = leaves.index(hashes[index])
        if leaves[index] in hashes:
            return f"Events were moved: at {index} stands {found}, which belongs at {belongs}."
        return f"Event {index} was removed: in its place stands {found}, which belongs at {belongs}."
    if leaves[index] in hashes:
        return f"An entry was inserted: {found} was never signed."
    return f"An entry was changed: {found} does not match its signed leaf hash."


def verify_proof(proof: Path, entry: Path, key: Key) -> str:
    """Verify that one entry is in the log, from its proof alone."""
    head, blank, note = read_text(proof).partition("\n\n")
    lines = head.split("\n")
    body = [line for line in lines[1:] if not line.startswith("extra ")]
    if not blank or lines[0] != PROOF_HEADER or not body or not re.fullmatch(r"index [0-9]{1,19}", body[0]):
        raise Tampered(f"{proof} is not a tlog-proof.")
    checkpoint = open_checkpoint(note, key, f"the checkpoint in {proof}")
    path = [decode(line, str(proof)) for line in body[1:]]
    index = int(body[0].removeprefix("index "))
    (data, *more) = read_entries(entry) or [b""]
    if more or root_of_proof(leaf_hash(data), index, checkpoint.size, path) != checkpoint.root:
        raise Tampered(
            f"{describe([data], 0).replace('event 0', 'The entry')} is not event {index} of the signed log."
        )
    return f"Sound: the entry is event {index} of the {checkpoint.size} signed by {key.name}."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(description="Verify an exported audit log.")
    parser.add_argument("export", nargs="?", type=Path, help="folder of the export")
    parser.add_argument("--key", required=True, help="public key of the log: a file, or its one line")
    parser.add_argument(
        "--checkpoint", action="append", default=[], type=Path, help="a note that you kept; repeatable"
    )
    parser.add_argument("--proof", type=Path, help="inclusion proof of one event")
    parser.add_argument("--entry", type=Path, help="file with the bytes of that event")
    options = parser.parse_args(arguments)
    if (options.export is None) == (options.proof is None) or (options.proof is None) != (
        options.entry is None
    ):
        parser.error("give either an export, or --proof with --entry")
    try:
        key = read_key(options.key)
        if options.export is not None:
            sentence, status = verify_export(options.export, key, options.checkpoint), SOUND
        else:
            sentence, status = verify_proof(options.proof, options.entry, key), SOUND
    except Tampered as verdict:
        sentence, status = f"TAMPERED: {verdict}", TAMPERED
    except Unreadable as obstacle:
        sentence, status = f"Cannot verify: {obstacle}", USAGE
    sys.stdout.write(sentence + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
