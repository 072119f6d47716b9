"""One decision with its full trace, and the search for what would flip it. Nobody offers the same: no peer."""

from collections.abc import Sequence
from typing import Any

from registry.actions.read_decision import SEARCH_BUDGET, SEARCH_SIZE
from registry.decisions.models import PolicyDecision
from registry.domain.canonical import sha256_hex
from registry.domain.vocab import Outcome
from registry.policy.conditions import comparisons
from registry.policy.counterfactual import Counterfactuals, counterfactuals
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import Facts, known
from registry.policy.rules import Pack
from registry.policy.written import write
from tests.benchmarks.harness import Entry, Result, in_process, measure
from tests.benchmarks.sixty_rules import ON, STAGE, facts_at, sixty_rules
from tests.benchmarks.stored_pair import build, stored_inputs

SEED = 1
NO_PEER = "no peer: rule engines return a value without a trace, and none searches for counterfactuals"


def results() -> list[Result]:
    """Measure the decision at the last gate, and the searches that the decision pages make."""
    rows = [build(), PolicyDecision.objects.order_by("id")[0]]
    decision, facts, packs = stored_inputs(rows[0])
    sixty, given = (sixty_rules(),), facts_at(seed=SEED)
    wanted = decide(packs=sixty, facts=given, stage=STAGE, as_of=ON)
    entries = [
        _decide(decision, facts, packs, "the packs released"),
        _decide(wanted, given, sixty, "60 rules of 5 comparisons"),
        *(_flip(*stored_inputs(row)) for row in rows),
    ]
    return [measure(entry) for entry in entries]


def _sizes(facts: Facts, packs: Sequence[Pack]) -> dict[str, int]:
    rules = [rule for pack in packs for rule in pack.rules]
    made = sum(len(comparisons(condition=rule.when)) for rule in rules)
    return {"packs": len(packs), "rules": len(rules), "comparisons": made, "facts": len(facts)}


def _decide(decision: Decision, facts: Facts, packs: Sequence[Pack], what: str) -> Entry:
    inputs: dict[str, Any] = {
        "packs": packs,
        "facts": facts,
        "stage": decision.stage,
        "as_of": decision.as_of,
    }

    def written() -> tuple[bytes, str]:
        found = write(**inputs)
        return found.body, found.digest

    def through_values() -> tuple[bytes, str]:
        body = decide(**inputs).to_bytes()
        return body, sha256_hex(body)

    return Entry(
        name="one policy decision with full trace",
        work=f"one decision at {decision.stage} by {what}, with trace and citations, as bytes and digest",
        ours=in_process("registry.policy.written.write", written, repeats=20),
        peer=in_process("registry.policy.engine.decide", through_values, repeats=5),
        is_equal=lambda ours, theirs: ours == theirs == (decision.to_bytes(), decision.digest()),
        sizes=_sizes(facts, packs) | {"bytes": len(decision.to_bytes())},
        note="facts are typed already, packs prepared; the peer is our own reference engine, for want of another",
    )


def _flip(decision: Decision, facts: Facts, packs: Sequence[Pack]) -> Entry:
    target = Outcome.REFER if decision.outcome.rank < Outcome.REFER.rank else Outcome.ALLOW_WITH_CONDITIONS

    def search() -> Counterfactuals:
        return counterfactuals(
            packs=packs, facts=facts, stage=decision.stage, as_of=decision.as_of, target=target,
            max_size=SEARCH_SIZE, budget=SEARCH_BUDGET,
        )  # fmt: skip

    found = search()
    return Entry(
        name=f"counterfactual search at {decision.stage}",
        work=f"smallest changes at {decision.stage} from {decision.outcome} to {target}: {found.statement}",
        ours=in_process("registry.policy.counterfactual", search),
        is_equal=lambda ours, _none: flips_as_stated(ours, decision, facts, packs),
        runs=5,
        warm_up=1,
        sizes=_sizes(facts, packs) | {"evaluations": found.evaluations},
        note=f"{NO_PEER}; equal: deciding afresh under each set gives the outcome that the set names",
    )


def flips_as_stated(found: Counterfactuals, decision: Decision, facts: Facts, packs: Sequence[Pack]) -> bool:
    """Decide under each set and compare the outcome with the one stated."""
    for changes, outcome in zip(found.sets, found.outcomes, strict=True):
        changed = dict(facts)
        for change in changes:
            changed[change.fact] = known(name=change.fact, value=change.then)
        if (
            decide(packs=packs, facts=changed, stage=decision.stage, as_of=decision.as_of).outcome
            is not outcome
        ):
            return False
    return True
