"""Verdicts for many fact sets at once: outcome, tier and conditions, without a trace.

Rules are evaluated over columns of facts instead of one fact set after the
other. The meaning is the traced engine's, which stays the authority: what a
verdict rests on is read from a decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TypeVar

from registry.domain.vocab import Outcome, Stage, Verification
from registry.policy.columns import Answer, Columns, Grouped, Sheet, expanded
from registry.policy.conditions import facts_read
from registry.policy.engine import NON_BINDING, adopted_by, clauses_of, packs_in_force
from registry.policy.facts import Facts, FactValue
from registry.policy.rules import (
    Block,
    Clause,
    Impose,
    Inform,
    Pack,
    Refer,
    Require,
    RequirementKind,
    Rule,
    SetExplainability,
    SetTier,
)
from registry.policy.vocabulary import REQUIRED_EXPLAINABILITY, TIER

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Verdicts on ``size`` fact sets, as masks: bits set where an outcome, tier or condition holds.

    ``by_rule`` holds, by full reference, where each rule that may gate is true
    and where it is false; elsewhere it is unknown. ``marks`` are the masks on
    which verdict and grounds rest: fact sets with the same marks have the same.
    """

    size: int
    by_outcome: Mapping[Outcome, int]
    by_tier: Mapping[int, int]
    by_condition: Mapping[bytes, int]
    by_rule: Mapping[str, Answer]
    marks: tuple[int, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcome of each fact set, in order."""
        found = [Outcome.ALLOW] * self.size
        for outcome, mask in self.by_outcome.items():
            for index in _indexes(mask, self.size):
                found[index] = outcome
        return tuple(found)

    @property
    def tiers(self) -> tuple[int | None, ...]:
        """The tier of each fact set, in order; ``None`` where no rule set one."""
        found: list[int | None] = [None] * self.size
        for tier, mask in self.by_tier.items():
            for index in _indexes(mask, self.size):
                found[index] = tier
        return tuple(found)

    def differing(self, *, other: "Verdicts") -> tuple[int, ...]:
        """Return the places of the fact sets on which the verdicts differ."""
        mask = (
            _difference(self.by_outcome, other.by_outcome)
            | _difference(self.by_tier, other.by_tier)
            | _difference(self.by_condition, other.by_condition)
        )
        return tuple(_indexes(mask, self.size))


@dataclass(frozen=True, slots=True)
class _Ruling:
    """A rule that may gate, with what came of it."""

    ref: str
    rule: Rule
    answer: Answer
    takes_effect: int
    errs: int


def judge(*, packs: Sequence[Pack], rows: Sequence[Facts] | Columns, stage: Stage, as_of: date) -> Verdicts:
    """Return the verdicts at ``stage`` on fact sets whose values are as declared.

    Who judges the same fact sets more than once gives their columns.

    Equal to ``decide`` on each, which also checks the facts. Raises
    ``InvalidInput`` ``POL001`` when two contents claim one pack's name.
    """
    ruling = packs_in_force(packs=packs, as_of=as_of)
    clauses = clauses_of(packs)
    adopted = adopted_by(ruling)
    columns = rows if isinstance(rows, Columns) else Columns(rows=rows)
    columns.read(names=_facts_of(ruling, stage))
    sheet = Sheet(columns=columns)
    found: list[_Ruling] = []
    refer = 0
    derived: tuple[int, ...] = ()
    for step in (item for item in Stage if item.rank <= stage.rank):
        results = [
            _apply(f"{pack.ref}#{rule.id}", rule, sheet, clauses)
            for pack in ruling
            if pack.binding_level not in NON_BINDING or pack.ref in adopted
            for rule in {rule.id: rule for rule in pack.rules if rule.stage is step}.values()
            if _may_gate(rule, clauses)
        ]
        refer |= 0 if results else sheet.everyone
        found += results
        if step is Stage.TIERING:
            derived = _derive(sheet, results)
            refer |= sheet.everyone & ~(derived[0] & derived[1]) if stage is not Stage.TIERING else 0
    clashes = _clashes(found)
    for mask in clashes:
        refer |= mask
    tiers = sheet.column(name=TIER)
    assert isinstance(tiers, Grouped)
    return Verdicts(
        size=columns.size,
        by_outcome=_outcomes(found, refer),
        by_tier={int(tier): mask for tier, mask in tiers.groups.items() if mask},
        by_condition=_conditions(found),
        by_rule={item.ref: item.answer for item in found},
        marks=(*derived, *clashes, *tiers.groups.values(), *_marks(found)),
    )


def _facts_of(ruling: Sequence[Pack], stage: Stage) -> set[str]:
    rules = [rule for pack in ruling for rule in pack.rules if rule.stage.rank <= stage.rank]
    return {TIER, REQUIRED_EXPLAINABILITY}.union(*(facts_read(condition=rule.when) for rule in rules))


def _may_gate(rule: Rule, clauses: Mapping[str, Clause]) -> bool:
    return not isinstance(rule.effect, Inform) and not any(
        cite in clauses and clauses[cite].verification is Verification.UNVERIFIED for cite in rule.cites
    )


def _apply(ref: str, rule: Rule, sheet: Sheet, clauses: Mapping[str, Clause]) -> _Ruling:
    answer = sheet.ask(condition=rule.when)
    sound = sheet.everyone & ~answer.erring
    is_unfounded = any(cite not in clauses for cite in rule.cites)
    return _Ruling(
        ref=ref,
        rule=rule,
        answer=Answer(true=answer.true & sound, false=answer.false & sound),
        takes_effect=sheet.everyone & ~(answer.false & sound),
        errs=sheet.everyone if is_unfounded else answer.erring,
    )


def _derive(sheet: Sheet, results: Sequence[_Ruling]) -> tuple[int, int]:
    """Set tier and required level to the strictest; return where the one and where the other is known."""
    tiers, levels = _given(sheet, TIER), _given(sheet, REQUIRED_EXPLAINABILITY)
    for item in results:
        if isinstance(item.rule.effect, SetTier):
            tiers[item.rule.effect.tier] = tiers.get(item.rule.effect.tier, 0) | item.takes_effect
        if isinstance(item.rule.effect, SetExplainability):
            levels[item.rule.effect.level] = levels.get(item.rule.effect.level, 0) | item.takes_effect
    return (
        _settle(sheet, TIER, tiers, sorted(tiers)),
        _settle(sheet, REQUIRED_EXPLAINABILITY, levels, sorted(levels)[::-1]),
    )


def _settle(sheet: Sheet, name: str, masks: Mapping[int, int], order: Sequence[int]) -> int:
    """Give each fact set the first value of the order that it has; return where there is one."""
    taken = 0
    groups: dict[FactValue, int] = {}
    for value in order:
        groups[value] = masks[value] & ~taken
        taken |= masks[value]
    sheet.put(name=name, groups=groups)
    return taken


def _given(sheet: Sheet, name: str) -> dict[int, int]:
    column = sheet.column(name=name)
    assert isinstance(column, Grouped)
    return {int(value): mask for value, mask in column.groups.items()}


def _clashes(found: Sequence[_Ruling]) -> tuple[int, ...]:
    """Where two rules ask for one check with different parameters, for each two that may."""
    clashing = []
    asked = [
        (item.rule.effect, item.takes_effect)
        for item in found
        if isinstance(item.rule.effect, Require) and item.rule.effect.kind is RequirementKind.CHECK
    ]
    for (one, where), (other, elsewhere) in combinations(asked, 2):
        shared = set(one.params) & set(other.params) if one.name == other.name else set()
        if any(one.params[name] != other.params[name] for name in shared):
            clashing.append(where & elsewhere)
    return tuple(clashing)


def _marks(found: Sequence[_Ruling]) -> list[int]:
    """Where rules err, where those that shape outcome, tier or conditions take effect, and where one denies."""
    marks = [item.errs for item in found]
    marks += [
        item.takes_effect for item in found if isinstance(item.rule.effect, Block | Refer | Impose | SetTier)
    ]
    return marks + [item.answer.true for item in found if isinstance(item.rule.effect, Block)]


def _outcomes(found: Sequence[_Ruling], refer: int) -> dict[Outcome, int]:
    deny, limit = 0, 0
    for item in found:
        refer |= item.errs
        if isinstance(item.rule.effect, Block):
            deny |= item.answer.true
        if isinstance(item.rule.effect, Block | Refer):
            refer |= item.takes_effect
        if isinstance(item.rule.effect, Impose):
            limit |= item.takes_effect
    return {
        Outcome.ALLOW_WITH_CONDITIONS: limit & ~refer & ~deny,
        Outcome.REFER: refer & ~deny,
        Outcome.DENY: deny,
    }


def _conditions(found: Sequence[_Ruling]) -> dict[bytes, int]:
    imposed: dict[bytes, int] = {}
    for item in found:
        if isinstance(item.rule.effect, Impose):
            key = item.rule.effect.canonical
            imposed[key] = imposed.get(key, 0) | item.takes_effect
    return imposed


def _difference(one: Mapping[Key, int], other: Mapping[Key, int]) -> int:
    mask = 0
    for key in {*one, *other}:
        mask |= one.get(key, 0) ^ other.get(key, 0)
    return mask


def _indexes(mask: int, size: int) -> list[int]:
    return [index for index, bit in enumerate(expanded(mask=mask, size=size)) if bit == "1"]
