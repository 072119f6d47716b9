"""Facts that findings know."""

from datetime import date

from django.db.models import Q

from registry.domain.vocab import FindingStatus, Provenance, Severity
from registry.findings.models import Finding
from registry.inventory.models import IntendedUse
from registry.policy.facts import Fact, known

OPEN = (FindingStatus.OPEN, FindingStatus.REMEDIATION_PROPOSED)


def facts_for(*, intended_use: IntendedUse, on: date) -> dict[str, Fact]:
    """Return how many findings of each grave severity are open for the pair; an acceptance that ran out is none."""
    lapsed = Q(status=FindingStatus.RISK_ACCEPTED, accepted_until__lt=on)
    rows = Finding.objects.filter(Q(status__in=OPEN) | lapsed, intended_use=intended_use)
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
