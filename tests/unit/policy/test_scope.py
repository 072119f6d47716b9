"""Who is in scope, by the shipped packs and by small ones; the strictest case counts."""

from dataclasses import replace
from datetime import date

import pytest

from registry.domain.vocab import ScopeAnswer, Stage, Verification
from registry.policy.conditions import ALWAYS, Compare, Op
from registry.policy.explain import effect_text
from registry.policy.facts import Facts, unknown
from registry.policy.rules import Inform
from registry.policy.scope import find_scope, scope_packs, stale_packs, weakest_reading
from tests.unit.policy.making import DAY, make_facts, make_pack, make_rule
from tests.unit.policy.shipped import PACKS

BY_REGIME = {pack.instrument: pack for pack in scope_packs(packs=PACKS, on=DAY)}
INSIDE, OUTSIDE = ScopeAnswer.INSIDE, ScopeAnswer.OUTSIDE
UNDETERMINED, NOT_REACHED = ScopeAnswer.UNDETERMINED, ScopeAnswer.NOT_REACHED


GENERATIVE, OTHER, UNREAD = "generative", "other", "unread"


def case(jurisdiction: str, kind: str) -> Facts:
    if kind == UNREAD:
        return make_facts(use__jurisdiction=jurisdiction) | {"model.is_generative": unknown(reason="opaque")}
    return make_facts(use__jurisdiction=jurisdiction, model__is_generative=kind == GENERATIVE)


def test_the_regimes_are_those_in_force_or_announced() -> None:
    assert sorted(BY_REGIME) == ["ca-e-23", "uk-ss1-23", "us-sr-26-2"]
    assert scope_packs(packs=PACKS, on=date(2020, 1, 1)) == tuple(BY_REGIME[key] for key in sorted(BY_REGIME))


@pytest.mark.parametrize(
    ("regime", "jurisdiction", "kind", "answer"),
    [
        ("us-sr-26-2", "US", GENERATIVE, OUTSIDE),
        ("us-sr-26-2", "US", OTHER, INSIDE),
        ("us-sr-26-2", "US", UNREAD, UNDETERMINED),
        ("us-sr-26-2", "EU", GENERATIVE, NOT_REACHED),
        ("uk-ss1-23", "GB", GENERATIVE, INSIDE),
        ("uk-ss1-23", "UK", OTHER, INSIDE),
        ("uk-ss1-23", "UK", UNREAD, INSIDE),
        ("ca-e-23", "CA", GENERATIVE, INSIDE),
        ("ca-e-23", "CA", OTHER, INSIDE),
        ("ca-e-23", "US", OTHER, NOT_REACHED),
    ],
)
def test_each_regime_answers_as_its_text_says(
    regime: str, jurisdiction: str, kind: str, answer: ScopeAnswer
) -> None:
    finding = find_scope(pack=BY_REGIME[regime], cases=[case(jurisdiction, kind)])
    assert finding.answer is answer
    assert finding.reason
    assert finding.cites


def test_generative_ai_is_outside_in_the_united_states_on_the_clauses_that_say_so() -> None:
    finding = find_scope(pack=BY_REGIME["us-sr-26-2"], cases=[case("US", GENERATIVE)])
    assert finding.cites == ("us-sr-26-2/2026-04#FN3-CONTROLS", "us-sr-26-2/2026-04#FN3-OUT")
    assert finding.verification is Verification.VERIFIED
    assert finding.reason == "Outside SR 26-2; the firm's own governance decides the controls."


def test_what_is_not_reached_rests_on_every_rule_that_was_read() -> None:
    finding = find_scope(pack=BY_REGIME["uk-ss1-23"], cases=[case("EU", OTHER)])
    assert finding.cites == tuple(f"uk-ss1-23/2024-05#{name}" for name in ("P1.1", "P1.3", "SCOPE"))
    assert finding.verification is Verification.SECONDARY
    assert finding.reason == "It does not reach any jurisdiction of the model."


def test_the_strictest_case_counts_and_equal_cases_are_kept_once() -> None:
    pack = BY_REGIME["us-sr-26-2"]
    mixed = find_scope(
        pack=pack,
        cases=[case("US", GENERATIVE), case("EU", GENERATIVE), case("US", GENERATIVE), case("US", OTHER)],
    )
    assert mixed.answer is INSIDE
    assert mixed.facts == (
        {"model.is_generative": False, "use.jurisdiction": "US"},
        {"model.is_generative": True, "use.jurisdiction": "EU"},
        {"model.is_generative": True, "use.jurisdiction": "US"},
    )
    unread = find_scope(pack=pack, cases=[case("US", GENERATIVE), case("US", UNREAD)])
    assert unread.answer is UNDETERMINED
    assert unread.reason == (
        "It is not known whether the model generates text, images or code. Until it is, the model counts as inside."
    )


def test_a_model_of_which_nothing_is_known_is_undetermined() -> None:
    finding = find_scope(pack=BY_REGIME["uk-ss1-23"], cases=[])
    assert (finding.answer, finding.facts) == (UNDETERMINED, ())
    assert finding.reason.startswith("Nothing is known of the model.")


def test_how_a_clause_was_read_is_as_good_as_the_worst() -> None:
    cites = ["uk-ss1-23/2024-05#P1.1", "uk-ss1-23/2024-05#SCOPE"]
    assert weakest_reading(packs=PACKS, cites=cites) is Verification.SECONDARY
    assert weakest_reading(packs=PACKS, cites=cites[:1]) is Verification.VERIFIED
    assert weakest_reading(packs=PACKS, cites=["nowhere/1#X"]) is Verification.UNVERIFIED
    assert weakest_reading(packs=PACKS, cites=[]) is Verification.VERIFIED


def test_rescinded_replaced_and_ended_packs_are_stale_and_announced_ones_are_not() -> None:
    assert stale_packs(packs=PACKS, on=DAY) == {"us-sr-11-7/2011-04"}
    old = make_pack(instrument="old", effective_to=DAY)
    kept = replace(old, instrument="kept", effective_to=date(2027, 1, 1))
    gone, newer = make_pack(instrument="gone"), make_pack(instrument="newer", supersedes=("gone/1",))
    assert stale_packs(packs=[old, kept, gone, newer], on=DAY) == {"old/1", "gone/1"}


def test_a_note_that_puts_nobody_in_or_out_is_no_scope_rule() -> None:
    note = make_rule("note", Inform(text="Read it."), stage=Stage.TIERING)
    inside = make_rule("in", Inform(text="It counts.", scope=INSIDE), ALWAYS, stage=Stage.TIERING)
    us = Compare("use.jurisdiction", Op.EQ, "US")
    outside = make_rule("out", Inform(text="It does not.", scope=OUTSIDE), us, stage=Stage.TIERING)
    assert scope_packs(packs=[make_pack(note)], on=DAY) == ()
    assert find_scope(pack=make_pack(note, inside, outside), cases=[case("US", GENERATIVE)]).answer is INSIDE
    assert effect_text(effect=outside.effect.to_json()) == "outside of scope: It does not"
