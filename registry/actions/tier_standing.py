"""The tier of a pair on a day: what the rules compute, what a person set, and which of the two holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from registry.decisions.models import TierOverride
from registry.decisions.packs import released_packs
from registry.domain.tiering import TierChange, effective_tier
from registry.domain.vocab import Provenance, RiskTier, Role, Stage
from registry.inventory.models import IntendedUse
from registry.policy.engine import decide
from registry.policy.facts import Fact, Facts, known
from registry.policy.fast import judge
from registry.policy.rules import Pack
from registry.policy.tier_facts import MethodReading, method_facts, read_method
from registry.policy.vocabulary import RELIEF, TIER, WEIGHTED_SUM

DERIVED = frozenset({TIER, RELIEF, WEIGHTED_SUM})
"""The facts of a pair that follow from packs and from what a person set, not from evidence."""


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
    set_by_person = _set_by_person(override, computed, on)
    return TierStanding(
        compute=lambda: computed,
        override=override,
        holds=bool(set_by_person),
        method=method,
        facts=found | set_by_person,
    )


def tier_facts_anew(
    *, cases: Sequence[tuple[Facts, TierOverride | None]], packs: Sequence[Pack], on: date
) -> list[dict[str, Fact]]:
    """Return the facts of pairs as they stand under these packs on the day, given those of other packs or days."""
    found = []
    for facts, _override in cases:
        bare = {name: fact for name, fact in facts.items() if name not in DERIVED}
        found.append(bare | method_facts(reading=read_method(packs=packs, facts=bare, as_of=on)))
    computed = judge(packs=packs, rows=found, stage=Stage.TIERING, as_of=on).tiers
    return [
        facts | ({} if override is None else _set_by_person(override, RiskTier(tier or 1), on))
        for facts, (_given, override), tier in zip(found, cases, computed, strict=True)
    ]


def find_override(*, intended_use: IntendedUse) -> TierOverride | None:
    """Return the newest row of the pair, a withdrawal included."""
    rows = TierOverride.objects.filter(intended_use=intended_use).select_related("set_by")
    return rows.order_by("-id").first()


def list_overrides() -> dict[int, TierOverride]:
    """Return the newest override of each intended use, by its row, without those that were withdrawn."""
    rows = TierOverride.objects.select_related("set_by").order_by("id")
    newest = {row.intended_use_id: row for row in rows}
    return {use: row for use, row in newest.items() if row.tier is not None}


def _set_by_person(row: TierOverride, computed: RiskTier, on: date) -> dict[str, Fact]:
    """Return what the engine sees of an override; nothing once it has lapsed."""
    assert row.tier is not None
    change = TierChange(
        computed=RiskTier(row.computed),
        tier=RiskTier(row.tier),
        role=Role.APPROVER,
        reason=row.reason,
        expires_on=row.expires_on,
    )
    effective = effective_tier(computed=computed, change=change, on=on)
    if effective is not change.tier:
        return {}
    until = "" if row.expires_on is None else f", until {row.expires_on}"
    source = f"tier override {row.uuid} by {row.set_by.full_name}{until}"
    names = (TIER, RELIEF) if effective > computed else (TIER,)
    return {
        name: known(name=name, value=int(effective), provenance=Provenance.DECLARED, source=source)
        for name in names
    }
