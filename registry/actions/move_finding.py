"""Change a finding that the caller read, so that nobody's change is lost."""

from django.db.models import F

from registry.domain.errors import Conflict
from registry.findings.models import Finding


def move_finding(finding: Finding, *, row_version: int, **columns: object) -> None:
    """Write the columns inside the caller's transaction. Raises ``FND003`` when somebody was faster."""
    changed = Finding.objects.filter(pk=finding.pk, row_version=row_version).update(
        **columns, row_version=F("row_version") + 1
    )
    if changed != 1:
        raise Conflict(
            "FND003", "somebody changed this finding first", remedy="Load it again and look at what changed."
        )
