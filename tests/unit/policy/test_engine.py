from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from registry.domain.errors import InvalidInput
from registry.domain.vocab import (
    BindingLevel,
    ConditionKind,
    Outcome,
    Stage,
    Verdict,
    Verification,
)
from registry.policy.conditions import Compare, Op
from registry.policy.decision import Decision
from registry.policy.engine import decide, packs_in_force
from registry.policy.rules import (
    Direction,
    Effect,
    Impose,
    Inform,
    Require,
    RequirementKind,
    SetExplainability,
    SetTier,
    Threshold,
)
from tests.unit.policy.making import (
    BLOCK,
    DAY,
    REFER,
    complete_pack,
    make_decision,
    make_facts,
    make_pack,
    make_rule,
)

HASHED = Compare("version.artifact_hashed", Op.IS_FALSE)
LIMIT = Impose(kind=ConditionKind.EXPIRY, text="Ends.", expires_in_days=90)


@pytest.mark.parametrize(
    ("effect", "value", "outcome"),
    [
        (BLOCK, True, Outcome.ALLOW),
        (BLOCK, None, Outcome.REFER),
        (BLOCK, False, Outcome.DENY),
        (REFER, True, Outcome.ALLOW),
        (REFER, None, Outcome.REFER),
        (REFER, False, Outcome.REFER),
        (LIMIT, True, Outcome.ALLOW),
        (LIMIT, None, Outcome.ALLOW_WITH_CONDITIONS),
        (LIMIT, False, Outcome.ALLOW_WITH_CONDITIONS),
        (Inform(text="Note."), False, Outcome.ALLOW),
        (Inform(text="Note."), None, Outcome.ALLOW),
    ],
)
def test_each_effect_by_truth(*, effect: Effect, value: bool | None, outcome: Outcome) -> None:
    facts = {} if value is None else make_facts(version__artifact_hashed=value)
    decision = make_decision([complete_pack(make_rule("r", effect, HASHED))], facts)
    assert decision.outcome is outcome
    expected = ("version.artifact_hashed",) if outcome is not Outcome.ALLOW and value is None else ()
    assert decision.missing == expected


def test_the_strictest_tier_and_level_win_and_unknown_takes_the_stricter() -> None:
    high = Compare("use.materiality", Op.EQ, "high")
    pack = complete_pack(
        make_rule("t2", SetTier(tier=2), high, stage=Stage.TIERING),
        make_rule("l4", SetExplainability(level=4), high, stage=Stage.TIERING),
    )
    low = make_decision([pack], make_facts(use__materiality="low"))
    assert (low.tier, low.required_explainability, low.flags) == (3, 2, ())
    unsure = make_decision([pack])
    assert (unsure.tier, unsure.required_explainability) == (2, 4)
    assert unsure.flags == (
        "test/1#l4 was taken as true because use.materiality is unknown.",
        "test/1#t2 was taken as true because use.materiality is unknown.",
    )
    assert unsure.outcome is Outcome.ALLOW


def test_a_tier_given_with_the_facts_counts_only_when_stricter() -> None:
    assert make_decision([complete_pack()], make_facts(tier=1)).tier == 1
    assert make_decision([complete_pack()], make_facts(tier=4)).tier == 3


def test_later_stages_read_the_derived_tier() -> None:
    block = make_rule("b", BLOCK, Compare("tier", Op.LE, 3))
    assert make_decision([complete_pack(block)]).outcome is Outcome.DENY


def test_nothing_in_force_refers() -> None:
    decision = decide(packs=[], facts={}, stage=Stage.GATE_REGISTER, as_of=DAY)
    assert decision.outcome is Outcome.REFER
    assert [reason.text for reason in decision.reasons] == [
        "No rule in force decides at stage tiering.",
        "No rule in force sets a risk tier.",
        "No rule in force sets the explainability required.",
        "No rule in force decides at stage requirements.",
        "No rule in force decides at stage gate:register.",
    ]
    only_tiering = decide(packs=[], facts={}, stage=Stage.TIERING, as_of=DAY)
    assert [reason.text for reason in only_tiering.reasons] == ["No rule in force decides at stage tiering."]


