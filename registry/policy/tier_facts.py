"""Facts about the tier that are derived before the engine runs: what a method of the house gives.

The engine keeps the strictest of the tier given and those that rules set. A
method that stands in place of the matrix therefore gives its tier, and relieves
the rules that read ``tier.relief``; forced tiers read nothing of it and hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from registry.domain.vocab import BindingLevel, Provenance, RiskTier
from registry.policy.engine import packs_in_force
from registry.policy.facts import ABSENT, Fact, Facts, known, unknown
from registry.policy.rules import Pack
from registry.policy.scorecard import Scorecard, Shortfall, Standing, weigh
from registry.policy.vocabulary import RELIEF, TIER, WEIGHTED_SUM

NO_RELIEF = 0
JURISDICTION = "use.jurisdiction"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodReading:
    """What a pack's scorecard says of a use. ``applying`` are the regimes in force there that it falls short of."""

    pack: Pack
    scorecard: Scorecard
    points: Decimal | None
    tier: int | None
    missing: tuple[str, ...]
    applying: tuple[Shortfall, ...]

    @property
    def source(self) -> str:
        """Where a fact that rests on it comes from, in words."""
        return f"{self.scorecard.title}, {self.points} of 100 points, pack {self.pack.ref}"

    @property
    def stands_alone(self) -> bool:
        """Whether it may be milder than the matrix here: the house tiers by it, and no regime objects."""
        return self.scorecard.standing is Standing.RULES and self.tier is not None and not self.applying


def read_method(*, packs: Sequence[Pack], facts: Facts, as_of: date) -> MethodReading | None:
    """Return what the scorecard of the house pack in force says, or none without a scorecard.

    Where the jurisdiction is not known every regime counts as applying.
    """
    found = method_in_force(packs=packs, as_of=as_of)
    if found is None:
        return None
    pack, scorecard = found
    score = weigh(scorecard=scorecard, facts=facts)
    where = facts.get(JURISDICTION, ABSENT).value
    return MethodReading(
        pack=pack,
        scorecard=scorecard,
        points=score.points,
        tier=score.tier,
        missing=score.missing,
        applying=tuple(
            mark for mark in scorecard.falls_short if where is None or where in mark.jurisdictions
        ),
    )


def method_in_force(*, packs: Sequence[Pack], as_of: date) -> tuple[Pack, Scorecard] | None:
    """Return the house pack that weighs, with its scorecard, if there is one on the day."""
    for pack in packs_in_force(packs=packs, as_of=as_of):
        if pack.scorecard is not None and pack.binding_level is BindingLevel.HOUSE:
            return pack, pack.scorecard
    return None


def method_facts(*, reading: MethodReading | None) -> dict[str, Fact]:
    """Return the sum's tier as a fact; the tier given and the relief where the house tiers by it."""
    if reading is None:
        return {RELIEF: _derived(RELIEF, NO_RELIEF, "no milder tier was set")}
    if reading.tier is None:
        facts = {WEIGHTED_SUM: unknown(reason=f"the sum needs {', '.join(reading.missing)}")}
    else:
        facts = {WEIGHTED_SUM: _derived(WEIGHTED_SUM, reading.tier, reading.source)}
    relief = reading.tier if reading.stands_alone and reading.tier is not None else NO_RELIEF
    facts[RELIEF] = _derived(RELIEF, relief, reading.source if relief else "no milder tier was set")
    if reading.scorecard.standing is Standing.RULES:
        given = min(RiskTier) if reading.tier is None else reading.tier
        facts[TIER] = _derived(TIER, given, reading.source)
    return facts


def _derived(name: str, value: int, source: str) -> Fact:
    return known(name=name, value=value, provenance=Provenance.DERIVED, source=source)
