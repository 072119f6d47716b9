"""The tier of a pair on a day: what the rules compute, what a person set, and which of the two holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from registry.decisions.models import TierOverride
from registry.decisions.packs import released_packs
from registry.domain.tiering import TierChange, effective_tier
from registry.domain.vocab import Provenance, RiskTier, Role, Stage
from registry.inventory.models import IntendedUse
from registry.policy.engine import decide
from registry.policy.facts import Fact, Facts, known
from registry.policy.tier_facts import MethodReading, method_facts, read_method
from registry.policy.vocabulary import RELIEF, TIER


@dataclass(frozen=True, kw_only=True, slots=True)
class TierStanding:
    """``override`` is the newest one, unless withdrawn; ``facts`` are what the engine sees of it.

    ``holds`` says whether the override decides: one that ended, or whose
    computed tier grew stricter, has lapsed. ``compute`` gives the tier without
    it, none where no rule tiers: a gate does not ask, so it does not pay.
    """

    compute: Callable[[], RiskTier | None]
    override: TierOverride | None
    holds: bool
    method: MethodReading | None
    facts: dict[str, Fact]


def tier_standing(*, override: TierOverride | None, facts: Facts, on: date) -> TierStanding:
    """Return the standing on the day, given the pair's newest override and every other fact about it."""
    packs = released_packs()
    method = read_method(packs=packs, facts=facts, as_of=on)
    found = method_facts(reading=method)

    def compute() -> RiskTier | None:
        decided = decide(packs=packs, facts={**facts, **found}, stage=Stage.TIERING, as_of=on).tier
        return None if decided is None else RiskTier(decided)

    if override is None or override.tier is None:
        return TierStanding(compute=compute, override=None, holds=False, method=method, facts=found)
    # Where no rule tiers there is nothing to be milder than.
    computed = compute() or RiskTier.TIER_1
    change = TierChange(
        computed=RiskTier(override.computed),
        tier=RiskTier(override.tier),
        role=Role.APPROVER,
        reason=override.reason,
        expires_on=override.expires_on,
    )
    effective = effective_tier(computed=computed, change=change, on=on)
    holds = effective is change.tier
    seen = found | _override_facts(override, effective, is_milder=effective > computed) if holds else found
    return TierStanding(compute=lambda: computed, override=override, holds=holds, method=method, facts=seen)


def find_override(*, intended_use: IntendedUse) -> TierOverride | None:
    """Return the newest row of the pair, a withdrawal included."""
    rows = TierOverride.objects.filter(intended_use=intended_use).select_related("set_by")
    return rows.order_by("-id").first()


def _override_facts(row: TierOverride, tier: RiskTier, *, is_milder: bool) -> dict[str, Fact]:
    until = "" if row.expires_on is None else f", until {row.expires_on}"
    source = f"tier override {row.uuid} by {row.set_by.full_name}{until}"
    names = (TIER, RELIEF) if is_milder else (TIER,)
    return {
        name: known(name=name, value=int(tier), provenance=Provenance.DECLARED, source=source)
        for name in names
    }
