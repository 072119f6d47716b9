"""The files that a check left in the run folder: taken only as its result names them, and asked for in vain."""

import hashlib
from pathlib import Path

from registry.domain.errors import IntegrityMismatch, NotFound
from validation.domain.attached import Attached, attached_to
from validation.domain.evidence import FEEDING
from validation.domain.results import CheckResult, result_from_json
from validation.runs.claims import Claim
from validation.runs.models import CheckRecord

FOLDER = "attachments"


def read_attachments(*, folder: Path, result: CheckResult) -> list[tuple[Attached, bytes]]:
    """Return the bytes of each attachment. Raises ``RUN016`` where they are not those that the result names."""
    return [
        (attached, _read(folder / FOLDER / attached.file, attached))
        for attached in attached_to(result=result)
    ]


def ensure_attached(*, claim: Claim) -> None:
    """Raise ``RUN018`` with the check's own words where a run that is there for its report has attached none."""
    for record in CheckRecord.objects.filter(run__uuid=claim.run_uuid):
        result = result_from_json(data=record.result)
        if attached_to(result=result):
            continue
        is_measured = result.verdict in FEEDING and result.notes
        why = result.notes[-1] if is_measured else result.detail or result.reason
        raise NotFound(
            "RUN018",
            f"no report came of it: {why}",
            remedy="The figures of the evidence stand as they are. Ask again once the cause is removed.",
        )


def _read(path: Path, attached: Attached) -> bytes:
    content = b""
    if path.is_file() and path.stat().st_size == attached.size:
        content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != attached.sha256:
        raise IntegrityMismatch(
            "RUN016",
            f"the attachment {attached.file} is not the file that its check names",
            remedy="Request the validation again; look at the worker's log if it happens twice.",
        )
    return content
