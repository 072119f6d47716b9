"""One decision with its full trace, and the search for what would flip it. Nobody offers the same: no peer."""

from collections.abc import Sequence

from registry.actions.read_decision import SEARCH_BUDGET, SEARCH_SIZE
from registry.decisions.models import PolicyDecision
from registry.domain.vocab import Outcome
from registry.policy.counterfactual import Counterfactuals, counterfactuals
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import Facts, known
from registry.policy.rules import Pack
from tests.benchmarks.harness import Entry, Result, in_process, measure
from tests.benchmarks.stored_pair import build, stored_inputs

NO_PEER = "no peer: rule engines return a value without a trace, and none searches for counterfactuals"


def results() -> list[Result]:
    """Measure the decision at the last gate, and the searches that the decision pages make."""
    rows = [build(), PolicyDecision.objects.order_by("id")[0]]
    entries = [_decide(*stored_inputs(rows[0])), *(_flip(*stored_inputs(row)) for row in rows)]
    return [measure(entry) for entry in entries]


def _sizes(facts: Facts, packs: Sequence[Pack]) -> dict[str, int]:
    return {"packs": len(packs), "rules": sum(len(pack.rules) for pack in packs), "facts": len(facts)}


def _decide(decision: Decision, facts: Facts, packs: Sequence[Pack]) -> Entry:
    def again() -> bytes:
        return decide(packs=packs, facts=facts, stage=decision.stage, as_of=decision.as_of).to_bytes()

    return Entry(
        name="one policy decision with full trace",
        work=f"one decision at {decision.stage} with its trace, as canonical bytes",
        ours=in_process("registry.policy.engine.decide", again, repeats=5),
        is_equal=lambda ours, _none: ours == decision.to_bytes(),
        sizes=_sizes(facts, packs),
        note=f"{NO_PEER}; equal: the bytes are those stored",
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
