"""A sound pack, and the same pack with one thing wrong: each refusal names its place."""

import re
from datetime import date
from decimal import Decimal

import pytest

from registry.domain.errors import InvalidInput
from registry.domain.vocab import ConditionKind, Outcome, Stage, Verdict
from registry.policy.conditions import ALWAYS, All, AnyOf, Compare, FactRef, Not, Op
from registry.policy.pack_reader import read_pack
from registry.policy.rules import Block, Direction, Impose, Inform, Refer, Require, SetExplainability, SetTier

SOUND = """\
instrument: sample
version: 2026-11
title: A sample
binding_level: house
effective_from: "2026-11-01"
effective_to: "2027-11-01"
supersedes: [sample/2025-11]
clauses:
  - id: C1
    citation: Clause 1
    text: Hash it.
    url: https://clause.test/1
    verification: VERIFIED
rules:
  - id: hashed
    stage: gate:register
    title: No digest
    when:
      all:
        - {fact: version.artifact_hashed, op: is_false}
        - any:
            - {fact: tier, op: le, value: "2"}
            - not: {fact: use.materiality, op: in, value: [low, medium]}
    effect: {block: Hash it.}
    cites: [C1, other/1#X]
  - id: short
    stage: gate:approve
    title: Explains too little
    when: {fact: evidence.explainability_achieved, op: lt, value: {fact: use.required_explainability}}
    effect:
      condition: {kind: expiry, text: It ends., params: {hard: true, basis: house}, expires_in_days: "90"}
    cites: [C1]
  - id: measured
    stage: requirements
    title: Measured
    when: always
    effect:
      require:
        check: discrimination.auc
        fact: evidence.auc
        thresholds:
          - {metric: auc, direction: at_least, inclusive: false, value: "0.60", verdict: fail, cites: [C1]}
    cites: [C1]
  - {id: t, stage: tiering, title: T, when: always, effect: {set_tier: "2"}, cites: [C1]}
  - {id: l, stage: tiering, title: L, when: always, effect: {set_required_explainability: "3"}, cites: [C1]}
  - {id: r, stage: tiering, title: R, when: always, effect: {refer: Ask.}, cites: [C1]}
  - {id: i, stage: tiering, title: I, when: always, effect: {inform: Note.}, cites: [C1]}
fact_sets:
  plain:
    facts: {version.artifact_hashed: true, evidence.auc: "0.70"}
  other:
    from: plain
    facts: {use.materiality: low}
examples:
  - title: No digest
    stage: gate:register
    from: other
    facts: {version.artifact_hashed: false}
    unknown: [evidence.auc, tier]
    fires: [hashed]
    silent: [short]
    with: [other/1]
    outcome: deny
    tier: "2"
"""


def test_a_sound_pack_is_read_whole() -> None:
    pack = read_pack(text=SOUND, file="sample/2026-11.yaml")
    assert (pack.ref, pack.effective_to, pack.supersedes) == (
        "sample/2026-11",
        date(2027, 11, 1),
        ("sample/2025-11",),
    )
    hashed, short, measured, *rest = pack.rules
    assert hashed.when == All(
        (
            Compare("version.artifact_hashed", Op.IS_FALSE),
            AnyOf((Compare("tier", Op.LE, 2), Not(Compare("use.materiality", Op.IN, ("low", "medium"))))),
        )
    )
    assert (hashed.effect, hashed.cites) == (Block(remedy="Hash it."), ("sample/2026-11#C1", "other/1#X"))
    assert short.when == Compare(
        "evidence.explainability_achieved", Op.LT, FactRef("use.required_explainability")
    )
    assert short.effect == Impose(
        kind=ConditionKind.EXPIRY,
        text="It ends.",
        params={"hard": True, "basis": "house"},
        expires_in_days=90,
    )
    assert isinstance(measured.effect, Require)
    (limit,) = measured.effect.thresholds
    assert (limit.value, limit.direction, limit.inclusive, limit.verdict) == (
        Decimal("0.60"),
        Direction.AT_LEAST,
        False,
        Verdict.FAIL,
    )
    assert measured.when == ALWAYS
    assert [rule.effect for rule in rest] == [
        SetTier(tier=2),
        SetExplainability(level=3),
        Refer(remedy="Ask."),
        Inform(text="Note."),
    ]
    (example,) = pack.examples
    assert {name: fact.value for name, fact in example.facts.items()} == {
        "version.artifact_hashed": False,
        "use.materiality": "low",
    }
    assert (example.stage, example.outcome, example.tier) == (Stage.GATE_REGISTER, Outcome.DENY, 2)
    assert (example.fires, example.silent, example.alongside) == (("hashed",), ("short",), ("other/1",))


