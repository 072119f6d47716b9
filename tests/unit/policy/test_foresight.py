"""Foreseeing what a pack changes: stored facts by column, one traced case of each kind, the same effects."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.errors import InvalidInput
from registry.domain.vocab import BindingLevel, ConditionKind, Stage, Verification
from registry.policy.columns import Column, Columns, Grouped
from registry.policy.conditions import Compare, Op
from registry.policy.engine import decide
from registry.policy.facts import Facts, facts_to_json
from registry.policy.fast import judge
from registry.policy.gating import informs_because
from registry.policy.impact import Case, pack_impact, traced_effects
from registry.policy.proposed import packs_after
from registry.policy.rules import Impose, Inform, SetTier
from registry.policy.stored_facts import StoredFacts
from tests.unit.policy.making import BLOCK, DAY, REFER, complete_pack, make_facts, make_pack, make_rule
from tests.unit.policy.shipped import PACKS
from tests.unit.policy.test_fast import GOOD, facts_of

NAMES = ("evidence.auc", "tier", "use.jurisdiction", "version.has_signature", "validation.age_days")
HOUSE = next(pack for pack in PACKS if pack.instrument == "house")


def stored(*rows: Facts) -> StoredFacts:
    facts = StoredFacts()
    for row in rows:
        facts.add(text=json.dumps(facts_to_json(facts=row)))
    return facts


def contents(column: Column) -> list[tuple[type, object]]:
    found = column.groups.items() if isinstance(column, Grouped) else enumerate(column.values)
    return [(type(item), item) for pair in found for item in pair]


@settings(max_examples=30)
@given(rows=st.lists(facts_of(NAMES), max_size=6))
def test_stored_facts_have_the_values_that_were_stored(rows: list[Facts]) -> None:
    found, given_rows = stored(*rows).columns(), Columns(rows=rows)
    for name in (*NAMES, "evidence.gini"):
        column, given_column = found.column(name=name), given_rows.column(name=name)
        assert type(column) is type(given_column)
        assert column.known == given_column.known
        assert contents(column) == contents(given_column)


def test_the_shipped_packs_judge_stored_facts_alike() -> None:
    found = judge(packs=PACKS, rows=stored(*GOOD).columns(), stage=Stage.GATE_USE, as_of=DAY)
    assert found == judge(packs=PACKS, rows=GOOD, stage=Stage.GATE_USE, as_of=DAY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", "FAC003"),
        ('{"tier": 1}', "FAC003"),
        ('{"tier": {"provenance": null}}', "FAC003"),
        ('{"tier": {"value": []}}', "FAC003"),
        ('{"tier": {"value": 9}}', "FAC002"),
        ('{"tier": {"value": true}}', "FAC002"),
        ('{"no.such": {"value": 1}}', "FAC001"),
    ],
)
def test_what_is_not_stored_as_it_should_be_is_refused(text: str, code: str) -> None:
    facts = stored(make_facts(tier=1))
    with pytest.raises(InvalidInput) as refused:
        facts.add(text=text)
    assert refused.value.code == code


LONG = Impose(kind=ConditionKind.EXPIRY, text="365", expires_in_days=365)
WEAK = Compare("evidence.auc", Op.LT, Decimal("0.60"))
OLD_AGE = Compare("validation.age_days", Op.GT, 365)
EFFECTS = st.sampled_from([BLOCK, REFER, LONG, SetTier(tier=1), Inform(text="Note.")])
RULES = st.lists(
    st.tuples(EFFECTS, st.sampled_from([WEAK, OLD_AGE, Compare("use.jurisdiction", Op.EQ, "EU")])), max_size=4
)


@settings(max_examples=60)
@given(
    old=RULES,
    new=RULES,
    rows=st.lists(facts_of(NAMES), min_size=1, max_size=8),
    gone=st.sampled_from([(), ("gone/1#X",)]),
)
def test_pairs_that_stand_for_one_another_have_the_same_effect(
    old: list[tuple[object, Compare]],
    new: list[tuple[object, Compare]],
    rows: list[Facts],
    gone: tuple[str, ...],
) -> None:
    def rules(listed: list[tuple[object, Compare]], ref: str) -> list[object]:
        return [
            make_rule(
                f"r{place}",
                effect,  # type: ignore[arg-type]
                when,
                stage=Stage.TIERING if isinstance(effect, SetTier) else Stage.GATE_APPROVE,
                cites=(f"{ref}#C1", *(gone if place == 1 else ())),
            )
            for place, (effect, when) in enumerate(listed)
        ]

    before = complete_pack(*rules(old, "test/1"))  # type: ignore[arg-type]
    floor = [replace(rule, cites=("test/2#C1",)) for rule in complete_pack().rules]
    after = make_pack(*floor, *rules(new, "test/2"), version="2", supersedes=("test/1",))  # type: ignore[arg-type]
    cases = [Case(key=str(place), facts=row, stage=Stage.GATE_APPROVE) for place, row in enumerate(rows)]
    packs = {"old_packs": [before], "new_packs": [before, after], "as_of": DAY}
    together = pack_impact(**packs, cases=cases)  # type: ignore[arg-type]
    apart = []
    for case in cases:
        was, will = (
            decide(packs=listed, facts=case.facts, stage=case.stage, as_of=DAY)
            for listed in ([before], [before, after])
        )
        apart += traced_effects(keys=[case.key], before=was, after=will)
    assert list(together.effects) == apart


def test_a_withdrawn_pack_rules_until_its_day_and_keeps_its_hash() -> None:
    new = make_pack(version="2", supersedes=("test/1",))
    released = [make_pack(), new]
    assert packs_after(released=released, pack=make_pack(version="3"), withdrawn_from=None)[2].version == "3"
    first, last = packs_after(released=released, pack=new, withdrawn_from=date(2026, 12, 1))
    assert (first.version, last.content_hash) == ("1", new.content_hash)
    assert [last.is_in_force(on=day) for day in (date(2026, 11, 30), date(2026, 12, 1))] == [True, False]


def test_why_a_rule_only_informs() -> None:
    rule, note = make_rule("r", BLOCK), make_rule("n", Inform(text="Note."))
    house = make_pack(rule, note)
    study = make_pack(rule, binding_level=BindingLevel.RESEARCH)
    unread = make_pack(rule, verification=Verification.UNVERIFIED)
    adopting = make_pack(instrument="other", adopts=("test/1",))
    assert informs_because(pack=house, rule=rule, packs=[house]) == ""
    assert informs_because(pack=house, rule=note, packs=[house]) == "it is written to inform"
    assert "does not bind" in informs_because(pack=study, rule=rule, packs=[study])
    assert informs_because(pack=study, rule=rule, packs=[study, adopting]) == ""
    assert "verified" in informs_because(pack=unread, rule=rule, packs=[])


def test_verdicts_tell_where_each_gating_rule_holds() -> None:
    found = judge(packs=PACKS, rows=GOOD, stage=Stage.GATE_USE, as_of=DAY)
    assert {f"{HOUSE.ref}#{rule.id}" for rule in HOUSE.rules if not isinstance(rule.effect, Inform)} <= set(
        found.by_rule
    )
    weak = found.by_rule[f"{HOUSE.ref}#discriminates"]
    assert (weak.true, weak.false & ((1 << len(GOOD)) - 1)) == (0, weak.false)
