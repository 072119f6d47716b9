"""The output floor against the published example and the worked ones of the oracle's README."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.capital.floor_base import EntityRwa, RwaLine, compose_base
from registry.capital.output_floor import (
    FloorTerms,
    binding_date,
    entity_floor,
    floor_path,
    floored_rwa,
)
from registry.capital.own_funds import OwnFunds, own_funds_adjustment
from registry.domain.errors import InvalidInput, MrmError, NotFound
from registry.domain.vocab import Provenance
from tests.oracle.capital.formulas import rows

EXAMPLE = {row["row"]: row for row in rows("output_floor_example.csv")}
RISKS = {
    "of which Asset Class A": ("credit", "SA"),
    "of which Asset Class B": ("credit", "SA"),
    "of which Asset Class C (not modelled)": ("credit", "SA"),
    "Market risk": ("market", "SA"),
    "Operational risk (not modelled)": ("operational", "SMA"),
}
AMOUNTS = st.decimals(min_value=0, max_value=10**12, places=2)


def line(name: str, **changes: object) -> RwaLine:
    values: dict[str, object] = {
        "risk": RISKS[name][0],
        "portfolio_key": name,
        "pre_floor_rwa_eur": Decimal(EXAMPLE[name]["pre_floor_rwa"]),
        "standardised_rwa_eur": Decimal(EXAMPLE[name]["standardised_rwa"]),
        "standardised_approach": RISKS[name][1],
        "provenance": Provenance.DECLARED,
    }
    return RwaLine(**(values | changes))  # type: ignore[arg-type]


def bank(pre_floor: str = "76", standardised: str = "140") -> EntityRwa:
    return EntityRwa(
        pre_floor_rwa_eur=Decimal(pre_floor),
        standardised_rwa_eur=Decimal(standardised),
        provenance=Provenance.ASSUMED,
    )


def own_funds(**changes: Decimal) -> OwnFunds:
    terms = {
        "irb_tier_2_eur": Decimal(20),
        "irb_cet1_eur": Decimal(15),
        "general_adjustments_eur": Decimal(40),
        "standardised_tier_2_eur": Decimal(30),
    }
    return OwnFunds(**(terms | changes))


def test_published_example_row_by_row() -> None:
    entity = compose_base(lines=[line(name) for name in RISKS])
    shown = {step.quantity.rsplit(" (", 1)[0]: step.value for step in entity.steps}
    for name in RISKS:
        assert shown[name] == EXAMPLE[name]["standardised_rwa"]
    assert entity.pre_floor_rwa_eur == Decimal(EXAMPLE["Total RWA"]["pre_floor_rwa"])
    assert entity.standardised_rwa_eur == Decimal(EXAMPLE["Total RWA"]["standardised_rwa"])
    floor = entity_floor(jurisdiction="BCBS", as_of=date(2028, 1, 1), entity=entity)
    assert floor.result.floor_eur == Decimal(EXAMPLE["Total RWA"]["floor_72_5_pct"])
    assert floor.result.floored_rwa_eur == Decimal("101.5")
    assert floor.result.add_on_eur == floor.result.distance_eur == Decimal("25.5")
    assert floor.result.pre_floor_share_of_standardised == Decimal(76) / Decimal(140)
    assert floor.may_gate
    assert floor.provenance is Provenance.DECLARED
    assert {citation.source for citation in floor.citations} >= {"RBC20.11(1)", "RBC20.11(7)"}


def test_published_example_under_the_cap() -> None:
    terms = FloorTerms(multiplier=Decimal("0.725"), cap_multiple=Decimal("1.25"))
    result = floored_rwa(pre_floor_rwa_eur=Decimal(76), standardised_rwa_eur=Decimal(140), terms=terms)
    assert (result.floored_rwa_eur, result.is_capped, result.cap_eur) == (Decimal(95), True, Decimal(95))


def test_phase_in_with_and_without_cap() -> None:
    path = floor_path(jurisdiction="BCBS", entity=bank())
    assert [f.result.floored_rwa_eur for f in path] == [76, 77, 84, 91, 98, Decimal("101.5")]
    assert [f.result.floor_eur for f in path][:2] == [70, 77]
    capped = floor_path(jurisdiction="BCBS", entity=bank(), with_transitional_cap=True)
    assert [f.result.floored_rwa_eur for f in capped[:5]] == [76, 77, 84, 91, 95]
    assert "BIS Basel Framework RBC90.2" in {c.source for c in capped[4].citations}


@pytest.mark.parametrize(
    ("jurisdiction", "as_of", "entity", "with_cap", "floored"),
    [
        ("EU", date(2026, 6, 30), ("70", "140"), False, "77"),
        ("EU", date(2029, 6, 30), ("70", "140"), False, "98"),
        ("EU", date(2029, 6, 30), ("70", "140"), True, "87.5"),
        ("Canada", date(2026, 6, 30), ("76", "140"), False, "94.5"),
        ("US", date(2026, 12, 1), ("76", "140"), False, "140"),
        ("US", date(2026, 12, 1), ("150", "140"), False, "150"),
    ],
)
def test_worked_examples_by_jurisdiction(
    jurisdiction: str, as_of: date, entity: tuple[str, str], with_cap: object, floored: str
) -> None:
    floor = entity_floor(
        jurisdiction=jurisdiction, as_of=as_of, entity=bank(*entity), with_transitional_cap=bool(with_cap)
    )
    assert floor.result.floored_rwa_eur == Decimal(floored)


@pytest.mark.parametrize(("year", "floored"), [(2027, "1502.5"), (2030, "1802.5")])
def test_own_funds_adjustment_example(year: int, floored: str) -> None:
    floor = entity_floor(
        jurisdiction="UK",
        as_of=date(year, 1, 1),
        entity=bank("1300", "2400"),
        own_funds=own_funds(),
    )
    assert floor.adjustment is not None
    assert floor.adjustment.adjustment_eur == Decimal("62.5")
    assert floor.adjustment.general_adjustments_counted_eur == Decimal(30)
    assert not floor.adjustment.limits_checked
    assert floor.result.floored_rwa_eur == Decimal(floored)


def test_own_funds_limits_are_checked_where_they_can_be() -> None:
    terms = own_funds(irb_credit_rwa_eur=Decimal(4000), standardised_credit_rwa_eur=Decimal(2400))
    day = date(2027, 1, 1)
    floor = entity_floor(jurisdiction="UK", as_of=day, entity=bank("1300", "2400"), own_funds=terms)
    assert floor.adjustment is not None
    assert floor.adjustment.limits_checked
    above = own_funds(irb_credit_rwa_eur=Decimal(3000))
    with pytest.raises(InvalidInput, match="CAP032"):
        entity_floor(jurisdiction="UK", as_of=day, entity=bank("1300", "2400"), own_funds=above)


def test_a_jurisdiction_without_an_adjustment_has_none() -> None:
    with pytest.raises(NotFound, match="CAP005"):
        own_funds_adjustment(jurisdiction="EU", own_funds=own_funds(), standardised_rwa_eur=Decimal(2400))


def test_a_worse_shortfall_lowers_the_floored_figure() -> None:
    """Floored RWA is not monotone once provisions adjust the floor."""
    figures = [
        entity_floor(
            jurisdiction="UK",
            as_of=date(2030, 1, 1),
            entity=bank("1300", "2400"),
            own_funds=own_funds(irb_cet1_eur=shortfall),
        ).result.floored_rwa_eur
        for shortfall in (Decimal(15), Decimal(16))
    ]
    assert figures[1] < figures[0]


@pytest.mark.parametrize(
    ("jurisdiction", "day", "funds", "code"),
    [
        ("UK", date(2027, 1, 1), None, "CAP030"),
        ("EU", date(2027, 1, 1), own_funds(), "CAP031"),
        ("UK", date(2026, 1, 1), None, "CAP004"),
        ("Atlantis", date(2026, 1, 1), None, "CAP004"),
        ("UK", date(2027, 1, 1), own_funds(irb_cet1_eur=Decimal(-1)), "CAP020"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    jurisdiction: str, day: date, funds: OwnFunds | None, code: str
) -> None:
    with pytest.raises(MrmError) as refusal:
        entity_floor(jurisdiction=jurisdiction, as_of=day, entity=bank(), own_funds=funds)
    assert refusal.value.code == code
    assert refusal.value.remedy


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("of which Asset Class A", {"standardised_approach": "A-IRB"}, "CAP010"),
        ("of which Asset Class A", {"standardised_approach": "slotting"}, "CAP010"),
        ("Market risk", {"standardised_approach": "IMA"}, "CAP010"),
        ("Market risk", {"standardised_approach": "tea leaves"}, "CAP011"),
        ("Operational risk (not modelled)", {"pre_floor_rwa_eur": Decimal(11)}, "CAP012"),
        ("Market risk", {"pre_floor_rwa_eur": Decimal("NaN")}, "CAP020"),
    ],
)
def test_the_base_refuses_what_may_not_stand_in_it(name: str, changes: dict[str, object], code: str) -> None:
    compose_base(lines=[line(name)])
    with pytest.raises(InvalidInput) as refusal:
        compose_base(lines=[line(name, **changes)])
    assert refusal.value.code == code


def test_a_banned_approach_is_refused_with_its_clause_and_the_way_out() -> None:
    with pytest.raises(InvalidInput) as refusal:
        compose_base(lines=[line("Market risk", standardised_approach="IMA")])
    assert refusal.value.context["source"] == "RBC20.11(5)"
    assert "simplified SA" in refusal.value.remedy
    with pytest.raises(InvalidInput, match="CAP013"):
        compose_base(lines=[])


def test_the_day_from_which_it_binds_on_flat_inputs() -> None:
    first = binding_date(jurisdiction="BCBS", as_of=date(2023, 3, 1), entity=bank())
    assert (first.binds_from, first.already_binds) == (date(2024, 1, 1), False)
    now = binding_date(jurisdiction="BCBS", as_of=date(2026, 11, 22), entity=bank())
    assert (now.binds_from, now.already_binds) == (date(2026, 11, 22), True)
    never = binding_date(jurisdiction="BCBS", as_of=date(2026, 11, 22), entity=bank("140"))
    assert (never.binds_from, never.already_binds) == (None, False)
    assert len(never.path) == 3
    ahead = binding_date(jurisdiction="EU", as_of=date(2020, 1, 1), entity=bank())
    assert ahead.binds_from == date(2026, 1, 1)
    with pytest.raises(NotFound, match="CAP003"):
        binding_date(jurisdiction="Atlantis", as_of=date(2026, 1, 1), entity=bank())


def test_an_unverified_factor_is_shown_and_does_not_gate() -> None:
    floor = entity_floor(jurisdiction="Hong Kong", as_of=date(2026, 11, 22), entity=bank())
    assert floor.result.floored_rwa_eur == 77
    assert not floor.may_gate


def test_one_weak_line_weakens_the_whole() -> None:
    lines = [
        line("Market risk", provenance=Provenance.MEASURED),
        line("of which Asset Class A", provenance=Provenance.ASSUMED),
        line("of which Asset Class B", provenance=Provenance.DERIVED),
    ]
    entity = compose_base(lines=lines)
    assert entity.provenance is Provenance.ASSUMED
    verified = entity_floor(jurisdiction="BCBS", as_of=date(2026, 1, 1), entity=entity)
    assert verified.may_gate
    unverified = entity_floor(jurisdiction="Switzerland", as_of=date(2026, 1, 1), entity=entity)
    assert [c.may_gate for c in unverified.citations] == [False, True, True]
    assert not unverified.may_gate


def test_nothing_on_the_base_has_no_ratio() -> None:
    floor = entity_floor(jurisdiction="EU", as_of=date(2026, 1, 1), entity=bank("0", "0"))
    assert floor.result.pre_floor_share_of_standardised is None
    assert not floor.result.is_binding


@given(low=AMOUNTS, more=AMOUNTS, standardised=AMOUNTS, share=st.decimals(0, 1, places=3))
def test_without_adjustment_the_floor_is_monotone(
    low: Decimal, more: Decimal, standardised: Decimal, share: Decimal
) -> None:
    for cap in (None, Decimal("1.25")):
        terms = FloorTerms(multiplier=share, cap_multiple=cap)

        def floored(pre: Decimal, std: Decimal, terms: FloorTerms = terms) -> Decimal:
            return floored_rwa(pre_floor_rwa_eur=pre, standardised_rwa_eur=std, terms=terms).floored_rwa_eur

        base = floored(low, standardised)
        assert base >= low
        assert floored(low + more, standardised) >= base
        assert floored(low, standardised + more) >= base


@given(pre_floor=AMOUNTS, standardised=AMOUNTS, share=st.decimals(0, 1, places=3))
def test_it_binds_exactly_when_the_ratio_is_below_the_share(
    pre_floor: Decimal, standardised: Decimal, share: Decimal
) -> None:
    result = floored_rwa(
        pre_floor_rwa_eur=pre_floor,
        standardised_rwa_eur=standardised,
        terms=FloorTerms(multiplier=share),
    )
    assert result.is_binding is (pre_floor < share * standardised)
    assert result.floored_rwa_eur - result.add_on_eur == pre_floor
