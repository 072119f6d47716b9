"""Verdicts on many fact sets at once are those of the traced engine."""

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.errors import InvalidInput
from registry.domain.vocab import BindingLevel, ConditionKind, Outcome, Stage, Verification
from registry.policy.conditions import All, AnyOf, Compare, Condition, FactRef, Not, Op
from registry.policy.engine import decide
from registry.policy.facts import Fact, Facts, FactValue
from registry.policy.fast import judge
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
from tests.unit.policy.making import BLOCK, DAY, REFER, complete_pack, make_facts, make_pack, make_rule
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


def assert_alike(packs: Sequence[Pack], rows: Sequence[Facts], stage: Stage, as_of: date = DAY) -> None:
    found = judge(packs=packs, rows=rows, stage=stage, as_of=as_of)
    traced = [decide(packs=packs, facts=row, stage=stage, as_of=as_of) for row in rows]
    assert found.outcomes == tuple(item.outcome for item in traced)
    assert found.tiers == tuple(item.tier for item in traced)


GOOD = tuple(example.facts for pack in PACKS for example in pack.examples if example.stage is Stage.GATE_USE)
CHANGES = st.lists(
    st.sampled_from(list(VOCABULARY)).flatmap(
        lambda name: values_of(VOCABULARY[name]).map(lambda value: {name: Fact(value=value)})
    ),
    max_size=3,
)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(GOOD), CHANGES), min_size=1, max_size=10),
    stage=st.sampled_from(list(Stage)),
    as_of=st.sampled_from([DAY, DAY, date(2026, 10, 31)]),
)
def test_the_shipped_packs_rule_alike(
    rows: list[tuple[Facts, list[dict[str, Fact]]]], stage: Stage, as_of: date
) -> None:
    changed = [dict(ChainMap(*changes, dict(good))) for good, changes in rows]
    assert_alike(PACKS, changed, stage, as_of)


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


@settings(max_examples=120, deadline=None)
@given(
    rules=RULES,
    further=RULES,
    level=st.sampled_from(list(BindingLevel)),
    is_adopted=st.booleans(),
    is_complete=st.booleans(),
    rows=st.lists(facts_of(SAMPLE), min_size=1, max_size=5),
    stage=st.sampled_from(list(Stage)),
)
def test_any_packs_rule_alike(
    *,
    rules: tuple[Rule, ...],
    further: tuple[Rule, ...],
    level: BindingLevel,
    is_adopted: bool,
    is_complete: bool,
    rows: list[Facts],
    stage: Stage,
) -> None:
    house = complete_pack(*rules) if is_complete else make_pack(*rules)
    packs = [
        replace(house, adopts=("other/1",) if is_adopted else ()),
        make_pack(*further, instrument="other", binding_level=level),
        make_pack(instrument="open", verification=Verification.UNVERIFIED),
    ]
    assert_alike(packs, rows, stage)


def test_columns_of_many_values_are_compared_row_by_row() -> None:
    rows = [
        {
            **make_facts(validation__age_days=day, evidence__auc=f"0.{day:03}", evidence__gini="0.1"),
            "evidence.psi": Fact(value=None if day % 7 == 0 else Decimal(day)),
        }
        for day in range(300)
    ]
    whens = [
        Compare("validation.age_days", Op.GT, 250),
        Compare("validation.age_days", Op.EQ, 7),
        Compare("validation.age_days", Op.GE, FactRef("findings.open_high")),
        Compare("use.required_explainability", Op.GT, FactRef("validation.age_days")),
        Compare("evidence.auc", Op.LT, FactRef("evidence.gini")),
        Compare("evidence.psi", Op.LE, FactRef("evidence.auc")),
    ]
    effects: tuple[Effect, ...] = (BLOCK, LIMIT, REFER) * 2
    rules = (
        make_rule(f"r{index}", effect, when, stage=Stage.GATE_APPROVE)
        for index, (effect, when) in enumerate(zip(effects, whens, strict=True))
    )
    assert_alike([complete_pack(*rules)], rows, Stage.GATE_APPROVE)


@pytest.mark.parametrize(
    ("given_level", "given_tier", "level", "tier"), [(None, None, 3, 2), (1, 4, 3, 2), (4, 1, 4, 1)]
)
def test_the_strictest_level_and_tier_hold(
    given_level: int | None, given_tier: int | None, level: int, tier: int
) -> None:
    known = {"use__required_explainability": given_level, "tier": given_tier}
    facts = make_facts(
        version__has_signature=True, **{name: value for name, value in known.items() if value is not None}
    )
    rules = [
        make_rule("a", SetExplainability(level=3), stage=Stage.TIERING),
        make_rule("b", SetExplainability(level=1), stage=Stage.TIERING),
        make_rule("c", SetTier(tier=2), stage=Stage.TIERING),
        make_rule("d", REFER, Compare("use.required_explainability", Op.GE, level)),
        make_rule("e", BLOCK, Compare("use.required_explainability", Op.GT, level)),
    ]
    packs = [complete_pack(*rules)]
    assert_alike(packs, [facts], Stage.GATE_REGISTER)
    found = judge(packs=packs, rows=[facts], stage=Stage.GATE_REGISTER, as_of=DAY)
    assert (found.outcomes, found.tiers) == ((Outcome.REFER,), (tier,))


def test_checks_asked_with_different_parameters_are_referred() -> None:
    is_hashed = Compare("version.artifact_hashed", Op.IS_TRUE)
    rows = [
        make_facts(version__artifact_hashed=value, version__has_signature=True) for value in (True, False)
    ]
    others = [check("a", bins="20"), check("a", bins="10"), check("a", grades=True), check("b", bins="20")]
    for other, outcome in zip(others, (Outcome.REFER, *[Outcome.ALLOW] * 3), strict=True):
        packs = [complete_pack(make_rule("r", check("a", bins="10")), make_rule("s", other, is_hashed))]
        assert_alike(packs, rows, Stage.GATE_REGISTER)
        assert judge(packs=packs, rows=rows, stage=Stage.GATE_REGISTER, as_of=DAY).outcomes == (
            outcome,
            Outcome.ALLOW,
        )


def test_nothing_to_judge_and_two_contents_of_one_name() -> None:
    none = judge(packs=PACKS, rows=[], stage=Stage.GATE_USE, as_of=DAY)
    assert (none.outcomes, none.tiers) == ((), ())
    with pytest.raises(InvalidInput, match="POL001"):
        judge(packs=[make_pack(), complete_pack()], rows=[], stage=Stage.GATE_USE, as_of=DAY)


def test_differences_are_found_in_outcome_tier_and_condition() -> None:
    rows = [make_facts(version__has_signature=True, use__materiality=word) for word in ("high", "low")]
    is_high = Compare("use.materiality", Op.EQ, "high")

    def places(*rules: Rule) -> tuple[int, ...]:
        before, after = (
            judge(packs=[complete_pack(*items)], rows=rows, stage=Stage.GATE_REGISTER, as_of=DAY)
            for items in ((), rules)
        )
        assert before.outcomes == (Outcome.ALLOW, Outcome.ALLOW)
        return after.differing(other=before)

    assert places() == ()
    assert places(make_rule("r", BLOCK, is_high)) == (0,)
    assert places(make_rule("r", SetTier(tier=1), is_high, stage=Stage.TIERING)) == (0,)
    assert places(make_rule("r", LIMIT, Not(is_high))) == (1,)
