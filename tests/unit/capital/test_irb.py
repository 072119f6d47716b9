"""Risk weights against the published table, the recomputed digits and the oracle's formulas."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.capital.irb import IrbExposure, irb_capital, irb_portfolio
from registry.capital.irb_floors import InputFloors, input_floors
from registry.domain.errors import MrmError
from registry.domain.vocab import Provenance
from tests.oracle.capital.formulas import capital, correlation, rows

NO_FLOORS = InputFloors(pd_12m=0.0, lgd_share=0.0, citations=())
CLASSES = {
    "residential_mortgage": "retail_mortgage",
    "other_retail": "retail_other",
    "qrre": "retail_qrre_revolver",
}


def exposure(exposure_class: str = "corporate", **changes: object) -> IrbExposure:
    values: dict[str, object] = {
        "exposure_class": exposure_class,
        "pd_12m": 0.01,
        "lgd_share": 0.45,
        "ead_eur": Decimal(100),
        "provenance": Provenance.DECLARED,
    }
    if not exposure_class.startswith("retail"):
        values["maturity_years"] = 2.5
    return IrbExposure(**(values | changes))  # type: ignore[arg-type]


def from_oracle(row: dict[str, str]) -> IrbExposure:
    name = row.get("exposure_class") or CLASSES.get(row["asset_class"], "corporate_sme")
    return exposure(
        name,
        pd_12m=float(row["pd"]),
        lgd_share=float(row["lgd"]),
        maturity_years=float(row["maturity_years"]) if row["maturity_years"] else None,
        turnover_eur_m=float(row["turnover_eur_m"]) if row["turnover_eur_m"] else None,
        is_large_financial=row.get("large_financial") == "yes",
    )


def pct(weight: Decimal) -> float:
    return float(100 * weight)


def test_every_published_cell_within_a_hundredth_of_a_percentage_point() -> None:
    cells = rows("cre99_published.csv")
    assert len(cells) == 144
    for cell in cells:
        result = irb_capital(exposure=from_oracle(cell), floors=NO_FLOORS)
        assert abs(pct(result.risk_weight) - float(cell["published_rw_pct"])) <= 0.01, cell


def test_every_recomputed_cell_to_six_decimals() -> None:
    cells = rows("irb_risk_weights.csv")
    for cell in cells:
        large = cell["asset_class"] == "corporate" and not cell["turnover_eur_m"]
        named = cell | {"exposure_class": "corporate"} if large else cell
        result = irb_capital(exposure=from_oracle(named), floors=NO_FLOORS)
        assert math.isclose(
            pct(result.risk_weight), float(cell["recomputed_rw_pct"]), rel_tol=0, abs_tol=1e-6
        ), cell


@pytest.mark.parametrize("row", rows("worked_values.csv"), ids=lambda row: row["case"])
def test_single_points(row: dict[str, str]) -> None:
    result = irb_capital(exposure=from_oracle(row), floors=NO_FLOORS)
    assert abs(pct(result.risk_weight) - float(row["risk_weight_pct"])) < 6e-5


def test_intermediate_quantities_can_be_redone_by_hand() -> None:
    result = irb_capital(
        exposure=exposure(), floors=input_floors(jurisdiction="BCBS", exposure_class="corporate")
    )
    assert result.correlation == pytest.approx(0.1927836792, abs=1e-10)
    assert result.maturity_slope == pytest.approx(0.1374861309, abs=1e-10)
    assert result.rwa_eur == result.risk_weight * 100
    assert result.expected_loss_eur == Decimal("0.45")
    quantities = {step.quantity for step in result.steps}
    assert quantities >= {"correlation R", "conditional PD", "maturity adjustment", "capital share K", "RWA"}
    assert result.may_gate
    assert all(citation.source for citation in result.citations)


@pytest.mark.parametrize(
    ("name", "curve", "turnover", "large"),
    [
        ("corporate", "corporate", None, False),
        ("corporate_sme", "corporate", 20.0, False),
        ("bank", "corporate", None, True),
        ("specialised_lending_hvcre", "hvcre", None, False),
        ("retail_other", "other_retail", None, False),
        ("retail_mortgage", "residential_mortgage", None, False),
    ],
)
def test_the_lines_carry_the_numbers_of_the_formula(
    name: str, curve: str, turnover: float | None, large: object
) -> None:
    maturity = None if name.startswith("retail") else 3.0
    result = irb_capital(
        exposure=exposure(
            name,
            pd_12m=0.02,
            maturity_years=maturity,
            turnover_eur_m=turnover,
            is_large_financial=bool(large),
        ),
        floors=NO_FLOORS,
    )
    values = {step.quantity: step.value for step in result.steps}
    r = correlation(curve, 0.02, turnover, 1.25 if large else 1)
    assert float(values["correlation R"]) == pytest.approx(r, abs=1e-12)
    if "correlation of the class" in values:
        decay = 35 if curve == "other_retail" else 50
        w = (1 - math.exp(-decay * 0.02)) / (1 - math.exp(-decay))
        assert float(values["weight w"]) == pytest.approx(w, abs=1e-11)
        assert float(values["correlation of the class"]) == pytest.approx(correlation(curve, 0.02), abs=1e-11)
    if maturity is not None:
        b = (0.11852 - 0.05478 * math.log(0.02)) ** 2
        assert float(values["slope b"]) == pytest.approx(b, abs=1e-11)
        assert float(values["maturity adjustment"]) == pytest.approx((1 + 0.5 * b) / (1 - 1.5 * b), abs=1e-11)
    assert float(values.get("size discount", "0")) == pytest.approx(0.04 * 30 / 45 if turnover else 0)
    assert float(values["G(PD)"]) == pytest.approx(-2.0537489106, abs=1e-10)
    assert float(values["G(0.999)"]) == pytest.approx(3.0902323062, abs=1e-10)
    assert ("maturity M" in values) is (maturity is not None)
    assert ("size discount" in values) is (turnover is not None)
    assert Decimal(values["RWA"]) == result.rwa_eur
    assert values["expected loss"] == format(result.expected_loss_eur, "f")


def test_floors_come_first() -> None:
    floors = input_floors(jurisdiction="BCBS", exposure_class="retail_qrre_revolver")
    low = exposure("retail_qrre_revolver", pd_12m=0.0001, lgd_share=0.2)
    result = irb_capital(exposure=low, floors=floors)
    assert (result.pd_12m, result.lgd_share) == (0.001, 0.5)
    assert result.pd_was_floored
    assert result.lgd_was_floored
    assert pct(result.risk_weight) == pytest.approx(3.009503, abs=1e-6)
    assert result.maturity_adjustment is None


def test_default_takes_loss_above_the_best_estimate() -> None:
    defaulted = exposure(is_defaulted=True, pd_12m=1.0, best_estimate_loss_share=0.38)
    result = irb_capital(exposure=defaulted, floors=NO_FLOORS)
    assert result.rwa_eur == pytest.approx(Decimal("87.5"))
    assert result.expected_loss_eur == 38
    covered = exposure(is_defaulted=True, pd_12m=1.0, best_estimate_loss_share=0.5)
    assert irb_capital(exposure=covered, floors=NO_FLOORS).rwa_eur == 0


@pytest.mark.parametrize(
    ("exposure_class", "changes", "code"),
    [
        ("equity", {}, "CAP042"),
        ("corporate", {"pd_12m": math.nan}, "CAP021"),
        ("corporate", {"pd_12m": 1.5}, "CAP021"),
        ("corporate", {"lgd_share": -0.1}, "CAP021"),
        ("corporate", {"pd_12m": 1.0}, "CAP043"),
        ("sovereign", {"pd_12m": 1e-6}, "CAP044"),
        ("corporate", {"maturity_years": None}, "CAP049"),
        ("corporate", {"maturity_years": math.inf}, "CAP049"),
        ("corporate", {"turnover_eur_m": 20.0}, "CAP049"),
        ("corporate_sme", {}, "CAP049"),
        ("corporate_sme", {"turnover_eur_m": math.nan}, "CAP049"),
        ("retail_other", {"maturity_years": 2.5}, "CAP049"),
        ("corporate", {"is_large_financial": True}, "CAP049"),
        ("corporate", {"is_defaulted": True}, "CAP049"),
        ("corporate", {"ead_eur": Decimal(-1)}, "CAP020"),
    ],
)
def test_bad_input_is_refused(exposure_class: str, changes: dict[str, object], code: str) -> None:
    with pytest.raises(MrmError) as refusal:
        irb_capital(exposure=exposure(exposure_class, **changes), floors=NO_FLOORS)
    assert refusal.value.code == code


def test_a_pd_of_zero_carries_no_capital() -> None:
    assert irb_capital(exposure=exposure("sovereign", pd_12m=0.0), floors=NO_FLOORS).rwa_eur == 0


@given(
    pd=st.floats(0.0005, 0.999),
    lgd=st.floats(0, 1),
    maturity=st.floats(1, 5),
    name=st.sampled_from(["corporate", "specialised_lending_hvcre", *CLASSES.values()]),
)
def test_capital_lies_between_zero_and_lgd(pd: float, lgd: float, maturity: float, name: str) -> None:
    retail = name.startswith("retail")
    result = irb_capital(
        exposure=exposure(name, pd_12m=pd, lgd_share=lgd, maturity_years=None if retail else maturity),
        floors=NO_FLOORS,
    )
    assert 0 <= result.capital_share <= lgd
    oracle = next((k for k, v in CLASSES.items() if v == name), "hvcre" if "hvcre" in name else "corporate")
    expected = capital(oracle, pd, lgd, maturity=None if retail else maturity)
    assert result.capital_share == pytest.approx(expected, abs=1e-12)


def test_many_equal_one_by_one() -> None:
    pds, turnovers = [0.0001, 0.01, 0.2], [5.0, 20.0, 50.0]
    floors = input_floors(jurisdiction="UK", exposure_class="corporate_sme")
    many = irb_portfolio(
        exposure_class="corporate_sme",
        pd_12m=pds,
        lgd_share=[0.1, 0.4, 0.4],
        ead_eur=[Decimal(100), Decimal(200), Decimal(300)],
        floors=floors,
        provenance=Provenance.ASSUMED,
        maturity_years=[1.0, 2.5, 9.0],
        turnover_eur_m=turnovers,
    )
    single = [
        irb_capital(
            exposure=exposure(
                "corporate_sme",
                pd_12m=pd,
                lgd_share=lgd,
                ead_eur=ead,
                maturity_years=maturity,
                turnover_eur_m=turnover,
            ),
            floors=floors,
        )
        for pd, lgd, ead, maturity, turnover in zip(
            pds,
            [0.1, 0.4, 0.4],
            [Decimal(100), Decimal(200), Decimal(300)],
            [1.0, 2.5, 9.0],
            turnovers,
            strict=True,
        )
    ]
    assert many.rwa_by_exposure_eur == tuple(one.rwa_eur for one in single)
    assert many.rwa_eur == sum(one.rwa_eur for one in single)
    assert many.expected_loss_eur == sum(one.expected_loss_eur for one in single)
    assert (many.floored_pds, many.floored_lgds) == (1, 1)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(MrmError, match="CAP050"):
        irb_portfolio(
            exposure_class="retail_other",
            pd_12m=[0.01],
            lgd_share=[0.4, 0.4],
            ead_eur=[Decimal(1)],
            floors=NO_FLOORS,
            provenance=Provenance.ASSUMED,
        )
