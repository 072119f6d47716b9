"""Keyset pages of what a selector returns: no COUNT, no OFFSET."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from registry.rest.fields import read_number
from registry.rest.problems import FieldsAtFault

Row = TypeVar("Row", bound=Model)
LONGEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of the page that follows (empty on the last)."""

    rows: list[Row]
    next_cursor: str


def page_of(rows: QuerySet[Row], query: Mapping[str, str], *, order: tuple[str, ...]) -> Page[Row]:
    """Return the page after the row whose UUID ``after`` names. Raises ``API005`` for a foreign cursor.

    ``order`` names columns without nulls, ``-`` for descending; the last one is unique.
    """
    limit = read_number(query, "limit", default=50, highest=LONGEST)
    if after := query.get("after", ""):
        rows = rows.filter(_beyond(_anchor(rows, after), order))
    found: list[Any] = list(rows.order_by(*order)[: limit + 1])
    page = found[:limit]
    return Page(rows=page, next_cursor=str(page[-1].uuid) if len(found) > limit else "")


def _anchor(rows: QuerySet[Row], after: str) -> Row:
    try:
        anchor = rows.filter(uuid=UUID(after)).first()
    except ValueError:
        anchor = None
    if anchor is None:
        raise FieldsAtFault(
            "API005",
            "the cursor is not one of this list",
            remedy="Start from the first page, and pass its 'next' as 'after'.",
            fields={"after": ["is not a cursor of this list"]},
        )
    return anchor


def _beyond(anchor: Model, order: tuple[str, ...]) -> Q:
    beyond, same = Q(pk__in=[]), Q()
    for column in order:
        name = column.removeprefix("-")
        step = "lt" if column.startswith("-") else "gt"
        beyond |= same & Q(**{f"{name}__{step}": getattr(anchor, name)})
        same &= Q(**{name: getattr(anchor, name)})
    return beyond
