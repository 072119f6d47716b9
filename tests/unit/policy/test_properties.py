"""Laws of aggregation, on random small packs."""

import random
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.vocab import ConditionKind, Outcome, Stage
from registry.policy.conditions import All, AnyOf, Compare, Condition, Not, Op, Truth
from registry.policy.decision import Decision
from registry.policy.engine import decide
from registry.policy.facts import known
from registry.policy.rules import Impose, Inform, Rule, SetExplainability, SetTier
from tests.unit.policy.making import BLOCK, DAY, REFER, complete_pack, make_rule

NAMES = ("validation.completed", "validation.report_signed", "version.artifact_hashed")
LEAVES = st.builds(Compare, st.sampled_from(NAMES), st.sampled_from([Op.IS_TRUE, Op.IS_FALSE]))
TIERS = st.sampled_from([Compare("tier", Op.LE, 2), Not(Compare("tier", Op.GT, 1))])
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(LEAVES, TIERS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: All(tuple(items))),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: AnyOf(tuple(items))),
    ),
    max_leaves=4,
)
TIERING = st.builds(
    lambda effect, value: (effect, Compare("use.materiality", Op.EQ, value), Stage.TIERING),
    st.one_of(
        st.builds(SetTier, tier=st.integers(1, 4)), st.builds(SetExplainability, level=st.integers(0, 4))
    ),
    st.sampled_from(["low", "high"]),
)
GATES = st.tuples(
    st.sampled_from([BLOCK, REFER, Inform(text="x"), Impose(kind=ConditionKind.SEGMENT, text="x")]),
    CONDITIONS,
    st.just(Stage.GATE_APPROVE),
)
RULES = st.lists(st.one_of(TIERING, GATES), max_size=6).map(
    lambda parts: tuple(
        make_rule(f"r{index}", effect, when, stage=stage) for index, (effect, when, stage) in enumerate(parts)
    )
)
VALUES = st.fixed_dictionaries({name: st.sampled_from([None, True, False]) for name in NAMES})
SMALL = settings(max_examples=60)


def ruling(rules: tuple[Rule, ...], values: dict[str, bool | None]) -> Decision:
    given_values = {name: value for name, value in values.items() if value is not None}
    facts = {
        name: known(name=name, value=v) for name, v in {**given_values, "version.has_signature": True}.items()
    }
    return decide(packs=[complete_pack(*rules)], facts=facts, stage=Stage.GATE_APPROVE, as_of=DAY)


@SMALL
@given(rules=RULES, values=VALUES, seed=st.integers(0, 99))
def test_order_and_repetition_of_rules_change_no_byte(
    rules: tuple[Rule, ...], values: dict[str, bool | None], seed: int
) -> None:
    shuffled = [*rules, *rules[:2]]
    random.Random(seed).shuffle(shuffled)
    assert ruling(tuple(shuffled), values).to_bytes() == ruling(rules, values).to_bytes()


@SMALL
@given(rules=RULES, values=VALUES)
def test_a_further_rule_never_makes_it_milder(
    rules: tuple[Rule, ...], values: dict[str, bool | None]
) -> None:
    outcomes = [ruling(rules[:count], values).outcome.rank for count in range(len(rules) + 1)]
    assert outcomes == sorted(outcomes)


@SMALL
@given(rules=RULES, values=VALUES)
def test_settling_an_unknown_never_passes_beyond_the_extremes(
    rules: tuple[Rule, ...], values: dict[str, bool | None]
) -> None:
    """A block refers while unknown and may deny when settled; nothing else grows harsher than it was."""
    open_names = [name for name, value in values.items() if value is None]
    now = ruling(rules, values).outcome
    settled = [
        ruling(rules, {**values, **dict(zip(open_names, chosen, strict=True))}).outcome
        for chosen in product([True, False], repeat=len(open_names))
    ]
    if now in (Outcome.ALLOW, Outcome.ALLOW_WITH_CONDITIONS):
        assert all(outcome.rank <= now.rank for outcome in settled)
    if now is Outcome.DENY:
        assert set(settled) == {Outcome.DENY}
    assert now.rank >= min(Outcome.REFER.rank, *(outcome.rank for outcome in settled))


@SMALL
@given(rules=RULES, values=VALUES, name=st.sampled_from(NAMES), value=st.booleans())
def test_settling_one_unknown_stays_within_what_could_be_reached(
    *, rules: tuple[Rule, ...], values: dict[str, bool | None], name: str, value: bool
) -> None:
    """The tier staying as it is, a rule that was true or false remains so, and no further fact is missing."""
    before = {item.rule: item for item in ruling(rules, {**values, name: None}).trace}
    after = ruling(rules, {**values, name: value}).trace
    for item in after:
        was = before[item.rule]
        assert was.truth in (item.truth, Truth.UNKNOWN)
        assert set(item.missing) <= set(was.missing)


LIMIT = Impose(kind=ConditionKind.SEGMENT, text="x")


def test_of_any_two_rules_the_harsher_decides() -> None:
    """Every pair of effects, each true, false and unknown: random rules seldom meet a denial and a referral."""
    values = {NAMES[0]: True, NAMES[1]: False, NAMES[2]: None}
    kinds = [
        (effect, Compare(name, Op.IS_TRUE))
        for effect in (BLOCK, REFER, LIMIT, Inform(text="x"))
        for name in NAMES
    ]
    rules = [
        make_rule(f"r{index}", effect, when, stage=Stage.GATE_APPROVE)
        for index, (effect, when) in enumerate(kinds)
    ]
    alone = {rule.id: ruling((rule,), values).outcome for rule in rules}
    assert set(alone.values()) == set(Outcome)
    for one, other in product(rules, repeat=2):
        harsher = max(alone[one.id], alone[other.id], key=list(Outcome).index)
        assert ruling((one, other), values).outcome is harsher
