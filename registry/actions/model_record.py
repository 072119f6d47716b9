"""The record of a model as its developer declares it, refused where it is incomplete or cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.actions.clean import clean_text
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Origin
from registry.inventory.models import LegalEntity
from registry.inventory.selectors import get_entity
from registry.people.actors import Actor
from registry.people.models import Person
from registry.people.selectors import get_person

DETAILS = (
    "name",
    "description",
    "purpose",
    "limitations",
    "data_sources",
    "origin",
    "entity",
    "jurisdictions",
    "owner",
    "validator",
)
OPTIONAL_DETAILS = ("vendor_name", "depends_on")
KEY_LENGTH = 120
NAME_LENGTH = 160


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRecord:
    """The declared record, with the entity and the people that its words name."""

    name: str
    description: str
    purpose: str
    limitations: str
    data_sources: str
    origin: Origin
    vendor_name: str
    entity: LegalEntity
    jurisdictions: list[str]
    owner: Person
    validator: Person


def parse_record(*, actor: Actor, key: str, given: Mapping[str, str]) -> ModelRecord:
    """Return the record that the details describe.

    Raises ``INV041`` for missing or unknown details, ``INV044`` for an
    unknown origin, ``INV046`` when the validator would judge his own work,
    ``INV047`` for a key that is too long, ``INV014``, ``PEO020``, ``INP001``.
    """
    _ensure_complete(given)
    if len(key) > KEY_LENGTH:
        raise InvalidInput(
            "INV047",
            f"the model's name has {len(key)} characters, {KEY_LENGTH} fit",
            remedy="Register the model in MLflow under a shorter name.",
        )
    if given["origin"] not in set(Origin):
        raise InvalidInput(
            "INV044", f"origin cannot be {given['origin'][:60]!r}", remedy=f"Use one of {', '.join(Origin)}."
        )
    entity = get_entity(actor=actor, key=given["entity"])
    owner, validator = get_person(username=given["owner"]), get_person(username=given["validator"])
    if validator.uuid in (owner.uuid, actor.person_uuid):
        raise InvalidInput(
            "INV046",
            f"{validator.full_name} is named as validator of a model that the same person owns or develops",
            remedy="Name a validator who neither develops nor owns the model.",
        )
    vendor = given.get("vendor_name", "")
    return ModelRecord(
        name=clean_text(given["name"], name="name", limit=NAME_LENGTH),
        description=clean_text(given["description"], name="description"),
        purpose=clean_text(given["purpose"], name="purpose"),
        limitations=clean_text(given["limitations"], name="limitations"),
        data_sources=clean_text(given["data_sources"], name="data_sources"),
        origin=Origin(given["origin"]),
        vendor_name=clean_text(vendor, name="vendor_name", limit=NAME_LENGTH) if vendor else "",
        entity=entity,
        jurisdictions=[item.strip() for item in given["jurisdictions"].split(",") if item.strip()],
        owner=owner,
        validator=validator,
    )


def _ensure_complete(given: Mapping[str, str]) -> None:
    missing = [name for name in DETAILS if not given.get(name, "").strip()]
    unknown = sorted(set(given) - set(DETAILS) - set(OPTIONAL_DETAILS))
    if missing or unknown:
        said = "; ".join(
            part
            for part in (
                f"missing: {', '.join(missing)}" if missing else "",
                f"unknown: {', '.join(unknown)}" if unknown else "",
            )
            if part
        )
        raise InvalidInput(
            "INV041",
            f"the model's record is incomplete ({said})",
            remedy="Set the tags mrm.<name> on the model version in MLflow, or pass them to register().",
            missing=missing,
            unknown=unknown,
        )
