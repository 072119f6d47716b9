"""Signs and publishes the state of the log.

Before every signature the stored bytes of all new entries are hashed again:
a leaf hash that went wrong after it was computed must never be signed.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from registry.audit.api import Actor, AuditAction, Subject, record
from registry.audit.database_clock import database_now
from registry.audit.merkle import HASH_BYTES, CompactRange, leaf_hash
from registry.audit.models import AuditLeaf, Checkpoint
from registry.audit.signed_note import (
    CheckpointBody,
    NoteKey,
    NoteSigner,
    open_checkpoint,
    signer_from_pem,
)
from registry.domain.errors import IntegrityMismatch, InvalidInput

ORIGIN = "mrm-registry/audit-log"
"""First line of every checkpoint and name of its key."""

KEY_FILE_NAME = "checkpoint.pem"
PUBLIC_KEY_FILE_NAME = "log.pub"
ADVISORY_LOCK = 0x6D726D_636B70  # "mrm" "ckp"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Growth:
    tree: CompactRange
    is_worth_signing: bool


def ensure_key_file(*, path: Path) -> None:
    """Create an Ed25519 private key at ``path`` (PEM, mode 0600) unless a file is there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)


def signer_from_settings() -> NoteSigner:
    """Return the signer named by ``MRM_CHECKPOINT_KEY`` (PEM), else by the file in ``MRM_KEY_DIR``.

    Raises ``AUD009`` when there is no usable key.
    """
    pem = settings.MRM_CHECKPOINT_KEY
    path = Path(settings.MRM_KEY_DIR) / KEY_FILE_NAME
    if not pem and path.is_file():
        pem = path.read_text(encoding="ascii")
    if not pem:
        raise InvalidInput(
            "AUD009",
            "there is no key to sign checkpoints with",
            remedy=f"Set MRM_CHECKPOINT_KEY, or let ensure_key_file() create {path}.",
        )
    return signer_from_pem(name=ORIGIN, pem=pem)


def publish_checkpoint(
    *, signer: NoteSigner, directory: Path, actor: Actor, at: datetime, correlation_id: str
) -> Checkpoint | None:
    """Sign the log as it stands, store the checkpoint and copy it to ``directory``.

    ``directory`` should lie where a database administrator cannot write; its
    newest note is held against the database first. Returns None when nothing
    but earlier checkpoints was recorded since the last one, or when another
    signer is at work. Raises ``IntegrityMismatch``, signing nothing: ``AUD005``
    the log shrank, ``AUD006`` a published checkpoint is not the stored one,
    ``AUD007`` stored bytes do not match their leaf hash, ``AUD008`` an index
    is missing, ``AUD010`` a stored or published note is forged.
    """
    with transaction.atomic(durable=True):
        if not _is_alone():
            return None
        last = Checkpoint.objects.order_by("-size").first()
        _ensure_published_is_stored(directory, last=last, key=signer.key)
        growth = _integrate(_resume(last, key=signer.key))
        checkpoint = None
        if growth.is_worth_signing:
            checkpoint = _sign(growth.tree, signer=signer)
            _record_signature(checkpoint, actor=actor, at=at, correlation_id=correlation_id)
    export_notes(directory=directory, key=signer.key)
    return checkpoint


