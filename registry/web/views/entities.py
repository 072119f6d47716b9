"""A legal entity: its portfolios, the output floor, and the models that move it."""

from django.http import HttpResponse

from registry import api
from registry.web.access import Visit, page


@page()
def entity(visit: Visit, *, key: str) -> HttpResponse:
    """Show one legal entity under the output floor today."""
    view = api.get_entity_floor(actor=visit.actor, key=key, on=visit.at.date(), at=visit.at)
    return visit.render("registry/entity.html", {"view": view})
