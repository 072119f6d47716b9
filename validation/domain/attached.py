"""A file that a check leaves beside its figures. The result names it by digest; the bytes travel apart."""

import re
from dataclasses import dataclass

from registry.domain.attachments import TABLE
from validation.domain.results import CheckResult, Table

MOST_BYTES = 16 * 2**20
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9-]{0,60}\.html")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Attached:
    """A file by its plain name, its SHA-256, and its size in bytes."""

    file: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        """Refuse a name that leaves its folder, and what is no digest or too large. Raises ``ValueError``."""
        if not _PLAIN_NAME.fullmatch(self.file) or not _DIGEST.fullmatch(self.sha256):
            raise ValueError("not the name or the digest of an attachment")
        if not 0 < self.size <= MOST_BYTES:
            raise ValueError("an attachment without bytes, or with too many")


def table_of(*, attached: Attached, what: str) -> Table:
    """Return the table by which a result names its attachment, and says what it is."""
    return Table(
        id=TABLE,
        title="Attachments",
        columns=("file", "what", "bytes", "SHA-256"),
        rows=((attached.file, what, str(attached.size), attached.sha256),),
    )


def attached_to(*, result: CheckResult) -> tuple[Attached, ...]:
    """Return the attachments that a result names. Raises ``ValueError`` for a table that is not ours."""
    rows = [row for table in result.tables if table.id == TABLE for row in table.rows]
    if any(len(row) != 4 for row in rows):
        raise ValueError("not a table of attachments")
    return tuple(Attached(file=row[0], sha256=row[3], size=int(row[2])) for row in rows)
