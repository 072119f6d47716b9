"""What new packs would do to permissions, before anybody activates them.

Every case is judged under the old and under the new packs at once; the cases
that differ are decided again by the traced engine, which names the rules
responsible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registry.domain.canonical import Json, canonical_bytes
from registry.domain.vocab import Outcome, Stage
from registry.policy.conditions import Truth
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import Facts
from registry.policy.fast import judge
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
class Effect:
    """One case that differs. ``rules`` are full references; a stage that nothing rules on is given in words."""

    key: str
    change: Change
    before: Outcome
    after: Outcome
    tier_before: int | None
    tier_after: int | None
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
    """Return what would become of the cases on the date.

    Both sets of packs are whole sets, with what stays as it is. The facts are
    as ``facts_from_json`` reads them. Raises ``InvalidInput`` ``POL001`` when
    two contents claim one pack's name.
    """
    places = _differing(old_packs, new_packs, cases, as_of)
    effects = []
    for place in sorted(places):
        case = cases[place]
        before, after = (
            decide(packs=packs, facts=case.facts, stage=case.stage, as_of=as_of)
            for packs in (old_packs, new_packs)
        )
        change = _change(before, after)
        if change is not Change.UNCHANGED:
            effects.append(_effect(case.key, change, before, after))
    counts = {change: sum(effect.change is change for effect in effects) for change in Change}
    counts[Change.UNCHANGED] = len(cases) - len(effects)
    return PackImpact(effects=tuple(effects), counts=counts)


def _differing(
    old_packs: Sequence[Pack], new_packs: Sequence[Pack], cases: Sequence[Case], as_of: date
) -> set[int]:
    differing: set[int] = set()
    for stage in {case.stage for case in cases}:
        places = [index for index, case in enumerate(cases) if case.stage is stage]
        rows = [cases[index].facts for index in places]
        before, after = (
            judge(packs=packs, rows=rows, stage=stage, as_of=as_of) for packs in (old_packs, new_packs)
        )
        differing |= {places[index] for index in after.differing(other=before)}
    return differing


def _change(before: Decision, after: Decision) -> Change:
    was, will = before.outcome in _PERMITTED, after.outcome in _PERMITTED
    if was is not will:
        return Change.LOST if was else Change.GAINED
    is_alike = (before.outcome, before.tier) == (after.outcome, after.tier) and _limits(
        before
    ).keys() == _limits(after).keys()
    return Change.UNCHANGED if is_alike else Change.CHANGED


def _effect(key: str, change: Change, before: Decision, after: Decision) -> Effect:
    return Effect(
        key=key,
        change=change,
        before=before.outcome,
        after=after.outcome,
        tier_before=before.tier,
        tier_after=after.tier,
        rules=_responsible(change, before, after),
    )


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
