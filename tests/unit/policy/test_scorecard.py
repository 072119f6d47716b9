"""The weighted sum: worked by hand, unknown where a part is, and never milder than the rules where a regime objects."""

from dataclasses import replace
from decimal import Decimal

import pytest

from registry.domain.errors import InvalidInput
from registry.domain.vocab import BindingLevel, Stage
from registry.policy.diff import pack_diff
from registry.policy.engine import decide
from registry.policy.facts import Facts
from registry.policy.pack import check_packs
from registry.policy.pack_reader import read_pack
from registry.policy.rules import Pack
from registry.policy.scorecard import Band, Scorecard, Standing, scorecard_defects, weigh
from registry.policy.tier_facts import method_facts, read_method
from registry.policy.vocabulary import RELIEF, TIER, WEIGHTED_SUM
from tests.unit.policy.making import DAY, make_facts, make_pack
from tests.unit.policy.shipped import PACKS, having

HOUSE = next(pack for pack in PACKS if pack.instrument == "house")
assert HOUSE.scorecard is not None
CARD: Scorecard = HOUSE.scorecard
OTHERS = tuple(pack for pack in PACKS if pack is not HOUSE)
RULING = (*OTHERS, replace(HOUSE, scorecard=replace(CARD, standing=Standing.RULES)))


def use(
    materiality: str, complexity: str, *, flags: tuple[bool, bool, bool] = (False,) * 3, at: str = "EU"
) -> Facts:
    facing, deciding, capital = flags
    return make_facts(
        use__materiality=materiality, model__complexity=complexity, use__customer_facing=facing,
        use__decides_on_individuals=deciding, use__regulatory_capital=capital, use__jurisdiction=at,
        use__archetype="collections", model__is_generative=False, model__is_vendor=False,
    )  # fmt: skip


def tier(packs: tuple[Pack, ...], facts: Facts) -> int | None:
    reading = read_method(packs=packs, facts=facts, as_of=DAY)
    return decide(
        packs=packs, facts={**facts, **method_facts(reading=reading)}, stage=Stage.TIERING, as_of=DAY
    ).tier


@pytest.mark.parametrize(
    ("facts", "points", "expected"),
    [
        # 40 x 100 + 30 x 100 + 3 x 10 x 100, each over 100
        (use("high", "high", flags=(True, True, True)), "100", 1),
        (use("high", "high"), "70", 1),
        (use("high", "medium"), "55", 2),
        (use("high", "low", flags=(True, False, False)), "50", 2),
        (use("medium", "medium", flags=(False, False, True)), "45", 2),
        (use("high", "low"), "40", 3),
        (use("medium", "low"), "20", 3),
        (use("low", "medium"), "15", 4),
        (use("low", "low"), "0", 4),
    ],
)
def test_the_sum_is_as_worked_by_hand(facts: Facts, points: str, expected: int) -> None:
    score = weigh(scorecard=CARD, facts=facts)
    assert (score.points, score.tier, score.missing) == (Decimal(points), expected, ())


def test_an_unknown_part_gives_no_sum_and_the_strictest_tier() -> None:
    facts = {name: fact for name, fact in use("low", "low").items() if name != "model.complexity"}
    score = weigh(scorecard=CARD, facts=facts)
    assert (score.points, score.tier, score.missing) == (None, None, ("model.complexity",))
    seen = method_facts(reading=read_method(packs=PACKS, facts=facts, as_of=DAY))
    assert seen[WEIGHTED_SUM].value is None
    assert seen[WEIGHTED_SUM].reason == "the sum needs model.complexity"
    assert tier(RULING, facts) == 1


def test_shown_beside_it_changes_no_tier() -> None:
    facts = use("high", "low")
    seen = method_facts(reading=read_method(packs=PACKS, facts=facts, as_of=DAY))
    assert (seen[WEIGHTED_SUM].value, seen[RELIEF].value, TIER in seen) == (3, 0, False)
    assert seen[WEIGHTED_SUM].source == "Weighted sum, 40 of 100 points, pack house/2026-11"
    assert tier(PACKS, facts) == 2


@pytest.mark.parametrize(
    ("jurisdiction", "expected"), [("EU", 3), ("US", 3), ("IN", 2), ("UK", 2), ("GB", 2)]
)
def test_as_the_houses_method_it_is_milder_only_where_no_regime_objects(
    jurisdiction: str, expected: int
) -> None:
    facts = use("high", "low", at=jurisdiction)
    reading = read_method(packs=RULING, facts=facts, as_of=DAY)
    assert reading is not None
    assert reading.stands_alone is (expected == 3)
    assert bool(reading.applying) is (expected == 2)
    assert tier(RULING, facts) == expected


def test_as_the_houses_method_it_makes_the_tier_stricter_everywhere_and_forced_tiers_stand() -> None:
    strict = use("low", "high", flags=(True, False, True))
    assert [tier(RULING, {**strict, **make_facts(use__jurisdiction=at)}) for at in ("EU", "IN")] == [2, 2]
    assert tier(PACKS, having(strict, use__regulatory_capital=False)) == 3
    forced = use("low", "low", flags=(False, False, True))
    assert weigh(scorecard=CARD, facts=forced).tier == 4
    assert tier(RULING, forced) == 2