def test_rules_of_later_stages_are_not_run() -> None:
    late = make_rule("late", BLOCK, stage=Stage.GATE_APPROVE)
    assert make_decision([complete_pack(late)]).outcome is Outcome.ALLOW
    assert make_decision([complete_pack(late)], stage=Stage.GATE_APPROVE).outcome is Outcome.DENY


def test_a_rule_that_errs_refers_and_says_why() -> None:
    decision = make_decision(
        [complete_pack(make_rule("bad", LIMIT, Compare("tier", Op.IS_TRUE)))], make_facts(tier=2)
    )
    assert decision.outcome is Outcome.REFER
    assert "cannot be compared" in decision.reasons[0].text


def test_a_clause_that_no_pack_holds_refers_without_softening_a_block() -> None:
    lost = make_rule("lost", SetTier(tier=4), stage=Stage.TIERING, cites=("gone/1#X",))
    decision = make_decision([complete_pack(lost)])
    assert decision.outcome is Outcome.REFER
    assert "which no pack given holds" in decision.reasons[0].text
    block = make_rule("block", BLOCK, cites=("gone/1#X",))
    assert make_decision([complete_pack(block)]).outcome is Outcome.DENY


@pytest.mark.parametrize(
    "level", [BindingLevel.RESEARCH, BindingLevel.RESCINDED, BindingLevel.CONSULTATION_DRAFT]
)
def test_what_does_not_bind_informs_until_a_house_pack_adopts_it(level: BindingLevel) -> None:
    paper = make_pack(
        make_rule("paper-block", BLOCK, cites=("paper/1#C1",)), instrument="paper", binding_level=level
    )
    before = make_decision([complete_pack(), paper])
    assert before.outcome is Outcome.ALLOW
    assert before.informs == (
        {"rule": "paper/1#paper-block", "text": "Title of paper-block", "truth": "true"},
    )
    assert make_decision([replace(complete_pack(), adopts=("paper/1",)), paper]).outcome is Outcome.DENY
    rule_book = replace(complete_pack(), adopts=("paper/1",), binding_level=BindingLevel.RULE)
    assert make_decision([rule_book, paper]).outcome is Outcome.ALLOW


def test_an_unverified_clause_never_gates() -> None:
    shaky = make_pack(
        make_rule("b", BLOCK, cites=("shaky/1#C1",)),
        instrument="shaky",
        binding_level=BindingLevel.LAW,
        verification=Verification.UNVERIFIED,
    )
    decision = make_decision([complete_pack(), shaky])
    assert decision.outcome is Outcome.ALLOW
    assert [item.gates for item in decision.trace if item.rule == "shaky/1#b"] == [False]


def test_dates_and_supersession_choose_the_packs() -> None:
    old = make_pack(make_rule("x", BLOCK), effective_to=date(2027, 1, 1))
    new = make_pack(make_rule("x", BLOCK), version="2", effective_from=DAY, supersedes=("test/1",))
    day_before = date(2026, 11, 21)
    assert [pack.ref for pack in packs_in_force(packs=[new, old], as_of=day_before)] == ["test/1"]
    assert [pack.ref for pack in packs_in_force(packs=[old, new], as_of=DAY)] == ["test/2"]
    assert [pack.ref for pack in packs_in_force(packs=[old], as_of=date(2027, 1, 1))] == []


def test_one_name_for_two_contents_is_refused() -> None:
    with pytest.raises(InvalidInput, match="POL001"):
        make_decision([complete_pack(), complete_pack(make_rule("x", BLOCK))])


def test_citing_what_is_no_longer_in_force_is_flagged() -> None:
    old = make_pack(instrument="old", binding_level=BindingLevel.RESCINDED)
    citing = make_rule("c", LIMIT, cites=("test/1#C1", "old/1#C1"))
    assert make_decision([complete_pack(citing), old]).stale_citations == ("old/1#C1",)
    assert make_decision([complete_pack(make_rule("c", LIMIT))]).stale_citations == ()


def _limit(value: str, verdict: Verdict) -> Threshold:
    return Threshold(
        metric="auc",
        direction=Direction.AT_LEAST,
        inclusive=True,
        value=Decimal(value),
        verdict=verdict,
        cites=("test/1#C1",),
    )


