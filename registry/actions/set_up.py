"""What an administrator sets up: people, roles, legal entities, portfolios, tokens, packs."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from registry.actions.administrators import require_administrator
from registry.actions.clean import clean_key, clean_member, clean_money, clean_share, clean_text
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.models import PackRelease
from registry.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from registry.domain.vocab import Provenance, Role
from registry.inventory.models import LegalEntity, Portfolio
from registry.inventory.selectors import get_entity
from registry.people.actors import Actor
from registry.people.models import ApiToken, Person, RoleAssignment
from registry.people.selectors import get_person
from registry.people.tokens import new_token
from registry.policy.pack import PACKS_FOLDER, load_packs
from registry.policy.vocabulary import APPROACHES, EXPOSURE_CLASSES

SERVICE_ROLES = (Role.WORKER, Role.SYSTEM)
"""Roles of the program's own parts. No person holds them."""


def create_person(
    *, actor: Actor, at: datetime, correlation_id: str, username: str, full_name: str, password: str
) -> Person:
    """Create an account. Raises ``PEO008``, ``PEO030`` when the name is taken, ``PEO031`` for a weak password."""
    require_administrator(actor, to="create accounts")
    person = Person(
        username=clean_key(username, name="username", limit=60),
        full_name=clean_text(full_name, name="full_name", limit=120),
    )
    try:
        validate_password(password, user=person)
    except ValidationError as error:
        raise InvalidInput(
            "PEO031", " ".join(error.messages), remedy="Choose a longer, rarer password."
        ) from error
    person.set_password(password)
    with transaction.atomic():
        try:
            with transaction.atomic():
                person.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("PEO030", f"{username!r} is taken", remedy="Choose another user name.") from error
        record(
            action=AuditAction.ACTOR_CREATED,
            actor=actor,
            at=at,
            subject=subject_of(person),
            payload={"username": username},
            correlation_id=correlation_id,
        )
    return person


def grant_role(
    *, actor: Actor, at: datetime, correlation_id: str, username: str, role: Role, entity_key: str = ""
) -> RoleAssignment:
    """Grant a role from today on.

    Raises ``PEO008`` unless the actor administers that entity (every entity,
    for an empty key), ``PEO009`` for a role to oneself, ``PEO020``, ``PEO032``,
    ``PEO034`` for a role that only parts of the program hold.
    """
    require_administrator(actor, to="grant roles there", entity_key=entity_key)
    if role in SERVICE_ROLES:
        raise NotPermitted(
            "PEO034", f"no person holds the role of {Role(role).value}", remedy="Grant a role of a person."
        )
    person = get_person(username=username)
    if person.uuid == actor.person_uuid:
        raise NotPermitted("PEO009", "nobody grants a role to himself", remedy="Ask another administrator.")
    if entity_key and not LegalEntity.objects.filter(key=entity_key).exists():
        raise NotFound("INV014", f"there is no legal entity {entity_key!r}", remedy="Create it first.")
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = RoleAssignment.objects.create(
                    person=person,
                    role=Role(role),
                    entity_key=entity_key,
                    valid_from=at.date(),
                    granted_by_name=actor.name,
                )
        except IntegrityError as error:
            raise Conflict(
                "PEO032", f"{person.full_name} holds that role already", remedy="Nothing is to be done."
            ) from error
        record(
            action=AuditAction.ROLE_GRANTED,
            actor=actor,
            at=at,
            subject=subject_of(person),
            payload={"role": Role(role).value, "entity": entity_key or "all"},
            correlation_id=correlation_id,
        )
    return row


def issue_token(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    username: str,
    name: str,
    scopes: list[str],
    expires_at: datetime,
) -> tuple[ApiToken, str]:
    """Issue a token to oneself. The secret is returned once.

    Raises ``PEO006`` for a token, and ``PEO035`` for a token that would speak
    for somebody else: only the program's own set-up hands those out, since
    whoever holds the secret acts in that person's name.
    """
    actor.require_presence(to="issue a token")
    person = get_person(username=username)
    if person.uuid != actor.person_uuid and not actor.holds(Role.SYSTEM):
        raise NotPermitted(
            "PEO035", "nobody takes a token that speaks for another", remedy="Let that person issue it."
        )
    with transaction.atomic():
        token, secret = new_token(
            person=person,
            name=clean_text(name, name="name", limit=80),
            scopes=scopes,
            expires_at=expires_at,
            at=at,
        )
        record(
            action=AuditAction.TOKEN_ISSUED,
            actor=actor,
            at=at,
            subject=subject_of(person),
            payload={"token": str(token.uuid), "scopes": token.scopes, "expires_at": expires_at},
            correlation_id=correlation_id,
        )
    return token, secret


def revoke_token(*, actor: Actor, at: datetime, correlation_id: str, token_uuid: UUID) -> ApiToken:
    """Revoke one's own token, or as administrator another's; the next request that bears it is refused.

    Revoking it again changes nothing. Raises ``PEO033``, also for a token of
    somebody else where the actor is no administrator.
    """
    tokens = ApiToken.objects.select_related("person")
    if not any(actor.holds(role, entity_key="") for role in (Role.ADMINISTRATOR, Role.SYSTEM)):
        tokens = tokens.filter(person__uuid=actor.person_uuid)
    token = tokens.filter(uuid=token_uuid).first()
    if token is None:
        raise NotFound("PEO033", f"there is no token {token_uuid}", remedy="Check the identifier.")
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at) == 0:
            return token
        record(
            action=AuditAction.TOKEN_REVOKED,
            actor=actor,
            at=at,
            subject=subject_of(token.person),
            payload={"token": str(token.uuid)},
            correlation_id=correlation_id,
        )
    return token


