"""Time as an argument: nothing below the surfaces asks what time it is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


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
