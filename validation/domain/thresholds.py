"""Judgement exists once: metrics against thresholds, the worst verdict wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from registry.domain.canonical import Json
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Verdict

_FIELDS = frozenset({"metric", "direction", "inclusive", "value", "verdict", "cites"})
_SEVERITY = {Verdict.PASS: 0, Verdict.WARN: 1, Verdict.FAIL: 2, Verdict.ERROR: 3}


class Direction(StrEnum):
    """On which side of the limit a metric must lie."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """``metric`` must be at least, or at most, ``value``; else ``verdict``.

    ``inclusive`` says whether the limit itself is still good. ``metric`` may
    name one end of an interval, ``gini.lower``. ``cites`` says who set it.
    """

    metric: str
    direction: Direction
    inclusive: bool
    value: Decimal
    verdict: Verdict
    cites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.verdict not in (Verdict.WARN, Verdict.FAIL) or not self.value.is_finite():
            raise _malformed(f"the threshold on `{self.metric}`")

    def is_met(self, *, observed: Decimal) -> bool:
        """Return whether a finite figure lies on the good side."""
        if observed == self.value:
            return self.inclusive
        return (observed > self.value) is (self.direction is Direction.AT_LEAST)

    def sentence(self) -> str:
        """Return the limit in words."""
        words = {
            (Direction.AT_LEAST, True): "at least",
            (Direction.AT_LEAST, False): "above",
            (Direction.AT_MOST, True): "at most",
            (Direction.AT_MOST, False): "below",
        }
        return f"{self.metric} must be {words[self.direction, self.inclusive]} {self.value}"

    def to_json(self) -> dict[str, Json]:
        """Return the threshold as the plan holds it."""
        return {
            "metric": self.metric,
            "direction": self.direction.value,
            "inclusive": self.inclusive,
            "value": str(self.value),
            "verdict": self.verdict.value,
            "cites": list(self.cites),
        }


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A verdict and, for each threshold not met, a sentence."""

    verdict: Verdict
    breaches: tuple[str, ...]


def parse_threshold(*, data: object) -> Threshold:
    """Return a threshold from plan JSON.

    Raises ``InvalidInput`` ``CHK008`` when a field is missing, unknown, of the
    wrong type or not a finite number.
    """
    if not isinstance(data, Mapping) or set(data) - _FIELDS or (_FIELDS - {"cites"}) - set(data):
        raise _malformed("a threshold")
    metric, inclusive, cites = data["metric"], data["inclusive"], data.get("cites", [])
    if isinstance(cites, str):
        cites = [cites]
    if not isinstance(metric, str) or not isinstance(inclusive, bool) or not isinstance(cites, Sequence):
        raise _malformed("a threshold")
    try:
        value = Decimal(str(data["value"]))
        direction = Direction(data["direction"])
        verdict = Verdict(data["verdict"])
    except (InvalidOperation, ValueError):
        raise _malformed(f"the threshold on `{metric}`") from None
    return Threshold(
        metric=metric,
        direction=direction,
        inclusive=inclusive,
        value=value,
        verdict=verdict,
        cites=tuple(str(cite) for cite in cites),
    )


def judge(*, figures: Mapping[str, Decimal], thresholds: Sequence[Threshold]) -> Judgement:
    """Return the worst verdict over all thresholds.

    A figure that is missing or not a finite number gives ``error``: what could
    not be measured is never good news.
    """
    worst, breaches = Verdict.PASS, []
    for threshold in thresholds:
        observed = figures.get(threshold.metric)
        if observed is None or not observed.is_finite():
            verdict = Verdict.ERROR
            breaches.append(f"{threshold.sentence()}; it could not be measured")
        elif threshold.is_met(observed=observed):
            continue
        else:
            verdict = threshold.verdict
            breaches.append(f"{threshold.sentence()}; it is {observed}")
        worst = max(worst, verdict, key=_SEVERITY.__getitem__)
    return Judgement(verdict=worst, breaches=tuple(breaches))


def _malformed(what: str) -> InvalidInput:
    return InvalidInput(
        "CHK008",
        f"{what} is malformed",
        remedy="Give metric, direction at_least or at_most, inclusive true or false, "
        "a decimal value as text, and verdict warn or fail.",
    )
