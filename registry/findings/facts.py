"""Facts that findings know, on any day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.domain.vocab import FindingStatus, Provenance, Severity
from registry.findings.models import Finding
from registry.inventory.models import IntendedUse
from registry.policy.facts import Fact, known

OPEN = (FindingStatus.OPEN, FindingStatus.REMEDIATION_PROPOSED)
_GRAVE = (("findings.open_critical", Severity.CRITICAL), ("findings.open_high", Severity.HIGH))


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingRecord:
    """The findings of a pair that are not closed."""

    intended_use: IntendedUse
    findings: Sequence[Finding]

    def accepted_until(self) -> list[date]:
        """Return the last days of the risks that are accepted."""
        accepted = (row for row in self.findings if row.status == FindingStatus.RISK_ACCEPTED)
        return [row.accepted_until for row in accepted if row.accepted_until is not None]


def read_findings(*, intended_use: IntendedUse) -> FindingRecord:
    """Read the findings of the pair that are not closed."""
    rows = Finding.objects.filter(intended_use=intended_use).exclude(status=FindingStatus.CLOSED)
    return FindingRecord(intended_use=intended_use, findings=list(rows))


def facts_on(*, record: FindingRecord, on: date) -> dict[str, Fact]:
    """Return how many findings of each grave severity are open on the day; an acceptance that ran out is none."""
    counted = [row.severity for row in record.findings if _is_open(row, on)]
    return {
        name: known(
            name=name,
            value=counted.count(severity),
            provenance=Provenance.DERIVED,
            source=f"findings of intended use {record.intended_use.uuid}",
        )
        for name, severity in _GRAVE
    }


def _is_open(row: Finding, on: date) -> bool:
    return row.status in OPEN or (row.accepted_until is not None and row.accepted_until < on)
