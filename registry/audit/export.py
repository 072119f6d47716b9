"""Writes the signed log to a folder that a stranger can verify with one command."""

import base64
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from registry.audit.checkpoint import PUBLIC_KEY_FILE_NAME, note_name
from registry.audit.models import AuditLeaf, Checkpoint
from registry.audit.selectors import find_inclusion_proof, get_consistency_proof, get_event
from registry.audit.signed_note import NoteKey
from registry.domain.errors import Conflict, NotFound

VERIFIER = Path(__file__).parent / "standalone" / "verify_log.py"

README = """\
Audit log of {origin}: {size} events, {checkpoints} checkpoints.

To verify (Python 3.11 and the package cryptography, no network):

    python verify_log.py . --key LOG.PUB --checkpoint EARLIER_NOTE

LOG.PUB and EARLIER_NOTE must be copies that you kept, or had from someone whom
you trust: those in this folder were written by the party under examination.
Take verify_log.py from your own copy of the program, too, or read it first.

entries.jsonl    one event per line; each line is hashed as it stands
leaves.txt       SHA-256(0x00 || line) of each, in hex; serves to locate a change
checkpoints/     signed notes: origin, size, root
proofs/          inclusion proofs (.tlog-proof) with their entries (.json), and
                 consistency proofs between two sizes, where they were asked for
log.pub          the public key that the notes claim to be signed with

The log is tamper-evident after a published checkpoint: whoever holds one can
detect any change, removal, insertion or reordering of the events it covers.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportReport:
    """What was written."""

    directory: Path
    size: int
    checkpoints: int


def export_log(
    *, directory: Path, key: NoteKey, proofs_for: Sequence[UUID] = (), since: int | None = None
) -> ExportReport:
    """Write everything up to the newest checkpoint into ``directory``, which must be new or empty.

    ``proofs_for`` names events to add an inclusion proof for; ``since`` a size
    to add the consistency proof from. Nothing is verified here: the verifier
    does that, elsewhere. Raises ``AUD014`` when nothing is signed yet,
    ``AUD015`` when the folder is in use.
    """
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        raise NotFound(
            "AUD014", "no checkpoint was signed yet", remedy="Sign a checkpoint, then export the log."
        )
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise Conflict("AUD015", f"{directory} is not empty", remedy="Export into a new folder.")
    _write_entries(directory, size=newest.size)
    checkpoints = _write_notes(directory / "checkpoints")
    _write_proofs(directory / "proofs", uuids=proofs_for, since=since, size=newest.size)
    (directory / PUBLIC_KEY_FILE_NAME).write_text(key.text + "\n", encoding="utf-8")
    shutil.copyfile(VERIFIER, directory / VERIFIER.name)
    readme = README.format(origin=key.name, size=newest.size, checkpoints=checkpoints)
    (directory / "README.txt").write_text(readme, encoding="utf-8")
    return ExportReport(directory=directory, size=newest.size, checkpoints=checkpoints)


def _write_entries(directory: Path, *, size: int) -> None:
    leaves = AuditLeaf.objects.filter(index__lt=size).order_by("index")
    rows = leaves.values_list("event__entry", "leaf_hash").iterator(chunk_size=1000)
    with (directory / "entries.jsonl").open("wb") as entries, (directory / "leaves.txt").open("w") as hashes:
        for entry, leaf in rows:
            entries.write(bytes(entry) + b"\n")
            hashes.write(bytes(leaf).hex() + "\n")


def _write_notes(directory: Path) -> int:
    directory.mkdir()
    notes = list(Checkpoint.objects.order_by("size").values_list("size", "note"))
    for size, note in notes:
        (directory / note_name(size)).write_text(note, encoding="utf-8")
    return len(notes)


def _write_proofs(directory: Path, *, uuids: Sequence[UUID], since: int | None, size: int) -> None:
    directory.mkdir()
    for uuid in uuids:
        event, proof = get_event(uuid=uuid), find_inclusion_proof(uuid=uuid)
        if proof is not None:
            (directory / f"{proof.index}.json").write_bytes(event.entry)
            (directory / f"{proof.index}.tlog-proof").write_text(proof.text, encoding="utf-8")
    if since is not None:
        path = get_consistency_proof(old_size=since, new_size=size)
        lines = "".join(base64.b64encode(node).decode() + "\n" for node in path)
        (directory / f"consistency-{since}-{size}.txt").write_text(lines, encoding="utf-8")
