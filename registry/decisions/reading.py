"""Stored decisions, read back."""

import json

from registry.decisions.models import PolicyDecision
from registry.domain.canonical import Json
from registry.policy.decision import Decision
from registry.policy.facts import Facts, facts_from_json


def decision_of(row: PolicyDecision) -> Decision:
    """Return the decision that a row holds."""
    return Decision.from_json(json.loads(row.body))


def facts_of(row: PolicyDecision) -> Facts:
    """Return the facts that a decision saw."""
    return facts_from_json(data=row.facts)


def plan_of(row: PolicyDecision) -> list[Json]:
    """Return the validation plan that a decision implies: check, parameters, thresholds."""
    return [
        {"check": item.check, "params": item.params, "thresholds": list(item.thresholds)}
        for item in decision_of(row).plan
    ]
