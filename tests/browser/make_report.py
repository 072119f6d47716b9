"""Makes Evidently's report that somebody asked for, as a worker would. Run as a process: a record, and the bytes."""

import sys
from typing import TYPE_CHECKING
from uuid import UUID

import django

if TYPE_CHECKING:
    from registry.validations.models import EvidenceRecord


def make(record: "EvidenceRecord", *, content: bytes) -> None:
    """Attach the bytes by the run that waits to make the report of the record."""
    from tests.builders.attached import files_table, plant
    from tests.builders.web_evidence import submissions
    from tests.builders.web_world import AT, record_run
    from validation.runs.models import ValidationRun

    request = record.reported_by.get(status="requested")
    run, _ = ValidationRun.objects.get_or_create(
        request_uuid=request.uuid, defaults={"status": "succeeded", "queued_at": AT}
    )
    plant(run, content=content, at=AT)
    (item,) = (one for one in submissions() if one["check"] == record.check_id)
    body = {**record.body, "tables": [*record.body["tables"], files_table(content)]}
    record_run(request, [item | {"body": body}], run_uuid=run.uuid)


def main(uuid: str) -> int:
    """Make the report on one record from the bytes on standard input."""
    django.setup()
    from registry.validations.models import EvidenceRecord

    make(EvidenceRecord.objects.get(uuid=UUID(uuid)), content=sys.stdin.buffer.read())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