def test_layout_and_order_do_not_change_the_hash_but_content_does() -> None:
    pack = read_pack(text=SOUND, file="a")
    again = read_pack(text="# a comment\n" + SOUND.replace("title: A sample", 'title: "A sample"'), file="b")
    assert again.content_hash == pack.content_hash
    moved = read_pack(text=SOUND.replace('"0.60"', '"0.61"'), file="a")
    assert moved.content_hash != pack.content_hash


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("PAC001", "rules:", "rules: ]"),
        ("PAC001", SOUND, ""),
        ("PAC001", "A sample", "A \x00 sample"),
        ("PAC002", "url: https", "url: &u https"),
        ("PAC002", "text: Hash it.", "text: !!str Hash it."),
        ("PAC003", "title: A sample", "title: A sample\ntitle: B"),
        ("PAC004", "title: A sample", "title: A sample\nauthor: me"),
        ("PAC005", "title: A sample\n", ""),
        ("PAC005", "{block: Hash it.}", '{block: Hash it., refer: "x"}'),
        ("PAC005", "check: discrimination.auc", "text: what"),
        ("PAC006", 'effective_from: "2026-11-01"', "effective_from: 2026-11-01"),
        ("PAC006", "version: 2026-11", "version: 1.10"),
        ("PAC006", "instrument: sample", "instrument: no"),
        ("PAC006", 'op: le, value: "2"', "op: le, value: 2"),
        ("PAC006", "title: A sample", "title:"),
        ("PAC006", "title: A sample", "title: [a]"),
        ("PAC006", "title: A sample", "title: true"),
        ("PAC006", "inclusive: false", 'inclusive: "false"'),
        ("PAC006", "cites: [C1]\n  - id: measured", "cites: C1\n  - id: measured"),
        ("PAC006", "facts: {use.materiality: low}", "facts: [low]"),
        ("PAC007", "binding_level: house", "binding_level: strong"),
        ("PAC007", "verdict: fail", "verdict: pass"),
        ("PAC008", 'set_tier: "2"', 'set_tier: "5"'),
        ("PAC008", 'expires_in_days: "90"', 'expires_in_days: "soon"'),
        ("PAC008", 'value: "0.60"', "value: much"),
        ("PAC008", 'value: "0.60"', "value: Infinity"),
        ("PAC009", '"2027-11-01"', '"2027-13-01"'),
        ("PAC010", "fact: tier,", "fact: tear,"),
        ("PAC010", "facts: {use.materiality: low}", "facts: {use.colour: low}"),
        ("PAC011", "stage: gate:approve", "stage: gate:register"),
        ("PAC012", "op: is_false", "op: le"),
        ("PAC012", "op: is_false", "op: is_false, value: x"),
        ("PAC012", 'op: le, value: "2"', "op: le"),
        ("PAC012", 'op: le, value: "2"', "op: le, value: two"),
        ("PAC012", "[low, medium]", "[low, huge]"),
        ("PAC012", "[low, medium]", "[]"),
        ("PAC012", "value: {fact: use.required_explainability}", "value: {fact: use.exposure_eur}"),
        ("PAC012", "when: always\n", "when: {all: []}\n"),
        ("PAC012", "when: always\n", "when: {all: [], any: []}\n"),
        ("PAC012", "when: always\n", "when: {op: le}\n"),
        ("PAC013", "cites: [C1, other/1#X]", "cites: [C2]"),
        ("PAC014", "cites: [C1, other/1#X]", "cites: []"),
        ("PAC015", "id: short", "id: hashed"),
        ("PAC016", "from: other", "from: nowhere"),
        ("PAC016", "fires: [hashed]", "fires: [hash]"),
        ("PAC016", 'evidence.auc: "0.70"', 'evidence.auc: "7"'),
    ],
)
def test_each_defect_is_refused_with_code_and_place(code: str, old: str, new: str) -> None:
    assert old in SOUND
    with pytest.raises(InvalidInput) as refusal:
        read_pack(text=SOUND.replace(old, new, 1), file="sample/2026-11.yaml")
    assert refusal.value.code == code
    assert re.search(r"sample/2026-11\.yaml:\d+:\d+: ", refusal.value.message)
    assert refusal.value.remedy


def test_the_place_is_the_line_and_column_of_the_defect() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_pack(text=SOUND.replace("binding_level: house", "binding_level: strong"), file="f")
    assert (refusal.value.context["line"], refusal.value.context["column"]) == (4, 16)


@pytest.mark.parametrize(
    ("code", "old", "new", "place"),
    [
        ("PAC003", "title: A sample", "title: A sample\ntitle: B", (4, 1)),
        ("PAC004", "title: A sample", "title: A sample\nauthor: me", (4, 1)),
        ("PAC006", 'effective_from: "2026-11-01"', "effective_from: 2026-11-01", (5, 17)),
        ("PAC006", 'op: le, value: "2"', "op: le, value: 2", (22, 43)),
        ("PAC006", "instrument: sample", "instrument: no", (1, 13)),
        ("PAC006", "{hard: true, basis", "{hard: yes, basis", (31, 64)),
        ("PAC007", "stage: tiering, title: T", "stage: tearing, title: T", (44, 20)),
        ("PAC011", "stage: gate:approve", "stage: gate:register", (29, 11)),
    ],
)
def test_what_yaml_would_guess_and_what_nobody_declared_is_refused_at_its_place(
    code: str, old: str, new: str, place: tuple[int, int]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_pack(text=SOUND.replace(old, new, 1), file="f")
    assert (refusal.value.code, refusal.value.context["line"], refusal.value.context["column"]) == (
        code,
        *place,
    )
    assert f"f:{place[0]}:{place[1]}: " in refusal.value.message


def test_examples_and_fact_sets_may_be_sparse() -> None:
    start = SOUND.index("fact_sets:")
    text = SOUND[:start].replace('effective_to: "2027-11-01"\nsupersedes: [sample/2025-11]\n', "")
    pack = read_pack(text=f"{text}examples:\n  - {{title: Bare, stage: tiering}}\n", file="f")
    assert (pack.effective_to, pack.supersedes, pack.adopts) == (None, (), ())
    assert (pack.examples[0].facts, pack.examples[0].outcome, pack.examples[0].tier) == ({}, None, None)
