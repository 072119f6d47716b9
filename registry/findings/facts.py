"""Facts that findings know."""

from registry.domain.vocab import FindingStatus, Provenance, Severity
from registry.findings.models import Finding
from registry.inventory.models import IntendedUse
from registry.policy.facts import Fact, known

OPEN = (FindingStatus.OPEN, FindingStatus.REMEDIATION_PROPOSED)


def facts_for(*, intended_use: IntendedUse) -> dict[str, Fact]:
    """Return how many findings of each grave severity are open for the pair."""
    rows = Finding.objects.filter(intended_use=intended_use, status__in=OPEN)
    return {
        name: known(
            name=name,
            value=rows.filter(severity=severity).count(),
            provenance=Provenance.DERIVED,
            source=f"findings of intended use {intended_use.uuid}",
        )
        for name, severity in (
            ("findings.open_critical", Severity.CRITICAL),
            ("findings.open_high", Severity.HIGH),
        )
    }