def _check(value: str, seed: str = "7") -> Require:
    return Require(
        kind=RequirementKind.CHECK,
        name="discrimination.auc",
        params={"seed": seed},
        fact="evidence.auc",
        thresholds=(_limit(value, Verdict.FAIL),),
    )


def test_requirements_for_one_check_join_in_one_entry_of_the_plan() -> None:
    asked = [make_rule(name, _check(value), HASHED) for name, value in (("a", "0.60"), ("b", "0.65"))]
    decision = make_decision([complete_pack(*asked)])
    (entry,) = decision.plan
    assert (entry.check, entry.params) == ("discrimination.auc", {"seed": "7"})
    assert [limit["value"] for limit in entry.thresholds] == ["0.60", "0.65"]  # type: ignore[call-overload, index]
    assert entry.rules == ("test/1#a", "test/1#b")
    assert decision.plan_requests() == [
        {"check": entry.check, "params": entry.params, "thresholds": list(entry.thresholds)}
    ]
    assert decision.outcome is Outcome.ALLOW


def test_two_rules_that_disagree_on_a_parameter_refer() -> None:
    asked = [make_rule(name, _check("0.60", seed), HASHED) for name, seed in (("a", "7"), ("b", "8"))]
    decision = make_decision([complete_pack(*asked)])
    assert decision.outcome is Outcome.REFER
    assert decision.reasons[0].text == "Two rules ask for check discrimination.auc with different `seed`."


@pytest.mark.parametrize(("value", "status"), [(None, "unknown"), (True, "met"), (False, "unmet")])
def test_a_requirement_says_whether_it_is_met(*, value: bool | None, status: str) -> None:
    need = Require(
        kind=RequirementKind.SAFEGUARD, name="monitoring", text="Monitor.", fact="safeguard.monitoring"
    )
    facts = {} if value is None else make_facts(safeguard__monitoring=value)
    (found,) = make_decision([complete_pack(make_rule("n", need))], facts).requirements
    assert (found.kind, found.name, found.status) == ("safeguard", "monitoring", status)


def test_a_measured_zero_meets_a_requirement() -> None:
    need = Require(
        kind=RequirementKind.CHECK, name="drift.data", text="Drift.", fact="evidence.data_drift_share"
    )
    facts = make_facts(evidence__data_drift_share="0")
    (found,) = make_decision([complete_pack(make_rule("n", need))], facts).requirements
    assert found.status == "met"


def test_equal_conditions_join_and_only_the_shortest_term_is_kept() -> None:
    longer = replace(LIMIT, expires_in_days=365)
    endless = replace(LIMIT, expires_in_days=None, kind=ConditionKind.SEGMENT)
    rules = [
        make_rule(name, effect) for name, effect in zip("abcd", (LIMIT, LIMIT, longer, endless), strict=True)
    ]
    decision = make_decision([complete_pack(*rules)])
    assert decision.expires_in_days == 90
    assert [(item.kind, item.rules) for item in decision.conditions] == [
        ("expiry", ("test/1#a", "test/1#b")),
        ("segment", ("test/1#d",)),
    ]
    assert make_decision([complete_pack()]).expires_in_days is None


def test_of_two_intervals_for_one_subject_the_shorter_is_kept() -> None:
    def watch(subject: str, every: str) -> Impose:
        return Impose(kind=ConditionKind.MONITORING, text=every, params={"subject": subject, "every": every})

    wanted = [("drift", "month"), ("drift", "quarter"), ("floor", "quarter"), ("drift", "full moon")]
    rules = [make_rule(f"r{index}", watch(*pair)) for index, pair in enumerate(wanted)]
    kept = make_decision([complete_pack(*rules)]).conditions
    assert {(item.params["subject"], item.params["every"]) for item in kept} == set(wanted) - {wanted[1]}


@pytest.mark.parametrize(
    "damage",
    [{"outcome": None}, {"reasons": {}}, {"reasons": ["x"]}, {"reasons": [{"rule": "x"}]}, {"tier": "2"}],
)
def test_a_stored_decision_in_another_form_is_refused(damage: dict[str, object]) -> None:
    data = make_decision([complete_pack()]).to_json()
    data = {key: value for key, value in {**data, **damage}.items() if value is not None}  # type: ignore[dict-item]
    with pytest.raises(InvalidInput, match="DEC001"):
        Decision.from_json(data)
