"""Ask for a validation on a file of scores and outcomes, where there is no artefact to run."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from django.db import transaction

from registry.actions.request_validation import create_request, ensure_may_ask, ring_for
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.models import PolicyDecision
from registry.domain.errors import InvalidInput, InvalidTransition, LimitExceeded
from registry.domain.predictions import FILE_LIMIT, parse_columns
from registry.domain.vocab import ScoreSource, Stage
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor
from registry.validations.models import PredictionsChunk, PredictionsFile, ValidationRequest

PREDICTIONS_BATCH = "predictions"
CHUNK_BYTES = 2**20
LONGEST_NAME = 160


def submit_predictions(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use_uuid: UUID,
    content: BinaryIO,
    file_name: str,
    columns: Mapping[str, str],
) -> ValidationRequest:
    """Keep the file as it came and open a request that reads it; nothing is parsed here.

    ``content`` can be read twice. Nothing ties such scores to the artefact, so no
    decision is made: the plan is that of the newest decision at registration, and no
    result will feed a fact. Raises ``PEO003`` without a role that may ask, ``PRD001``
    for a file that is too large, ``PRD002`` for an empty one, ``PRD003`` for column
    names, ``PRD005`` when nothing was decided on the pair, ``VAL002`` when a validation of
    predictions is open already.
    """
    intended_use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    ensure_may_ask(actor=actor, intended_use=intended_use)
    named = parse_columns(given=columns)
    size, sha256 = _measure(content)
    with transaction.atomic():
        request = create_request(
            actor=actor,
            at=at,
            intended_use=intended_use,
            decision=_newest_decision(intended_use),
            batch=PREDICTIONS_BATCH,
            scores_from=ScoreSource.PREDICTIONS,
            reason=f"{actor.name} sent a file of predictions",
        )
        file = _keep(
            content,
            PredictionsFile(
                request=request, file_name=_plain(file_name), columns=named, size_bytes=size, sha256=sha256
            ),
        )
        record(
            action=AuditAction.VALIDATION_REQUESTED,
            actor=actor,
            at=at,
            subject=subject_of(request, label=str(intended_use)),
            payload={
                "intended_use": str(intended_use.uuid),
                "batch": request.batch,
                "scores_from": request.scores_from,
                "plan_digest": request.plan_digest,
                "decision": str(request.decision.uuid),
                "basis_digest": request.basis.digest,
                "predictions": file.summary(),
            },
            correlation_id=correlation_id,
        )
        ring_for(request)
    return request


def _keep(content: BinaryIO, file: PredictionsFile) -> PredictionsFile:
    file.save(force_insert=True)
    for position, part in enumerate(_parts(content)):
        PredictionsChunk.objects.create(file=file, position=position, content=part)
    return file


def _newest_decision(intended_use: IntendedUse) -> PolicyDecision:
    rows = PolicyDecision.objects.filter(
        intended_use=intended_use, stage=Stage.GATE_REGISTER, stated__isnull=True
    )
    decision = rows.order_by("-id").first()
    if decision is None:
        raise InvalidTransition(
            "PRD005",
            "nothing was decided on this version for this use, so there is no plan",
            remedy="Register the version for the use; the decision follows by itself.",
        )
    return decision


def _measure(content: BinaryIO) -> tuple[int, str]:
    """Return how many bytes there are, and their SHA-256. Raises ``PRD001``, ``PRD002``."""
    size, sha256 = 0, hashlib.sha256()
    for part in _parts(content):
        size += len(part)
        if size > FILE_LIMIT:
            raise LimitExceeded(
                "PRD001",
                f"the file has more than {FILE_LIMIT // 2**20} MiB",
                remedy="Send a sample of the rows, fewer columns, or a compressed Parquet file.",
                limit=FILE_LIMIT,
            )
        sha256.update(part)
    if not size:
        raise InvalidInput(
            "PRD002",
            "there is no file, or it is empty",
            remedy="Choose a CSV or Parquet file with a score and an outcome in each row.",
            field="file",
        )
    return size, sha256.hexdigest()


def _parts(content: BinaryIO) -> Iterator[bytes]:
    content.seek(0)
    while part := content.read(CHUNK_BYTES):
        yield part


def _plain(file_name: str) -> str:
    """Return the file's own name, fit to be shown: it decides nothing."""
    own = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in own if char.isprintable())[:LONGEST_NAME].strip() or "unnamed"
