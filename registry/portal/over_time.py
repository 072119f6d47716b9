"""The register on another day: what was permitted then."""

from registry import api
from registry.domain.clock import parse_day
from registry.domain.errors import InvalidInput
from registry.portal.door import Page, Visit, logged


@logged
def permissions(visit: Visit) -> Page:
    """List every pair with the permission that was on record at the end of a day."""
    asked = visit.request.GET
    on = parse_day(asked["as_of"]) if asked.get("as_of") else visit.at.date()
    found = api.list_permissions_on(
        actor=visit.actor, at=visit.at, on=on, after=_after(asked.get("after", ""))
    )
    return Page(
        title=f"Permissions as of {on}", template="portal/permissions.html", context={"permissions": found}
    )


def _after(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidInput(
            "POR007", f"{text[:60]!r} is not a page of this list", remedy="Follow the links of the page."
        )
    return int(text)
