"""How often the statistical alarms of a validation plan may be false together, as figures and in words.

A limit that chance can cross although the model is sound spends part of one
level that the whole plan declares. The parts add up (Bonferroni), whatever
the dependence between checks and in whatever order results come in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from registry.domain.canonical import Json

FAMILY_LEVEL = Decimal("0.05")


class LimitKind(StrEnum):
    """What crossing a limit says.

    ``chance``: on a sound model chance alone crosses it no more often than it
    spends. ``proof``: the model must show that it is good enough; too little
    data crosses it, too. ``estimate``: an estimate or a count against a
    convention, with no statement about chance.
    """

    CHANCE = "chance"
    PROOF = "proof"
    ESTIMATE = "estimate"


@dataclass(frozen=True, kw_only=True)
class JudgedLimit:
    """One limit, or several on one p-value: what is judged, what a sound model means here, and what it spends."""

    check: str
    figure: str
    kind: LimitKind
    null: str = ""
    spends: Decimal = Decimal(0)
    caveat: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return what a result records; the check stands beside it."""
        return {
            "figure": self.figure,
            "kind": self.kind.value,
            "null": self.null,
            "spends": str(self.spends),
            "caveat": self.caveat,
        }


@dataclass(frozen=True, kw_only=True)
class FalseAlarmBound:
    """Every judged limit of a plan, and the level that the plan declares."""

    level: Decimal
    limits: tuple[JudgedLimit, ...]

    @property
    def alarms(self) -> tuple[JudgedLimit, ...]:
        """Return the statistical alarms: the limits that chance can cross on a sound model."""
        return self._of(LimitKind.CHANCE)

    @property
    def proofs(self) -> tuple[JudgedLimit, ...]:
        """Return the limits at which a model must show that it is good enough."""
        return self._of(LimitKind.PROOF)

    @property
    def estimates(self) -> tuple[JudgedLimit, ...]:
        """Return the limits on estimates and counts."""
        return self._of(LimitKind.ESTIMATE)

    @property
    def spent(self) -> Decimal:
        """Return the sum over statistical alarms, at most one."""
        return min(sum((alarm.spends for alarm in self.alarms), Decimal(0)), Decimal(1))

    @property
    def is_within(self) -> bool:
        """Return whether the sum keeps the declared level."""
        return self.spent <= self.level

    def _of(self, kind: LimitKind) -> tuple[JudgedLimit, ...]:
        return tuple(limit for limit in self.limits if limit.kind is kind)

    def sentence(self) -> str:
        """Return the bound in one sentence."""
        count = len(self.alarms)
        if not count:
            return "This plan holds no statistical alarm: no limit on a p-value or on the near end of an interval."
        alarms = "its only statistical alarm" if count == 1 else f"any of its {count} statistical alarms"
        parts = " + ".join(_percent(alarm.spends) for alarm in self.alarms)
        if self.is_within:
            return (
                f"If the model is sound, at most {_percent(self.spent)} of runs of this plan raise {alarms} "
                f"(Bonferroni: {parts} of the {_percent(self.level)} declared)."
            )
        return (
            f"On a sound model up to {_percent(self.spent)} of runs of this plan may raise {alarms} "
            f"(Bonferroni: {parts}), more than the {_percent(self.level)} declared: such an alarm weighs less."
        )

    def rest(self) -> str:
        """Return what the bound leaves out, in one sentence; empty where it leaves out nothing."""
        proofs, estimates = len(self.proofs), len(self.estimates)
        parts = [
            f"{proofs} {'asks' if proofs == 1 else 'ask'} for proof, so that too little data crosses "
            f"{'it' if proofs == 1 else 'them'}, too"
            if proofs
            else "",
            f"{estimates} {'compares' if estimates == 1 else 'compare'} an estimate or a count with a convention"
            if estimates
            else "",
        ]
        said = "; ".join(part for part in parts if part)
        return f"The bound says nothing of the other limits: {said}." if said else ""

    def to_json(self) -> dict[str, Json]:
        """Return the bound as exports hold it."""
        return {
            "declared_level": str(self.level),
            "spent": str(self.spent),
            "is_within": self.is_within,
            "sentence": self.sentence(),
            "rest": self.rest(),
            "limits": [{"check": limit.check, **limit.to_json()} for limit in self.limits],
        }


def read_bound(results: Iterable[Mapping[str, object]]) -> FalseAlarmBound | None:
    """Return the bound over recorded results; None where none of them records its limits."""
    level, limits = FAMILY_LEVEL, list[JudgedLimit]()
    is_known = False
    for result in results:
        alarms = result.get("alarms")
        if not isinstance(alarms, Mapping) or not alarms:
            continue
        is_known, level = True, Decimal(str(alarms["level"]))
        limits += [_read_limit(str(result["check"]), limit) for limit in alarms["limits"]]
    return FalseAlarmBound(level=level, limits=tuple(limits)) if is_known else None


def _read_limit(check: str, data: Mapping[str, object]) -> JudgedLimit:
    return JudgedLimit(
        check=check,
        figure=str(data["figure"]),
        kind=LimitKind(str(data["kind"])),
        null=str(data["null"]),
        spends=Decimal(str(data["spends"])),
        caveat=str(data["caveat"]),
    )


def _percent(share: Decimal) -> str:
    return f"{float(share * 100):.3g} %"
