"""Tiers: which is stricter, and when a person may set another.

A stricter tier may be set by anybody who may edit the record. A milder one
needs an approver, a reason and an end date; after that date the computed tier
holds again. Codes: ``TIE001`` no approver, ``TIE002`` no reason, ``TIE003``
no end or one that is past.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from registry.domain.errors import InvalidInput, NotPermitted
from registry.domain.vocab import RiskTier, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class TierOverride:
    """A tier set by a person in place of the computed one; the end day is excluded."""

    computed: RiskTier
    tier: RiskTier
    role: Role
    reason: str
    expires_on: date | None

    @property
    def is_milder(self) -> bool:
        """Whether it asks for less than the rules do."""
        return self.tier > self.computed


def strictest(*, tiers: Iterable[RiskTier]) -> RiskTier:
    """Return the strictest tier; with none given, the strictest there is."""
    return min(tiers, default=min(RiskTier))


def ensure_override(*, override: TierOverride, on: date) -> None:
    """Refuse an override that its author may not make.

    Raises ``NotPermitted`` ``TIE001``, ``InvalidInput`` ``TIE002`` or ``TIE003``.
    """
    if not override.reason.strip():
        raise InvalidInput(
            "TIE002", "an override needs a reason", remedy="Say why the computed tier is wrong."
        )
    if not override.is_milder:
        return
    if override.role is not Role.APPROVER:
        raise NotPermitted(
            "TIE001",
            f"a milder tier cannot be set by role {override.role}",
            remedy="Ask an approver.",
            computed=int(override.computed),
            tier=int(override.tier),
        )
    if override.expires_on is None or override.expires_on <= on:
        raise InvalidInput("TIE003", "a milder tier needs an end date ahead", remedy="Set a day after today.")


def effective_tier(*, computed: RiskTier, override: TierOverride | None, on: date) -> RiskTier:
    """Return the tier that holds on the day.

    A milder override holds only until its end and only for the computed tier
    that it was made for: when the rules grow stricter, it lapses.
    """
    if override is None:
        return computed
    if not override.is_milder:
        return min(computed, override.tier)
    is_current = override.expires_on is not None and on < override.expires_on
    return override.tier if is_current and computed >= override.computed else computed
