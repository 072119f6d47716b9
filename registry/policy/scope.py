"""Whether an instrument takes a model for a model: what its scope rules say, the strictest of all cases.

A scope rule informs, and puts inside or outside. A case is the facts of one
version in one jurisdiction. What is not known counts as inside until it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.domain.canonical import Json, canonical_bytes, to_json
from registry.domain.vocab import BindingLevel, ScopeAnswer, Verification
from registry.policy.conditions import Truth, evaluate, facts_read, missing_facts
from registry.policy.engine import packs_in_force
from registry.policy.explain import unknown_text
from registry.policy.facts import Facts
from registry.policy.rules import Inform, Pack, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFinding:
    """What one pack says: the answer, why, on which clauses, read how well, from which distinct facts."""

    pack: Pack
    answer: ScopeAnswer
    reason: str
    cites: tuple[str, ...]
    verification: Verification
    facts: tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    answer: ScopeAnswer
    rules: tuple[Rule, ...]
    missing: tuple[str, ...]


def scope_packs(*, packs: Sequence[Pack], on: date) -> tuple[Pack, ...]:
    """Return the packs that say who is in scope: in force on the day, or announced for a later one."""
    found = {
        pack.ref: pack
        for start in sorted({on, *(pack.effective_from for pack in packs if pack.effective_from > on)})
        for pack in packs_in_force(packs=packs, as_of=start)
        if _scope_rules(pack)
    }
    return tuple(found[ref] for ref in sorted(found))


def find_scope(*, pack: Pack, cases: Sequence[Facts]) -> ScopeFinding:
    """Return the strictest answer that the pack's scope rules give for the cases."""
    rules = _scope_rules(pack)
    read = sorted({name for rule in rules for name in facts_read(condition=rule.when)})
    seen = [{name: case[name] for name in read if name in case} for case in cases]
    judged = [_judge(rules, case) for case in seen]
    answer = min(
        (case.answer for case in judged), key=lambda item: item.rank, default=ScopeAnswer.UNDETERMINED
    )
    ruling = [case for case in judged if case.answer is answer]
    deciding = {rule.id: rule for case in ruling for rule in case.rules}
    cites = tuple(sorted({cite for rule in deciding.values() for cite in rule.cites}))
    return ScopeFinding(
        pack=pack,
        answer=answer,
        reason=_reason(answer, [deciding[key] for key in sorted(deciding)], ruling),
        cites=cites,
        verification=weakest_reading(packs=[pack], cites=cites),
        facts=_distinct(seen),
    )


def weakest_reading(*, packs: Sequence[Pack], cites: Sequence[str]) -> Verification:
    """Return how well the worst read of the clauses was read; what no pack holds counts as not read."""
    clauses = {ref: clause.verification for pack in packs for ref, clause in pack.clauses_by_ref.items()}
    order = list(Verification)
    found = [clauses.get(cite, Verification.UNVERIFIED) for cite in cites]
    return max(found, key=order.index, default=Verification.VERIFIED)


def stale_packs(*, packs: Sequence[Pack], on: date) -> frozenset[str]:
    """Return the references of packs that no record should cite any more: rescinded, ended or superseded."""
    replaced = {ref for pack in packs if pack.is_in_force(on=on) for ref in pack.supersedes}
    return frozenset(
        pack.ref
        for pack in packs
        if pack.binding_level is BindingLevel.RESCINDED
        or pack.ref in replaced
        or (pack.effective_to is not None and pack.effective_to <= on)
    )


def _scope_rules(pack: Pack) -> list[Rule]:
    return [rule for rule in pack.rules if isinstance(rule.effect, Inform) and rule.effect.scope is not None]


def _judge(rules: Sequence[Rule], case: Facts) -> _Case:
    nodes = [(rule, evaluate(condition=rule.when, facts=case)) for rule in rules]
    true = [rule for rule, node in nodes if node.truth is Truth.TRUE]
    inside = tuple(rule for rule in true if _puts(rule) is ScopeAnswer.INSIDE)
    if inside:
        return _Case(answer=ScopeAnswer.INSIDE, rules=inside, missing=())
    open_ones = [(rule, node) for rule, node in nodes if node.truth is Truth.UNKNOWN]
    if open_ones:
        missing = {name for _, node in open_ones for name in missing_facts(node=node)}
        return _Case(
            answer=ScopeAnswer.UNDETERMINED,
            rules=tuple(rule for rule, _ in open_ones),
            missing=tuple(sorted(missing)),
        )
    if true:
        return _Case(answer=ScopeAnswer.OUTSIDE, rules=tuple(true), missing=())
    return _Case(answer=ScopeAnswer.NOT_REACHED, rules=tuple(rules), missing=())


def _puts(rule: Rule) -> ScopeAnswer | None:
    return rule.effect.scope if isinstance(rule.effect, Inform) else None


def _reason(answer: ScopeAnswer, rules: Sequence[Rule], ruling: Sequence[_Case]) -> str:
    if answer is ScopeAnswer.NOT_REACHED:
        return "It does not reach any jurisdiction of the model."
    if answer is ScopeAnswer.UNDETERMINED:
        missing = sorted({name for case in ruling for name in case.missing})
        words = "; ".join(unknown_text(name=name) for name in missing) or "nothing is known of the model"
        return f"{words[0].upper()}{words[1:]}. Until it is, the model counts as inside."
    return " ".join(rule.effect.text for rule in rules if isinstance(rule.effect, Inform))


def _distinct(cases: Sequence[Facts]) -> tuple[Json, ...]:
    plain = [{name: to_json(fact.value) for name, fact in sorted(case.items())} for case in cases]
    found = {canonical_bytes(case): case for case in plain}
    return tuple(dict(found[key]) for key in sorted(found))
