"""How much of one step is done, as a share: for people who wait."""

from collections.abc import Callable
from dataclasses import dataclass, replace

Advance = Callable[[int, int, str], None]
"""Takes what is done, of how much, and of what: ``(2000, 30000, "rows")``. Called often; must cost nothing."""

MOST = 2**31 - 1
WORDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """``done`` of ``total`` (at least one) things that ``of`` names, such as rows."""

    done: int
    total: int
    of: str

    def __post_init__(self) -> None:
        """Refuse what is no share. Raises ``ValueError``."""
        if not 0 <= self.done <= self.total or not 0 < self.total <= MOST or not 0 < len(self.of) <= WORDS:
            raise ValueError("not a share of a step")

    def named(self, *, title: str) -> "Share":
        """Return the share with whose it is, cut to as many characters as a share may say."""
        of = f"{self.of} ({title})"
        return replace(self, of=of if len(of) <= WORDS else f"{of[: WORDS - 1]}…")


def no_advance(done: int, total: int, of: str) -> None:
    """Tell nobody."""
    del done, total, of
