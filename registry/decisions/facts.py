"""Facts that a permit states at the moment of use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from registry.decisions.models import Permit
from registry.decisions.permits import is_intact
from registry.domain.canonical import Json
from registry.domain.vocab import PermitStatus, Provenance
from registry.inventory.models import IntendedUse
from registry.policy.facts import Fact, known
from registry.policy.timeline import DayCount


def find_permit(*, intended_use: IntendedUse) -> Permit | None:
    """Return the newest permit of the pair that was not revoked."""
    return (
        Permit.objects.filter(intended_use=intended_use)
        .exclude(status=PermitStatus.REVOKED)
        .order_by("-id")
        .first()
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PermitRecord:
    """The permit of a pair as it stands, read once."""

    permit: Permit | None
    is_intact: bool
    is_for_these_bytes: bool

    @property
    def conditions(self) -> list[Json]:
        """The conditions that bind: those of a permit that says what was signed."""
        return list(self.permit.conditions) if self.permit is not None and self.is_intact else []


def read_permit(*, intended_use: IntendedUse) -> PermitRecord:
    """Return the permit that counts, with whether its row says what was signed."""
    permit = find_permit(intended_use=intended_use)
    return PermitRecord(
        permit=permit,
        is_intact=permit is not None and is_intact(permit),
        is_for_these_bytes=permit is not None
        and permit.version_digest == intended_use.version.artifact_digest,
    )


def facts_on(*, record: PermitRecord, on: date) -> dict[str, Fact]:
    """Return whether a permit stands, for how long, and whether it is for these very bytes."""
    permit = record.permit
    if permit is None:
        return _facts({"permit.issued": False}, source="no permit was issued")
    source = f"permit {permit.uuid}"
    if not record.is_intact:
        forged = {"permit.issued": True, "permit.digest_matches": False}
        return _facts(forged, source=f"{source} does not say what was signed")
    values = {
        "permit.issued": True,
        "permit.days_left": _days_left(permit).on(day=on),
        "permit.digest_matches": record.is_for_these_bytes,
        "permit.suspended": permit.status == PermitStatus.SUSPENDED,
    }
    return _facts(values, source=source)


def day_counts(*, record: PermitRecord) -> dict[str, DayCount]:
    """Return the facts about the permit that move with the calendar."""
    if record.permit is None or not record.is_intact:
        return {}
    return {"permit.days_left": _days_left(record.permit)}


def _days_left(permit: Permit) -> DayCount:
    return DayCount(zero_on=permit.expires_on, is_growing=False)


def _facts(values: Mapping[str, bool | int], *, source: str) -> dict[str, Fact]:
    return {
        name: known(name=name, value=value, provenance=Provenance.DERIVED, source=source)
        for name, value in values.items()
    }
