"""A tiering method that sums weighted points. What it weighs, and whom it does not satisfy, is a pack's data.

A sum lets a low part cancel a high one, so the scorecard names the regimes
that do not accept that. An unknown part gives an unknown sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from registry.domain.canonical import Json, to_json
from registry.domain.vocab import RiskTier
from registry.policy.facts import ABSENT, Facts, FactValue
from registry.policy.vocabulary import VOCABULARY, FactType

WHOLE = Decimal(100)
"""Weights add up to it, and points run from zero to it."""


class Standing(StrEnum):
    """What the house does with the sum: show it beside the rules' tier, or tier by it."""

    BESIDE = "beside"
    RULES = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One fact that is weighed; ``points`` by the fact's value as packs write it."""

    fact: str
    weight: Decimal
    points: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """From this sum on, inclusive, the tier is at least as strict."""

    tier: int
    at_least: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A regime that a sum does not satisfy, the jurisdictions where it applies, and why."""

    jurisdictions: tuple[str, ...]
    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Weights, points, bands and marks of one method."""

    title: str
    standing: Standing
    parts: tuple[Part, ...]
    bands: tuple[Band, ...]
    falls_short: tuple[Shortfall, ...]
    cites: tuple[str, ...]

    @property
    def all_cites(self) -> tuple[str, ...]:
        """Every clause that the scorecard or one of its marks cites."""
        return (*self.cites, *(cite for mark in self.falls_short for cite in mark.cites))

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values; figures are decimal text."""
        return {
            "title": self.title,
            "standing": self.standing.value,
            "parts": {
                part.fact: {
                    "weight": to_json(part.weight),
                    "points": {value: to_json(points) for value, points in part.points.items()},
                }
                for part in self.parts
            },
            "bands": {str(band.tier): to_json(band.at_least) for band in self.bands},
            "falls_short": [
                {"jurisdictions": list(mark.jurisdictions), "text": mark.text, "cites": list(mark.cites)}
                for mark in self.falls_short
            ],
            "cites": list(self.cites),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The sum from 0 to 100 and its tier, or the facts for want of which there is none."""

    points: Decimal | None
    tier: int | None
    missing: tuple[str, ...]


def weigh(*, scorecard: Scorecard, facts: Facts) -> Score:
    """Return the weighted sum over the facts."""
    values = {part.fact: facts.get(part.fact, ABSENT).value for part in scorecard.parts}
    missing = tuple(sorted(name for name, value in values.items() if value is None))
    if missing:
        return Score(points=None, tier=None, missing=missing)
    total = sum(
        (part.weight * part.points[_as_written(values[part.fact])] for part in scorecard.parts), Decimal(0)
    )
    points = total / WHOLE
    return Score(
        points=points,
        tier=min(band.tier for band in scorecard.bands if points >= band.at_least),
        missing=(),
    )


def scorecard_defects(*, scorecard: Scorecard) -> tuple[str, ...]:
    """Say what keeps the scorecard from giving a tier for all facts; empty when it is sound."""
    defects = []
    weights = [part.weight for part in scorecard.parts]
    if (
        sum(weights) != WHOLE
        or min(weights) <= 0
        or len({part.fact for part in scorecard.parts}) < len(weights)
    ):
        defects.append(f"the weights are not positive figures, one per fact, that add up to {WHOLE}")
    defects += [
        f"`{part.fact}` does not give 0 to {WHOLE} points for each of {', '.join(_values_of(part.fact))}"
        for part in scorecard.parts
        if set(part.points) != set(_values_of(part.fact))
        or not all(0 <= points <= WHOLE for points in part.points.values())
    ]
    ordered = sorted(scorecard.bands, key=lambda band: band.tier)
    limits = [band.at_least for band in ordered]
    is_whole = [band.tier for band in ordered] == list(RiskTier) and limits[-1] == 0
    if not is_whole or sorted(set(limits), reverse=True) != limits:
        defects.append("the bands are not one per tier, falling to 0 for the mildest")
    return tuple(defects)


def _values_of(fact: str) -> tuple[str, ...]:
    spec = VOCABULARY[fact]
    return ("true", "false") if spec.type is FactType.BOOL else spec.options


def _as_written(value: FactValue | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
