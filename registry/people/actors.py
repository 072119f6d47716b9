"""Who acts: a person with the roles that hold today, seen through one channel."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from django.db.models import Q

from registry.domain.errors import NotPermitted
from registry.domain.vocab import Role
from registry.people.models import ApiToken, Person, RoleAssignment

SERVICE_NAMESPACE = UUID("6f0a1c1e-5b7e-4d0c-9a51-9a6f4f0f9d11")


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for one legal entity; ``entity_key`` empty means for every entity."""

    role: Role
    entity_key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Whoever performs an action, with what he may do. There is no anonymous and no absent actor."""

    person_uuid: UUID
    username: str
    name: str
    grants: frozenset[Grant]
    channel: str
    scopes: frozenset[str] | None = None

    @property
    def uuid(self) -> UUID:
        """Identifier that the audit log keeps."""
        return self.person_uuid

    @property
    def role_label(self) -> str:
        """The roles held, as one text for the audit log."""
        return ", ".join(sorted({grant.role.value for grant in self.grants})) or "none"

    def holds(self, role: Role, *, entity_key: str | None = None) -> bool:
        """Say whether the actor holds ``role`` for the entity (for any, when none is named)."""
        return any(
            grant.role == role and (entity_key is None or grant.entity_key in ("", entity_key))
            for grant in self.grants
        )

    def holds_any(self, *roles: Role) -> bool:
        """Say whether the actor holds one of ``roles`` for some entity."""
        return any(grant.role in roles for grant in self.grants)

    def entity_keys(self) -> frozenset[str] | None:
        """Return the entities the actor may see; ``None`` means all of them."""
        if any(grant.entity_key == "" and grant.role != Role.ADMINISTRATOR for grant in self.grants):
            return None
        return frozenset(g.entity_key for g in self.grants if g.role != Role.ADMINISTRATOR)

    def require(self, role: Role, *, entity_key: str, to: str) -> None:
        """Raise ``PEO001`` unless the actor holds ``role`` for the entity; ``to`` names the act."""
        if not self.holds(role, entity_key=entity_key):
            raise NotPermitted(
                "PEO001",
                f"{self.name} may not {to}: it takes the role of {role.value} for {entity_key}",
                remedy=f"Ask somebody who is {role.value}, or have an administrator grant you the role.",
                role=role.value,
                entity=entity_key,
            )

    def require_presence(self, *, to: str) -> None:
        """Raise ``PEO006`` when the actor came with a token: some acts take the person."""
        if self.scopes is not None:
            raise NotPermitted(
                "PEO006", f"no token can {to}", remedy="Sign in to the web pages and do it there."
            )

    def require_scope(self, scope: str) -> None:
        """Raise ``PEO002`` when the actor came with a token that lacks ``scope``."""
        if self.scopes is not None and scope not in self.scopes:
            raise NotPermitted(
                "PEO002",
                f"this token does not carry the scope {scope!r}",
                remedy=f"Issue a token with the scope {scope!r}.",
                scope=scope,
            )


def actor_for_person(*, person: Person, channel: str, on: date, token: ApiToken | None = None) -> Actor:
    """Return the person as an actor, with the roles that hold on the date."""
    rows = RoleAssignment.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=on), person=person, valid_from__lte=on
    )
    return Actor(
        person_uuid=person.uuid,
        username=person.username,
        name=person.full_name,
        grants=frozenset(Grant(Role(row.role), row.entity_key) for row in rows)
        if person.is_active
        else frozenset(),
        channel=channel,
        scopes=None if token is None else frozenset(token.scopes),
    )


def service_actor(*, name: str, role: Role) -> Actor:
    """Return a part of the program as an explicit actor; its identifier follows from its name."""
    return Actor(
        person_uuid=uuid5(SERVICE_NAMESPACE, name),
        username=name,
        name=name,
        grants=frozenset({Grant(role)}),
        channel="service",
    )
