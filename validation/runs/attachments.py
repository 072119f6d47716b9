"""The files that a check left in the run folder: taken only as its result names them."""

import hashlib
from pathlib import Path

from registry.domain.errors import IntegrityMismatch
from validation.domain.attached import Attached, attached_to
from validation.domain.results import CheckResult

FOLDER = "attachments"


def read_attachments(*, folder: Path, result: CheckResult) -> list[tuple[Attached, bytes]]:
    """Return the bytes of each attachment. Raises ``RUN016`` where they are not those that the result names."""
    return [
        (attached, _read(folder / FOLDER / attached.file, attached))
        for attached in attached_to(result=result)
    ]


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
