"""Put evaluated rules together: maxima and unions, nothing that depends on order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from registry.domain.canonical import Json
from registry.domain.vocab import ConditionKind, Outcome, Stage
from registry.policy.conditions import Truth
from registry.policy.decision import (
    PackRef,
    PlanEntry,
    Reason,
    Requirement,
    Ruling,
    UseCondition,
)
from registry.policy.facts import ABSENT, Facts
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

_HALTING = (Block, Refer)
_INTERVALS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "half_year": 184, "year": 366}


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One rule with what came of it."""

    ref: str
    rule: Rule
    truth: Truth
    gates: bool
    error: str
    missing: tuple[str, ...]

    @property
    def takes_effect(self) -> bool:
        """Whether the condition is true or unknown."""
        return self.truth is not Truth.FALSE

    @property
    def outcome(self) -> Outcome:
        """What this rule alone makes of the outcome."""
        if not self.gates:
            return Outcome.ALLOW
        effect = self.rule.effect
        if isinstance(effect, Block) and self.truth is Truth.TRUE:
            return Outcome.DENY
        if self.error or (isinstance(effect, _HALTING) and self.takes_effect):
            return Outcome.REFER
        if isinstance(effect, Impose) and self.takes_effect:
            return Outcome.ALLOW_WITH_CONDITIONS
        return Outcome.ALLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that keeps the engine from deciding, so that it refers."""

    stage: Stage
    text: str
    missing: tuple[str, ...]


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the harshest outcome; ``allow`` when there is none."""
    return max(outcomes, key=lambda item: item.rank, default=Outcome.ALLOW)


def assemble(
    *,
    applied: Sequence[Applied],
    facts: Facts,
    problems: Sequence[Problem],
    stage: Stage,
    as_of: date,
    packs: Sequence[Pack],
    stale: frozenset[str],
    clauses: Mapping[str, Clause],
    facts_digest: str,
    engine_version: str,
) -> Ruling:
    """Return what the evaluated rules and the problems amount to."""
    effective = [item for item in applied if item.takes_effect]
    ruling = [item for item in effective if item.gates]
    plan, clashes = _plan(ruling)
    troubles = (*problems, *clashes)
    reasons = _reasons(applied, troubles)
    cites = sorted({cite for item in effective for cite in item.rule.cites})
    return Ruling(
        outcome=worst(Outcome(reason.outcome) for reason in reasons),
        stage=stage,
        as_of=as_of,
        tier=_level(facts, TIER),
        required_explainability=_level(facts, REQUIRED_EXPLAINABILITY),
        flags=_flags(ruling),
        requirements=_requirements(ruling, facts),
        plan=plan,
        conditions=_conditions(ruling),
        reasons=reasons,
        missing=tuple(sorted({name for reason in reasons for name in reason.missing})),
        informs=_informs(effective),
        stale_citations=tuple(cite for cite in cites if cite.partition("#")[0] in stale),
        citations={cite: citation(clauses[cite]) for cite in cites if cite in clauses},
        facts_digest=facts_digest,
        packs=tuple(
            PackRef(instrument=pack.instrument, version=pack.version, hash=pack.content_hash)
            for pack in packs
        ),
        engine_version=engine_version,
    )


def _level(facts: Facts, name: str) -> int | None:
    value = facts.get(name, ABSENT).value
    return value if isinstance(value, int) else None


def citation(clause: Clause) -> dict[str, Json]:
    """Return a clause as decisions quote it."""
    return {
        "citation": clause.citation,
        "text": clause.text,
        "url": clause.url,
        "verification": clause.verification.value,
    }


def _flags(ruling: Sequence[Applied]) -> tuple[str, ...]:
    flags = set()
    for item in ruling:
        if item.truth is Truth.UNKNOWN and isinstance(item.rule.effect, (SetTier, SetExplainability)):
            names = ", ".join(item.missing) or "a fact"
            flags.add(f"{item.ref} was taken as true because {names} is unknown.")
    return tuple(sorted(flags))


def _reasons(applied: Sequence[Applied], problems: Sequence[Problem]) -> tuple[Reason, ...]:
    reasons = [_reason(item) for item in applied if item.outcome is not Outcome.ALLOW]
    reasons += [
        Reason(
            outcome=Outcome.REFER.value,
            rule="",
            stage=problem.stage.value,
            text=problem.text,
            remedy="Load a pack that rules on this, or let a person decide.",
            truth=Truth.UNKNOWN.value,
            missing=problem.missing,
            cites=(),
        )
        for problem in problems
    ]
    return tuple(
        sorted(
            reasons,
            key=lambda item: (-Outcome(item.outcome).rank, Stage(item.stage).rank, item.rule, item.text),
        )
    )


