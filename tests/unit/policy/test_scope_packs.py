"""Which instrument reaches a model, and what becomes of a citation to a rescinded one."""

from dataclasses import replace
from datetime import date

import pytest

from registry.domain.vocab import Outcome, Stage
from registry.policy.engine import decide
from tests.unit.policy.making import BLOCK, DAY, make_facts, make_rule
from tests.unit.policy.shipped import PACKS

MAY_2027 = date(2027, 5, 1)


@pytest.mark.parametrize(
    ("jurisdiction", "as_of", "told"),
    [
        ("US", DAY, {"us-sr-26-2/2026-04#generative-outside"}),
        ("UK", DAY, {"uk-ss1-23/2024-05#generative-inside", "uk-ss1-23/2024-05#model-inside"}),
        ("CA", DAY, set()),
        ("CA", MAY_2027, {"ca-e-23/2027-05#generative-inside", "ca-e-23/2027-05#model-inside"}),
        ("EU", MAY_2027, set()),
    ],
)
def test_where_generative_ai_is_inside(jurisdiction: str, as_of: date, told: set[str]) -> None:
    facts = make_facts(use__jurisdiction=jurisdiction, model__is_generative=True)
    decision = decide(packs=PACKS, facts=facts, stage=Stage.TIERING, as_of=as_of)
    assert {str(note["rule"]) for note in decision.informs if isinstance(note, dict)} == told
    assert decision.outcome is Outcome.ALLOW
    assert decision.stale_citations == ()


def test_a_citation_to_a_rescinded_instrument_is_flagged() -> None:
    house = next(pack for pack in PACKS if pack.instrument == "house")
    cites = ("us-sr-11-7/2011-04#V", "us-sr-26-2/2026-04#LETTER")
    older = replace(house, version="old", rules=(*house.rules, make_rule("yearly", BLOCK, cites=cites)))
    packs = [*(pack for pack in PACKS if pack != house), older]
    decision = decide(packs=packs, facts={}, stage=Stage.GATE_REGISTER, as_of=DAY)
    assert decision.stale_citations == ("us-sr-11-7/2011-04#V",)
    assert "us-sr-11-7/2011-04" not in {f"{ref.instrument}/{ref.version}" for ref in decision.packs}
