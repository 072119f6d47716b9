"""Random packs and facts: any condition that can be written, fitting or not, and any fact that can be known."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from registry.domain.vocab import BindingLevel, ConditionKind, Provenance, Stage, Verification
from registry.policy.conditions import All, AnyOf, Compare, Condition, FactRef, Not, Op
from registry.policy.facts import Fact, Facts, FactValue
from registry.policy.rules import (
    Effect,
    Impose,
    Inform,
    Pack,
    Require,
    RequirementKind,
    Rule,
    SetExplainability,
    SetTier,
)
from registry.policy.vocabulary import VOCABULARY, FactSpec, FactType
from tests.unit.policy.making import BLOCK, REFER, complete_pack, make_pack, make_rule
from tests.unit.policy.shipped import PACKS

FIGURES = ("0", "0.004999", "0.005", "0.02", "0.25", "0.30", "0.5", "0.60", "0.65", "0.8", "1")
SAMPLE = (
    "tier",
    "use.required_explainability",
    "use.jurisdiction",
    "use.materiality",
    "version.artifact_hashed",
    "evidence.auc",
    "evidence.gini",
    "evidence.explainability_achieved",
    "validation.age_days",
)


def values_of(spec: FactSpec) -> st.SearchStrategy[FactValue | None]:
    options: Sequence[FactValue] = spec.options
    if spec.type is FactType.BOOL:
        options = (True, False)
    if spec.type is FactType.TEXT:
        options = ("EU", "UK", "US")
    if spec.type is FactType.INT:
        low, high = spec.minimum, spec.maximum
        options = (
            range(int(low or 0), int(high) + 1) if high is not None else (0, 1, 182, 365, 366, 731, 1096)
        )
    if spec.type is FactType.DECIMAL:
        options = [Decimal(figure) for figure in FIGURES]
    return st.sampled_from((None, *options))


def facts_of(names: Sequence[str]) -> st.SearchStrategy[Facts]:
    values = st.fixed_dictionaries({}, optional={name: values_of(VOCABULARY[name]) for name in names})
    return values.map(lambda chosen: {name: Fact(value=value) for name, value in chosen.items()})


GOOD = tuple(example.facts for pack in PACKS for example in pack.examples if example.stage is Stage.GATE_USE)
CHANGES = st.lists(
    st.sampled_from(list(VOCABULARY)).flatmap(
        lambda name: values_of(VOCABULARY[name]).map(lambda value: {name: Fact(value=value)})
    ),
    max_size=3,
)


LITERALS = st.one_of(
    st.sampled_from([None, True, 1, 3, "EU", "high", Decimal("0.5"), ("EU", "high"), (1, 2)]),
    st.sampled_from(SAMPLE).map(FactRef),
)
LEAVES = st.builds(Compare, st.sampled_from((*SAMPLE, "no.such_fact")), st.sampled_from(list(Op)), LITERALS)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda items: All(tuple(items))),
        st.lists(inner, max_size=3).map(lambda items: AnyOf(tuple(items))),
    ),
    max_leaves=4,
)


LIMIT = Impose(kind=ConditionKind.SEGMENT, text="x")


def check(name: str, **params: str | bool) -> Require:
    return Require(kind=RequirementKind.CHECK, name=name, params=params)


EFFECTS: st.SearchStrategy[Effect] = st.one_of(
    st.sampled_from([BLOCK, REFER, Inform(text="x")]),
    st.builds(SetTier, tier=st.integers(1, 4)),
    st.builds(SetExplainability, level=st.integers(0, 4)),
    st.builds(
        Impose, kind=st.just(ConditionKind.EXPIRY), text=st.just("x"), expires_in_days=st.sampled_from([1, 2])
    ),
    st.sampled_from([check("a", bins="10"), check("a", bins="20"), check("a"), check("b", bins="10")]),
)
RULES = st.lists(
    st.builds(
        lambda effect, when, stage, cites: make_rule("r", effect, when, stage=stage, cites=cites),
        EFFECTS,
        CONDITIONS,
        st.sampled_from(list(Stage)),
        st.sampled_from([("test/1#C1",), ("test/1#C1",), ("open/1#C1",), ("gone/1#C1",)]),
    ),
    max_size=6,
).map(lambda rules: tuple(replace(rule, id=f"r{index}") for index, rule in enumerate(rules)))


def _packs(
    rules: tuple[Rule, ...],
    further: tuple[Rule, ...],
    level: BindingLevel,
    is_adopted: bool,  # noqa: FBT001
    is_complete: bool,  # noqa: FBT001
) -> list[Pack]:
    house = complete_pack(*rules) if is_complete else make_pack(*rules)
    return [
        replace(house, adopts=("other/1",) if is_adopted else ()),
        make_pack(*further, instrument="other", binding_level=level),
        make_pack(instrument="open", verification=Verification.UNVERIFIED),
    ]


ANY_PACKS = st.builds(_packs, RULES, RULES, st.sampled_from(list(BindingLevel)), st.booleans(), st.booleans())

_WORDS = st.text(alphabet='ab "\\\n\u001f\u2028é\ue000\U0001f600', max_size=4)
_MARKS = st.tuples(st.sampled_from([None, *Provenance]), _WORDS, _WORDS)


def marked(facts: st.SearchStrategy[Facts]) -> st.SearchStrategy[Facts]:
    """Give facts a provenance, a source and a reason of characters that JSON writes in a way of its own."""
    marks = st.lists(_MARKS, min_size=len(VOCABULARY), max_size=len(VOCABULARY))
    return st.builds(
        lambda known, found: {
            name: replace(fact, provenance=mark[0], source=mark[1], reason=mark[2])
            for (name, fact), mark in zip(known.items(), found, strict=False)
        },
        facts,
        marks,
    )
