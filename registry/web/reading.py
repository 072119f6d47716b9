"""What several pages read in the same way, and how forms hand over to actions."""

from collections.abc import Callable
from uuid import UUID

from django.forms import Form

from registry import api
from registry.domain.errors import InvalidInput
from registry.web.access import Visit

ACTIVITY_LENGTH = 12


def activity(visit: Visit, *subjects: UUID) -> list[api.EventView]:
    """Return the newest events on the subjects, as far as the visitor may read them."""
    found: dict[UUID, api.EventView] = {}
    for subject in subjects:
        page = api.list_audit_events(actor=visit.actor, subject_uuid=subject, limit=ACTIVITY_LENGTH)
        found.update({event.uuid: event for event in page.events if event.subject_uuid == subject})
    return sorted(found.values(), key=lambda event: event.recorded_at, reverse=True)[:ACTIVITY_LENGTH]


def parse_uuid(text: str) -> UUID | None:
    """Return the identifier in a query parameter, or none when it is left out. Raises ``WEB001``."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(
            "WEB001", f"{text[:60]!r} is not an identifier", remedy="Copy it from the page of the thing."
        ) from error


def parse_number(text: str) -> int | None:
    """Return a whole number in a query parameter, or none when it is left out. Raises ``WEB002``."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidInput(
            "WEB002", f"{text[:60]!r} is not a whole number", remedy="Follow the links of the page."
        )
    return int(text)


def submit(form: Form, act: Callable[[], object]) -> bool:
    """Run the action when the form reads well; say on the form what the action cannot accept."""
    if not form.is_valid():
        return False
    try:
        act()
    except InvalidInput as error:
        name = error.context.get("field")
        field = name if isinstance(name, str) and name in form.fields else None
        form.add_error(field, f"{error.message}. {error.remedy} ({error.code})")
        return False
    return True
