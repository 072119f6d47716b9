"""Reads of the audit log: pages of events, and proofs that they are in it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from registry.audit.events import AuditAction, sentence
from registry.audit.merkle import consistency_proof, inclusion_proof, leaf_hash, verify_inclusion
from registry.audit.models import AuditEvent, AuditLeaf, Checkpoint
from registry.domain.errors import NotFound

MAX_PAGE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class EventView:
    """One event as pages and API show it. ``index`` is None until the sequencer has numbered it."""

    uuid: UUID
    index: int | None
    action: AuditAction
    sentence: str
    subject_type: str
    subject_uuid: UUID
    subject_label: str
    actor_uuid: UUID
    actor_name: str
    actor_role: str
    correlation_id: str
    at: datetime
    recorded_at: datetime
    payload: Mapping[str, Any]
    entry: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPage:
    """Events, newest first. Pass ``next_before`` as ``before`` for the page that follows; None: there is none."""

    events: tuple[EventView, ...]
    next_before: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointView:
    """A signed statement of the log's size and root."""

    size: int
    root: bytes
    note: str
    signed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class InclusionProof:
    """Shows that an event is in the log that ``checkpoint`` signed. ``is_valid``: we followed it ourselves."""

    index: int
    leaf_hash: bytes
    path: tuple[bytes, ...]
    checkpoint: CheckpointView
    is_valid: bool

    @property
    def text(self) -> str:
        """The proof as a C2SP tlog-proof file, for any verifier."""
        lines = ["c2sp.org/tlog-proof@v1", f"index {self.index}"]
        lines += [base64.b64encode(node).decode() for node in self.path]
        return "\n".join(lines) + "\n\n" + self.checkpoint.note


def list_events(
    *,
    subject_uuids: Sequence[UUID] = (),
    actor_uuid: UUID | None = None,
    actions: Sequence[AuditAction] = (),
    correlation_id: str = "",
    before: int | None = None,
    limit: int = 50,
) -> EventPage:
    """Return a keyset page of events, newest first, narrowed by whatever is given."""
    events = AuditEvent.objects.select_related("leaf").order_by("-id")
    if subject_uuids:
        events = events.filter(subject_uuid__in=subject_uuids)
    if actor_uuid is not None:
        events = events.filter(actor_uuid=actor_uuid)
    if actions:
        events = events.filter(action__in=actions)
    if correlation_id:
        events = events.filter(correlation_id=correlation_id)
    if before is not None:
        events = events.filter(id__lt=before)
    limit = min(max(limit, 1), MAX_PAGE)
    rows = list(events[: limit + 1])
    shown = rows[:limit]
    return EventPage(
        events=tuple(_view(row) for row in shown), next_before=shown[-1].pk if len(rows) > limit else None
    )


def count_events(*, subject_uuid: UUID, action: AuditAction, since: datetime) -> int:
    """Return how many events of the kind the subject has had since the business time."""
    return AuditEvent.objects.filter(subject_uuid=subject_uuid, action=action.value, at__gte=since).count()


def newest_actions(
    *, subject_uuids: Sequence[UUID], actions: Sequence[AuditAction], until: datetime
) -> dict[UUID, AuditAction]:
    """Return, per subject, the newest of these actions whose business time is not after ``until``."""
    rows = AuditEvent.objects.filter(
        subject_uuid__in=subject_uuids, action__in=actions, at__lte=until
    ).order_by("at", "id")
    return {subject: AuditAction(action) for subject, action in rows.values_list("subject_uuid", "action")}


def get_event(*, uuid: UUID) -> EventView:
    """Return one event. Raises ``AUD012`` if there is none."""
    row = AuditEvent.objects.select_related("leaf").filter(uuid=uuid).first()
    if row is None:
        raise NotFound(
            "AUD012", f"there is no audit event {uuid}", remedy="Follow a link from the audit trail."
        )
    return _view(row)


def find_inclusion_proof(*, uuid: UUID) -> InclusionProof | None:
    """Return the proof of an event under the first checkpoint that covers it; None before that is signed."""
    leaf = AuditLeaf.objects.select_related("event").filter(event__uuid=uuid).first()
    if leaf is None:
        return None
    row = Checkpoint.objects.filter(size__gt=leaf.index).order_by("size").first()
    if row is None:
        return None
    hashes = _leaf_hashes(row.size)
    if len(hashes) != row.size:
        return None
    path = inclusion_proof(hashes, index=leaf.index)
    hashed, root = leaf_hash(bytes(leaf.event.entry)), bytes(row.root)
    return InclusionProof(
        index=leaf.index,
        leaf_hash=hashed,
        path=tuple(path),
        checkpoint=_checkpoint_view(row),
        is_valid=verify_inclusion(leaf=hashed, index=leaf.index, size=row.size, proof=path, root=root),
    )


def get_consistency_proof(*, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Return the proof that the log of ``new_size`` only added to that of ``old_size``.

    Raises ``AUD013`` unless ``0 < old_size <= new_size`` and that many entries exist.
    """
    hashes = _leaf_hashes(new_size)
    if not 0 < old_size <= new_size or len(hashes) != new_size:
        raise NotFound(
            "AUD013",
            f"the log has no states of {old_size} and {new_size} entries to compare",
            remedy="Give the sizes of two checkpoints, the earlier first.",
        )
    return tuple(consistency_proof(hashes, old_size=old_size))


def find_latest_checkpoint() -> CheckpointView | None:
    """Return the newest checkpoint, if one was signed."""
    row = Checkpoint.objects.order_by("-size").first()
    return _checkpoint_view(row) if row else None


def list_checkpoints(*, limit: int = 50) -> tuple[CheckpointView, ...]:
    """Return the newest checkpoints, newest first."""
    rows = Checkpoint.objects.order_by("-size")[: min(max(limit, 1), MAX_PAGE)]
    return tuple(_checkpoint_view(row) for row in rows)


def _leaf_hashes(size: int) -> list[bytes]:
    hashes = AuditLeaf.objects.filter(index__lt=size).order_by("index").values_list("leaf_hash", flat=True)
    return [bytes(value) for value in hashes.iterator(chunk_size=2000)]


def _view(row: AuditEvent) -> EventView:
    action = AuditAction(row.action)
    entry = bytes(row.entry)
    leaf: AuditLeaf | None = getattr(row, "leaf", None)
    return EventView(
        uuid=row.uuid,
        index=leaf.index if leaf else None,
        action=action,
        sentence=sentence(action=action, actor_name=row.actor_name, subject_label=row.subject_label),
        subject_type=row.subject_type,
        subject_uuid=row.subject_uuid,
        subject_label=row.subject_label,
        actor_uuid=row.actor_uuid,
        actor_name=row.actor_name,
        actor_role=row.actor_role,
        correlation_id=row.correlation_id,
        at=row.at,
        recorded_at=row.recorded_at,
        payload=json.loads(entry)["payload"],
        entry=entry,
    )


def _checkpoint_view(row: Checkpoint) -> CheckpointView:
    return CheckpointView(size=row.size, root=bytes(row.root), note=row.note, signed_at=row.signed_at)
