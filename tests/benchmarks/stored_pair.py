"""A bank with one validated pair, and the inputs of its newest decision as they are stored."""

from registry import api
from registry.decisions.models import PolicyDecision
from registry.decisions.packs import released_packs
from registry.decisions.reading import decision_of, facts_of
from registry.policy.decision import Decision
from registry.policy.facts import Facts
from registry.policy.rules import Pack
from tests.builders.web_world import AT, build_world

USE_CASE = "pd-capital-qrre"


def build() -> PolicyDecision:
    """Build the bank, ask for permission, and return the stored answer at the last gate."""
    world = build_world()
    answer = api.check_permission(
        actor=world.actor("dana"),
        at=AT,
        correlation_id="benchmark",
        mlflow_uri=world.uses[USE_CASE].version.mlflow_uri,
        use_case_key=USE_CASE,
    )
    assert answer.decision is not None
    return answer.decision


def stored_inputs(row: PolicyDecision) -> tuple[Decision, Facts, tuple[Pack, ...]]:
    """Return the decision, the facts it saw, and the packs, read back from the database."""
    return decision_of(row), facts_of(row), released_packs()