def create_entity(
    *, actor: Actor, at: datetime, correlation_id: str, key: str, name: str, jurisdiction: str
) -> LegalEntity:
    """Create a legal entity. Raises ``PEO008``, ``INV053``."""
    require_administrator(actor, to="create legal entities")
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = LegalEntity.objects.create(
                    key=clean_key(key, name="key", limit=40),
                    name=clean_text(name, name="name", limit=160),
                    jurisdiction=clean_key(jurisdiction, name="jurisdiction", limit=20),
                )
        except IntegrityError as error:
            raise Conflict(
                "INV053", f"there is an entity {key!r} already", remedy="Choose another key."
            ) from error
        record(
            action=AuditAction.LEGAL_ENTITY_CREATED,
            actor=actor,
            at=at,
            subject=subject_of(row),
            payload={"key": key, "jurisdiction": jurisdiction},
            correlation_id=correlation_id,
        )
    return row


@dataclass(frozen=True, kw_only=True, slots=True)
class PortfolioDetails:
    """A set of exposures, in euros; shares between 0 and 1."""

    key: str
    name: str
    entity: str
    exposure_class: str
    approach: str
    exposure_eur: Decimal | str
    rwa_pre_floor_eur: Decimal | str
    rwa_standardised_eur: Decimal | str
    as_of_date: date
    provenance: Provenance
    source: str
    loss_given_default_share: Decimal | None = None
    credit_conversion_share: Decimal | None = None


def declare_portfolio(
    *, actor: Actor, at: datetime, correlation_id: str, details: PortfolioDetails
) -> Portfolio:
    """Declare a portfolio with the provenance of its figures. Raises ``PEO001``, ``INP002``, ``INV054``."""
    entity = get_entity(actor=actor, key=details.entity)
    actor.require(Role.OWNER, entity_key=entity.key, to="declare a portfolio")
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = Portfolio.objects.create(
                    entity=entity,
                    key=clean_key(details.key, name="key", limit=60),
                    name=clean_text(details.name, name="name", limit=160),
                    exposure_class=clean_member(
                        details.exposure_class, name="exposure_class", among=EXPOSURE_CLASSES
                    ),
                    approach=clean_member(details.approach, name="approach", among=APPROACHES),
                    exposure_eur=clean_money(details.exposure_eur, name="exposure_eur"),
                    rwa_pre_floor_eur=clean_money(details.rwa_pre_floor_eur, name="rwa_pre_floor_eur"),
                    rwa_standardised_eur=clean_money(
                        details.rwa_standardised_eur, name="rwa_standardised_eur"
                    ),
                    loss_given_default_share=clean_share(
                        details.loss_given_default_share, name="loss_given_default_share"
                    ),
                    credit_conversion_share=clean_share(
                        details.credit_conversion_share, name="credit_conversion_share"
                    ),
                    as_of_date=details.as_of_date,
                    provenance=details.provenance,
                    source=clean_text(details.source, name="source"),
                )
        except IntegrityError as error:
            raise Conflict(
                "INV054", f"there is a portfolio {details.key!r} already", remedy="Choose another key."
            ) from error
        record(
            action=AuditAction.PORTFOLIO_DECLARED,
            actor=actor,
            at=at,
            subject=subject_of(row),
            payload={
                "rwa_pre_floor_eur": row.rwa_pre_floor_eur,
                "rwa_standardised_eur": row.rwa_standardised_eur,
                "provenance": row.provenance,
                "source": row.source,
            },
            correlation_id=correlation_id,
        )
    return row


def release_packs(
    *, actor: Actor, at: datetime, correlation_id: str, folder: Path = PACKS_FOLDER
) -> list[PackRelease]:
    """Release every pack of the folder that is not released yet; a released one is never touched.

    Raises ``PEO008``; ``PAC…`` when a pack does not load or is not as locked.
    """
    require_administrator(actor, to="release policy packs")
    released: list[PackRelease] = []
    with transaction.atomic():
        for pack in load_packs(folder=folder):
            if PackRelease.objects.filter(instrument=pack.instrument, version=pack.version).exists():
                continue
            row = PackRelease.objects.create(
                instrument=pack.instrument,
                version=pack.version,
                title=pack.title,
                binding_level=pack.binding_level,
                effective_from=pack.effective_from,
                content_sha256=pack.content_hash,
                text=(folder / pack.instrument / f"{pack.version}.yaml").read_text(encoding="utf-8"),
                released_at=at,
            )
            record(
                action=AuditAction.PACK_RELEASED,
                actor=actor,
                at=at,
                subject=subject_of(row),
                payload={"hash": pack.content_hash, "effective_from": pack.effective_from},
                correlation_id=correlation_id,
            )
            released.append(row)
    return released
