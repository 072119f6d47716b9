"""The calculator over REST: published values, refusals with their code, strict input, nothing stored."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.api import calculator
from tests.builders.web_world import World
from tests.db.rest.conftest import Answer, CallerFor
from tests.db.rest.test_contract import ensure_problem
from tests.oracle.capital.formulas import rows

CLASS = {
    "corporate": "corporate",
    "residential_mortgage": "retail_mortgage",
    "other_retail": "retail_other",
    "qrre": "retail_qrre_transactor",
}
ASSET_CLASSES = {
    "of which Asset Class A": ("credit", "SA"),
    "of which Asset Class B": ("credit", "SA"),
    "of which Asset Class C (not modelled)": ("credit", "SA"),
    "Market risk": ("market", "SA"),
    "Operational risk (not modelled)": ("operational", "SMA"),
}
PUBLISHED_BANK = [
    {
        "risk": ASSET_CLASSES[row["row"]][0],
        "portfolio_key": row["row"],
        "pre_floor_rwa_eur": row["pre_floor_rwa"],
        "standardised_rwa_eur": row["standardised_rwa"],
        "standardised_approach": ASSET_CLASSES[row["row"]][1],
        "provenance": "declared",
    }
    for row in rows("output_floor_example.csv")
    if row["row"] in ASSET_CLASSES
]
OWN_FUNDS = {
    "irb_tier_2_eur": "20",
    "irb_cet1_eur": "15",
    "general_adjustments_eur": "40",
    "standardised_tier_2_eur": "30",
}
PHASE_IN = {2023: "76", 2024: "77", 2025: "84", 2026: "91", 2027: "98", 2028: "101.5"}
PHASE_IN_CAPPED = PHASE_IN | {2027: "95"}


def step(answer: Answer, quantity: str) -> str:
    assert answer.status == 200, answer.raw[:400]
    return str(next(one["value"] for one in answer.body["steps"] if one["quantity"] == quantity))


def from_cell(cell: dict[str, str]) -> dict[str, Any]:
    """An exposure of 100 for one cell of the published table."""
    given = {
        "exposure_class": "corporate_sme" if cell["turnover_eur_m"] else CLASS[cell["asset_class"]],
        "pd_12m": cell["pd"],
        "lgd_share": cell["lgd"],
        "ead_eur": "100",
        "provenance": "declared",
        "maturity_years": cell["maturity_years"],
        "turnover_eur_m": cell["turnover_eur_m"],
    }
    return {name: value for name, value in given.items() if value}


def test_the_published_floor_row_by_row(caller: CallerFor) -> None:
    body = {"jurisdiction": "BCBS", "as_of": "2028-01-01", "lines": PUBLISHED_BANK}
    answer = caller("vera", "read").post("capital/output-floor", body)
    for line in PUBLISHED_BANK:
        assert step(answer, f"{line['portfolio_key']} ({line['risk']})") == line["standardised_rwa_eur"]
    total = next(row for row in rows("output_floor_example.csv") if row["row"] == "Total RWA")
    assert step(answer, "pre-floor RWA") == total["pre_floor_rwa"]
    assert step(answer, "standardised RWA") == total["standardised_rwa"]
    assert Decimal(step(answer, "floored RWA")) == Decimal(total["floor_72_5_pct"])
    figures = answer.body["figures"]["result"]
    assert (figures["is_binding"], Decimal(figures["distance_eur"])) == (True, Decimal("25.5"))
    assert {one["verification"] for one in answer.body["citations"]} == {"VERIFIED"}
    assert (answer.body["may_gate"], answer.body["provenance"]) == (True, "declared")
    assert answer.body["inputs"] == body


@pytest.mark.parametrize(("with_cap", "expected"), [(False, PHASE_IN), (True, PHASE_IN_CAPPED)])
def test_the_phase_in_with_and_without_cap(
    caller: CallerFor, with_cap: object, expected: dict[int, str]
) -> None:
    body = {"jurisdiction": "BCBS", "as_of": "2023-01-01", "lines": PUBLISHED_BANK}
    answer = caller("vera").post("capital/floor-path", body | {"with_transitional_cap": with_cap})
    assert answer.body["figures"]["binds_from"] == "2024-01-01"
    found = {
        int(point["date_from"][:4]): Decimal(point["floored_rwa_eur"])
        for point in answer.body["figures"]["by_date"]
    }
    assert found == {year: Decimal(value) for year, value in expected.items()}


@pytest.mark.parametrize(
    ("where", "given", "floored", "mark"),
    [
        ("UK 2027-01-01", {"own_funds": OWN_FUNDS}, "1502.5", "SECONDARY"),
        ("UK 2030-01-01", {"own_funds": OWN_FUNDS}, "1802.5", "SECONDARY"),
        ("EU 2026-01-01", {"before": "70"}, "77", "VERIFIED"),
        ("EU 2029-01-01", {"before": "70", "with_transitional_cap": True}, "87.5", "SECONDARY"),
        ("US 2026-11-22", {}, "140", "SECONDARY"),
        ("Canada 2026-11-22", {}, "94.5", "SECONDARY"),
        ("Hong Kong 2026-11-22", {}, "77", "UNVERIFIED"),
    ],
)
def test_floors_of_other_jurisdictions(
    caller: CallerFor, where: str, given: dict[str, Any], floored: str, mark: str
) -> None:
    jurisdiction, _, as_of = where.rpartition(" ")
    before, base = ("1300", "2400") if "own_funds" in given else (given.get("before", "76"), "140")
    bank = PUBLISHED_BANK[0] | {"pre_floor_rwa_eur": before, "standardised_rwa_eur": base}
    more = {name: value for name, value in given.items() if name != "before"}
    body = {"jurisdiction": jurisdiction, "as_of": as_of, "lines": [bank], **more}
    answer = caller("vera").post("capital/output-floor", body)
    assert Decimal(step(answer, "floored RWA")) == Decimal(floored)
    if "own_funds" in given:
        assert Decimal(step(answer, "adjustment")) == Decimal("62.5")
    assert mark in {one["verification"] for one in answer.body["citations"]}
    assert answer.body["may_gate"] is (mark != "UNVERIFIED")


def test_all_published_risk_weights_in_one_list(caller: CallerFor) -> None:
    cells = rows("cre99_published.csv")
    body = {"jurisdiction": "BCBS", "exposures": [from_cell(cell) for cell in cells]}
    answer = caller("vera").post("capital/irb-exposures", body)
    lines = answer.body["figures"]["exposures"]
    assert len(lines) == len(cells) == 144
    for cell, line in zip(cells, lines, strict=True):
        weight_pct = Decimal(line["risk_weight"]) * 100
        assert abs(weight_pct - Decimal(cell["published_rw_pct"])) <= Decimal("0.01"), cell
    assert answer.body["page"] == ""


def test_recomputed_risk_weights_to_six_decimals(caller: CallerFor) -> None:
    """Cells below today's input floors (PD 0.03 %, revolving retail at LGD 45 %) are left out."""
    cells = [
        cell
        for cell in rows("irb_risk_weights.csv")
        if Decimal(cell["pd"]) >= Decimal("0.0005") and (cell["asset_class"], cell["lgd"]) != ("qrre", "0.45")
    ]
    body = {"jurisdiction": "BCBS", "exposures": [from_cell(cell) for cell in cells]}
    answer = caller("vera").post("capital/irb-exposures", body)
    assert len(cells) > 120
    for cell, line in zip(cells, answer.body["figures"]["exposures"], strict=True):
        weight_pct = Decimal(line["risk_weight"]) * 100
        assert abs(weight_pct - Decimal(cell["recomputed_rw_pct"])) <= Decimal("0.000001"), cell


