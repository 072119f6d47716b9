"""Who administers: the right to change accounts and roles, and keeping at least one holder of it."""

from registry.domain.errors import Conflict, NotPermitted
from registry.domain.vocab import Role
from registry.people.actors import Actor
from registry.people.models import Person, RoleAssignment


def require_administrator(actor: Actor, *, to: str, entity_key: str = "") -> None:
    """Refuse anybody but an administrator of that entity; an empty key asks for one of every entity.

    Raises ``PEO006`` for a token, ``PEO008``.
    """
    actor.require_presence(to=to)
    roles = (Role.ADMINISTRATOR, Role.SYSTEM)
    if not any(actor.holds(role, entity_key=entity_key) for role in roles):
        raise NotPermitted("PEO008", f"{actor.name} may not {to}", remedy="An administrator may.")


def ensure_administrator_left(*, without: Person) -> None:
    """Raise ``PEO036`` when the person is the last who administers every entity."""
    held = RoleAssignment.objects.filter(
        role=Role.ADMINISTRATOR, entity_key="", valid_to__isnull=True, person__is_active=True
    )
    if held.filter(person=without).exists() and not held.exclude(person=without).exists():
        raise Conflict(
            "PEO036",
            f"{without.full_name} is the last administrator of every entity",
            remedy="Grant that role to somebody else first.",
        )
