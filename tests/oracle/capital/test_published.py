"""The oracle against what was published: no module of the program is imported here."""

import math

import pytest

from tests.oracle.capital.formulas import risk_weight_pct, rows

CELLS = rows("irb_risk_weights.csv")
PUBLISHED = rows("cre99_published.csv")
SINGLE = rows("worked_values.csv")
CLASS = {"corporate_sme": "corporate", "bank": "corporate", "specialised_lending_hvcre": "hvcre"}


def _number(text: str) -> float | None:
    return float(text) if text else None


def test_published_cells_within_a_hundredth_of_a_percentage_point() -> None:
    assert len(CELLS) == 152
    for cell in CELLS:
        weight = risk_weight_pct(
            cell["asset_class"],
            float(cell["pd"]),
            float(cell["lgd"]),
            maturity=_number(cell["maturity_years"]),
            turnover=_number(cell["turnover_eur_m"]),
        )
        assert math.isclose(weight, float(cell["recomputed_rw_pct"]), rel_tol=0, abs_tol=1e-6), cell
        if cell["published_rw_pct"]:
            assert abs(round(weight, 2) - float(cell["published_rw_pct"])) <= 0.0101, cell


def test_all_published_cells_agree_and_three_differ_in_the_second_decimal() -> None:
    assert len(PUBLISHED) == 144
    differing = set()
    for cell in PUBLISHED:
        weight = risk_weight_pct(
            cell["asset_class"],
            float(cell["pd"]),
            float(cell["lgd"]),
            maturity=_number(cell["maturity_years"]),
            turnover=_number(cell["turnover_eur_m"]),
        )
        printed = float(cell["published_rw_pct"])
        assert abs(weight - printed) <= 0.01, cell
        if f"{weight:.2f}" != f"{printed:.2f}":
            differing.add((cell["asset_class"], cell["lgd"], cell["pd"]))
    assert differing == {
        ("other_retail", "0.85", "0.0010"),
        ("other_retail", "0.45", "0.0130"),
        ("residential_mortgage", "0.45", "0.0150"),
    }


@pytest.mark.parametrize("row", SINGLE, ids=[row["case"] + " " + row["pd"] for row in SINGLE])
def test_single_points(row: dict[str, str]) -> None:
    weight = risk_weight_pct(
        CLASS.get(row["exposure_class"], row["exposure_class"]),
        float(row["pd"]),
        float(row["lgd"]),
        maturity=_number(row["maturity_years"]),
        turnover=_number(row["turnover_eur_m"]),
        factor=1.25 if row["large_financial"] == "yes" else 1,
    )
    assert abs(weight - float(row["risk_weight_pct"])) < 6e-5


def test_output_floor_example_adds_up() -> None:
    table = {row["row"]: row for row in rows("output_floor_example.csv")}
    credit = [table[name] for name in table if name.startswith("of which")]
    for column in ("pre_floor_rwa", "standardised_rwa"):
        assert sum(float(row[column]) for row in credit) == float(table["Credit risk"][column])
        others = ("Credit risk", "Market risk", "Operational risk (not modelled)")
        assert sum(float(table[name][column]) for name in others) == float(table["Total RWA"][column])
    assert 0.725 * float(table["Total RWA"]["standardised_rwa"]) == pytest.approx(101.5)
