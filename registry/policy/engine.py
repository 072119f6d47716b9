"""The engine: packs and facts in, one decision out.

Unknown is never good news. A rule whose condition is unknown takes effect as
if it were true, except that a block refers to a person instead of denying. A
rule that errs refers. A stage without a rule that may gate refers.

Aggregation is a maximum or a union throughout, so neither order nor
repetition of rules matters, and a further rule never makes an outcome milder.
A semantic change gets a new engine version beside this one, in ``versions``.
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from registry.domain.errors import InvalidInput
from registry.domain.vocab import BindingLevel, Provenance, Stage, Verification
from registry.policy.aggregate import Applied, Problem, assemble
from registry.policy.conditions import TraceNode, Truth, evaluate, missing_facts
from registry.policy.decision import Decision, RuleTrace
from registry.policy.facts import Fact, Facts, ensure_facts, facts_digest, unknown
from registry.policy.rules import Clause, Inform, Pack, Rule, SetExplainability, SetTier
from registry.policy.vocabulary import REQUIRED_EXPLAINABILITY, TIER

ENGINE_VERSION = "1"

NON_BINDING = (BindingLevel.RESEARCH, BindingLevel.RESCINDED, BindingLevel.CONSULTATION_DRAFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced(Applied):
    """One rule with what its condition saw."""

    node: TraceNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All rules of the stages run, evaluated, before they are put together."""

    applied: tuple[Traced, ...]
    facts: Mapping[str, Fact]
    problems: tuple[Problem, ...]


def decide(*, packs: Sequence[Pack], facts: Facts, stage: Stage, as_of: date) -> Decision:
    """Return the decision at ``stage``, having run every earlier stage on the same facts.

    Raises ``InvalidInput``: ``FAC001`` or ``FAC002`` for facts that are not
    as declared, ``POL001`` when two contents claim one pack's name.
    """
    evaluation = evaluate_stages(packs=packs, facts=facts, stage=stage, as_of=as_of)
    ruling = packs_in_force(packs=packs, as_of=as_of)
    empty = empty_stages({item.rule.stage for item in evaluation.applied if item.gates}, stage)
    found = assemble(
        applied=evaluation.applied,
        facts=evaluation.facts,
        problems=(*evaluation.problems, *empty),
        stage=stage,
        as_of=as_of,
        packs=ruling,
        stale=stale_refs(packs, ruling),
        clauses=clauses_of(packs),
        facts_digest=facts_digest(facts=facts),
        engine_version=ENGINE_VERSION,
    )
    return Decision.traced(ruling=found, trace=tuple(_trace(item) for item in evaluation.applied))


def packs_in_force(*, packs: Sequence[Pack], as_of: date) -> tuple[Pack, ...]:
    """Return the packs that rule on the date, each once, sorted: effective and not superseded."""
    by_ref: dict[str, Pack] = {}
    for pack in packs:
        first = by_ref.setdefault(pack.ref, pack)
        if first is not pack and first.content_hash != pack.content_hash:
            raise InvalidInput(
                "POL001",
                f"two different contents are called `{pack.ref}`",
                remedy="A released pack is frozen: give the new content a new version.",
            )
    effective = {ref: pack for ref, pack in by_ref.items() if pack.is_in_force(on=as_of)}
    gone = {ref for pack in effective.values() for ref in pack.supersedes}
    return tuple(effective[ref] for ref in sorted(effective) if ref not in gone)


def evaluate_stages(*, packs: Sequence[Pack], facts: Facts, stage: Stage, as_of: date) -> Evaluation:
    """Evaluate the rules of all stages up to ``stage``, tiering first."""
    ruling = packs_in_force(packs=packs, as_of=as_of)
    clauses = clauses_of(packs)
    adopted = adopted_by(ruling)
    working = ensure_facts(facts=facts)
    applied: list[Traced] = []
    problems: list[Problem] = []
    for step in (item for item in Stage if item.rank <= stage.rank):
        results = [
            _apply(pack, rule, working, adopted, clauses) for pack in ruling for rule in rules_of(pack, step)
        ]
        applied.extend(results)
        if step is Stage.TIERING:
            working |= derive(results, working)
            problems.extend(underived(working, stage))
    return Evaluation(applied=tuple(applied), facts=working, problems=tuple(problems))


def rules_of(pack: Pack, stage: Stage) -> list[Rule]:
    """Return the pack's rules of one stage, each once, sorted."""
    by_id = {rule.id: rule for rule in pack.rules if rule.stage is stage}
    return [by_id[key] for key in sorted(by_id)]


