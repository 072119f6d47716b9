"""Merging what every applet knows about a pair into the engine's one input."""

from datetime import date

from registry.actions.tier_standing import tier_standing
from registry.capital.schedules import factor_at
from registry.decisions import facts as decision_facts
from registry.domain.vocab import Provenance, Verification
from registry.findings import facts as finding_facts
from registry.inventory import facts as inventory_facts
from registry.inventory.models import IntendedUse
from registry.policy.facts import Fact, known, unknown
from registry.validations import facts as validation_facts


def gather_facts(*, intended_use: IntendedUse, on: date) -> dict[str, Fact]:
    """Return every known or explicitly unknown fact about the pair on the date."""
    facts = facts_without_tier(intended_use=intended_use, on=on)
    return {**facts, **tier_standing(intended_use=intended_use, facts=facts, on=on).facts}


def facts_without_tier(*, intended_use: IntendedUse, on: date) -> dict[str, Fact]:
    """Return what is known about the pair before a method or a person says anything of its tier."""
    return {
        **inventory_facts.facts_for(intended_use=intended_use),
        **_floor_facts(intended_use.use_case.jurisdiction, on),
        **validation_facts.facts_for(intended_use=intended_use, on=on),
        **finding_facts.facts_for(intended_use=intended_use),
        **decision_facts.facts_for(intended_use=intended_use, on=on),
        "monitoring.breach_open": validation_facts.monitoring_fact(intended_use=intended_use),
    }


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
