"""Merging what every applet knows about a pair into the engine's one input, for any day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from registry.actions.tier_standing import TierStanding, find_override, tier_standing
from registry.capital.schedules import FloorRow, factor_at, floor_schedule, list_jurisdictions
from registry.decisions import facts as decision_facts
from registry.decisions.facts import PermitRecord, read_permit
from registry.decisions.models import TierOverride
from registry.domain.vocab import Provenance, Verification
from registry.findings import facts as finding_facts
from registry.findings.facts import FindingRecord, read_findings
from registry.inventory import facts as inventory_facts
from registry.inventory.models import IntendedUse
from registry.policy.condition_checks import ConditionCheck, check_conditions, condition_facts
from registry.policy.facts import Fact, known, unknown
from registry.policy.timeline import DayCount
from registry.validations import facts as validation_facts
from registry.validations.facts import ValidationRecord, read_validation

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class PairRecord:
    """Everything that the register holds about a pair, read once; ``settled`` is what no calendar moves."""

    intended_use: IntendedUse
    settled: dict[str, Fact]
    validation: ValidationRecord
    findings: FindingRecord
    permit: PermitRecord
    override: TierOverride | None
    stated: Mapping[str, Fact] = field(default_factory=dict)

    def facts_on(self, *, day: date) -> dict[str, Fact]:
        """Return every known or explicitly unknown fact about the pair on the day."""
        facts = self._facts_without_tier(day)
        return {**facts, **tier_standing(override=self.override, facts=facts, on=day).facts}

    def tier_on(self, *, day: date) -> TierStanding:
        """Return what the rules and a person make of the tier on the day."""
        return tier_standing(override=self.override, facts=self._facts_without_tier(day), on=day)

    def _facts_without_tier(self, day: date) -> dict[str, Fact]:
        facts = {
            **self.settled,
            **_floor_facts(self.intended_use.use_case.jurisdiction, day),
            **validation_facts.facts_on(record=self.validation, on=day),
            **finding_facts.facts_on(record=self.findings, on=day),
            **decision_facts.facts_on(record=self.permit, on=day),
            **self.stated,
        }
        if self.permit.is_intact:
            facts |= condition_facts(checks=self.checks(facts=facts))
        return facts

    def checks(self, *, facts: Mapping[str, Fact]) -> tuple[ConditionCheck, ...]:
        """Return the conditions of the permit, each held against the facts."""
        return check_conditions(conditions=self.permit.conditions, facts=facts)

    def day_counts(self) -> dict[str, DayCount]:
        """Return the facts that count days."""
        return {
            **validation_facts.day_counts(record=self.validation),
            **decision_facts.day_counts(record=self.permit),
        }

    def endings(self) -> dict[date, list[str]]:
        """Return the days on which something that the register holds begins or ends, with what it is."""
        found: list[tuple[date, str]] = []
        if self.permit.permit is not None:
            found += [(self.permit.permit.expires_on, "The permit ends")]
        if self.validation.trade_off is not None:
            ends = self.validation.trade_off.expires_on
            found += [(ends, "The economic case ends"), (ends + DAY, "")]
        newest = {row.safeguard: row for row in self.validation.safeguards}
        for row in self.validation.safeguards:
            words = _words_of(row.safeguard) if row is newest[row.safeguard] else ""
            found += [(row.evidenced_on, ""), (row.expires_on + DAY, words)]
        found += [
            (day + DAY, "The acceptance of a finding's risk ends") for day in self.findings.accepted_until()
        ]
        if self.override is not None and self.override.tier is not None and self.override.expires_on:
            found += [(self.override.expires_on, "The tier that a person set ends")]
        found += _floor_steps(self.intended_use)
        days: dict[date, list[str]] = {}
        for day, words in sorted(found):
            days.setdefault(day, []).extend([words] if words else [])
        return days


def read_pair(*, intended_use: IntendedUse, stated: Mapping[str, Fact] | None = None) -> PairRecord:
    """Read everything about the pair; ``stated`` is what a caller says about the use he asks about."""
    return PairRecord(
        intended_use=intended_use,
        settled={
            **inventory_facts.facts_for(intended_use=intended_use),
            "monitoring.breach_open": validation_facts.monitoring_fact(intended_use=intended_use),
        },
        validation=read_validation(intended_use=intended_use),
        findings=read_findings(intended_use=intended_use),
        permit=read_permit(intended_use=intended_use),
        override=find_override(intended_use=intended_use),
        stated=stated or {},
    )


def gather_facts(*, intended_use: IntendedUse, on: date) -> dict[str, Fact]:
    """Return every known or explicitly unknown fact about the pair on the date."""
    return read_pair(intended_use=intended_use).facts_on(day=on)


def _words_of(safeguard: str) -> str:
    return f"The evidence of the safeguard {safeguard.replace('_', ' ')} ends"


def _floor_steps(intended_use: IntendedUse) -> list[tuple[date, str]]:
    """Return the days on which the output floor of the use's jurisdiction steps; named where capital rests on it."""
    use_case = intended_use.use_case
    if use_case.jurisdiction not in list_jurisdictions():
        return []
    rows = floor_schedule(jurisdiction=use_case.jurisdiction)
    return [(row.date_from, _step_words(row) if use_case.is_regulatory_capital else "") for row in rows]


def _step_words(row: FloorRow) -> str:
    mark = row.citation.verification.value
    if row.factor is None:
        return f"The rule of the output floor of {row.jurisdiction} changes ({mark})"
    return f"The output floor of {row.jurisdiction} becomes {row.factor:f} of standardised assets ({mark})"


def _floor_facts(jurisdiction: str, on: date) -> dict[str, Fact]:
    position = factor_at(jurisdiction=jurisdiction, as_of=on)
    if position.row is None or position.factor is None:
        reason = f"no output-floor factor is in force for {jurisdiction} on {on}"
        return {
            "output_floor.factor": unknown(reason=reason),
            "output_floor.factor_verified": unknown(reason=reason),
        }
    source = position.row.citation.source
    is_read = position.verification is not Verification.UNVERIFIED
    return {
        "output_floor.factor": known(
            name="output_floor.factor", value=position.factor, provenance=Provenance.DERIVED, source=source
        ),
        "output_floor.factor_verified": known(
            name="output_floor.factor_verified", value=is_read, provenance=Provenance.DERIVED, source=source
        ),
    }
