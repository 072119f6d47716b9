"""Create a use case: the thing to which risk attaches."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from registry.actions.clean import clean_key, clean_member, clean_money, clean_text
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.domain.errors import Conflict, InvalidInput
from registry.domain.vocab import Materiality, Role, UseCaseArchetype
from registry.inventory.models import Portfolio, UseCase
from registry.inventory.selectors import get_entity
from registry.people.actors import Actor
from registry.people.selectors import get_person
from registry.policy.vocabulary import APPROACHES, EXPOSURE_CLASSES, PARAMETERS, RISK_CATEGORIES


@dataclass(frozen=True, kw_only=True, slots=True)
class UseCaseDetails:
    """What describes a use case. The capital fields are ``none`` where it feeds no capital."""

    key: str
    name: str
    description: str
    entity: str
    jurisdiction: str
    archetype: str
    is_customer_facing: bool
    decides_on_individuals: bool
    exposure_eur: Decimal | str
    materiality: str
    owner: str
    risk_category: str = "none"
    exposure_class: str = "none"
    approach: str = "none"
    parameter: str = "none"
    portfolio: str = ""


def create_use_case(*, actor: Actor, at: datetime, correlation_id: str, details: UseCaseDetails) -> UseCase:
    """Create it.

    Raises ``PEO001`` without the owner's role, ``INV050`` or ``INP004`` for a
    value that cannot be, ``INV051`` for a taken key, ``INV052`` for an unknown portfolio.
    """
    entity = get_entity(actor=actor, key=details.entity)
    actor.require(Role.OWNER, entity_key=entity.key, to="create a use case")
    _ensure_members(details)
    portfolio = Portfolio.objects.filter(key=details.portfolio, entity=entity).first()
    if details.portfolio and portfolio is None:
        raise InvalidInput(
            "INV052",
            f"{entity.key} has no portfolio {details.portfolio!r}",
            remedy="Declare the portfolio first, or leave it out.",
        )
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = UseCase.objects.create(
                    key=clean_key(details.key, name="key", limit=60),
                    name=clean_text(details.name, name="name", limit=160),
                    description=clean_text(details.description, name="description"),
                    entity=entity,
                    jurisdiction=clean_key(details.jurisdiction, name="jurisdiction", limit=20),
                    archetype=details.archetype,
                    is_customer_facing=details.is_customer_facing,
                    decides_on_individuals=details.decides_on_individuals,
                    exposure_eur=clean_money(details.exposure_eur, name="exposure_eur"),
                    materiality=details.materiality,
                    risk_category=details.risk_category,
                    exposure_class=details.exposure_class,
                    approach=details.approach,
                    parameter=details.parameter,
                    portfolio=portfolio,
                    owner=get_person(username=details.owner),
                    created_at=at,
                )
        except IntegrityError as error:
            raise Conflict(
                "INV051", f"there is a use case {details.key!r} already", remedy="Choose another key."
            ) from error
        record(
            action=AuditAction.USE_CASE_CREATED,
            actor=actor,
            at=at,
            subject=subject_of(row),
            payload={
                "name": row.name,
                "archetype": row.archetype,
                "exposure_class": row.exposure_class,
                "approach": row.approach,
                "exposure_eur": row.exposure_eur,
            },
            correlation_id=correlation_id,
        )
    return row


def _ensure_members(details: UseCaseDetails) -> None:
    allowed: dict[str, tuple[str, ...]] = {
        "archetype": tuple(UseCaseArchetype),
        "materiality": tuple(Materiality),
        "risk_category": RISK_CATEGORIES,
        "exposure_class": EXPOSURE_CLASSES,
        "approach": APPROACHES,
        "parameter": PARAMETERS,
    }
    for name, values in allowed.items():
        clean_member(getattr(details, name), name=name, among=values)
