"""The smallest sets of fact changes that flip a decision.

To make an outcome milder, every rule that is too harsh must change, so each
set contains a fact that the first such rule reads; to make it harsher, one
rule must become harsh, so its own facts are enough. Both searches deepen one
change at a time and are therefore exact: when a set of size k is returned,
none smaller exists. Values tried are the regions that thresholds cut, every
member of an enumeration, both truth values. Each set is verified by deciding
again. Only facts declared mutable are changed; an unknown fact may also be
settled, which changes nothing but what is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, product
from operator import attrgetter

from registry.domain.canonical import Json, to_json
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Outcome, Provenance, Stage
from registry.policy.aggregate import Applied
from registry.policy.candidates import candidate_values, distance
from registry.policy.conditions import evaluate, facts_read
from registry.policy.engine import Evaluation, evaluate_stages
from registry.policy.facts import ABSENT, Fact, Facts, FactValue
from registry.policy.rules import Pack
from registry.policy.vocabulary import REQUIRED_EXPLAINABILITY, TIER, VOCABULARY
from registry.policy.written import write

Changes = Mapping[str, FactValue]

_DERIVED = frozenset({TIER, REQUIRED_EXPLAINABILITY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact with its value now (``None`` unknown) and the value that would flip."""

    fact: str
    now: Json
    then: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactuals:
    """All smallest sets, or the statement that there is none up to ``searched``.

    ``searched`` is the largest size searched completely.
    """

    target: Outcome
    sets: tuple[tuple[Change, ...], ...]
    outcomes: tuple[Outcome, ...]
    searched: int
    is_exhausted: bool
    evaluations: int

    @property
    def statement(self) -> str:
        """Say in words how far the search went."""
        if self.sets:
            return f"{len(self.sets)} smallest, of size {len(self.sets[0])}; none smaller"
        if self.is_exhausted:
            return f"budget exhausted at size {self.searched + 1}; none up to {self.searched}"
        return f"none up to {self.searched}"

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        found: list[Json] = [
            {
                "changes": [{"fact": item.fact, "now": item.now, "then": item.then} for item in changes],
                "outcome": outcome.value,
            }
            for changes, outcome in zip(self.sets, self.outcomes, strict=True)
        ]
        return {
            "target": self.target.value,
            "sets": found,
            "searched": self.searched,
            "is_exhausted": self.is_exhausted,
            "statement": self.statement,
        }


class _BudgetSpent(Exception):
    pass


def counterfactuals(
    *,
    packs: Sequence[Pack],
    facts: Facts,
    stage: Stage,
    as_of: date,
    target: Outcome,
    max_size: int = 3,
    budget: int = 20_000,
) -> Counterfactuals:
    """Return the smallest sets that bring the outcome to ``target`` or beyond.

    ``target`` milder than the outcome asks for at most that, harsher for at
    least that. ``budget`` counts evaluations. Raises ``InvalidInput``
    ``CFA001`` when the outcome already is the target.
    """
    probe = _Probe(packs=packs, facts=facts, stage=stage, as_of=as_of, budget=budget)
    current = probe.ruling.outcome
    if current is target:
        raise InvalidInput(
            "CFA001",
            f"the outcome already is {target}",
            remedy="Ask for another outcome.",
            outcome=target.value,
        )
    is_milder = target.rank < current.rank
    searched, found, is_exhausted = 0, set[tuple[tuple[str, FactValue], ...]](), False
    for size in range(1, max_size + 1):
        try:
            sets = probe.milder(target, size) if is_milder else probe.harsher(target, size)
            found = {tuple(sorted(changes.items())) for changes in sets if probe.reaches(changes, target)}
        except _BudgetSpent:
            is_exhausted = True
            break
        searched = size
        if found:
            break
    return _report(probe, target, _nearest(found, facts), searched, is_exhausted=is_exhausted)


