"""What a new pack would do to permissions, and which rule does it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from registry.domain.canonical import digest
from registry.domain.vocab import ConditionKind, Outcome, Stage
from registry.policy.conditions import All, Compare, FactRef, Op
from registry.policy.impact import Case, Change, Effect, pack_impact
from registry.policy.rules import Block, Impose, Pack, Rule, SetTier
from tests.unit.policy.making import BLOCK, DAY, REFER, complete_pack, make_facts, make_pack, make_rule
from tests.unit.policy.shipped import PACKS, having
from tests.unit.policy.test_rulings_on_measured_figures import KINDS, TRADED_OFF, USES, measured

SIGNED = make_facts(version__has_signature=True)
AUC = "evidence.auc"
EXPLAINS_LESS = Compare("evidence.explainability_achieved", Op.LT, FactRef("use.required_explainability"))
WIDER = Compare("evidence.advantage_gini_lower", Op.LT, Decimal("0.02"))
LONG, SHORT = (Impose(kind=ConditionKind.EXPIRY, text=str(days), expires_in_days=days) for days in (365, 90))


def discriminating(limit: str, effect: Block = BLOCK) -> Rule:
    return make_rule("auc", effect, Compare(AUC, Op.LT, Decimal(limit)), stage=Stage.GATE_APPROVE)


def effects(old: Pack, new: Pack, *cases: Case, on: date = DAY) -> list[Effect]:
    return list(pack_impact(old_packs=[old], new_packs=[old, new], cases=cases, as_of=on).effects)


def reissued(*rules: Rule) -> Pack:
    later = (replace(rule, cites=("test/2#C1",)) for rule in complete_pack(*rules).rules)
    return make_pack(*later, version="2", supersedes=("test/1",))


def scoring(auc: str) -> Case:
    facts = {**SIGNED, **make_facts(evidence__auc=auc)}
    return Case(key=f"auc {auc}", facts=facts, stage=Stage.GATE_APPROVE)


def test_a_limit_that_moves_takes_and_gives_permissions() -> None:
    old, new = complete_pack(discriminating("0.6")), reissued(discriminating("0.7"))
    cases = [scoring(auc) for auc in ("0.59", "0.6", "0.6999", "0.7")]
    found = effects(old, new, *cases)
    assert [(item.key, item.change, item.before, item.after, item.rules) for item in found] == [
        ("auc 0.6", Change.LOST, Outcome.ALLOW, Outcome.DENY, ("test/2#auc",)),
        ("auc 0.6999", Change.LOST, Outcome.ALLOW, Outcome.DENY, ("test/2#auc",)),
    ]
    back = pack_impact(old_packs=[old, new], new_packs=[old], cases=cases, as_of=DAY)
    assert {item.key: (item.change, item.rules) for item in back.effects} == {
        "auc 0.6": (Change.GAINED, ("test/2#auc",)),
        "auc 0.6999": (Change.GAINED, ("test/2#auc",)),
    }
    assert back.to_json()["effects"] == [item.to_json() for item in back.effects]
    assert back.to_json()["counts"] == {"lost": 0, "gained": 2, "changed": 0, "unchanged": 2}


def test_a_reissue_before_it_is_in_force_or_without_a_difference_changes_nothing() -> None:
    old, cases = complete_pack(discriminating("0.6")), [scoring("0.59"), scoring("0.8")]
    assert effects(old, reissued(discriminating("0.6")), *cases) == []
    later = replace(reissued(discriminating("0.9")), effective_from=date(2027, 1, 1))
    assert effects(old, later, *cases) == []
    assert [item.change for item in effects(old, later, *cases, on=date(2027, 1, 1))] == [Change.LOST]


def test_other_conditions_tiers_and_outcomes_are_changes_and_name_their_rules() -> None:
    case = scoring("0.5")
    tier = make_rule("strict", SetTier(tier=1), stage=Stage.TIERING)
    pairs: list[tuple[tuple[Rule, ...], tuple[Rule, ...], tuple[str, ...]]] = [
        ((make_rule("term", LONG),), (make_rule("term", SHORT),), ("test/1#term", "test/2#term")),
        ((make_rule("a", REFER),), (make_rule("a", BLOCK),), ("test/1#a", "test/2#a")),
        ((make_rule("a", REFER),), (make_rule("a", REFER), make_rule("b", BLOCK)), ("test/2#b",)),
        ((), (tier,), ("test/1#tier", "test/2#strict")),
    ]
    for before, after, rules in pairs:
        (found,) = effects(complete_pack(*before), reissued(*after), case)
        assert (found.change, found.rules) == (Change.CHANGED, rules)
    both = (make_rule("long", LONG), make_rule("term", SHORT))
    assert effects(complete_pack(make_rule("term", SHORT)), reissued(*both), case) == [], (
        "the shorter held already"
    )


def test_a_stage_that_nothing_rules_on_any_more_is_named_in_words() -> None:
    old = complete_pack()
    new = replace(reissued(), rules=tuple(rule for rule in reissued().rules if rule.id != "floor-gate:use"))
    (found,) = effects(old, new, Case(key="x", facts=SIGNED, stage=Stage.GATE_USE))
    assert found.to_json() == {
        "key": "x",
        "change": "lost",
        "before": "allow",
        "after": "refer",
        "tier_before": 3,
        "tier_after": 3,
        "terms_after": digest([]),
        "rules": ["No rule in force decides at stage gate:use."],
    }


def test_cases_of_several_stages_keep_their_order() -> None:
    old, new = complete_pack(), reissued(make_rule("r", BLOCK, stage=Stage.GATE_APPROVE))
    stages = (Stage.GATE_USE, Stage.GATE_REGISTER, Stage.GATE_APPROVE)
    cases = [Case(key=stage.value, facts=SIGNED, stage=stage) for stage in stages]
    assert [item.key for item in effects(old, new, *cases)] == ["gate:use", "gate:approve"]


def test_a_house_pack_with_a_wider_margin_takes_the_boosted_models_permissions() -> None:
    house = next(pack for pack in PACKS if pack.instrument == "house")
    rules = tuple(
        replace(rule, when=All((EXPLAINS_LESS, WIDER))) if rule.id == "advantage-earned" else rule
        for rule in house.rules
    )
    wider = replace(house, version="2027-01", supersedes=(house.ref,), rules=rules)
    cases = [
        Case(key=f"{kind} {use}", facts=having(measured(kind, use), **TRADED_OFF), stage=Stage.GATE_APPROVE)
        for kind in KINDS
        for use in USES
    ]
    found = pack_impact(old_packs=PACKS, new_packs=[*PACKS, wider], cases=cases, as_of=DAY)
    assert [(item.key, item.change, item.rules) for item in found.effects] == [
        ("boosted underwriting", Change.LOST, ("house/2027-01#advantage-earned",)),
        ("boosted capital", Change.LOST, ("house/2027-01#advantage-earned",)),
    ]
    assert found.counts[Change.UNCHANGED] == len(cases) - 2