def export_notes(*, directory: Path, key: NoteKey) -> int:
    """Copy every stored checkpoint that ``directory`` lacks, and the public key; return how many.

    A note that is there already is never overwritten.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _write_once(directory / PUBLIC_KEY_FILE_NAME, key.text + "\n")
    published = {path.name for path in directory.glob("*.txt")}
    missing = [row for row in Checkpoint.objects.only("size", "note") if note_name(row.size) not in published]
    for row in missing:
        open_checkpoint(row.note, key=key)
        _write_once(directory / note_name(row.size), row.note)
    return len(missing)


def note_name(size: int) -> str:
    """Return the file name of the checkpoint at ``size``; names sort like sizes."""
    return f"{size:019d}.txt"


def published_notes(directory: Path) -> Iterator[Path]:
    """Yield the published notes, smallest log first."""
    yield from sorted(directory.glob("*.txt"))


def _is_alone() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        (taken,) = cursor.fetchone()
    return bool(taken)


def _ensure_published_is_stored(directory: Path, *, last: Checkpoint | None, key: NoteKey) -> None:
    """A published note that the database no longer has means that history was rolled back or replaced."""
    notes = list(published_notes(directory))
    if not notes:
        return
    note = notes[-1].read_text(encoding="utf-8")
    body = open_checkpoint(note, key=key)
    if last is None or last.size < body.size:
        raise _shrunk(body.size, now=last.size if last else 0)
    stored = Checkpoint.objects.filter(size=body.size).values_list("note", flat=True).first()
    if stored != note:
        raise IntegrityMismatch(
            "AUD006",
            f"the checkpoint published for {body.size} entries is not the one stored in the database",
            remedy="Run the audit verification; keep the published note, it is the evidence.",
            size=body.size,
        )


def _resume(last: Checkpoint | None, *, key: NoteKey) -> CompactRange:
    """Return the tree as last signed. Its peaks are believed because they combine to the signed root."""
    if last is None:
        return CompactRange()
    body = open_checkpoint(last.note, key=key)
    data = bytes(last.peaks)
    if len(data) == body.size.bit_count() * HASH_BYTES:
        peaks = [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]
        tree = CompactRange(size=body.size, peaks=peaks)
        if last.size == body.size and tree.root() == body.root:
            return tree
    raise IntegrityMismatch(
        "AUD006",
        f"the stored checkpoint at {last.size} entries contradicts its own signed note",
        remedy="Run the audit verification against the published checkpoints.",
        size=last.size,
    )


def _integrate(tree: CompactRange) -> _Growth:
    """Add all leaves beyond the tree, hashing the stored bytes again."""
    last_index = AuditLeaf.objects.aggregate(last=Max("index"))["last"]
    size = 0 if last_index is None else int(last_index) + 1
    if size < tree.size:
        raise _shrunk(tree.size, now=size)
    is_worth_signing = False
    leaves = AuditLeaf.objects.filter(index__gte=tree.size).select_related("event").order_by("index")
    for leaf in leaves.iterator(chunk_size=1000):
        if leaf.index != tree.size:
            raise IntegrityMismatch(
                "AUD008",
                f"the audit log has no entry {tree.size}",
                remedy="Run the audit verification and restore the entry from an export.",
                index=tree.size,
            )
        hashed = leaf_hash(bytes(leaf.event.entry))
        if hashed != bytes(leaf.leaf_hash):
            raise _altered(index=leaf.index, uuid=leaf.event.uuid, action=leaf.event.action)
        tree.append(hashed)
        is_worth_signing = is_worth_signing or leaf.event.action != AuditAction.CHECKPOINT_SIGNED
    return _Growth(tree=tree, is_worth_signing=is_worth_signing)


def _sign(tree: CompactRange, *, signer: NoteSigner) -> Checkpoint:
    body = CheckpointBody(origin=signer.name, size=tree.size, root=tree.root())
    return Checkpoint.objects.create(
        size=body.size,
        root=body.root,
        peaks=b"".join(tree.peaks),
        note=signer.sign(body.text),
        signed_at=database_now(),
    )


def _record_signature(checkpoint: Checkpoint, *, actor: Actor, at: datetime, correlation_id: str) -> None:
    root = bytes(checkpoint.root)
    record(
        action=AuditAction.CHECKPOINT_SIGNED,
        actor=actor,
        at=at,
        subject=Subject(type="checkpoint", uuid=UUID(bytes=root[:16]), label=f"of {checkpoint.size} entries"),
        payload={"size": checkpoint.size, "root": root.hex()},
        correlation_id=correlation_id,
    )


def _write_once(path: Path, text: str) -> None:
    """Create the file whole or not at all; leave an existing one alone."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        return
    finally:
        partial.unlink()


def _shrunk(published: int, *, now: int) -> IntegrityMismatch:
    return IntegrityMismatch(
        "AUD005",
        f"a checkpoint over {published} entries was signed, the log now has {now}",
        remedy="Entries were removed or an old backup was restored: fetch them from an export before going on.",
        published=published,
        now=now,
    )


def _altered(*, index: int, uuid: UUID, action: str) -> IntegrityMismatch:
    return IntegrityMismatch(
        "AUD007",
        f"the stored bytes of audit event {index} ({action}, {uuid}) do not match their leaf hash",
        remedy="Nothing was signed. Run the audit verification and compare the event with an export.",
        index=index,
        uuid=str(uuid),
        action=action,
    )
