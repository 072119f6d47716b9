"""Checks the whole log in the database against itself, its checkpoints and the published notes.

Shares nothing with the sequencer but the definition of the tree: it starts
from the stored bytes and believes no stored hash. It runs inside the suspect system; a stranger uses
the stand-alone verifier on an export.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from registry.audit.checkpoint import published_notes
from registry.audit.merkle import CompactRange, leaf_hash
from registry.audit.models import AuditEvent, AuditLeaf, Checkpoint
from registry.audit.signed_note import NoteKey, open_checkpoint
from registry.domain.errors import IntegrityMismatch

CHUNK = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """The first thing that is wrong. ``index``, ``uuid`` and ``action`` name the event, where one can be named."""

    code: str
    sentence: str
    index: int | None = None
    uuid: UUID | None = None
    action: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class VerificationReport:
    """What was checked, and the first problem. ``unnumbered`` events still wait for the sequencer."""

    size: int
    root: bytes
    checkpoints: int
    published: int
    unnumbered: int
    problem: Problem | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing contradicts anything."""
        return self.problem is None


class _Broken(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


def verify_database(*, key: NoteKey, published: Path | None = None) -> VerificationReport:
    """Recompute the log from its stored bytes and compare everything with everything.

    ``key`` is the public checkpoint key; ``published`` the folder of notes
    kept outside the database. Codes of a problem: ``AUD005`` the log is
    shorter than a checkpoint, ``AUD006`` a root or note differs, ``AUD007``
    the bytes do not match their leaf hash, ``AUD008`` an index or event is
    missing, ``AUD010`` a note is forged, ``AUD011`` a column differs from the
    bytes.
    """
    tree = CompactRange()
    notes: dict[int, str] = {}
    stored = 0
    problem = None
    try:
        notes = _published(published, key=key) if published else {}
        expected = _stored_roots(key=key)
        stored = len(expected)
        _compare_notes(notes, key=key, expected=expected)
        _walk(tree, expected=expected)
    except _Broken as broken:
        problem = broken.problem
    return VerificationReport(
        size=tree.size,
        root=tree.root(),
        checkpoints=stored,
        published=len(notes),
        unnumbered=AuditEvent.objects.filter(leaf__isnull=True).count(),
        problem=problem,
    )


def _published(directory: Path, *, key: NoteKey) -> dict[int, str]:
    notes = {}
    for path in published_notes(directory):
        note = path.read_text(encoding="utf-8")
        size, _ = _open(note, key=key, where=f"published note {path.name}")
        notes[size] = note
    return notes


def _stored_roots(*, key: NoteKey) -> dict[int, bytes]:
    """Return the root of every stored checkpoint by size, read from the signed note."""
    roots = {}
    for row in Checkpoint.objects.order_by("size"):
        size, root = _open(row.note, key=key, where=f"stored checkpoint at {row.size} entries")
        if (size, root) != (row.size, bytes(row.root)):
            raise _Broken(
                Problem(
                    code="AUD006",
                    sentence=f"The stored checkpoint at {row.size} entries differs from its signed note.",
                )
            )
        roots[size] = root
    return roots


def _open(note: str, *, key: NoteKey, where: str) -> tuple[int, bytes]:
    try:
        body = open_checkpoint(note, key=key)
    except IntegrityMismatch as refusal:
        raise _Broken(Problem(code=refusal.code, sentence=f"The {where}: {refusal.message}.")) from refusal
    return body.size, body.root


def _compare_notes(notes: Mapping[int, str], *, key: NoteKey, expected: dict[int, bytes]) -> None:
    """Add the published roots to the expected ones; a contradiction between the two is already a problem."""
    for size, note in notes.items():
        _, root = _open(note, key=key, where=f"published checkpoint at {size} entries")
        if expected.setdefault(size, root) != root:
            raise _Broken(
                Problem(
                    code="AUD006",
                    sentence=f"The checkpoint published for {size} entries differs from the stored one.",
                )
            )


def _walk(tree: CompactRange, *, expected: Mapping[int, bytes]) -> None:
    signed = 0
    for leaf, event in _leaves():
        if leaf.index != tree.size:
            raise _Broken(_missing(tree.size))
        if event is None:
            raise _Broken(_missing(leaf.index))
        _compare_leaf(leaf, event)
        tree.append(leaf_hash(bytes(event.entry)))
        root = expected.get(tree.size)
        if root is not None and root != tree.root():
            raise _Broken(_replaced(first=signed, beyond=tree.size))
        if root is not None:
            signed = tree.size
    largest = max(expected, default=0)
    if largest > tree.size:
        sentence = f"A checkpoint over {largest} entries was signed; the log has {tree.size}."
        raise _Broken(Problem(code="AUD005", sentence=sentence, index=tree.size))


def _leaves() -> Iterator[tuple[AuditLeaf, AuditEvent | None]]:
    """Yield every leaf with its event, or None where the row is gone, in constant memory."""
    low: int | None = None
    while True:
        page = AuditLeaf.objects.order_by("index")
        leaves = list((page if low is None else page.filter(index__gt=low))[:CHUNK])
        if not leaves:
            return
        events = AuditEvent.objects.in_bulk([leaf.event_id for leaf in leaves])
        for leaf in leaves:
            yield leaf, events.get(leaf.event_id)
        low = leaves[-1].index


def _compare_leaf(leaf: AuditLeaf, event: AuditEvent) -> None:
    entry = bytes(event.entry)
    if leaf_hash(entry) != bytes(leaf.leaf_hash):
        raise _Broken(
            _about(leaf, event, code="AUD007", what="has stored bytes that do not match its leaf hash")
        )
    for column, (told, stored) in _columns(entry, event).items():
        if told != stored:
            what = f"says {told!r} in its bytes and {stored!r} in the column {column}"
            raise _Broken(_about(leaf, event, code="AUD011", what=what))


def _columns(entry: bytes, event: AuditEvent) -> dict[str, tuple[object, object]]:
    """Return for each repeated column what the bytes say and what the column says."""
    try:
        told = json.loads(entry)
        subject, actor = told["subject"], told["actor"]
        return {
            "uuid": (told["uuid"], str(event.uuid)),
            "action": (told["action"], event.action),
            "subject_type": (subject["type"], event.subject_type),
            "subject_uuid": (subject["uuid"], str(event.subject_uuid)),
            "subject_label": (subject["label"], event.subject_label),
            "actor_uuid": (actor["uuid"], str(event.actor_uuid)),
            "actor_name": (actor["name"], event.actor_name),
            "actor_role": (actor["role"], event.actor_role),
            "correlation_id": (told["correlation_id"], event.correlation_id),
            "at": (told["at"], event.at.isoformat()),
            "recorded_at": (told["recorded_at"], event.recorded_at.isoformat()),
        }
    except (ValueError, KeyError, TypeError):
        return {"entry": ("nothing that can be read", "an event")}


def _about(leaf: AuditLeaf, event: AuditEvent, *, code: str, what: str) -> Problem:
    return Problem(
        code=code,
        sentence=f"Audit event {leaf.index} ({event.action}, {event.uuid}) {what}.",
        index=leaf.index,
        uuid=event.uuid,
        action=event.action,
    )


def _missing(index: int) -> Problem:
    return Problem(code="AUD008", sentence=f"Audit event {index} is missing from the database.", index=index)


def _replaced(*, first: int, beyond: int) -> Problem:
    """An entry and its leaf hash were changed together: only the interval between checkpoints is known."""
    event = AuditEvent.objects.filter(leaf__index=first).first()
    return Problem(
        code="AUD006",
        sentence=(
            f"The events {first} to {beyond - 1} do not lead to the signed root: at least one of them "
            "was changed, removed, inserted or moved together with its leaf hash."
        ),
        index=first,
        uuid=event.uuid if event else None,
        action=event.action if event else "",
    )
