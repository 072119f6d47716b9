"""Proofs about a pack's meaning, made before it may be used.

Codes: ``PAC022`` a rule that no example makes fire or none leaves silent,
``PAC023`` an example that does not come out as written, ``PAC024`` a gating
rule that rests on an unverified clause, ``PAC025`` a rule that grows milder
as a derived fact grows stricter, ``PAC026`` a reference to nothing,
``PAC028`` a condition whose limit cannot be compared, ``PAC029`` a scorecard
that does not give a tier for all facts, or not of the house.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from registry.domain.errors import InvalidInput
from registry.domain.vocab import BindingLevel, Verification
from registry.policy.aggregate import worst
from registry.policy.condition_checks import is_checkable
from registry.policy.conditions import (
    ALWAYS,
    All,
    AnyOf,
    Condition,
    FactRef,
    Not,
    Op,
)
from registry.policy.engine import evaluate_stages
from registry.policy.rules import Example, Impose, Inform, Pack, Require, Rule
from registry.policy.scorecard import scorecard_defects
from registry.policy.vocabulary import REQUIRED_EXPLAINABILITY, TIER

_UP, _DOWN = (Op.GE, Op.GT), (Op.LE, Op.LT)
_STRICTER_WHEN = {TIER: _DOWN, REQUIRED_EXPLAINABILITY: _UP}


def check_pack(*, pack: Pack, others: Mapping[str, Pack]) -> tuple[InvalidInput, ...]:
    """Return every defect found; ``others`` are the packs it may refer to, by reference."""
    return (
        *_dangling(pack, others),
        *_unverified_gates(pack, others),
        *_milder_rules(pack),
        *_uncheckable_conditions(pack),
        *_unsound_scorecard(pack),
        *_uncovered_rules(pack),
        *_broken_examples(pack, others),
    )


def example_failures(*, pack: Pack, others: Mapping[str, Pack]) -> Iterator[str]:
    """Yield what differs from the pack's examples, one after the other; nothing when all come out as written."""
    for example in pack.examples:
        yield from differences(pack=pack, example=example, others=others)


def _refused(pack: Pack, code: str, message: str, remedy: str, *, entry: str = "") -> InvalidInput:
    """``entry`` is the rule's id or the example's title that the defect lies in, where it lies in one."""
    return InvalidInput(code, f"{pack.ref}: {message}", remedy=remedy, pack=pack.ref, entry=entry)


def _dangling(pack: Pack, others: Mapping[str, Pack]) -> list[InvalidInput]:
    clauses = {ref for other in (pack, *others.values()) for ref in other.clauses_by_ref}
    cited = {(f"rule `{rule.id}`", rule.id, cite) for rule in pack.rules for cite in _all_cites(rule)}
    if pack.scorecard is not None:
        cited |= {("the scorecard", "scorecard", cite) for cite in pack.scorecard.all_cites}
    defects = [
        _refused(
            pack,
            "PAC026",
            f"{what} cites `{cite}`, which no pack holds",
            "Mend the reference.",
            entry=entry,
        )
        for what, entry, cite in sorted(cited)
        if cite not in clauses
    ]
    named = {*pack.adopts, *pack.supersedes, *(ref for item in pack.examples for ref in item.alongside)}
    defects += [
        _refused(pack, "PAC026", f"refers to pack `{ref}`, which is not there", "Mend the reference.")
        for ref in sorted(named - set(others))
    ]
    return defects


def _all_cites(rule: Rule) -> tuple[str, ...]:
    limits = rule.effect.thresholds if isinstance(rule.effect, Require) else ()
    return (*rule.cites, *(cite for limit in limits for cite in limit.cites))


def _unverified_gates(pack: Pack, others: Mapping[str, Pack]) -> list[InvalidInput]:
    clauses = {ref: item for other in (pack, *others.values()) for ref, item in other.clauses_by_ref.items()}
    return [
        _refused(
            pack,
            "PAC024",
            f"rule `{rule.id}` gates but rests on the unverified clause `{cite}`",
            "Verify the clause in the text, or let the rule inform.",
            entry=rule.id,
        )
        for rule in pack.rules
        if not isinstance(rule.effect, Inform)
        for cite in _all_cites(rule)
        if cite in clauses and clauses[cite].verification is Verification.UNVERIFIED
    ]


