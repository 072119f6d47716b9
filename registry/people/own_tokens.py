"""The tokens that speak for oneself. Those of others do not exist here."""

from uuid import UUID

from django.db.models import QuerySet

from registry.domain.errors import NotFound
from registry.people.actors import Actor
from registry.people.models import ApiToken


def list_own_tokens(*, actor: Actor) -> QuerySet[ApiToken]:
    """Return the actor's own tokens, newest first, revoked and expired ones included."""
    return ApiToken.objects.filter(person__uuid=actor.person_uuid).order_by("-id")


def get_own_token(*, actor: Actor, uuid: UUID) -> ApiToken:
    """Return one of the actor's own tokens. Raises ``PEO033``."""
    row = list_own_tokens(actor=actor).filter(uuid=uuid).first()
    if row is None:
        raise NotFound(
            "PEO033", f"there is no token {uuid}", remedy="Choose one from the list of your tokens."
        )
    return row
