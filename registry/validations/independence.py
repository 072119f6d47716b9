"""Separation of duties: why a person may not judge a version for a use.

Developers and owners never validate or approve; whoever validated never
approves (OSFI E-23 principle 3.4; SS1/23 principle 4.1; CRR Art. 185).
"""

from uuid import UUID

from registry.domain.errors import NotPermitted
from registry.inventory.models import IntendedUse
from registry.people.actors import Actor
from registry.validations.models import ChallengeNote, SafeguardEvidence, TradeOffStatement, ValidationReport


def conflicts_of_validator(*, intended_use: IntendedUse, person_uuid: UUID) -> list[str]:
    """Return the reasons, in words, why the person may not validate this pair; empty when independent."""
    version = intended_use.version
    registered_model = version.registered_model
    parts = [
        (version.developer.uuid, "developed this version"),
        (registered_model.developer.uuid, "developed the model"),
        (registered_model.owner.uuid, "owns the model"),
        (intended_use.use_case.owner.uuid, "owns the use case"),
        (intended_use.declared_by.uuid, "offered the version for this use"),
    ]
    ancestors = registered_model.versions.filter(number__lt=version.number).select_related("developer")
    parts.extend((row.developer.uuid, f"developed version {row.number}") for row in ancestors)
    for model, role, words in (
        (TradeOffStatement, "stated_by", "made the economic case for it"),
        (SafeguardEvidence, "evidenced_by", "showed one of its safeguards"),
    ):
        rows = model._default_manager.filter(intended_use=intended_use).values_list(
            f"{role}__uuid", flat=True
        )
        parts.extend((uuid, words) for uuid in rows)
    return list(dict.fromkeys(words for uuid, words in parts if uuid == person_uuid))


def conflicts_of_approver(*, intended_use: IntendedUse, person_uuid: UUID) -> list[str]:
    """Return the reasons why the person may not approve: those of a validator, and having validated."""
    reasons = conflicts_of_validator(intended_use=intended_use, person_uuid=person_uuid)
    if intended_use.version.registered_model.validator.uuid == person_uuid:
        reasons.append("is the model's validator")
    signed = ValidationReport.objects.filter(request__intended_use=intended_use, signed_by__uuid=person_uuid)
    noted = ChallengeNote.objects.filter(request__intended_use=intended_use, author__uuid=person_uuid)
    if signed.exists() or noted.exists():
        reasons.append("took part in its validation")
    return reasons


def ensure_independent(*, actor: Actor, conflicts: list[str], to: str) -> None:
    """Raise ``PEO004`` when there is any conflict of interest; ``to`` names the act."""
    if conflicts:
        raise NotPermitted(
            "PEO004",
            f"{actor.name} may not {to}, since the same person {' and '.join(conflicts)}",
            remedy="Somebody independent of development, ownership and (for approval) validation must do it.",
            conflicts=conflicts,
        )