def test_where_the_jurisdiction_is_unknown_every_regime_objects() -> None:
    facts = {name: fact for name, fact in use("high", "low").items() if name != "use.jurisdiction"}
    reading = read_method(packs=RULING, facts=facts, as_of=DAY)
    assert reading is not None
    assert len(reading.applying) == 2
    assert not reading.stands_alone
    assert tier(RULING, facts) == 2


def test_without_a_scorecard_nothing_is_relieved() -> None:
    assert read_method(packs=OTHERS, facts={}, as_of=DAY) is None
    assert {name: fact.value for name, fact in method_facts(reading=None).items()} == {RELIEF: 0}


FIRST, *REST = CARD.parts
LAST = CARD.parts[-1]
TOO_MANY = {**FIRST.points, "high": Decimal(101)}
SCOPE_RULE = "{id: r, stage: tiering, title: T, when: always, cites: [C1], effect: {inform: %s}}"
HALF_IN = SCOPE_RULE % "{text: A, scope: undetermined}"


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (replace(CARD, parts=tuple(REST)), "weights"),
        (replace(CARD, parts=(replace(FIRST, weight=Decimal(-40)), *REST)), "weights"),
        (replace(CARD, parts=(replace(FIRST, weight=Decimal(20)),) * 2 + tuple(REST)), "weights"),
        (replace(CARD, parts=(replace(FIRST, points={"low": Decimal(0)}), *REST)), "use.materiality"),
        (replace(CARD, parts=(replace(FIRST, points=TOO_MANY), *REST)), "use.materiality"),
        (replace(CARD, parts=(*CARD.parts[:-1], replace(LAST, points={}))), "true"),
        (replace(CARD, bands=CARD.bands[:-1]), "bands"),
        (replace(CARD, bands=(*CARD.bands[:-1], Band(tier=4, at_least=Decimal(5)))), "bands"),
        (replace(CARD, bands=(Band(tier=1, at_least=Decimal(45)), *CARD.bands[1:])), "bands"),
    ],
)  # fmt: skip
def test_a_scorecard_that_is_not_whole_is_refused(card: Scorecard, said: str) -> None:
    assert scorecard_defects(scorecard=CARD) == ()
    (defect,) = scorecard_defects(scorecard=card)
    assert said in defect
    found = [str(item) for item in check_packs(packs=[*OTHERS, replace(HOUSE, scorecard=card)])]
    assert len(found) == 1
    assert found[0].startswith("PAC029")


def test_only_a_house_tiers_and_every_mark_cites_a_clause_that_exists() -> None:
    stranger = replace(make_pack(binding_level=BindingLevel.RESEARCH), scorecard=CARD)
    codes = {item.code for item in check_packs(packs=[*PACKS, stranger])}
    assert codes == {"PAC029"}
    mark = replace(CARD.falls_short[0], cites=("house/2026-11#H99",))
    dangling = replace(HOUSE, scorecard=replace(CARD, falls_short=(mark,)))
    (defect,) = check_packs(packs=[*OTHERS, dangling])
    assert "the scorecard cites `house/2026-11#H99`" in str(defect)


def test_a_change_of_the_scorecard_is_a_change_of_the_pack() -> None:
    ruling, bare = RULING[-1], replace(HOUSE, scorecard=None)
    assert len({HOUSE.content_hash, ruling.content_hash, bare.content_hash}) == 3
    assert list(pack_diff(old=HOUSE, new=ruling).header) == ["scorecard"]
    assert pack_diff(old=bare, new=HOUSE).header["scorecard"][0] is None


TEXT = """\
instrument: sample
version: "1"
title: A sample
binding_level: house
effective_from: "2026-11-01"
clauses:
  - {id: C1, citation: Clause 1, text: Sum it., url: "https://clause.test", verification: VERIFIED}
scorecard:
  title: Sum
  standing: rules
  parts: [{fact: use.customer_facing, weight: "100", points: {"true": "100", "false": "0"}}]
  bands: [{tier: "1", at_least: "50"}, {tier: "4", at_least: "0"}]
  falls_short: [{jurisdictions: [IN], text: It cancels., cites: [C1]}]
  cites: [C1]
rules: []
examples: []
"""


def test_a_scorecard_is_read_as_it_is_written() -> None:
    card = read_pack(text=TEXT, file="sample/1.yaml").scorecard
    assert card is not None
    assert card.to_json() == {
        "title": "Sum",
        "standing": "rules",
        "parts": {"use.customer_facing": {"weight": "100", "points": {"true": "100", "false": "0"}}},
        "bands": {"1": "50", "4": "0"},
        "falls_short": [{"jurisdictions": ["IN"], "text": "It cancels.", "cites": ["sample/1#C1"]}],
        "cites": ["sample/1#C1"],
    }


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("standing: rules", "standing: sometimes", "PAC007"),
        ("fact: use.customer_facing", "fact: use.exposure_eur", "PAC012"),
        ("fact: use.customer_facing", "fact: validation.completed", "PAC012"),
        ('weight: "100"', 'weight: "much"', "PAC008"),
        ('tier: "4"', 'tier: "5"', "PAC008"),
        ("  cites: [C1]\nrules", "  cites: []\nrules", "PAC014"),
        ("rules: []", f"rules: [{HALF_IN}]", "PAC007"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(old: str, new: str, code: str) -> None:
    assert old in TEXT
    with pytest.raises(InvalidInput, match=code):
        read_pack(text=TEXT.replace(old, new), file="sample/1.yaml")
