"""Facts that a permit states at the moment of use."""

from collections.abc import Mapping
from datetime import date

from registry.decisions.models import Permit
from registry.decisions.permits import is_intact
from registry.domain.vocab import PermitStatus, Provenance
from registry.inventory.models import IntendedUse
from registry.policy.facts import Fact, known


def find_permit(*, intended_use: IntendedUse) -> Permit | None:
    """Return the newest permit of the pair that was not revoked."""
    return (
        Permit.objects.filter(intended_use=intended_use)
        .exclude(status=PermitStatus.REVOKED)
        .order_by("-id")
        .first()
    )


def facts_for(*, intended_use: IntendedUse, on: date) -> dict[str, Fact]:
    """Return whether a permit stands, for how long, and whether it is for these very bytes."""
    permit = find_permit(intended_use=intended_use)
    if permit is None:
        return _facts({"permit.issued": False}, source="no permit was issued")
    source = f"permit {permit.uuid}"
    if not is_intact(permit):
        forged = {"permit.issued": True, "permit.digest_matches": False}
        return _facts(forged, source=f"{source} does not say what was signed")
    values = {
        "permit.issued": True,
        "permit.days_left": max(0, (permit.expires_on - on).days),
        "permit.digest_matches": permit.version_digest == intended_use.version.artifact_digest,
        "permit.suspended": permit.status == PermitStatus.SUSPENDED,
    }
    return _facts(values, source=source)


def _facts(values: Mapping[str, bool | int], *, source: str) -> dict[str, Fact]:
    return {
        name: known(name=name, value=value, provenance=Provenance.DERIVED, source=source)
        for name, value in values.items()
    }
