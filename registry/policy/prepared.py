"""Packs made ready once to decide and write many decisions.

What a decision writes about a rule is almost all known beforehand. Here a
rule's title, citations, effect and the frame of its condition are texts of
canonical JSON with gaps for what was observed and for what came of it, and
each comparison stands once, however many rules make it. The trees that
``conditions.evaluate`` walks are turned into nested callables; what they mean
and write is what that function and ``engine.decide`` say, to the byte.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from registry.domain.canonical import canonical_text
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Stage
from registry.policy.aggregate import Applied, Problem, citation
from registry.policy.conditions import (
    All,
    AnyOf,
    Compare,
    Condition,
    Not,
    TraceNode,
    Truth,
    comparisons,
    names_of,
    operand_to_json,
)
from registry.policy.engine import (
    adopted_by,
    clauses_of,
    empty_stages,
    may_gate,
    rules_of,
    stale_refs,
    unfounded,
)
from registry.policy.facts import FactValue
from registry.policy.predicates import Predicate, predicate
from registry.policy.rules import Clause, Pack, Rule

# Kleene's logic on places in this tuple: all is the least, any the greatest, not is 2 minus.
TRUTHS = (Truth.FALSE, Truth.UNKNOWN, Truth.TRUE)
_FALSE, _UNKNOWN, _TRUE = range(3)

_UNANSWERED = canonical_text(TraceNode(kind="all", truth=Truth.UNKNOWN).to_json())

Values = Mapping[str, FactValue | None]


class Leaf(NamedTuple):
    """One comparison: the facts it looks at, how to make it, and its text around what was observed."""

    name: str
    others: tuple[str, ...]
    holds: Predicate
    before: str
    after: tuple[str, str, str]


class Branch(NamedTuple):
    """One all, any or not: where its members' answers lie, and its text after them."""

    joined: Callable[[Sequence[int]], int]
    members: Callable[[Sequence[Any]], tuple[Any, ...]]
    after: tuple[str, str, str]


class Answers:
    """Of each condition: the place of its truth, the text of its trace, and the facts that keep it unknown."""

    __slots__ = ("errors", "missing", "texts", "truths")

    def __init__(self) -> None:
        self.truths: list[int] = []
        self.texts: list[str] = []
        self.missing: list[tuple[str, ...]] = []
        self.errors: dict[int, str] = {}


@dataclass(frozen=True, slots=True)
class PreparedRule:
    """One rule: where its condition's answer and those of its comparisons lie, and its trace with gaps."""

    ref: str
    rule: Rule
    gates: bool
    error: str
    place: int
    leaves: tuple[int, ...]
    before: str
    usual: str
    after: tuple[str, str, str]

    def apply(self, answers: Answers) -> tuple[Applied | None, str]:
        """Return what came of the rule, nothing where it is false and sound, and its trace as canonical text."""
        truth, node = answers.truths[self.place], answers.texts[self.place]
        missing: tuple[str, ...] = ()
        error = self.error
        if answers.errors:
            found = next((answers.errors[leaf] for leaf in self.leaves if leaf in answers.errors), "")
            if found:
                error = f"{error}; {found}" if error else found
                truth, node = _UNKNOWN, _UNANSWERED
        if truth == _FALSE and not error:
            return None, f"{self.before}{self.usual}{node}{self.after[_FALSE]}"
        if truth == _UNKNOWN and node is not _UNANSWERED:
            missing = tuple(sorted(set(answers.missing[self.place])))
        applied = Applied(
            ref=self.ref,
            rule=self.rule,
            truth=TRUTHS[truth],
            gates=self.gates,
            error=error,
            missing=missing,
        )
        middle = _middle(error, missing, gates=self.gates) if missing or error else self.usual
        return applied, f"{self.before}{middle}{node}{self.after[truth]}"


@dataclass(frozen=True, slots=True)
class Part:
    """Rules that see the same facts, with their conditions, each once and after its members."""

    rules: tuple[PreparedRule, ...]
    leaves: tuple[Leaf, ...]
    branches: tuple[Branch, ...]
    names: frozenset[str]

    def apply(self, values: Values, seen: Mapping[str, str]) -> tuple[list[Applied], list[str]]:
        """Return what came of each rule that is not false and sound, and the trace of all, in order."""
        answers = self._compare(values, seen)
        truths, texts, missing = answers.truths, answers.texts, answers.missing
        for joined, members, after in self.branches:
            truth = joined(members(truths))
            texts.append(f'{{"children":[{",".join(members(texts))}{after[truth]}')
            # What is decided misses nothing, and a decided member adds nothing to what is not.
            missing.append(tuple(chain.from_iterable(members(missing))) if truth == _UNKNOWN else ())
            truths.append(truth)
        results = [rule.apply(answers) for rule in self.rules]
        return [applied for applied, _ in results if applied is not None], [text for _, text in results]

    def _compare(self, values: Values, seen: Mapping[str, str]) -> Answers:
        answers = Answers()
        truths, texts, unknown = answers.truths, answers.texts, answers.missing
        for leaf in self.leaves:
            name, others, holds, before, after = leaf
            value = values[name]
            try:
                if others:
                    truth, text, missing = _of_two(leaf, values, seen)
                else:
                    truth = _UNKNOWN if value is None else _TRUE if holds(value) else _FALSE
                    text = before + seen[name] + after[truth]
                    missing = (name,) if value is None else ()
            except InvalidInput as found:
                answers.errors[len(truths)] = found.message
                truth, text, missing = _UNKNOWN, "", ()
            truths.append(truth)
            texts.append(text)
            unknown.append(missing)
        return answers


