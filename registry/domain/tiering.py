"""Tiers: which is stricter, and when a person may set another.

A stricter tier may be set by anybody who may edit the record, and holds until
it is withdrawn. A milder one needs an approver, a reason and an end date;
after that date the computed tier holds again. Codes: ``TIE001`` no approver,
``TIE002`` no reason, ``TIE003`` no end or one that is past, ``TIE004`` the
computed tier itself, ``TIE005`` a stricter tier with an end, ``TIE006`` a
stricter tier withdrawn without an approver.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from registry.domain.errors import InvalidInput, NotPermitted
from registry.domain.vocab import RiskTier, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChange:
    """A tier that a person sets in place of the computed one; the end day is excluded."""

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


def ensure_override(*, change: TierChange, on: date) -> None:
    """Refuse an override that its author may not make.

    Raises ``NotPermitted`` ``TIE001``, ``InvalidInput`` ``TIE002`` to ``TIE005``.
    """
    if not change.reason.strip():
        raise InvalidInput(
            "TIE002",
            "an override needs a reason",
            remedy="Say why the computed tier is wrong.",
            field="reason",
        )
    if change.tier == change.computed:
        raise InvalidInput(
            "TIE004",
            f"tier {change.tier} is what the rules compute",
            remedy="Choose another tier, or leave it to the rules.",
            field="tier",
        )
    if not change.is_milder:
        _ensure_no_end(change)
        return
    if change.role is not Role.APPROVER:
        raise NotPermitted(
            "TIE001",
            f"a milder tier cannot be set by role {change.role}",
            remedy="Ask an approver.",
            computed=int(change.computed),
            tier=int(change.tier),
        )
    if change.expires_on is None or change.expires_on <= on:
        raise InvalidInput(
            "TIE003",
            "a milder tier needs an end date ahead",
            remedy="Set a day after today.",
            field="expires_on",
        )


def ensure_withdrawal(*, tier: RiskTier, computed: RiskTier, role: Role) -> None:
    """Refuse to go back to a milder computed tier without an approver. Raises ``NotPermitted`` ``TIE006``."""
    if computed > tier and role is not Role.APPROVER:
        raise NotPermitted(
            "TIE006",
            f"to go back from tier {tier} to the milder tier {computed} takes an approver",
            remedy="Ask an approver.",
            computed=int(computed),
            tier=int(tier),
        )


def effective_tier(*, computed: RiskTier, change: TierChange | None, on: date) -> RiskTier:
    """Return the tier that holds on the day.

    A milder override holds only until its end and only for the computed tier
    that it was made for: when the rules grow stricter, it lapses.
    """
    if change is None:
        return computed
    if not change.is_milder:
        return min(computed, change.tier)
    is_current = change.expires_on is not None and on < change.expires_on
    return change.tier if is_current and computed >= change.computed else computed


def _ensure_no_end(change: TierChange) -> None:
    if change.expires_on is not None:
        raise InvalidInput(
            "TIE005",
            "a stricter tier has no end date",
            remedy="Leave the date out; withdraw the tier when its reason is gone.",
            field="expires_on",
        )
