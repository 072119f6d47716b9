"""A stored decision with everything a reader needs: tree, grounds, citations, what would flip it."""

import json
from dataclasses import dataclass
from uuid import UUID

from registry.actions.check_permission import checks_of_row, permit_seen
from registry.decisions.models import PolicyDecision
from registry.decisions.packs import packs_given
from registry.decisions.reading import decision_of, facts_of
from registry.domain.canonical import Json
from registry.domain.errors import NotFound
from registry.domain.vocab import Outcome, Provenance
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import list_intended_uses
from registry.people.actors import Actor
from registry.policy.condition_checks import ConditionCheck
from registry.policy.counterfactual import counterfactuals
from registry.policy.decision import Decision
from registry.policy.explain import citation_texts, fact_label, tree
from registry.policy.facts import ABSENT, Facts
from registry.policy.versions import replay
from registry.policy.vocabulary import TIER

SEARCH_SIZE = 3
SEARCH_BUDGET = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class FactRow:
    """One fact as the decision saw it."""

    name: str
    label: str
    value: str
    provenance: str
    source: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Flip:
    """A smallest set of changes after which the outcome would be ``outcome``."""

    changes: list[dict[str, str]]
    outcome: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionView:
    """A decision, ready to be shown."""

    row: PolicyDecision
    body: dict[str, Json]
    tree: list[dict[str, Json]]
    reasons: list[dict[str, object]]
    citations: dict[str, Json]
    conditions: list[Json]
    requirements: list[Json]
    missing: list[str]
    stale_citations: tuple[str, ...]
    tier_set_by: str
    facts: list[FactRow]
    assumed: list[FactRow]
    flips: list[Flip]
    flip_statement: str
    flip_target: str
    checks: tuple[ConditionCheck, ...]
    """The conditions of the permit against the facts that the decision saw."""


def list_decisions(*, actor: Actor, intended_use: IntendedUse) -> list[PolicyDecision]:
    """Return the pair's decisions, newest first."""
    visible = list_intended_uses(actor=actor).filter(pk=intended_use.pk)
    return list(PolicyDecision.objects.filter(intended_use__in=visible).order_by("-id"))


def get_decision_row(*, actor: Actor, uuid: UUID) -> PolicyDecision:
    """Return one stored decision. Raises ``DEC001``."""
    row = (
        PolicyDecision.objects.select_related(
            "intended_use__version__registered_model", "intended_use__use_case__entity"
        )
        .filter(uuid=uuid, intended_use__in=list_intended_uses(actor=actor))
        .first()
    )
    if row is None:
        raise NotFound(
            "DEC001",
            f"there is no decision {uuid}, or none that you may see",
            remedy="Check the identifier, or ask an administrator for a role in the legal entity.",
        )
    return row


def get_decision(*, actor: Actor, uuid: UUID) -> DecisionView:
    """Return the decision with its tree and with the smallest changes that would flip it."""
    row = get_decision_row(actor=actor, uuid=uuid)
    decision, facts = decision_of(row), facts_of(row)
    target = _target(decision)
    found = counterfactuals(
        packs=packs_given(decision=decision, decided_at=row.decided_at),
        facts=facts,
        stage=decision.stage,
        as_of=decision.as_of,
        target=target,
        max_size=SEARCH_SIZE,
        budget=SEARCH_BUDGET,
    )
    rows = [_fact_row(name, facts) for name in sorted(facts)]
    return DecisionView(
        row=row,
        body=json.loads(row.body),
        tree=tree(decision=decision),
        reasons=[
            {
                "rule": item.rule,
                "text": item.text,
                "remedy": item.remedy,
                "outcome": item.outcome,
                "missing": [fact_label(name=name) for name in item.missing],
                "citations": citation_texts(decision=decision, cites=item.cites),
            }
            for item in decision.reasons
        ],
        citations=decision.citations,
        conditions=list(json.loads(row.body)["conditions"]),
        requirements=list(json.loads(row.body)["requirements"]),
        missing=[fact_label(name=name) for name in decision.missing],
        stale_citations=decision.stale_citations,
        tier_set_by=_tier_set_by(facts),
        facts=rows,
        assumed=[fact for fact in rows if fact.provenance == Provenance.ASSUMED],
        flips=[
            Flip(
                changes=[
                    {
                        "fact": change.fact,
                        "label": fact_label(name=change.fact),
                        "now": "unknown" if change.now is None else _words(change.now),
                        "then": _words(change.then),
                    }
                    for change in changes
                ],
                outcome=outcome.value,
            )
            for changes, outcome in zip(found.sets, found.outcomes, strict=True)
        ],
        flip_statement=found.statement,
        flip_target=target.value,
        checks=checks_of_row(row=row, permit=permit_seen(row=row)),
    )


def replay_decision(*, actor: Actor, uuid: UUID) -> str:
    """Decide again from what is stored and return the digest; raises ``POL002`` to ``POL005`` when it differs."""
    row = get_decision_row(actor=actor, uuid=uuid)
    decision = decision_of(row)
    packs = packs_given(decision=decision, decided_at=row.decided_at)
    return replay(decision=decision, packs=packs, facts=facts_of(row)).digest()


def _target(decision: Decision) -> Outcome:
    """Look for what would permit; from a permission, for what would deny it."""
    is_allowed = decision.outcome in (Outcome.ALLOW, Outcome.ALLOW_WITH_CONDITIONS)
    return Outcome.REFER if is_allowed else Outcome.ALLOW_WITH_CONDITIONS


def _tier_set_by(facts: Facts) -> str:
    """Return which override gave the tier, or nothing where rules or a method did."""
    given = facts.get(TIER, ABSENT)
    return given.source if given.provenance is Provenance.DECLARED else ""


def _fact_row(name: str, facts: Facts) -> FactRow:
    fact = facts[name]
    return FactRow(
        name=name,
        label=fact_label(name=name),
        value="unknown" if fact.value is None else _words(fact.value),
        provenance="" if fact.provenance is None else fact.provenance.value,
        source=fact.source,
        reason=fact.reason,
    )


def _words(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
