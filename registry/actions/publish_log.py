"""Number, sign, verify and export the audit log."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from registry.audit.checkpoint import KEY_FILE_NAME, ensure_key_file, publish_checkpoint, signer_from_settings
from registry.audit.export import ExportReport
from registry.audit.export import export_log as write_export
from registry.audit.sequencer import sequence
from registry.audit.signed_note import NoteSigner
from registry.audit.verify import VerificationReport, verify_database
from registry.domain.vocab import Role
from registry.people.actors import service_actor

BATCH = 2_000

__all__ = ["ExportReport", "VerificationReport", "export_log", "publish_log", "sequence_log", "verify_log"]


def sequence_log() -> int:
    """Number committed events until none is left; return how many were."""
    total = 0
    while (done := sequence(BATCH)) > 0:
        total += done
    return total


def publish_log(*, at: datetime) -> int | None:
    """Number what is committed, sign a checkpoint and export it; return its size, or none if nothing is new."""
    sequence_log()
    checkpoint = publish_checkpoint(
        signer=_signer(),
        directory=Path(settings.MRM_CHECKPOINT_DIR),
        actor=service_actor(name="signer", role=Role.SYSTEM),
        at=at,
        correlation_id=str(uuid4()),
    )
    return None if checkpoint is None else checkpoint.size


def verify_log() -> VerificationReport:
    """Recompute the log from its stored bytes and hold it against every checkpoint."""
    return verify_database(key=_signer().key, published=Path(settings.MRM_CHECKPOINT_DIR))


def export_log(*, directory: Path, proofs_for: Sequence[UUID] = (), since: int | None = None) -> ExportReport:
    """Write an export that a stranger verifies offline."""
    return write_export(directory=directory, key=_signer().key, proofs_for=proofs_for, since=since)


def _signer() -> NoteSigner:
    """Return the checkpoint signer; an embedded installation makes its key on first use."""
    if not settings.MRM_CHECKPOINT_KEY:
        ensure_key_file(path=Path(settings.MRM_KEY_DIR) / KEY_FILE_NAME)
    return signer_from_settings()
