"""What the API answers about tiers that people set and the scope of regimes, as types."""

from typing import Any, TypedDict

from registry.rest.shapes import PermissionShape


class TierEntryShape(TypedDict):
    """A tier that a person set, or (no tier) its withdrawal."""

    uuid: str
    tier: int | None
    computed: int
    reason: str
    expires_on: str | None
    set_by: str
    recorded_at: str


class TieringMethodShape(TypedDict):
    """What the weighted sum says, and the regimes that a sum does not satisfy."""

    title: str
    standing: str
    points: str | None
    tier: int | None
    missing: list[str]
    falls_short: list[dict[str, Any]]


class TierShape(TypedDict):
    """Where the tier of an intended use stands; ``is_override_holding`` says whether the newest entry counts."""

    intended_use: str
    computed: int | None
    is_override_holding: bool
    entries: list[TierEntryShape]
    method: TieringMethodShape | None
    permission: PermissionShape
    page: str


class ScopeDeterminationShape(TypedDict):
    """Whether a regime takes a model for a model; ``stale_cites`` are of instruments rescinded or replaced."""

    uuid: str
    regime: str
    pack_version: str
    in_force_from: str
    answer: str
    reason: str
    cites: list[str]
    stale_cites: list[str]
    binding_level: str
    verification: str
    facts: list[dict[str, Any]]
    determined_by: str | None
    determined_at: str
    review_on: str | None


class RegimeScopeShape(TypedDict):
    """One regime: what its rules say, and what a person says while that holds."""

    regime: str
    title: str
    answer: str
    computed: ScopeDeterminationShape
    departure: ScopeDeterminationShape | None


class ScopeShape(TypedDict):
    """The scope of every regime that was determined for a model, and the history, newest first."""

    model: str
    regimes: list[RegimeScopeShape]
    history: list[ScopeDeterminationShape]
    page: str
