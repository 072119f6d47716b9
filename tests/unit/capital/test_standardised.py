"""Standardised weights, slots, conversion factors, operational risk and market-risk gates."""

from decimal import Decimal

import pytest

from registry.capital.market_risk import attribution_zone, backtest_zone
from registry.capital.operational_risk import loss_multiplier, operational_risk
from registry.capital.standardised import convert_off_balance, mortgage_rwa, slotting_rwa, standardised_rwa
from registry.domain.errors import MrmError

HUNDRED = Decimal(100)


@pytest.mark.parametrize(
    ("jurisdiction", "exposure_class", "grade", "rwa", "gates"),
    [
        ("BCBS", "retail_qrre_revolver", "regulatory", 75, False),
        ("BCBS", "retail_qrre_transactor", "regulatory", 45, False),
        ("EU", "retail_qrre_revolver", "regulatory", 75, True),
        ("UK", "retail_qrre_transactor", "regulatory", 45, True),
        ("UK", "corporate_sme", "unrated", 85, True),
        ("UK", "corporate", "unrated", 100, True),
        ("BCBS", "equity", "speculative", 400, True),
    ],
)
def test_weights(jurisdiction: str, exposure_class: str, grade: str, rwa: int, gates: object) -> None:
    result = standardised_rwa(
        jurisdiction=jurisdiction, exposure_class=exposure_class, grade=grade, ead_eur=HUNDRED
    )
    assert result.rwa_eur == rwa
    assert result.may_gate is gates


@pytest.mark.parametrize(("ltv", "rwa"), [("0.5", 20), ("0.51", 25), ("0.8", 30), ("1", 50), ("1.3", 70)])
def test_mortgages_by_loan_to_value(ltv: str, rwa: int) -> None:
    result = mortgage_rwa(
        jurisdiction="BCBS",
        exposure_class="retail_mortgage",
        ltv_share=Decimal(ltv),
        ead_eur=HUNDRED,
    )
    assert result.rwa_eur == rwa


def test_what_the_tables_do_not_hold_is_refused() -> None:
    with pytest.raises(MrmError, match="CAP060"):
        standardised_rwa(jurisdiction="BCBS", exposure_class="retail_mortgage", grade="ltv", ead_eur=HUNDRED)
    with pytest.raises(MrmError, match="CAP060"):
        mortgage_rwa(jurisdiction="BCBS", exposure_class="bank", ltv_share=Decimal(1), ead_eur=HUNDRED)
    with pytest.raises(MrmError, match="CAP061"):
        slotting_rwa(jurisdiction="BCBS", kind="hvcre", category="superb", ead_eur=HUNDRED)
    with pytest.raises(MrmError, match="CAP062"):
        convert_off_balance(jurisdiction="BCBS", item="promise", notional_eur=HUNDRED)


def test_a_satisfactory_slot() -> None:
    result = slotting_rwa(jurisdiction="BCBS", kind="non_hvcre", category="satisfactory", ead_eur=HUNDRED)
    assert (result.rwa_eur, result.expected_loss_eur) == (Decimal(115), Decimal("2.8"))


def test_conversion_takes_the_lower_of_two() -> None:
    card = convert_off_balance(jurisdiction="BCBS", item="unconditionally_cancellable", notional_eur=HUNDRED)
    assert card.ead_eur == 10
    promised = convert_off_balance(
        jurisdiction="BCBS",
        item="other_commitment",
        underlying_item="short_term_trade_letter",
        notional_eur=HUNDRED,
    )
    assert promised.conversion_factor_share == Decimal("0.20")


def test_indicator_component_of_thirty_five_billion() -> None:
    result = operational_risk(business_indicator_eur=Decimal(35 * 10**9), average_annual_loss_eur=Decimal(0))
    assert result.indicator_component_eur == Decimal(5_370_000_000)
    assert result.bucket == 3
    assert float(result.loss_multiplier) == pytest.approx(0.541325, abs=1e-6)


@pytest.mark.parametrize(
    ("ratio", "multiplier"),
    [("0", 0.541325), ("0.5", 0.829700), ("1", 1.0), ("2", 1.241090), ("4", 1.558085)],
)
def test_loss_multiplier(ratio: str, multiplier: float) -> None:
    assert float(loss_multiplier(loss_ratio=Decimal(ratio))) == pytest.approx(multiplier, abs=1e-6)


def test_the_first_bucket_ignores_losses() -> None:
    result = operational_risk(business_indicator_eur=Decimal(10**9), average_annual_loss_eur=Decimal(10**8))
    assert (result.bucket, result.loss_multiplier) == (1, Decimal(1))
    assert result.rwa_eur == Decimal(1_500_000_000)


@pytest.mark.parametrize(
    ("exceptions", "zone", "multiplier"),
    [
        (0, "green", "1.5"),
        (4, "green", "1.5"),
        (5, "amber", "1.70"),
        (7, "amber", "1.83"),
        (9, "amber", "1.92"),
        (10, "red", "2"),
        (40, "red", "2"),
    ],
)
def test_backtesting_multiplier(exceptions: int, zone: str, multiplier: str) -> None:
    result = backtest_zone(exceptions=exceptions)
    assert (result.zone, result.multiplier) == (zone, Decimal(multiplier))


@pytest.mark.parametrize(
    ("jurisdiction", "spearman", "ks", "was_standardised", "zone"),
    [
        ("BCBS", "0.81", "0.08", False, "green"),
        ("BCBS", "0.80", "0.08", False, "amber"),
        ("BCBS", "0.90", "0.12", True, "amber"),
        ("BCBS", "0.90", "0.13", False, "red"),
        ("BCBS", "0.69", "0.01", False, "red"),
        ("EU", "0.75", "0.10", True, "orange"),
        ("EU", "0.75", "0.10", False, "yellow"),
    ],
)
def test_attribution_zone(
    jurisdiction: str, spearman: str, ks: str, was_standardised: object, zone: str
) -> None:
    result = attribution_zone(
        jurisdiction=jurisdiction,
        spearman=Decimal(spearman),
        kolmogorov_smirnov=Decimal(ks),
        was_standardised=bool(was_standardised),
    )
    assert result.zone == zone


@pytest.mark.parametrize(
    ("jurisdiction", "spearman", "code"), [("BCBS", "NaN", "CAP091"), ("UK", "0.9", "CAP092")]
)
def test_attribution_without_an_answer_is_refused(jurisdiction: str, spearman: str, code: str) -> None:
    with pytest.raises(MrmError) as refusal:
        attribution_zone(
            jurisdiction=jurisdiction,
            spearman=Decimal(spearman),
            kolmogorov_smirnov=Decimal(0),
            was_standardised=False,
        )
    assert refusal.value.code == code


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(MrmError, match="CAP090"):
        backtest_zone(exceptions=-1)
