"""The capital tool: the model's portfolio as computed, the entity's others as declared."""

from decimal import Decimal

import pytest

from validation.runs.capital import build_capital

CARDS = {
    "key": "cards",
    "exposure_class": "retail_qrre_revolver",
    "approach": "A-IRB",
    "loss_given_default_share": "0.60",
    "provenance": "assumed",
    "rwa_pre_floor_eur": "999",
    "rwa_standardised_eur": "999",
}
OTHERS = {"key": "mortgages", "rwa_pre_floor_eur": "50000", "rwa_standardised_eur": "200000"}


def figures(*, jurisdiction: str = "EU", as_of: str = "2026-11-22") -> dict[str, Decimal | str]:
    tool = build_capital(entity_portfolios=[CARDS, OTHERS], jurisdiction=jurisdiction, as_of=as_of)
    return dict(tool(pds=["0.02", "0.10"], eads=["60000", "40000"], portfolio=CARDS))


def test_weights_follow_the_curve_of_the_class_and_the_standardised_table() -> None:
    found = figures()

    # K = LGD N((G(PD) + sqrt(R) G(0.999)) / sqrt(1 - R)) - LGD PD, R = 0.04, LGD 0.60, worked with the
    # standard library's NormalDist: K(0.02) = 0.0308511, K(0.10) = 0.0894862.
    worked = 12.5 * (60_000 * 0.0308511 + 40_000 * 0.0894862)
    assert float(found["rwa_irb"]) == pytest.approx(worked, rel=1e-5)
    assert Decimal(found["rwa_standardised"]) == Decimal(75000)


def test_the_entity_is_floored_by_the_schedule_of_the_day() -> None:
    found = figures()

    # EU 2026: 0.55 x (75 000 + 200 000) = 151 250 binds over the RWA before the floor.
    before = Decimal(found["rwa_irb"]) + 50_000
    assert Decimal(found["entity_rwa_before_floor"]) == before
    assert Decimal(found["entity_rwa_floored"]) == max(before, Decimal(151250))
    assert found["floor_binding"] == ("true" if before < 151_250 else "false")
    assert Decimal(found["floor_factor"]) == Decimal("0.55")


def test_a_jurisdiction_without_tables_or_floor_gives_no_entity_figures() -> None:
    found = figures(jurisdiction="Atlantis")

    assert Decimal(found["rwa_standardised"]) == Decimal(75000)
    assert "entity_rwa_floored" not in found
    assert "floor_binding" not in found
