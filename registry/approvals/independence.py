"""Separation of duties at approval: whoever had a part in validation never approves."""

from uuid import UUID

from registry.findings.models import Finding
from registry.inventory.models import IntendedUse
from registry.validations.independence import conflicts_of_validator
from registry.validations.models import ChallengeNote, ValidationReport


def conflicts_of_approver(*, intended_use: IntendedUse, person_uuid: UUID) -> list[str]:
    """Return the reasons why the person may not approve: those of a validator, and having validated."""
    reasons = conflicts_of_validator(intended_use=intended_use, person_uuid=person_uuid)
    if intended_use.version.registered_model.validator.uuid == person_uuid:
        reasons.append("is the model's validator")
    signed = ValidationReport.objects.filter(request__intended_use=intended_use, signed_by__uuid=person_uuid)
    noted = ChallengeNote.objects.filter(request__intended_use=intended_use, author__uuid=person_uuid)
    if signed.exists() or noted.exists():
        reasons.append("took part in its validation")
    if Finding.objects.filter(intended_use=intended_use, closed_by__uuid=person_uuid).exists():
        reasons.append("closed one of its findings")
    return reasons
