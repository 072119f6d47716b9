"""Taking up a run: the claim and, the first time, its event in the log, in one transaction."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registry import api as registry_api
from validation.runs import claims
from validation.runs.claims import Claim
from validation.runs.endings import WORKER_NAME
from validation.runs.models import ValidationRun


def begin(*, run_uuid: UUID, owner: str, lease_s: float) -> Claim | None:
    """Claim the run; ``None`` when somebody else has it. A later attempt leaves no second event."""
    with transaction.atomic():
        claim = claims.claim(run_uuid=run_uuid, owner=owner, lease_s=lease_s)
        if claim is not None and claim.attempt == 1:
            started_at = ValidationRun.objects.values_list("started_at", flat=True).get(uuid=run_uuid)
            assert isinstance(started_at, datetime)
            registry_api.note_validation_started(
                actor=registry_api.worker_actor(name=WORKER_NAME),
                at=started_at,
                correlation_id=str(run_uuid),
                request_uuid=claim.request_uuid,
                run_uuid=run_uuid,
                owner=claim.owner,
            )
    return claim
