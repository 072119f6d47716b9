"""Input floors, blended LGD and the exposure floor, against the worked values of the oracle's README."""

from decimal import Decimal

import pytest

from registry.capital.irb_floors import (
    Collateral,
    ead_floor,
    input_floors,
    irb_parameter,
    own_lgd_floor,
    supervisory_lgd,
)
from registry.domain.errors import MrmError

PROPERTY = Collateral(kind="real_estate", value_eur=Decimal(100))


@pytest.mark.parametrize(
    ("jurisdiction", "exposure_class", "pd_12m", "lgd_share"),
    [
        ("BCBS", "corporate", 0.0005, 0.25),
        ("BCBS", "retail_qrre_revolver", 0.001, 0.5),
        ("BCBS", "retail_qrre_transactor", 0.0005, 0.5),
        ("BCBS", "retail_mortgage", 0.0005, 0.05),
        ("BCBS", "retail_other", 0.0005, 0.3),
        ("BCBS", "sovereign", 0.0, 0.0),
        ("UK", "retail_mortgage", 0.001, 0.05),
        ("EU", "retail_qrre_revolver", 0.001, 0.5),
    ],
)
def test_floors_of_the_classes(
    jurisdiction: str, exposure_class: str, pd_12m: float, lgd_share: float
) -> None:
    floors = input_floors(jurisdiction=jurisdiction, exposure_class=exposure_class)
    assert (floors.pd_12m, floors.lgd_share) == (pd_12m, lgd_share)
    assert all(c.may_gate for c in floors.citations) is (jurisdiction != "EU")


def test_a_class_without_own_lgd_has_a_pd_floor_only() -> None:
    floors = input_floors(jurisdiction="BCBS", exposure_class="bank", own_lgd=False)
    assert (floors.pd_12m, floors.lgd_share) == (0.0005, 0.0)
    with pytest.raises(MrmError, match="CAP045"):
        input_floors(jurisdiction="BCBS", exposure_class="bank")


def test_part_secured_foundation_lgd_and_own_floor() -> None:
    foundation = supervisory_lgd(
        jurisdiction="BCBS",
        exposure_class="corporate",
        exposure_eur=Decimal(100),
        collateral=[PROPERTY],
    )
    assert foundation.lgd_share == Decimal("0.28")
    assert (foundation.secured_eur, foundation.unsecured_eur) == (Decimal(60), Decimal(40))
    floor = own_lgd_floor(
        jurisdiction="BCBS",
        exposure_class="corporate",
        exposure_eur=Decimal(100),
        collateral=[PROPERTY],
    )
    assert floor.lgd_share == Decimal("0.16")
    assert [(step.quantity, step.value) for step in floor.steps] == [
        ("exposure after its haircut", "100"),
        ("secured by real_estate", "60.00"),
        ("unsecured", "40.00"),
        ("LGD", "0.1600"),
    ]


def test_a_volatile_exposure_is_grossed_up_before_the_collateral_counts() -> None:
    """100 lent as a security with a haircut of 25 % count as 125: (0.20 x 60 + 0.40 x 65) / 125."""
    lgd = supervisory_lgd(
        jurisdiction="BCBS",
        exposure_class="corporate",
        exposure_eur=Decimal(100),
        collateral=[PROPERTY],
        exposure_haircut_share=Decimal("0.25"),
    )
    assert lgd.lgd_share == Decimal("0.304")
    assert (lgd.secured_eur, lgd.unsecured_eur) == (Decimal(60), Decimal(65))


def test_collateral_beyond_the_exposure_counts_for_nothing_and_a_fixed_floor_takes_no_weighting() -> None:
    cash = Collateral(kind="financial", value_eur=Decimal(80), haircut_share=Decimal(0))
    both = own_lgd_floor(
        jurisdiction="BCBS",
        exposure_class="corporate",
        exposure_eur=Decimal(100),
        collateral=[cash, PROPERTY],
    )
    assert both.unsecured_eur == 0
    assert both.lgd_share == Decimal("0.02")
    card = own_lgd_floor(
        jurisdiction="BCBS",
        exposure_class="retail_qrre_revolver",
        exposure_eur=Decimal(100),
        collateral=[cash],
    )
    assert card.lgd_share == Decimal("0.50")


def test_subordinated_claims_take_their_own_lgd() -> None:
    lgd = supervisory_lgd(
        jurisdiction="BCBS",
        exposure_class="bank",
        exposure_eur=Decimal(100),
        is_subordinated=True,
    )
    assert lgd.lgd_share == Decimal("0.75")


def test_exposure_floor() -> None:
    floor = ead_floor(
        on_balance_eur=Decimal(60),
        off_balance_eur=Decimal(40),
        conversion_factor_share=Decimal("0.4"),
    )
    assert floor.ead_eur == 68
    assert floor.citations[0].source == "CRE32.36"


@pytest.mark.parametrize(
    ("collateral", "exposure_eur", "code"),
    [
        (Collateral(kind="real_estate", value_eur=Decimal(1), haircut_share=Decimal(0)), 100, "CAP047"),
        (Collateral(kind="financial", value_eur=Decimal(1)), 100, "CAP047"),
        (Collateral(kind="goodwill", value_eur=Decimal(1)), 100, "CAP048"),
        (Collateral(kind="financial", value_eur=Decimal(1), haircut_share=Decimal(-1)), 100, "CAP020"),
        (
            Collateral(kind="receivables", value_eur=Decimal(1), currency_haircut_share=Decimal(-1)),
            100,
            "CAP020",
        ),
        (PROPERTY, 0, "CAP046"),
        (PROPERTY, -1, "CAP020"),
    ],
)
def test_bad_collateral_is_refused(collateral: Collateral, exposure_eur: int, code: str) -> None:
    with pytest.raises(MrmError) as refusal:
        own_lgd_floor(
            jurisdiction="BCBS",
            exposure_class="corporate",
            exposure_eur=Decimal(exposure_eur),
            collateral=[collateral],
        )
    assert refusal.value.code == code


def test_what_the_tables_do_not_hold_is_refused() -> None:
    with pytest.raises(MrmError, match="CAP040"):
        input_floors(jurisdiction="BCBS", exposure_class="equity")
    with pytest.raises(MrmError, match="CAP040"):
        supervisory_lgd(jurisdiction="EU", exposure_class="bank", exposure_eur=Decimal(1))
    with pytest.raises(MrmError, match="CAP041"):
        irb_parameter(name="scaling_factor")
