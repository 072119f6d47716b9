"""The output floor of a legal entity, and what one intended use does to it, on a day past or future."""

from datetime import UTC, date, datetime, time
from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import floor_output, floor_shapes
from registry.rest.fields import read_query
from registry.rest.problems import FieldsAtFault
from registry.rest.schema import described
from registry.rest.views import ApiView, tagged, who


class EntityOutputFloor(ApiView):
    """A legal entity under the output floor."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read an entity's output floor", floor_shapes.EntityUnderFloorShape, query=("as_of",))
    def get(self, request: Request, key: str) -> Response:
        """Read the floor of a day (today when none is given): a past day from what was known by its end."""
        call = who(request)
        on, at = _day(request, call["at"])
        view = api.get_entity_floor(actor=call["actor"], key=key, on=on, at=at)
        return tagged(request, floor_output.entity_floor(view))


class UseOutputFloor(ApiView):
    """What one intended use in regulatory capital does to its entity."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described(
        "Read what an intended use does to the output floor", floor_shapes.UseFloorShape, query=("as_of",)
    )
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the effect on a day (today when none is given): a past day from what was known by its end."""
        call = who(request)
        on, at = _day(request, call["at"])
        view = api.get_use_floor(actor=call["actor"], uuid=uuid, on=on, at=at)
        return tagged(request, floor_output.use_floor(view))


def _day(request: Request, now: datetime) -> tuple[date, datetime]:
    """Return the day that ``as_of`` names and the instant whose knowledge counts. Raises ``API005``."""
    text = read_query(request, "as_of").get("as_of", "")
    if not text:
        return now.date(), now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise FieldsAtFault(
            "API005",
            "as_of must be a calendar day",
            remedy="Write it as YYYY-MM-DD, for example 2028-01-01.",
            fields={"as_of": ["must be a calendar day, YYYY-MM-DD"]},
        )
    return day, min(now, datetime.combine(day, time.max, tzinfo=UTC))
