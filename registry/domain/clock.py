"""Time as an argument: nothing below the surfaces asks what time it is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from registry.domain.errors import InvalidInput


class Clock(Protocol):
    """Anything that tells the time in UTC."""

    def now(self) -> datetime:
        """Return the current instant, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock. Used by surfaces and process entry points only."""

    def now(self) -> datetime:
        """Return the machine's current instant in UTC."""
        return datetime.now(tz=UTC)


@dataclass
class FrozenClock:
    """A clock that moves only when told to."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant it is set to."""
        return self.instant

    def advance(self, *, by: timedelta) -> None:
        """Move forward."""
        self.instant += by


def parse_day(text: str) -> date:
    """Return the calendar day that a text names as ``YYYY-MM-DD``. Raises ``InvalidInput`` ``DAY001``."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidInput(
            "DAY001", f"{text[:60]!r} is not a calendar day", remedy="Write it as YYYY-MM-DD.", field="as_of"
        )
    return day