def _reason(item: Applied) -> Reason:
    effect = item.rule.effect
    remedy = effect.remedy if isinstance(effect, _HALTING) else ""
    error = f"; the rule could not be evaluated: {item.error}" if item.error else ""
    return Reason(
        outcome=item.outcome.value,
        rule=item.ref,
        stage=item.rule.stage.value,
        text=item.rule.title + error,
        remedy=remedy,
        truth=item.truth.value,
        missing=item.missing,
        cites=item.rule.cites,
    )


def _requirements(ruling: Sequence[Applied], facts: Facts) -> tuple[Requirement, ...]:
    groups: dict[tuple[str, str], list[tuple[Applied, Require]]] = {}
    for item in ruling:
        if isinstance(item.rule.effect, Require):
            key = (item.rule.effect.kind.value, item.rule.effect.name)
            groups.setdefault(key, []).append((item, item.rule.effect))
    return tuple(_requirement(key, groups[key], facts) for key in sorted(groups))


def _requirement(key: tuple[str, str], group: Sequence[tuple[Applied, Require]], facts: Facts) -> Requirement:
    names = sorted({effect.fact for _, effect in group if effect.fact})
    values = [facts.get(name, ABSENT).value for name in names]
    status = "unknown"
    if values and None not in values:
        status = "unmet" if any(value is False for value in values) else "met"
    return Requirement(
        kind=key[0],
        name=key[1],
        text=" ".join(sorted({effect.text for _, effect in group if effect.text})),
        fact=", ".join(names),
        status=status,
        rules=tuple(sorted({item.ref for item, _ in group})),
        cites=tuple(sorted({cite for item, _ in group for cite in item.rule.cites})),
    )


def _plan(ruling: Sequence[Applied]) -> tuple[tuple[PlanEntry, ...], tuple[Problem, ...]]:
    groups: dict[str, list[tuple[Applied, Require]]] = {}
    for item in ruling:
        effect = item.rule.effect
        if isinstance(effect, Require) and effect.kind is RequirementKind.CHECK:
            groups.setdefault(effect.name, []).append((item, effect))
    problems: list[Problem] = []
    entries = []
    for check in sorted(groups):
        params: dict[str, Json] = {}
        pairs = sorted({pair for _, effect in groups[check] for pair in effect.params.items()}, key=repr)
        for name, value in pairs:
            if name in params:
                text = f"Two rules ask for check {check} with different `{name}`."
                problems.append(Problem(stage=Stage.REQUIREMENTS, text=text, missing=()))
            params.setdefault(name, value)
        limits = {limit.canonical: limit for _, effect in groups[check] for limit in effect.thresholds}
        entries.append(
            PlanEntry(
                check=check,
                params=params,
                thresholds=tuple(limits[key].to_json() for key in sorted(limits)),
                rules=tuple(sorted({item.ref for item, _ in groups[check]})),
            )
        )
    return tuple(entries), tuple(problems)


def _conditions(ruling: Sequence[Applied]) -> tuple[UseCondition, ...]:
    groups: dict[bytes, list[tuple[Applied, Impose]]] = {}
    for item in ruling:
        if isinstance(item.rule.effect, Impose):
            groups.setdefault(item.rule.effect.canonical, []).append((item, item.rule.effect))
    found = [_use_condition(groups[key]) for key in sorted(groups)]
    shortest: dict[tuple[str, str], int] = {}
    for limit in found:
        what, days = _recurrence(limit)
        if days is not None:
            shortest[what] = min(days, shortest.get(what, days))
    # A longer term or interval says nothing once a shorter one holds; the trace keeps both.
    return tuple(limit for limit in found if _is_shortest(limit, shortest))


def _is_shortest(item: UseCondition, shortest: Mapping[tuple[str, str], int]) -> bool:
    what, days = _recurrence(item)
    return days is None or days == shortest[what]


def _recurrence(item: UseCondition) -> tuple[tuple[str, str], int | None]:
    """What a condition is about and how many days it gives; ``None`` where length means nothing."""
    if item.kind == ConditionKind.EXPIRY.value:
        return (item.kind, ""), item.expires_in_days
    interval = _INTERVALS.get(str(item.params.get("every")))
    return (item.kind, str(item.params.get("subject"))), interval


def _use_condition(group: Sequence[tuple[Applied, Impose]]) -> UseCondition:
    effect = group[0][1]
    return UseCondition(
        kind=effect.kind.value,
        params=dict(effect.params),
        expires_in_days=effect.expires_in_days,
        text=effect.text,
        rules=tuple(sorted({item.ref for item, _ in group})),
        cites=tuple(sorted({cite for item, _ in group for cite in item.rule.cites})),
    )


def _informs(effective: Sequence[Applied]) -> tuple[Json, ...]:
    notes: list[Json] = []
    for item in sorted(effective, key=lambda found: found.ref):
        if not item.gates:
            effect = item.rule.effect
            text = effect.text if isinstance(effect, Inform) else item.rule.title
            notes.append({"rule": item.ref, "text": text, "truth": item.truth.value})
    return tuple(notes)
