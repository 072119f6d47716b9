"""Which rows an actor may see: the one filter that every selector goes through."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from registry.people.actors import Actor

Row = TypeVar("Row", bound=Model)


def visible_to(actor: Actor, rows: QuerySet[Row], *, entity_path: str) -> QuerySet[Row]:
    """Keep the rows of the legal entities that the actor may see.

    ``entity_path`` is the ORM path from the row to ``LegalEntity.key``. An
    actor without a role sees nothing; what he may not see does not exist.
    """
    keys = actor.entity_keys()
    if keys is None:
        return rows
    return rows.filter(**{f"{entity_path}__in": keys})
