"""Counterfactuals against brute force: each flips, and none smaller does."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.errors import InvalidInput
from registry.domain.vocab import Outcome, Stage
from registry.policy.conditions import All, AnyOf, Compare, Condition, FactRef, Not, Op
from registry.policy.counterfactual import Counterfactuals, counterfactuals
from registry.policy.engine import decide
from registry.policy.facts import Fact, FactValue, known
from registry.policy.rules import Pack, SetTier
from tests.unit.policy.making import BLOCK, DAY, REFER, complete_pack, make_facts, make_rule

STAGE = Stage.GATE_APPROVE
ORDER = list(Outcome)


def search(pack: Pack, facts: dict[str, Fact], target: Outcome, **limits: int) -> Counterfactuals:
    return counterfactuals(packs=[pack], facts=facts, stage=STAGE, as_of=DAY, target=target, **limits)


def outcome(pack: Pack, facts: dict[str, Fact], changes: dict[str, FactValue]) -> Outcome:
    changed = {**facts, **{name: known(name=name, value=value) for name, value in changes.items()}}
    return decide(packs=[pack], facts=changed, stage=STAGE, as_of=DAY).outcome


def values(found: Counterfactuals) -> list[dict[str, object]]:
    return [{item.fact: item.then for item in changes} for changes in found.sets]


SIGNED = make_facts(version__has_signature=True)
LOW_AUC = make_rule(
    "auc", BLOCK, Compare("evidence.auc", Op.LT, known(name="evidence.auc", value="0.65").value)
)
OPEN_HIGH = make_rule("high", REFER, Compare("findings.open_high", Op.GE, 1))


def test_the_nearest_figure_that_flips_is_named() -> None:
    facts = {**SIGNED, **make_facts(evidence__auc="0.61", findings__open_high=3)}
    found = search(complete_pack(LOW_AUC, OPEN_HIGH), facts, Outcome.ALLOW)
    assert values(found) == [{"evidence.auc": "0.65", "findings.open_high": 0}]
    assert found.outcomes == (Outcome.ALLOW,)
    assert found.statement == "1 smallest, of size 2; none smaller"
    assert found.to_json()["sets"] == [
        {
            "changes": [
                {"fact": "evidence.auc", "now": "0.61", "then": "0.65"},
                {"fact": "findings.open_high", "now": 3, "then": 0},
            ],
            "outcome": "allow",
        }
    ]


def test_a_milder_target_than_allow_needs_less() -> None:
    facts = {**SIGNED, **make_facts(evidence__auc="0.61", findings__open_high=3)}
    assert values(search(complete_pack(LOW_AUC, OPEN_HIGH), facts, Outcome.REFER)) == [
        {"evidence.auc": "0.65"}
    ]


def test_a_harsher_target_is_reached_by_one_rule() -> None:
    facts = {**SIGNED, **make_facts(evidence__auc="0.70", findings__open_high=0)}
    pack = complete_pack(LOW_AUC, OPEN_HIGH)
    assert values(search(pack, facts, Outcome.DENY)) == [
        {"evidence.auc": "0.6499"},
        {"version.has_signature": False},
    ]
    assert {"findings.open_high": 1} in values(search(pack, facts, Outcome.REFER))


def test_what_is_fixed_is_not_changed_but_what_is_unknown_may_be_settled() -> None:
    rule = make_rule("bank", BLOCK, Compare("capital.exposure_class", Op.IN, ("bank", "equity")))
    fixed = {**SIGNED, **make_facts(capital__exposure_class="bank")}
    assert search(complete_pack(rule), fixed, Outcome.ALLOW).statement == "none up to 3"
    settled = values(search(complete_pack(rule), SIGNED, Outcome.ALLOW))
    assert {"capital.exposure_class": "corporate"} in settled
    assert {"capital.exposure_class": "bank"} not in settled


def test_a_fact_may_be_settled_through_the_tier_that_it_sets() -> None:
    tier = make_rule("t", SetTier(tier=1), Compare("use.materiality", Op.EQ, "high"), stage=Stage.TIERING)
    block = make_rule("b", BLOCK, Compare("tier", Op.LE, 1))
    found = search(complete_pack(tier, block), SIGNED, Outcome.ALLOW)
    assert values(found) == [{"use.materiality": "low"}, {"use.materiality": "medium"}]
    known_low = {**SIGNED, **make_facts(use__materiality="low")}
    assert search(complete_pack(tier, block), known_low, Outcome.DENY).sets


def test_every_level_is_tried_for_what_was_not_measured() -> None:
    short = Compare("evidence.explainability_achieved", Op.LT, FactRef("use.required_explainability"))
    found = search(complete_pack(make_rule("short", BLOCK, short, stage=STAGE)), SIGNED, Outcome.ALLOW)
    assert values(found) == [{"evidence.explainability_achieved": 2}]


def test_missing_rules_cannot_be_mended_by_facts() -> None:
    found = counterfactuals(packs=[], facts={}, stage=STAGE, as_of=DAY, target=Outcome.ALLOW)
    assert found.statement == "none up to 3"


def test_the_budget_is_kept_and_said() -> None:
    facts = {**SIGNED, **make_facts(evidence__auc="0.61", findings__open_high=3)}
    found = search(complete_pack(LOW_AUC, OPEN_HIGH), facts, Outcome.ALLOW, budget=4)
    assert (found.sets, found.is_exhausted) == ((), True)
    assert found.statement == "budget exhausted at size 2; none up to 1"


def test_the_size_is_kept() -> None:
    facts = {**SIGNED, **make_facts(evidence__auc="0.61", findings__open_high=3)}
    assert (
        search(complete_pack(LOW_AUC, OPEN_HIGH), facts, Outcome.ALLOW, max_size=1).statement
        == "none up to 1"
    )


def test_the_present_outcome_is_no_target() -> None:
    with pytest.raises(InvalidInput, match="CFA001"):
        search(complete_pack(), SIGNED, Outcome.ALLOW)


def test_texts_and_other_facts_are_candidates() -> None:
    text = make_rule("text", BLOCK, Not(Compare("use.jurisdiction", Op.CONTAINS, "EU")))
    below = make_rule(
        "below", BLOCK, Compare("evidence.gini_lower", Op.LT, FactRef("evidence.advantage_gini_lower"))
    )
    facts = {**SIGNED, **make_facts(evidence__gini_lower="0.1", evidence__advantage_gini_lower="0.2")}
    found = values(search(complete_pack(text, below), facts, Outcome.ALLOW))
    assert found == [
        {"evidence.advantage_gini_lower": "0.1", "use.jurisdiction": "EU"},
        {"evidence.gini_lower": "0.2", "use.jurisdiction": "EU"},
    ]
    assert search(complete_pack(below), SIGNED, Outcome.ALLOW).sets == ()


NAMES = ("validation.completed", "validation.report_signed")
DOMAIN: dict[str, tuple[FactValue, ...]] = dict.fromkeys(NAMES[:2], (False, True))
DOMAIN["findings.open_high"] = (0, 1, 2)
DOMAIN["version.has_signature"] = (False, True)
LEAVES = st.sampled_from(
    [Compare(name, op) for name in NAMES for op in (Op.IS_TRUE, Op.IS_FALSE)]
    + [Compare("findings.open_high", op, 1) for op in (Op.GE, Op.GT, Op.LE, Op.LT)]
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: All(tuple(items))),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: AnyOf(tuple(items))),
        inner.map(Not),
    ),
    max_leaves=4,
)
FACTS = st.fixed_dictionaries({name: st.sampled_from([None, *options]) for name, options in DOMAIN.items()})


def brute_force(pack: Pack, facts: dict[str, Fact], target: Outcome) -> int | None:
    """The smallest number of facts whose change reaches the target, by trying everything."""
    now = outcome(pack, facts, {})
    for size in range(1, len(DOMAIN) + 1):
        for names in combinations(DOMAIN, size):
            for chosen in product(*(DOMAIN[name] for name in names)):
                reached = outcome(pack, facts, dict(zip(names, chosen, strict=True)))
                if reached.rank <= target.rank if target.rank < now.rank else reached.rank >= target.rank:
                    return size
    return None


@settings(max_examples=60)
@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=4),
    values=FACTS,
    effects=st.lists(st.sampled_from([BLOCK, REFER]), min_size=4, max_size=4),
    target=st.sampled_from(ORDER),
)
def test_every_set_flips_and_none_smaller_does(
    conditions: list[Condition], values: dict[str, FactValue | None], effects: list[object], target: Outcome
) -> None:
    rules = [
        make_rule(f"r{index}", effect, when, stage=STAGE)  # type: ignore[arg-type]
        for index, (when, effect) in enumerate(zip(conditions, effects, strict=False))
    ]
    pack = complete_pack(*rules)
    facts = {name: known(name=name, value=value) for name, value in values.items() if value is not None}
    now = outcome(pack, facts, {})
    if now is target:
        return
    found = search(pack, facts, target, max_size=len(DOMAIN))
    sizes = {len(changes) for changes in found.sets}
    expected = brute_force(pack, facts, target)
    assert sizes == (set() if expected is None else {expected})
    for changes in found.sets:
        reached = outcome(pack, facts, {item.fact: item.then for item in changes})  # type: ignore[misc]
        assert reached.rank <= target.rank if target.rank < now.rank else reached.rank >= target.rank