def _apply(
    pack: Pack, rule: Rule, facts: Facts, adopted: Collection[str], clauses: Mapping[str, Clause]
) -> Traced:
    error = unfounded(rule, clauses)
    try:
        node = evaluate(condition=rule.when, facts=facts)
    except InvalidInput as found:
        error = "; ".join(part for part in (error, found.message) if part)
        node = TraceNode(kind="all", truth=Truth.UNKNOWN)
    return Traced(
        ref=f"{pack.ref}#{rule.id}",
        rule=rule,
        truth=node.truth,
        gates=may_gate(pack, rule, adopted, clauses),
        error=error,
        missing=missing_facts(node=node),
        node=node,
    )


def _trace(item: Traced) -> RuleTrace:
    return RuleTrace(
        rule=item.ref,
        stage=item.rule.stage.value,
        title=item.rule.title,
        effect=item.rule.effect.to_json(),
        truth=item.truth.value,
        gates=item.gates,
        error=item.error,
        missing=item.missing,
        cites=item.rule.cites,
        node=item.node.to_json(),
    )


def adopted_by(ruling: Iterable[Pack]) -> frozenset[str]:
    """Return the packs that house packs in force lend their own power."""
    return frozenset(
        ref for pack in ruling if pack.binding_level is BindingLevel.HOUSE for ref in pack.adopts
    )


def unfounded(rule: Rule, clauses: Mapping[str, Clause]) -> str:
    """Say which clauses the rule cites that no pack holds; empty when there is none."""
    return ", ".join(
        f"cites `{cite}`, which no pack given holds" for cite in rule.cites if cite not in clauses
    )


def may_gate(pack: Pack, rule: Rule, adopted: Collection[str], clauses: Mapping[str, Clause]) -> bool:
    """Whether the rule may change the outcome: it binds, does more than inform, and rests on verified clauses."""
    if isinstance(rule.effect, Inform):
        return False
    if pack.binding_level in NON_BINDING and pack.ref not in adopted:
        return False
    return not any(
        cite in clauses and clauses[cite].verification is Verification.UNVERIFIED for cite in rule.cites
    )


def derive(results: Iterable[Applied], facts: Facts) -> dict[str, Fact]:
    """Return tier and required explainability, the strictest of what tiering gave and what was given."""
    ruling = [item for item in results if item.takes_effect and item.gates]
    tiers = {item.ref: item.rule.effect.tier for item in ruling if isinstance(item.rule.effect, SetTier)}
    levels = {
        item.ref: item.rule.effect.level for item in ruling if isinstance(item.rule.effect, SetExplainability)
    }
    derived = {}
    for name, values, strictest in ((TIER, tiers, min), (REQUIRED_EXPLAINABILITY, levels, max)):
        given = facts.get(name)
        candidates = dict(values)
        if given is not None and isinstance(given.value, int):
            candidates["given"] = given.value
        if candidates:
            value = strictest(candidates.values())
            sources = ", ".join(sorted(ref for ref, found in candidates.items() if found == value))
            derived[name] = Fact(value=value, provenance=Provenance.DERIVED, source=sources)
        else:
            derived[name] = unknown(reason="no rule of the tiering stage set it")
    return derived


def underived(facts: Facts, stage: Stage) -> list[Problem]:
    """Return a problem for each derived fact that is still unknown after tiering."""
    return [
        Problem(stage=Stage.TIERING, text=f"No rule in force sets {words}.", missing=(name,))
        for name, words in ((TIER, "a risk tier"), (REQUIRED_EXPLAINABILITY, "the explainability required"))
        if facts[name].value is None and stage is not Stage.TIERING
    ]


def empty_stages(ruled: Container[Stage], stage: Stage) -> list[Problem]:
    """Return a problem for each stage that no rule which may gate belongs to."""
    return [
        Problem(stage=step, text=f"No rule in force decides at stage {step}.", missing=())
        for step in Stage
        if step.rank <= stage.rank and step not in ruled
    ]


def clauses_of(packs: Sequence[Pack]) -> dict[str, Clause]:
    """Return the clauses of all packs by full reference."""
    return {ref: clause for pack in packs for ref, clause in pack.clauses_by_ref.items()}


def stale_refs(packs: Sequence[Pack], ruling: Sequence[Pack]) -> frozenset[str]:
    """Return the packs that no longer rule, or were rescinded: who cites them cites a stale text."""
    current = {pack.ref for pack in ruling if pack.binding_level is not BindingLevel.RESCINDED}
    return frozenset(pack.ref for pack in packs) - current