@pytest.mark.parametrize("row", rows("worked_values.csv"), ids=lambda row: row["case"])
def test_single_points(caller: CallerFor, row: dict[str, str]) -> None:
    query = {
        "jurisdiction": "BCBS",
        "exposure_class": row["exposure_class"],
        "pd_12m": row["pd"],
        "lgd_share": row["lgd"],
        "maturity_years": row["maturity_years"],
        "ead_eur": "100",
        "provenance": "declared",
        "own_lgd": "false",
        "is_large_financial": "true" if row["large_financial"] == "yes" else "false",
    }
    if row["turnover_eur_m"]:
        query["turnover_eur_m"] = row["turnover_eur_m"]
    answer = caller("vera").get(f"capital/irb-exposure?{urlencode(query)}")
    weight_pct = Decimal(step(answer, "risk weight")) * 100
    assert abs(weight_pct - Decimal(row["risk_weight_pct"])) < Decimal("0.00006")


@pytest.mark.parametrize(
    ("address", "quantity", "value"),
    [
        ("backtest-multiplier?exceptions=4", "multiplier", "1.50"),
        ("backtest-multiplier?exceptions=5", "multiplier", "1.70"),
        ("backtest-multiplier?exceptions=9", "multiplier", "1.92"),
        ("backtest-multiplier?exceptions=10", "multiplier", "2.00"),
        ("attribution-zone?jurisdiction=BCBS&spearman=0.75&kolmogorov_smirnov=0.10", "zone", "amber"),
        ("attribution-zone?jurisdiction=EU&spearman=0.75&kolmogorov_smirnov=0.10", "zone", "yellow"),
        (
            "attribution-zone?jurisdiction=EU&spearman=0.75&kolmogorov_smirnov=0.10&was_standardised=true",
            "zone",
            "orange",
        ),
        ("attribution-zone?jurisdiction=BCBS&spearman=0.81&kolmogorov_smirnov=0.08", "zone", "green"),
        ("attribution-zone?jurisdiction=BCBS&spearman=0.69&kolmogorov_smirnov=0.01", "zone", "red"),
        ("approach-admission?jurisdiction=BCBS&exposure_class=bank&approach=A-IRB", "admission", "no"),
        ("approach-admission?jurisdiction=BCBS&exposure_class=bank&approach=F-IRB", "admission", "yes"),
        ("approach-admission?jurisdiction=UK&exposure_class=sovereign&approach=A-IRB", "admission", "no"),
        ("approach-admission?jurisdiction=BCBS&exposure_class=funds&approach=SA", "admission", "unknown"),
        ("no-model-zone?jurisdiction=BCBS&area=operational", "closed to internal models", "yes"),
        ("no-model-zone?jurisdiction=UK&area=specialised_lending_ipre", "closed to internal models", "yes"),
        ("input-floors?jurisdiction=UK&exposure_class=retail_mortgage", "PD floor", "0.001"),
        ("input-floors?jurisdiction=BCBS&exposure_class=retail_mortgage", "PD floor", "0.0005"),
        ("input-floors?jurisdiction=BCBS&exposure_class=retail_qrre_revolver", "LGD floor", "0.5"),
        ("ead-floor?on_balance_eur=60&off_balance_eur=40&conversion_factor_share=0.4", "EAD floor", "68.00"),
        (
            "operational-risk?business_indicator_eur=35000000000&average_annual_loss_eur=0",
            "indicator component",
            "5370000000.00",
        ),
        (
            "slotting-weight?jurisdiction=BCBS&kind=non_hvcre&category=satisfactory&ead_eur=100",
            "expected loss",
            "2.8000",
        ),
        ("off-balance-conversion?jurisdiction=BCBS&item=other_commitment&notional_eur=100", "EAD", "40.00"),
        (
            "standardised-weight?jurisdiction=BCBS&exposure_class=equity&grade=other&ead_eur=100",
            "RWA",
            "250.00",
        ),
        ("floor-schedule?jurisdiction=UK", "from 2029-01-01", "0.7"),
    ],
)
def test_published_values_asked_by_a_query(
    caller: CallerFor, address: str, quantity: str, value: str
) -> None:
    assert step(caller("vera").get(f"capital/{address}"), quantity) == value