class _Probe:
    """Outcomes of all rules under changed facts, counting evaluations."""

    def __init__(
        self, *, packs: Sequence[Pack], facts: Facts, stage: Stage, as_of: date, budget: int
    ) -> None:
        self.packs, self.facts, self.stage, self.as_of = packs, facts, stage, as_of
        self.budget, self.evaluations = budget, 0
        self._outcomes: dict[frozenset[tuple[str, FactValue]], Outcome] = {}
        self.ruling = write(packs=packs, facts=facts, stage=stage, as_of=as_of).ruling
        self.base = evaluate_stages(packs=packs, facts=facts, stage=stage, as_of=as_of)
        self.reads = {item.ref: facts_read(condition=item.rule.when) for item in self.base.applied}
        self.upstream = frozenset(
            name
            for item in self.base.applied
            if item.rule.stage is Stage.TIERING
            for name in self.reads[item.ref]
        )
        whens = [item.rule.when for item in self.base.applied if item.gates]
        self.values = {
            name: candidate_values(spec=spec, conditions=whens, facts=self.base.facts)
            for name, spec in VOCABULARY.items()
            if self._is_open(name)
        }

    def outcome(self, changes: Changes) -> Outcome:
        """Return the outcome of a full decision under the changes, made once."""
        key = frozenset(changes.items())
        if key not in self._outcomes:
            written = write(
                packs=self.packs,
                facts=self._changed(self.facts, changes),
                stage=self.stage,
                as_of=self.as_of,
            )
            self._outcomes[key] = written.ruling.outcome
        return self._outcomes[key]

    def reaches(self, changes: Changes, target: Outcome) -> bool:
        """Verify a set by deciding again."""
        rank, now = self.outcome(changes).rank, self.ruling.outcome.rank
        return rank <= target.rank if target.rank < now else rank >= target.rank

    def milder(self, target: Outcome, size: int) -> list[dict[str, FactValue]]:
        """Return all sets of exactly ``size`` that bring every rule down to the target."""
        is_stuck = any(not reason.rule for reason in self.ruling.reasons)
        if is_stuck and target.rank < Outcome.REFER.rank:
            return []
        return list(self._descend({}, self.base.applied, target, size))

    def harsher(self, target: Outcome, size: int) -> list[dict[str, FactValue]]:
        """Return all sets of exactly ``size`` within one rule's facts that bring it up to the target."""
        found = []
        for item in self.base.applied:
            names = sorted(self._open_facts(item))
            for chosen in combinations(names, size) if item.gates else ():
                for values in product(*(self._values(name) for name in chosen)):
                    changes = dict(zip(chosen, values, strict=True))
                    if self._worst(self._evaluate(changes)).rank >= target.rank:
                        found.append(changes)
        return found

    def _descend(
        self, changes: dict[str, FactValue], applied: Iterable[Applied], target: Outcome, left: int
    ) -> Iterator[dict[str, FactValue]]:
        harsh = [item for item in applied if item.outcome.rank > target.rank]
        if not harsh:
            yield changes
        if not harsh or left == 0:
            return
        options = min((self._open_facts(item) - set(changes) for item in harsh), key=len)
        for name in sorted(options):
            for value in self._values(name):
                further = {**changes, name: value}
                yield from self._descend(further, self._evaluate(further), target, left - 1)

    def _open_facts(self, item: Applied) -> frozenset[str]:
        names = self.reads[item.ref]
        if names & _DERIVED:
            names = names | self.upstream
        return frozenset(name for name in names if self._is_open(name))

    def _is_open(self, name: str) -> bool:
        if name in _DERIVED:
            return False
        return VOCABULARY[name].mutable or self.facts.get(name, ABSENT).value is None

    def _values(self, name: str) -> tuple[FactValue, ...]:
        fact = self.facts.get(name)
        return tuple(value for value in self.values[name] if fact is None or value != fact.value)

    def _evaluate(self, changes: Changes) -> tuple[Applied, ...]:
        self.evaluations += 1
        if self.evaluations > self.budget:
            raise _BudgetSpent
        if self.upstream & set(changes):
            return self._evaluate_all(changes).applied
        changed = self._changed(self.base.facts, changes)
        return tuple(
            self._again(item, changed) if self.reads[item.ref] & changes.keys() else item
            for item in self.base.applied
        )

    def _evaluate_all(self, changes: Changes) -> Evaluation:
        return evaluate_stages(
            packs=self.packs, facts=self._changed(self.facts, changes), stage=self.stage, as_of=self.as_of
        )

    @staticmethod
    def _again(item: Applied, facts: Facts) -> Applied:
        truth = evaluate(condition=item.rule.when, facts=facts).truth
        return Applied(
            ref=item.ref,
            rule=item.rule,
            truth=truth,
            gates=item.gates,
            error=item.error,
            missing=item.missing,
        )

    @staticmethod
    def _changed(facts: Facts, changes: Changes) -> dict[str, Fact]:
        supposed = {
            name: Fact(value=value, provenance=Provenance.ASSUMED, source="supposed")
            for name, value in changes.items()
        }
        return {**facts, **supposed}

    @staticmethod
    def _worst(applied: Iterable[Applied]) -> Outcome:
        return max((item.outcome for item in applied), key=attrgetter("rank"))


def _nearest(
    found: Iterable[tuple[tuple[str, FactValue], ...]], facts: Facts
) -> list[tuple[tuple[str, FactValue], ...]]:
    """Keep, of sets that differ in figures only, the one nearest to what is known now."""
    groups: dict[tuple[object, ...], list[tuple[tuple[str, FactValue], ...]]] = {}
    for changes in found:
        shape = tuple((name, value if isinstance(value, str | bool) else None) for name, value in changes)
        groups.setdefault(shape, []).append(changes)
    return sorted(
        (
            min(group, key=lambda item: (sum(distance(facts, *pair) for pair in item), repr(item)))
            for group in groups.values()
        ),
        key=repr,
    )


def _report(
    probe: _Probe,
    target: Outcome,
    found: Sequence[tuple[tuple[str, FactValue], ...]],
    searched: int,
    *,
    is_exhausted: bool,
) -> Counterfactuals:
    reached = [probe.outcome(dict(changes)) for changes in found]
    sets = tuple(
        tuple(
            Change(
                fact=name,
                now=to_json(probe.facts[name].value) if name in probe.facts else None,
                then=to_json(value),
            )
            for name, value in changes
        )
        for changes in found
    )
    return Counterfactuals(
        target=target,
        sets=sets,
        outcomes=tuple(reached),
        searched=searched,
        is_exhausted=is_exhausted,
        evaluations=probe.evaluations,
    )
