"""An entity under the floor and what a model does to it, on the example of RBC20.13: 76 before, 140 standardised."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from registry.capital.allocation import AllocationMethod, Portfolio
from registry.capital.floor_report import (
    EffectReport,
    FloorReport,
    euros,
    floor_sentence,
    report_effect,
    report_floor,
    share_text,
)
from registry.capital.output_floor import EntityFloor
from registry.domain.errors import MrmError
from registry.domain.vocab import Provenance

BANK = "Bank X"
STANDARDISED = "the standardised approach"


def portfolio(key: str, pre_floor: str, standardised: str) -> Portfolio:
    return Portfolio(
        key=key,
        pre_floor_rwa_eur=Decimal(pre_floor),
        standardised_rwa_eur=Decimal(standardised),
        provenance=Provenance.DECLARED,
    )


EXAMPLE = [
    portfolio("credit", "62", "124"),
    portfolio("market", "2", "4"),
    portfolio("operational", "12", "12"),
]


def report(jurisdiction: str = "BCBS", on: str = "2028-01-01") -> FloorReport:
    return report_floor(jurisdiction=jurisdiction, as_of=date.fromisoformat(on), portfolios=EXAMPLE)


def effect(
    *, with_model: str, without: str, jurisdiction: str = "BCBS", on: str = "2026-11-20"
) -> EffectReport:
    return report_effect(
        entity_name=BANK,
        jurisdiction=jurisdiction,
        as_of=date.fromisoformat(on),
        portfolios=[replace(EXAMPLE[0], pre_floor_rwa_eur=Decimal(with_model)), *EXAMPLE[1:]],
        portfolio_key="credit",
        rwa_without_eur=Decimal(without),
        instead=STANDARDISED,
    )


def floored(step: EntityFloor | None) -> Decimal | None:
    return None if step is None else step.result.floored_rwa_eur


def test_the_example_goes_through_the_phase_in_with_and_without_the_cap() -> None:
    """RBC90.1 and RBC90.2: 50 % of 140 in 2023 to 72.5 % in 2028; the cap of 1.25 x 76 is 95."""
    path = [
        (step.floor.position.as_of.year, floored(step.floor), floored(step.capped)) for step in report().path
    ]
    assert path == [
        (2023, Decimal(76), Decimal(76)),
        (2024, Decimal(77), Decimal(77)),
        (2025, Decimal(84), Decimal(84)),
        (2026, Decimal(91), Decimal(91)),
        (2027, Decimal(98), Decimal(95)),
        (2028, Decimal("101.5"), None),
    ]


def test_the_example_binds_and_its_add_on_is_spread_to_the_cent() -> None:
    found = report()
    assert found.today is not None
    assert found.may_gate
    assert found.entity.provenance is Provenance.DECLARED
    by_method = {one.method: dict(one.shares_eur) for one in found.allocations}
    # 0.725 x standardised - pre-floor, portfolio by portfolio: 89.9 - 62, 2.9 - 2, 8.7 - 12.
    euler = {"credit": Decimal("27.9"), "market": Decimal("0.9"), "operational": Decimal("-3.3")}
    assert by_method[AllocationMethod.EULER] == euler
    # Add-ons: credit 27.9, market 0.9, operational 0, credit and market 28.8, credit and operational 24.6, market
    # and operational 0, all 25.5. Averaged over the six orders, operational takes (0 + 0 - 0.9 - 3.3 - 3.3 - 3.3) / 6,
    # market (0.9 + 0.9 + 0.9 + 0 + 0.9 + 0.9) / 6, credit the rest.
    assert by_method[AllocationMethod.SHAPLEY] == {
        "credit": Decimal("26.55"),
        "market": Decimal("0.75"),
        "operational": Decimal("-1.8"),
    }
    assert all(sum(shares.values()) == Decimal("25.5") for shares in by_method.values())
    assert floor_sentence(report=found, entity_name=BANK) == (
        "The output floor binds for Bank X at 72.5 % of standardised RWA on 2028-01-01. "
        "Floored RWA are EUR 101.50; the floor adds EUR 25.50 of them."
    )


def test_a_floor_that_does_not_bind_says_from_when_it_will() -> None:
    found = report(on="2023-06-30")
    assert found.binding is not None
    assert found.binding.binds_from == date(2024, 1, 1)
    assert [set(dict(one.shares_eur).values()) for one in found.allocations] == [{0}, {0}]
    assert floor_sentence(report=found, entity_name=BANK).endswith("On flat inputs it binds from 2024-01-01.")
    safe = report_floor(
        jurisdiction="BCBS", as_of=date(2026, 1, 1), portfolios=[portfolio("all", "120", "140")]
    )
    assert "binds on no day" in floor_sentence(report=safe, entity_name=BANK)


@pytest.mark.parametrize(
    ("jurisdiction", "on", "code", "steps"),
    [
        ("Atlantis", "2026-11-20", "CAP003", 0),
        ("UK", "2027-06-30", "CAP030", 0),
        ("BCBS", "2022-12-31", "CAP004", 6),
    ],
)
def test_no_answer_is_never_no_floor(jurisdiction: str, on: str, code: str, steps: int) -> None:
    found = report(jurisdiction, on)
    assert found.refusal is not None
    assert (found.refusal.code, found.today, found.allocations) == (code, None, ())
    assert not found.may_gate
    assert len(found.path) == len(found.citations) == steps or steps == 6
    sentence = floor_sentence(report=found, entity_name=BANK)
    assert sentence.startswith(
        f"Whether the output floor binds for Bank X is not known: {found.refusal.message}."
    )
    unknown = effect(with_model="50", without="124", jurisdiction=jurisdiction, on=on)
    assert unknown.effect is None
    assert "lowers pre-floor RWA by EUR 74; what a floor leaves of it is not known." in unknown.sentence


def test_an_unverified_factor_is_shown_with_its_mark() -> None:
    found = report("Australia")
    assert found.today is not None
    assert floored(found.today.floor) == Decimal("101.5")
    assert not found.may_gate
    mark = "A clause behind it is UNVERIFIED: the floor is shown, and no decision rests on it."
    assert floor_sentence(report=found, entity_name=BANK).endswith(mark)
    assert effect(with_model="50", without="124", jurisdiction="Australia").sentence.endswith(mark)


@pytest.mark.parametrize(
    ("with_model", "without", "saving", "words"),
    [
        # Floor 91; the other portfolios carry 14, so the floor binds while the model's carries less than 77.
        (
            "62",
            "72",
            "0",
            "lowers pre-floor RWA by EUR 10, the floor takes back EUR 10, so it buys no capital.",
        ),
        ("62", "124", "47", "by EUR 62, the floor takes back EUR 15, so RWA fall by EUR 47."),
        ("100", "124", "24", "by EUR 24, and the floor takes back nothing of it."),
        ("124", "124", "0", "the model leaves pre-floor RWA as they are."),
        ("80", "62", "-3", "raises pre-floor RWA by EUR 18; after the floor RWA rise by EUR 3."),
        ("70", "62", "0", "raises pre-floor RWA by EUR 8; after the floor RWA stay as they are."),
    ],
)
def test_what_a_model_buys_after_the_floor(with_model: str, without: str, saving: str, words: str) -> None:
    found = effect(with_model=with_model, without=without)
    assert found.effect is not None
    assert found.effect.floored_saving_eur == Decimal(saving)
    binds = Decimal(with_model) < 77
    verb = "binds" if binds else "does not bind"
    start = f"The output floor {verb} for Bank X at 65 % of standardised RWA on 2026-11-20. Against {STANDARDISED}"
    assert found.sentence.startswith(f"{start}, the model ")
    assert words in found.sentence
    assert found.without_model.entity.pre_floor_rwa_eur == Decimal(without) + 14
    assert ("On flat inputs" in found.sentence) is not binds


def test_too_many_portfolios_leave_out_the_method_that_enumerates() -> None:
    many = [portfolio(str(i), "1", "2") for i in range(13)]
    found = report_floor(jurisdiction="BCBS", as_of=date(2028, 1, 1), portfolios=many)
    assert [one.method for one in found.allocations] == [AllocationMethod.EULER]
    assert [refusal.code for refusal in found.left_out] == ["CAP072"]


def test_no_portfolio_is_refused() -> None:
    with pytest.raises(MrmError, match="CAP070"):
        report_floor(jurisdiction="BCBS", as_of=date(2028, 1, 1), portfolios=[])


def test_words_for_figures() -> None:
    assert [share_text(Decimal(share)) for share in ("0.5", "0.725", "1")] == ["50 %", "72.5 %", "100 %"]
    assert [euros(Decimal(amount)) for amount in ("1234567", "0.5", "10.00", "9.9995")] == [
        *("EUR 1,234,567", "EUR 0.50", "EUR 10", "EUR 10")
    ]
