"""Allocation of the add-on, marginal effect of a model, the model-level floor."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.capital.allocation import (
    AllocationMethod,
    Portfolio,
    allocate_add_on,
    apportion,
    entity_totals,
    marginal_effect,
)
from registry.capital.model_floor import ObligorRwa, model_floor
from registry.capital.output_floor import FloorTerms
from registry.domain.errors import MrmError
from registry.domain.vocab import Provenance

HALF = FloorTerms(multiplier=Decimal("0.5"))
EULER, SHAPLEY = AllocationMethod.EULER, AllocationMethod.SHAPLEY
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)


def portfolio(key: str, pre_floor: str, standardised: str) -> Portfolio:
    return Portfolio(
        key=key,
        pre_floor_rwa_eur=Decimal(pre_floor),
        standardised_rwa_eur=Decimal(standardised),
        provenance=Provenance.ASSUMED,
    )


PAIR = [portfolio("A", "10", "60"), portfolio("B", "30", "40")]


def test_two_portfolios_worked_by_hand() -> None:
    euler = allocate_add_on(portfolios=PAIR, terms=HALF, method=EULER)
    assert euler.shares_eur == (("A", Decimal(20)), ("B", Decimal(-10)))
    shapley = allocate_add_on(portfolios=PAIR, terms=HALF, method=SHAPLEY)
    assert shapley.shares_eur == (("A", Decimal(15)), ("B", Decimal(-5)))
    assert euler.add_on_eur == shapley.add_on_eur == 10
    assert euler.provenance is Provenance.ASSUMED


def test_under_the_cap_each_takes_in_proportion_to_its_own_rwa() -> None:
    terms = FloorTerms(multiplier=Decimal("0.725"), cap_multiple=Decimal("1.25"))
    capped = allocate_add_on(
        portfolios=[portfolio("A", "50", "128"), portfolio("B", "26", "12")], terms=terms, method=EULER
    )
    assert capped.shares_eur == (("A", Decimal("12.5")), ("B", Decimal("6.5")))


def test_the_added_term_belongs_to_the_entity() -> None:
    terms = FloorTerms(multiplier=Decimal("0.5"), adjustment_eur=Decimal("2.5"))
    result = allocate_add_on(portfolios=PAIR, terms=terms, method=EULER)
    assert result.entity_level_eur == Decimal("2.5")
    assert result.add_on_eur == Decimal("12.5")


def test_off_the_floor_nobody_takes_anything() -> None:
    result = allocate_add_on(portfolios=[portfolio("A", "9", "10")], terms=HALF, method=EULER)
    assert result.shares_eur == (("A", Decimal(0)),)


@settings(max_examples=60)
@given(
    amounts=st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=4),
    share=st.decimals(0, 1, places=3),
    cap=st.sampled_from([None, Decimal("1.25")]),
    adjustment=st.decimals(-(10**6), 10**6, places=2),
    method=st.sampled_from(AllocationMethod),
)
def test_allocations_sum_to_the_add_on_exactly(
    amounts: list[tuple[Decimal, Decimal]],
    share: Decimal,
    cap: Decimal | None,
    adjustment: Decimal,
    method: AllocationMethod,
) -> None:
    portfolios = [portfolio(str(i), str(pre), str(std)) for i, (pre, std) in enumerate(amounts)]
    terms = FloorTerms(multiplier=share, cap_multiple=cap, adjustment_eur=adjustment)
    result = allocate_add_on(portfolios=portfolios, terms=terms, method=method)
    parts = [amount for _, amount in result.shares_eur]
    assert sum(parts) + result.entity_level_eur == result.add_on_eur
    assert abs(result.add_on_eur - result.floor.add_on_eur) <= Decimal("0.005")


def test_largest_remainders_first() -> None:
    third = Fraction(1, 3)
    assert apportion(exact=[third, third, third], total_eur=Decimal("1.00")) == (
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.33"),
    )
    later = apportion(exact=[Fraction(1, 400), Fraction(3, 400)], total_eur=Decimal("0.01"))
    assert later == (Decimal("0.00"), Decimal("0.01"))
    with pytest.raises(MrmError, match="CAP074"):
        apportion(exact=[third], total_eur=Decimal(2))


@pytest.mark.parametrize(
    ("portfolios", "code"),
    [
        ([], "CAP070"),
        ([PAIR[0], PAIR[0]], "CAP071"),
        ([portfolio(str(i), "1", "2") for i in range(13)], "CAP072"),
    ],
)
def test_bad_sets_of_portfolios_are_refused(portfolios: list[Portfolio], code: str) -> None:
    with pytest.raises(MrmError) as refusal:
        allocate_add_on(portfolios=portfolios, terms=HALF, method=SHAPLEY)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("with_model", "without_model", "saving", "words"),
    [
        ("50", "60", "0", "buys no capital"),
        ("50", "90", "14.5", "The output floor takes EUR 25.50 of the EUR 40.00"),
        ("90", "95", "5", "does not bind"),
        ("95", "90", "-5", "raises pre-floor RWA"),
    ],
)
def test_what_a_model_buys(with_model: str, without_model: str, saving: str, words: str) -> None:
    """Standardised 140 at 0.725 is a floor of 101.5; the other portfolio carries 26 before the floor."""
    effect = marginal_effect(
        portfolios=[portfolio("cards", "50", "100"), portfolio("rest", "26", "40")],
        portfolio_key="cards",
        rwa_with_model_eur=Decimal(with_model),
        rwa_without_model_eur=Decimal(without_model),
        terms=FloorTerms(multiplier=Decimal("0.725")),
    )
    assert effect.floored_saving_eur == Decimal(saving)
    assert effect.pre_floor_saving_eur == Decimal(without_model) - Decimal(with_model)
    assert effect.lost_to_floor_eur == effect.pre_floor_saving_eur - effect.floored_saving_eur
    assert effect.is_neutralised is (saving == "0")
    assert words in effect.summary


def test_an_unknown_portfolio_is_refused() -> None:
    entity_totals(portfolios=PAIR, terms=HALF)
    with pytest.raises(MrmError, match="CAP073"):
        marginal_effect(
            portfolios=PAIR,
            portfolio_key="C",
            rwa_with_model_eur=Decimal(1),
            rwa_without_model_eur=Decimal(2),
            terms=HALF,
        )


def obligor(key: str, model: str, benchmark: str) -> ObligorRwa:
    return ObligorRwa(
        key=key,
        model_rwa_eur=Decimal(model),
        benchmark_rwa_eur=Decimal(benchmark),
        provenance=Provenance.MEASURED,
    )


def test_model_level_floor_names_the_obligors_that_drive_it() -> None:
    sample = [obligor("a", "10", "40"), obligor("b", "30", "35"), obligor("c", "20", "25")]
    result = model_floor(obligors=sample, required_share=Decimal("0.8"), drivers=2)
    assert result.share_of_benchmark == Decimal("0.6")
    assert (result.floor_eur, result.shortfall_eur, result.floored_rwa_eur) == (
        Decimal(80),
        Decimal(20),
        Decimal(80),
    )
    assert result.is_binding
    assert [driver.key for driver in result.drivers] == ["a", "b"]
    loose = model_floor(obligors=sample, required_share=Decimal("0.6"), drivers=0)
    assert not loose.is_binding
    with pytest.raises(MrmError, match="CAP080"):
        model_floor(obligors=[obligor("a", "1", "0")], required_share=Decimal(1), drivers=1)