def _unsound_scorecard(pack: Pack) -> list[InvalidInput]:
    if pack.scorecard is None:
        return []
    found = scorecard_defects(scorecard=pack.scorecard)
    if pack.binding_level is not BindingLevel.HOUSE:
        found = (*found, "only a house pack says how the house tiers")
    return [_refused(pack, "PAC029", f"scorecard: {text}", "Mend the scorecard.") for text in found]


def _milder_rules(pack: Pack) -> list[InvalidInput]:
    return [
        _refused(
            pack,
            "PAC025",
            f"rule `{rule.id}` may cease to hold when `{name}` grows stricter",
            "Compare a derived fact in one direction only: tier at most, required level at least.",
            entry=rule.id,
        )
        for rule in pack.rules
        if not isinstance(rule.effect, Inform)
        for name in sorted(set(_non_monotone(rule.when, is_negated=False)))
    ]


def _uncheckable_conditions(pack: Pack) -> list[InvalidInput]:
    return [
        _refused(
            pack,
            "PAC028",
            f"rule `{rule.id}` imposes a condition whose limit cannot be compared",
            "Give the parameters that its kind takes; `unstated` is `obligation` or left out.",
        )
        for rule in pack.rules
        if isinstance(rule.effect, Impose)
        and not is_checkable(kind=rule.effect.kind, params=dict(rule.effect.params))
    ]


def _non_monotone(condition: Condition, *, is_negated: bool) -> list[str]:
    if isinstance(condition, Not):
        return _non_monotone(condition.member, is_negated=not is_negated)
    if isinstance(condition, All | AnyOf):
        return [name for item in condition.members for name in _non_monotone(item, is_negated=is_negated)]
    other = condition.value.fact if isinstance(condition.value, FactRef) else ""
    sides = ((condition.fact, is_negated), (other, not is_negated))
    return [name for name, is_flipped in sides if _is_milder(name, condition.op, is_flipped=is_flipped)]


def _is_milder(name: str, op: Op, *, is_flipped: bool) -> bool:
    wanted = _STRICTER_WHEN.get(name)
    if wanted is None:
        return False
    opposite = _UP if wanted is _DOWN else _DOWN
    return op not in (opposite if is_flipped else wanted)


def _uncovered_rules(pack: Pack) -> list[InvalidInput]:
    fired = {rule for example in pack.examples for rule in example.fires}
    quiet = {rule for example in pack.examples for rule in example.silent}
    defects = []
    for rule in pack.rules:
        if rule.id not in fired:
            defects.append(
                _refused(
                    pack,
                    "PAC022",
                    f"no example makes rule `{rule.id}` fire",
                    "Add it to an example's `fires`.",
                    entry=rule.id,
                )
            )
        if rule.id not in quiet and rule.when != ALWAYS:
            defects.append(
                _refused(
                    pack,
                    "PAC022",
                    f"no example leaves rule `{rule.id}` silent",
                    "Add it to an example's `silent`.",
                    entry=rule.id,
                )
            )
    return defects


def _broken_examples(pack: Pack, others: Mapping[str, Pack]) -> list[InvalidInput]:
    return [
        _refused(pack, "PAC023", text, "Correct the rule or the example.", entry=example.title)
        for example in pack.examples
        for text in differences(pack=pack, example=example, others=others)
    ]


def differences(*, pack: Pack, example: Example, others: Mapping[str, Pack]) -> list[str]:
    """Return how one example comes out otherwise than written; empty when it does not."""
    company = [others[ref] for ref in (*pack.adopts, *example.alongside) if ref in others]
    evaluation = evaluate_stages(
        packs=(pack, *company), facts=example.facts, stage=example.stage, as_of=_date_for(pack, company)
    )
    effective = {item.ref for item in evaluation.applied if item.takes_effect}
    fired = {ref.rpartition("#")[2] for ref in effective if ref.startswith(f"{pack.ref}#")}
    where = f"example `{example.title}`"
    found = [f"{where}: rule `{rule}` did not fire" for rule in example.fires if rule not in fired]
    found += [f"{where}: rule `{rule}` fired" for rule in example.silent if rule in fired]
    outcome = worst(item.outcome for item in evaluation.applied)
    if example.outcome is not None and outcome is not example.outcome:
        found.append(f"{where}: the outcome is {outcome}, not {example.outcome}")
    tier = evaluation.facts[TIER].value
    if example.tier is not None and tier != example.tier:
        found.append(f"{where}: the tier is {tier}, not {example.tier}")
    return found


def _date_for(pack: Pack, company: Sequence[Pack]) -> date:
    return max(item.effective_from for item in (pack, *company))
