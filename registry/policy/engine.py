"""The engine: packs and facts in, one decision out.

Unknown is never good news. A rule whose condition is unknown takes effect as
if it were true, except that a block refers to a person instead of denying. A
rule that errs refers. A stage without a rule that may gate refers.

Aggregation is a maximum or a union throughout, so neither order nor
repetition of rules matters, and a further rule never makes an outcome milder.
A semantic change gets a new engine version beside this one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from registry.domain.errors import IntegrityMismatch, InvalidInput
from registry.domain.vocab import BindingLevel, Provenance, Stage, Verification
from registry.policy.aggregate import Applied, Problem, assemble
from registry.policy.conditions import TraceNode, Truth, evaluate, missing_facts
from registry.policy.decision import Decision
from registry.policy.facts import Fact, Facts, ensure_facts, facts_digest, unknown
from registry.policy.rules import Clause, Inform, Pack, Rule, SetExplainability, SetTier
from registry.policy.vocabulary import REQUIRED_EXPLAINABILITY, TIER

ENGINE_VERSION = "1"

NON_BINDING = (BindingLevel.RESEARCH, BindingLevel.RESCINDED, BindingLevel.CONSULTATION_DRAFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All rules of the stages run, evaluated, before they are put together."""

    applied: tuple[Applied, ...]
    facts: Mapping[str, Fact]
    problems: tuple[Problem, ...]


def decide(*, packs: Sequence[Pack], facts: Facts, stage: Stage, as_of: date) -> Decision:
    """Return the decision at ``stage``, having run every earlier stage on the same facts.

    Raises ``InvalidInput``: ``FAC001`` or ``FAC002`` for facts that are not
    as declared, ``POL001`` when two contents claim one pack's name.
    """
    evaluation = evaluate_stages(packs=packs, facts=facts, stage=stage, as_of=as_of)
    ruling = packs_in_force(packs=packs, as_of=as_of)
    empty = tuple(_empty_stages(evaluation.applied, stage))
    return assemble(
        applied=evaluation.applied,
        facts=evaluation.facts,
        problems=(*evaluation.problems, *empty),
        stage=stage,
        as_of=as_of,
        packs=ruling,
        stale=_stale_refs(packs, ruling),
        clauses=_clauses(packs),
        facts_digest=facts_digest(facts=facts),
        engine_version=ENGINE_VERSION,
    )


def replay(*, decision: Decision, packs: Sequence[Pack], facts: Facts) -> Decision:
    """Decide again from stored inputs.

    Raises ``IntegrityMismatch``: ``POL002`` other facts, ``POL003`` other
    packs, ``POL004`` other engine, ``POL005`` the same inputs gave other bytes.
    """
    if facts_digest(facts=facts) != decision.facts_digest:
        raise _mismatch("POL002", "the facts are not those of the decision")
    if decision.engine_version != ENGINE_VERSION:
        raise _mismatch("POL004", f"the decision was made by engine {decision.engine_version}")
    again = decide(packs=packs, facts=facts, stage=decision.stage, as_of=decision.as_of)
    if again.packs != decision.packs:
        raise _mismatch("POL003", "the packs in force are not those of the decision")
    if again.to_bytes() != decision.to_bytes():
        raise _mismatch("POL005", "the same facts and packs gave another decision")
    return again


def packs_in_force(*, packs: Sequence[Pack], as_of: date) -> tuple[Pack, ...]:
    """Return the packs that rule on the date, each once, sorted: effective and not superseded."""
    by_ref: dict[str, Pack] = {}
    for pack in packs:
        if by_ref.setdefault(pack.ref, pack).content_hash != pack.content_hash:
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
    clauses = _clauses(packs)
    adopted = {ref for pack in ruling if pack.binding_level is BindingLevel.HOUSE for ref in pack.adopts}
    working = ensure_facts(facts=facts)
    applied: list[Applied] = []
    problems: list[Problem] = []
    for step in (item for item in Stage if item.rank <= stage.rank):
        results = [
            _apply(pack, rule, working, adopted, clauses) for pack in ruling for rule in _rules_of(pack, step)
        ]
        applied.extend(results)
        if step is Stage.TIERING:
            working |= _derive(results, working)
            problems.extend(_underived(working, stage))
    return Evaluation(applied=tuple(applied), facts=working, problems=tuple(problems))


def _rules_of(pack: Pack, stage: Stage) -> list[Rule]:
    by_id = {rule.id: rule for rule in pack.rules if rule.stage is stage}
    return [by_id[key] for key in sorted(by_id)]


def _apply(
    pack: Pack, rule: Rule, facts: Facts, adopted: Iterable[str], clauses: Mapping[str, Clause]
) -> Applied:
    error = ", ".join(
        f"cites `{cite}`, which no pack given holds" for cite in rule.cites if cite not in clauses
    )
    try:
        node = evaluate(condition=rule.when, facts=facts)
    except InvalidInput as found:
        error = "; ".join(part for part in (error, found.message) if part)
        node = TraceNode(kind="all", truth=Truth.UNKNOWN)
    return Applied(
        ref=f"{pack.ref}#{rule.id}",
        rule=rule,
        node=node,
        gates=_may_gate(pack, rule, adopted, clauses),
        error=error,
        missing=missing_facts(node=node),
    )


def _may_gate(pack: Pack, rule: Rule, adopted: Iterable[str], clauses: Mapping[str, Clause]) -> bool:
    if isinstance(rule.effect, Inform):
        return False
    if pack.binding_level in NON_BINDING and pack.ref not in adopted:
        return False
    return not any(
        cite in clauses and clauses[cite].verification is Verification.UNVERIFIED for cite in rule.cites
    )


def _derive(results: Sequence[Applied], facts: Facts) -> dict[str, Fact]:
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


def _underived(facts: Facts, stage: Stage) -> list[Problem]:
    return [
        Problem(stage=Stage.TIERING, text=f"No rule in force sets {words}.", missing=(name,))
        for name, words in ((TIER, "a risk tier"), (REQUIRED_EXPLAINABILITY, "the explainability required"))
        if facts[name].value is None and stage is not Stage.TIERING
    ]


def _empty_stages(applied: Sequence[Applied], stage: Stage) -> list[Problem]:
    ruled = {item.rule.stage for item in applied if item.gates}
    return [
        Problem(stage=step, text=f"No rule in force decides at stage {step}.", missing=())
        for step in Stage
        if step.rank <= stage.rank and step not in ruled
    ]


def _clauses(packs: Sequence[Pack]) -> dict[str, Clause]:
    return {ref: clause for pack in packs for ref, clause in pack.clauses_by_ref.items()}


def _stale_refs(packs: Sequence[Pack], ruling: Sequence[Pack]) -> frozenset[str]:
    current = {pack.ref for pack in ruling if pack.binding_level is not BindingLevel.RESCINDED}
    return frozenset(pack.ref for pack in packs) - current


def _mismatch(code: str, message: str) -> IntegrityMismatch:
    return IntegrityMismatch(
        code, message, remedy="Replay with the stored facts, the stored packs and the engine that decided."
    )
