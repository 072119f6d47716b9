"""Separation of duties: why a person may not judge a version for a use.

Developers and owners never validate or approve; whoever validated never
approves (OSFI E-23 principle 3.4; SS1/23 principle 4.1; CRR Art. 185).
"""

from uuid import UUID

from registry.domain.errors import NotPermitted
from registry.inventory.models import IntendedUse
from registry.people.actors import Actor
from registry.validations.models import SafeguardEvidence, TradeOffStatement


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
    others = registered_model.versions.exclude(pk=version.pk).select_related("developer").order_by("number")
    parts.extend((row.developer.uuid, f"developed version {row.number}") for row in others)
    for model, role, words in (
        (TradeOffStatement, "stated_by", "made the economic case for it"),
        (SafeguardEvidence, "evidenced_by", "showed one of its safeguards"),
    ):
        rows = model._default_manager.filter(intended_use=intended_use).values_list(
            f"{role}__uuid", flat=True
        )
        parts.extend((uuid, words) for uuid in rows)
    return list(dict.fromkeys(words for uuid, words in parts if uuid == person_uuid))


def ensure_independent(*, actor: Actor, conflicts: list[str], to: str) -> None:
    """Raise ``PEO004`` when there is any conflict of interest; ``to`` names the act."""
    if conflicts:
        raise NotPermitted(
            "PEO004",
            f"{actor.name} may not {to}, since the same person {' and '.join(conflicts)}",
            remedy="Somebody independent of development, ownership and (for approval) validation must do it.",
            conflicts=conflicts,
        )