@pytest.mark.parametrize(
    ("calculation", "lgd"), [("supervisory-lgd", Decimal("0.28")), ("own-lgd-floor", Decimal("0.16"))]
)
def test_lgd_of_a_part_secured_exposure(caller: CallerFor, calculation: str, lgd: Decimal) -> None:
    body = {
        "jurisdiction": "BCBS",
        "exposure_class": "corporate",
        "exposure_eur": "100",
        "collateral": [{"kind": "real_estate", "value_eur": "100"}],
    }
    assert Decimal(step(caller("vera").post(f"capital/{calculation}", body), "LGD")) == lgd


@pytest.mark.parametrize(("method", "shares"), [("euler", ["20", "-10"]), ("shapley", ["15", "-5"])])
def test_the_add_on_spread_over_two_portfolios(caller: CallerFor, method: str, shares: list[str]) -> None:
    """Worked in the oracle's README: multiplier one half, A 10 and 60, B 30 and 40."""
    pair = [
        {"key": key, "pre_floor_rwa_eur": pre, "standardised_rwa_eur": std, "provenance": "assumed"}
        for key, pre, std in (("A", "10", "60"), ("B", "30", "40"))
    ]
    body = {"jurisdiction": "BCBS", "as_of": "2023-01-01", "method": method, "portfolios": pair}
    answer = caller("vera").post("capital/add-on-allocation", body)
    assert [Decimal(one["share_eur"]) for one in answer.body["figures"]["shares"]] == [
        Decimal(s) for s in shares
    ]
    assert answer.body["provenance"] == "assumed"


def test_a_banned_approach_is_refused_with_its_clause_and_the_way_out(
    caller: CallerFor, world: World
) -> None:
    body = {"lines": [PUBLISHED_BANK[0] | {"standardised_approach": "A-IRB"}]}
    answer = caller("vera").post("capital/floor-base", body)
    ensure_problem(answer, status=400, code="CAP010")
    assert "RBC20.12" in answer.body["detail"]
    assert answer.body["remedy"] == "Restate the line under one of: SA."


