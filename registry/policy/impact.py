"""What new packs would do to permissions, before anybody activates them.

Every case is judged under the old and under the new packs at once. Cases that
differ and whose rules answer alike are decided alike, so that one of each kind
is decided again by the traced engine, which names the rules responsible.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registry.domain.canonical import Json, canonical_bytes, digest
from registry.domain.vocab import Outcome, Stage
from registry.policy.columns import Columns, expanded
from registry.policy.conditions import Truth
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import Facts
from registry.policy.fast import Verdicts, judge
from registry.policy.rules import Pack

_PERMITTED = (Outcome.ALLOW, Outcome.ALLOW_WITH_CONDITIONS)


class Change(StrEnum):
    """What becomes of a permission. ``changed``: another outcome, tier or condition, neither lost nor gained."""

    LOST = "lost"
    GAINED = "gained"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The stored facts of one version and use case; ``key`` is what the report calls it."""

    key: str
    facts: Facts
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Cases at one stage: what the report calls them, and their facts by column, in the same order.

    ``columns_after`` are the facts under the new packs, where packs derive some of them.
    ``left_out`` names cases of the columns that are given elsewhere.
    """

    stage: Stage
    keys: Sequence[str]
    columns: Columns
    columns_after: Columns | None = None
    left_out: frozenset[str] = frozenset()


FactsOf = Callable[[Sequence[str]], Mapping[str, tuple[Facts, Facts]]]
"""Gives the whole facts of the cases named, under the old packs and under the new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One case that differs.

    ``rules`` are full references; a stage that nothing rules on is given in
    words. ``terms_after`` is the digest of the conditions that it would get.
    """

    key: str
    change: Change
    before: Outcome
    after: Outcome
    tier_before: int | None
    tier_after: int | None
    terms_after: str
    rules: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "key": self.key,
            "change": self.change.value,
            "before": self.before.value,
            "after": self.after.value,
            "tier_before": self.tier_before,
            "tier_after": self.tier_after,
            "terms_after": self.terms_after,
            "rules": list(self.rules),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PackImpact:
    """Every case that would differ, in the order given, and how many cases each change meets."""

    effects: tuple[Effect, ...]
    counts: Mapping[Change, int]

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "counts": {change.value: self.counts[change] for change in Change},
            "effects": [effect.to_json() for effect in self.effects],
        }


def pack_impact(
    *, old_packs: Sequence[Pack], new_packs: Sequence[Pack], cases: Sequence[Case], as_of: date
) -> PackImpact:
    """Return what would become of the cases on the date; see ``stock_impact``. Keys are unique."""
    by_key = {case.key: case for case in cases}
    groups = [
        Cases(stage=stage, keys=[case.key for case in at], columns=Columns(rows=[case.facts for case in at]))
        for stage in Stage
        if (at := [case for case in cases if case.stage is stage])
    ]
    found = stock_impact(
        old_packs=old_packs,
        new_packs=new_packs,
        groups=groups,
        facts_of=lambda keys: {key: (by_key[key].facts, by_key[key].facts) for key in keys},
        as_of=as_of,
    )
    places = {key: place for place, key in enumerate(by_key)}
    ordered = sorted(found.effects, key=lambda effect: places[effect.key])
    return PackImpact(effects=tuple(ordered), counts=found.counts)


def stock_impact(
    *,
    old_packs: Sequence[Pack],
    new_packs: Sequence[Pack],
    groups: Iterable[Cases],
    facts_of: FactsOf,
    as_of: date,
) -> PackImpact:
    """Return what would become of cases whose facts are given by column.

    Both sets of packs are whole sets, with what stays as it is. ``facts_of``
    is asked only for one case of each kind that differs. Raises
    ``InvalidInput`` ``POL001`` when two contents claim one pack's name.
    """
    effects: list[Effect] = []
    size = 0
    for group in groups:
        size += group.columns.size - len(group.left_out)
        before = judge(packs=old_packs, rows=group.columns, stage=group.stage, as_of=as_of)
        after = judge(
            packs=new_packs, rows=group.columns_after or group.columns, stage=group.stage, as_of=as_of
        )
        differing = ([group.keys[place] for place in places] for places in _kinds(before, after))
        kinds = [kept for keys in differing if (kept := [key for key in keys if key not in group.left_out])]
        facts = facts_of([keys[0] for keys in kinds])
        for keys in kinds:
            was, will = (
                decide(packs=packs, facts=given, stage=group.stage, as_of=as_of)
                for packs, given in zip((old_packs, new_packs), facts[keys[0]], strict=True)
            )
            effects += traced_effects(keys=keys, before=was, after=will)
    counts = {change: sum(effect.change is change for effect in effects) for change in Change}
    counts[Change.UNCHANGED] = size - len(effects)
    return PackImpact(effects=tuple(effects), counts=counts)


def terms_digest(*, decision: Decision) -> str:
    """Return the digest of a decision's conditions, whatever the rules that impose them."""
    return digest(sorted(key[1] for key in _limits(decision)))


