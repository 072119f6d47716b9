"""People and their roles, as their administrators see them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from registry.domain.errors import NotFound, NotPermitted
from registry.domain.vocab import Role
from registry.people.actors import Actor
from registry.people.models import Person, RoleAssignment


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRecord:
    """A person, the roles held on the day, and those that ended, as far as the administrator may see them."""

    person: Person
    held: list[RoleAssignment]
    ended: list[RoleAssignment]


def list_people(*, actor: Actor, on: date) -> list[PersonRecord]:
    """Return everybody by name. Raises ``PEO008`` for anybody but an administrator."""
    roles = _visible_roles(actor)
    people = list(Person.objects.order_by("full_name", "id"))
    by_person: dict[int, list[RoleAssignment]] = {person.pk: [] for person in people}
    for row in roles:
        by_person[row.person_id].append(row)
    return [_record(person, by_person[person.pk], on) for person in people]


def get_person_record(*, actor: Actor, username: str, on: date) -> PersonRecord:
    """Return one person. Raises ``PEO008``, ``PEO040``."""
    roles = _visible_roles(actor)
    person = Person.objects.filter(username=username).first()
    if person is None:
        raise NotFound(
            "PEO040", f"nobody here is called {username!r}", remedy="Choose somebody from the list of people."
        )
    return _record(person, list(roles.filter(person=person)), on)


def administered_entities(actor: Actor) -> frozenset[str] | None:
    """Return the entities whose roles the actor administers; ``None`` means all of them."""
    keys = frozenset(grant.entity_key for grant in actor.grants if grant.role == Role.ADMINISTRATOR)
    return None if "" in keys else keys


def _visible_roles(actor: Actor) -> QuerySet[RoleAssignment]:
    entities = administered_entities(actor)
    if entities == frozenset():
        raise NotPermitted(
            "PEO008", f"{actor.name} may not see who holds which role", remedy="An administrator may."
        )
    rows = RoleAssignment.objects.select_related("person").order_by("role", "entity_key", "id")
    return rows if entities is None else rows.filter(Q(entity_key__in=entities) | Q(entity_key=""))


def _record(person: Person, rows: list[RoleAssignment], on: date) -> PersonRecord:
    held = [row for row in rows if row.valid_to is None or row.valid_to >= on]
    return PersonRecord(person=person, held=held, ended=[row for row in rows if row not in held])