@pytest.mark.parametrize(
    ("address", "refusal", "fields"),
    [
        ("input-floors?jurisdiction=BCBS&exposure_class=equity", "404 CAP040", []),
        ("input-floors?jurisdiction=BCBS&exposure_class=bank", "400 CAP045", []),
        ("floor-schedule?jurisdiction=Atlantis", "404 CAP003", []),
        ("backtest-multiplier?exceptions=-1", "400 CAP090", []),
        ("attribution-zone?jurisdiction=UK&spearman=1&kolmogorov_smirnov=0", "404 CAP092", []),
        ("backtest-multiplier", "400 API005", ["exceptions"]),
        ("backtest-multiplier?exceptions=1.5", "400 API005", ["exceptions"]),
        ("backtest-multiplier?exeptions=1", "400 API005", ["exeptions"]),
        ("floor-schedule?jurisdiction=UK&as_of=soon", "400 API005", ["as_of"]),
    ],
)
def test_a_query_is_refused_with_its_code(
    caller: CallerFor, address: str, refusal: str, fields: list[str]
) -> None:
    answer = caller("vera").get(f"capital/{address}")
    status, code = refusal.split()
    ensure_problem(answer, status=int(status), code=code)
    assert list(answer.body.get("fields", {})) == fields


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"lines": PUBLISHED_BANK, "line": []}, ["line"]),
        ({"lines": [PUBLISHED_BANK[0] | {"colour": "red"}]}, ["lines[1].colour"]),
        ({"lines": [PUBLISHED_BANK[0] | {"pre_floor_rwa_eur": 45}]}, ["lines[1].pre_floor_rwa_eur"]),
        ({"lines": [PUBLISHED_BANK[0] | {"pre_floor_rwa_eur": "NaN"}]}, ["lines[1].pre_floor_rwa_eur"]),
        ({"lines": PUBLISHED_BANK * 101}, ["lines"]),
        ({"lines": {}}, ["lines"]),
        ({}, ["lines"]),
    ],
)
def test_a_body_is_read_strictly(caller: CallerFor, body: dict[str, Any], fields: list[str]) -> None:
    answer = caller("vera").post("capital/floor-base", body)
    ensure_problem(answer, status=400, code="API002")
    assert list(answer.body["fields"]) == fields


def test_faults_are_named_up_to_a_bound(caller: CallerFor) -> None:
    answer = caller("vera").post("capital/floor-base", {"lines": [{}] * 500})
    ensure_problem(answer, status=400, code="API002")
    assert len(answer.body["fields"]) == 50


def test_nothing_is_stored_and_no_key_is_needed(caller: CallerFor) -> None:
    vera = caller("vera", "read")
    vera.post("capital/floor-base", {"lines": PUBLISHED_BANK})
    with CaptureQueriesContext(connection) as queries:
        answer = vera.post("capital/floor-base", {"lines": PUBLISHED_BANK})
    assert answer.status == 200
    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "DELETE"))]
    assert written == []


def test_the_page_of_an_answer_shows_the_same_figure(caller: CallerFor, world: World) -> None:
    body = {"jurisdiction": "BCBS", "as_of": "2028-01-01", "lines": PUBLISHED_BANK}
    answer = caller("vera").post("capital/output-floor", body)
    reader = Client()
    reader.force_login(world.people["vera"])
    shown = reader.get("/" + answer.body["page"].split("/", 3)[3])
    assert shown.status_code == 200
    assert "floored RWA is EUR 101.50" in shown.content.decode()


@pytest.mark.parametrize("calculation", calculator.CALCULATIONS, ids=lambda one: one.key)
def test_every_example_is_answered_as_described(
    caller: CallerFor, calculation: calculator.Calculation
) -> None:
    for example in calculation.examples:
        address = f"capital/{calculation.key}"
        if calculation.is_flat:
            query = calculator.to_query(inputs=calculation.inputs, given=example.given)
            answer = caller("vera").get(f"{address}?{urlencode(query)}")
        else:
            answer = caller("vera").post(address, dict(example.given))
        assert answer.status == 200, answer.raw[:400]
        assert set(answer.body) == {
            *("calculation", "inputs", "page", "sentence", "figures"),
            *("may_gate", "steps", "citations", "provenance"),
        }
        assert set(answer.body["figures"]) == set(calculator.figure_fields(calculation.figures))
        assert step(answer, example.quantity)