def _kinds(before: Verdicts, after: Verdicts) -> list[list[int]]:
    """Group the places on which the verdicts differ by how every rule answers there, before and after."""
    masks = dict.fromkeys((*before.marks, *after.marks))
    texts = [expanded(mask=mask, size=before.size) for mask in masks]
    kinds: dict[tuple[str, ...], list[int]] = {}
    for place in after.differing(other=before):
        kinds.setdefault(tuple([text[place] for text in texts]), []).append(place)
    return list(kinds.values())


def traced_effects(*, keys: Sequence[str], before: Decision, after: Decision) -> list[Effect]:
    """Return what two traced decisions amount to for each of the cases that they stand for."""
    change = _change(before, after)
    if change is Change.UNCHANGED:
        return []
    rules, terms = _responsible(change, before, after), terms_digest(decision=after)
    return [
        Effect(
            key=key,
            change=change,
            before=before.outcome,
            after=after.outcome,
            tier_before=before.tier,
            tier_after=after.tier,
            terms_after=terms,
            rules=rules,
        )
        for key in keys
    ]


def _change(before: Decision, after: Decision) -> Change:
    was, will = before.outcome in _PERMITTED, after.outcome in _PERMITTED
    if was is not will:
        return Change.LOST if was else Change.GAINED
    is_alike = (before.outcome, before.tier) == (after.outcome, after.tier) and _limits(
        before
    ).keys() == _limits(after).keys()
    return Change.UNCHANGED if is_alike else Change.CHANGED


def _responsible(change: Change, before: Decision, after: Decision) -> tuple[str, ...]:
    """Name what stands against it on the side without permission; for a change, what differs on either side."""
    if change is Change.CHANGED:
        old = {**_grounds(before), **_limits(before), **_tier_rules(before)}
        new = {**_grounds(after), **_limits(after), **_tier_rules(after)}
        found = [(old.get(key) or new[key]) for key in old.keys() ^ new.keys()]
    else:
        found = list(_grounds(after if change is Change.LOST else before).values())
    return tuple(sorted({ref for refs in found for ref in refs}))


def _grounds(decision: Decision) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The reasons against, by what they are apart from the pack's version."""
    return {
        ("reason", _unversioned(reason.rule), reason.outcome, "" if reason.rule else reason.text): (
            reason.rule or reason.text,
        )
        for reason in decision.reasons
        if Outcome(reason.outcome) not in _PERMITTED
    }


def _limits(decision: Decision) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {
        (
            "condition",
            canonical_bytes(
                {"kind": item.kind, "params": item.params, "days": item.expires_in_days, "text": item.text}
            ).decode(),
        ): item.rules
        for item in decision.conditions
    }


def _tier_rules(decision: Decision) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {
        ("tier", _unversioned(item.rule), str(decision.tier)): (item.rule,)
        for item in decision.trace
        if item.gates
        and item.truth != Truth.FALSE.value
        and item.effect.get("set_tier") == str(decision.tier)
    }


def _unversioned(ref: str) -> str:
    pack, _, rule = ref.partition("#")
    return f"{pack.partition('/')[0]}#{rule}"
