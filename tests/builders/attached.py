"""An attachment of a run, with the table by which the result of its check names it."""

from datetime import datetime
from hashlib import sha256

from registry.domain.canonical import Json
from registry.domain.vocab import Verdict
from validation.domain.attached import Attached, table_of
from validation.domain.results import CheckResult
from validation.runs.models import Attachment, CheckRecord, ValidationRun

FILE = "evidently-drift.html"


def files_table(content: bytes) -> dict[str, Json]:
    """Return the table by which a result names a file with that content."""
    attached = Attached(file=FILE, sha256=sha256(content).hexdigest(), size=len(content))
    return table_of(attached=attached, what="Evidently's report of some rows").to_json()


def plant(run: ValidationRun, *, content: bytes, at: datetime, check: str = "drift.data") -> Attachment:
    """Leave a file beside the check as a run does."""
    digest = sha256(content).hexdigest()
    table = table_of(
        attached=Attached(file=FILE, sha256=digest, size=len(content)), what="Evidently's report of some rows"
    )
    result = CheckResult(
        check=check, major=2, verdict=Verdict.PASS, reason="measured", detail="", tables=(table,)
    )
    CheckRecord.objects.create(
        run=run,
        check_id=check,
        check_major=2,
        title="Data drift",
        position=20,
        verdict="pass",
        result=result.to_json(),
        recorded_at=at,
    )
    return Attachment.objects.create(
        run=run, check_id=check, file=FILE, sha256=digest, size=len(content), content=content, recorded_at=at
    )