@dataclass(frozen=True, eq=False)
class Prepared:
    """The packs in force, ready for one stage. Tiering sees the facts given, the rest those it derives too."""

    packs: tuple[Pack, ...]
    ruling: tuple[Pack, ...]
    stage: Stage

    @cached_property
    def clauses(self) -> Mapping[str, Clause]:
        """Every clause by full reference."""
        return clauses_of(self.packs)

    @cached_property
    def stale(self) -> frozenset[str]:
        """Packs that no longer rule."""
        return stale_refs(self.packs, self.ruling)

    @cached_property
    def tiering(self) -> Part:
        """The rules that set tier and required explainability."""
        return self._part((Stage.TIERING,))

    @cached_property
    def rest(self) -> Part:
        """The rules of all later stages, up to the one asked for."""
        return self._part([step for step in Stage if Stage.TIERING.rank < step.rank <= self.stage.rank])

    @cached_property
    def empty(self) -> tuple[Problem, ...]:
        """The stages that nothing in force decides."""
        rules = (*self.tiering.rules, *self.rest.rules)
        return tuple(empty_stages({item.rule.stage for item in rules if item.gates}, self.stage))

    @cached_property
    def citations(self) -> Mapping[str, str]:
        """Each clause as a decision's citation, as canonical text with its name."""
        return {
            ref: f"{canonical_text(ref)}:{canonical_text(citation(clause))}"
            for ref, clause in self.clauses.items()
        }

    def _part(self, steps: Sequence[Stage]) -> Part:
        rules = [(pack, rule) for step in steps for pack in self.ruling for rule in rules_of(pack, step)]
        whens = [rule.when for _, rule in rules]
        # Decimals that are equal may be written differently: what is written tells conditions apart.
        leaves = {repr(leaf): leaf for when in whens for leaf in comparisons(condition=when)}
        branches = {repr(item): item for when in whens for item in _branches(when)}
        places = {key: place for place, key in enumerate((*leaves, *branches))}
        adopted = adopted_by(self.ruling)
        return Part(
            rules=tuple(_prepared(pack, rule, adopted, self.clauses, places) for pack, rule in rules),
            leaves=tuple(_leaf(leaf) for leaf in leaves.values()),
            branches=tuple(_branch(item, places) for item in branches.values()),
            names=frozenset(name for leaf in leaves.values() for name in names_of(leaf)),
        )


def _prepared(
    pack: Pack, rule: Rule, adopted: Collection[str], clauses: Mapping[str, Clause], places: Mapping[str, int]
) -> PreparedRule:
    ref = f"{pack.ref}#{rule.id}"
    gates, error = may_gate(pack, rule, adopted, clauses), unfounded(rule, clauses)
    return PreparedRule(
        ref=ref,
        rule=rule,
        gates=gates,
        error=error,
        place=places[repr(rule.when)],
        leaves=tuple(places[repr(leaf)] for leaf in comparisons(condition=rule.when)),
        before=f'{{"cites":{canonical_text(rule.cites)},"effect":{canonical_text(rule.effect.to_json())},',
        usual=_middle(error, (), gates=gates),
        after=_by_truth(
            f',"rule":{canonical_text(ref)},"stage":{canonical_text(rule.stage)}'
            f',"title":{canonical_text(rule.title)},"truth":'
        ),
    )


def _middle(error: str, missing: tuple[str, ...], *, gates: bool) -> str:
    parts = (canonical_text(error), canonical_text(gates), canonical_text(missing))
    return '"error":{},"gates":{},"missing":{},"node":'.format(*parts)


def _by_truth(start: str, end: str = "}") -> tuple[str, str, str]:
    false, unknown, true = (f"{start}{canonical_text(truth)}{end}" for truth in TRUTHS)
    return false, unknown, true


def _leaf(leaf: Compare) -> Leaf:
    operand = canonical_text(operand_to_json(leaf.value))
    return Leaf(
        name=leaf.fact,
        others=names_of(leaf)[1:],
        holds=predicate(leaf=leaf),
        before=f'{{"fact":{canonical_text(leaf.fact)},"kind":"compare","observed":[',
        after=_by_truth(f'],"op":{canonical_text(leaf.op)},"truth":', f',"value":{operand}}}'),
    )


def _of_two(leaf: Leaf, values: Values, seen: Mapping[str, str]) -> tuple[int, str, tuple[str, ...]]:
    """Answer a comparison with another fact, or with itself, which is observed once."""
    names = tuple(dict.fromkeys((leaf.name, *leaf.others)))
    missing = tuple([name for name in names if values[name] is None])
    is_true = not missing and leaf.holds(*[values[name] for name in (leaf.name, *leaf.others)])
    truth = _UNKNOWN if missing else _TRUE if is_true else _FALSE
    return truth, leaf.before + ",".join([seen[name] for name in names]) + leaf.after[truth], missing


def _members(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, Compare):
        return ()
    return (condition.member,) if isinstance(condition, Not) else condition.members


def _branches(condition: Condition) -> Iterator[Condition]:
    """Yield the condition's inner nodes, each after those within it."""
    for member in _members(condition):
        yield from _branches(member)
    if not isinstance(condition, Compare):
        yield condition


def _branch(condition: Condition, places: Mapping[str, int]) -> Branch:
    own = [places[repr(member)] for member in _members(condition)]
    joined, kind = _JOINED[type(condition)]
    return Branch(
        joined=joined if own else lambda _none: _TRUE if kind == "all" else _FALSE,
        members=itemgetter(*own) if len(own) > 1 else lambda found: tuple([found[place] for place in own]),
        after=_by_truth(f'],"kind":"{kind}","truth":'),
    )


_JOINED: Mapping[type[Condition], tuple[Callable[[Sequence[int]], int], str]] = {
    All: (min, "all"),
    AnyOf: (max, "any"),
    Not: (lambda truths: _TRUE - truths[0], "not"),
}
