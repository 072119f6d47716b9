"""The calculator's pages: published values, what was entered, marks, refusals, and the supervisor's log."""

from urllib.parse import urlencode

import pytest

from registry.api import calculator
from registry.audit.models import AuditEvent
from tests.builders.web_world import World
from tests.db.web.conftest import Door
from tests.db.web.reading import Document
from tests.oracle.capital.formulas import rows

EXAMPLES = [(one.key, example) for one in calculator.CALCULATIONS for example in one.examples]
LINES = "\n".join(
    f"{'operational' if 'Operational' in row['row'] else 'market' if 'Market' in row['row'] else 'credit'}; "
    f"{row['row']}; {row['pre_floor_rwa']}; {row['standardised_rwa']}; "
    f"{'SMA' if 'Operational' in row['row'] else 'SA'}; declared"
    for row in rows("output_floor_example.csv")
    if row["row"] not in ("Credit risk", "Total RWA")
)


def read(door: Door, username: str, address: str, **query: str) -> Document:
    response = door(username).get(f"{address}?{urlencode(query)}" if query else address)
    assert response.status_code == 200
    document = Document(response.content.decode())
    assert document.problems() == []
    return document


def test_the_published_bank_row_by_row_and_floored(door: Door) -> None:
    query = {"jurisdiction": "BCBS", "as_of": "2028-01-01", "lines": LINES}
    text = read(door, "vera", "/capital/output-floor/", **query).text
    assert "floored RWA is EUR 101.50, EUR 25.50 above RWA before the floor" in text
    for row in rows("output_floor_example.csv"):
        if row["row"] not in ("Credit risk", "Total RWA"):
            assert f"{row['row']} (" in text
    assert "pre-floor RWA sum of the lines before the floor 76" in text
    assert "standardised RWA sum of the lines in the base 140" in text
    assert "share of standardised RWA 0.725 x 140 101.500" in text
    assert "VERIFIED" in text
    assert "UNVERIFIED" not in text


@pytest.mark.parametrize(("cap", "last"), [({}, "98.0"), ({"with_transitional_cap": "true"}, "95.00")])
def test_the_phase_in_as_steps_and_as_a_picture_with_its_table(
    door: Door, cap: dict[str, str], last: str
) -> None:
    query = {"jurisdiction": "BCBS", "as_of": "2023-01-01", "lines": LINES, **cap}
    document = read(door, "vera", "/capital/floor-path/", **query)
    assert "the floor binds from 2024-01-01" in document.text
    for year, value in ((2023, "76"), (2024, "77.00"), (2025, "84.0"), (2026, "91.00"), (2027, last)):
        line = document.text.split(f"floored RWA from {year}-01-01 ", 1)[1]
        assert line.split("floored RWA from", 1)[0].split()[-1] == value
    assert "The same figures as a table" in document.text
    assert document.tags["rect"] >= 12


def test_the_marks_of_clauses_and_of_assumed_inputs_are_shown(door: Door) -> None:
    query = {"jurisdiction": "Hong Kong", "as_of": "2026-11-22", "lines": "credit; all; 76; 140; SA; assumed"}
    text = read(door, "vera", "/capital/output-floor/", **query).text
    assert "ASSUMED At least one input is a house assumption" in text
    assert "No refusal may rest on this" in text
    assert "UNVERIFIED" in text


def test_the_own_funds_adjustment_on_the_page(door: Door) -> None:
    query = {
        "jurisdiction": "UK",
        "as_of": "2027-01-01",
        "lines": "credit; all; 1300; 2400; SA; declared",
        "own_funds.irb_tier_2_eur": "20",
        "own_funds.irb_cet1_eur": "15",
        "own_funds.general_adjustments_eur": "40",
        "own_funds.standardised_tier_2_eur": "30",
    }
    text = read(door, "vera", "/capital/output-floor/", **query).text
    assert "adjustment 12.5 x net own funds 62.5" in text
    assert "floored RWA is EUR 1,502.50" in text
    assert "Own funds: General adjustments, EUR 40" in text


@pytest.mark.parametrize(("key", "example"), EXAMPLES, ids=lambda one: getattr(one, "key", one))
def test_every_example_fills_the_form_and_shows_the_published_value(
    door: Door, key: str, example: calculator.Example
) -> None:
    inputs = calculator.get_calculation(key=key).inputs
    query = calculator.to_query(inputs=inputs, given=example.given)
    text = read(door, "vera", f"/capital/{key}/", **query).text
    assert f"published or worked by hand {example.published}, here " in text
    assert "What was entered" in text


def test_an_empty_sheet_says_what_to_do_and_leads_to_examples(door: Door) -> None:
    document = read(door, "nia", "/capital/output-floor/")
    assert "Nothing was asked yet." in document.text
    assert any("jurisdiction=BCBS" in link for link in document.links)


def test_what_cannot_be_read_is_said_at_the_field_and_nothing_is_computed(door: Door) -> None:
    query = {"jurisdiction": "UK", "as_of": "tomorrow", "lines": "credit; all; x", "colour": "red"}
    document = read(door, "vera", "/capital/output-floor/", **query)
    for said in (
        "Nothing was computed. Please correct:",
        "As of : must be a day as YYYY-MM-DD",
        "line 1, Pre-floor RWA, EUR: must be decimal text",
        "line 1, Provenance: is required",
        "colour is unknown; known: jurisdiction",
    ):
        assert said in document.text
    assert "Steps" not in document.text
    wrong = {field["name"] for field in document.fields if field.get("aria-invalid") == "true"}
    assert wrong == {"as_of", "lines"}


def test_a_refusal_keeps_the_form_and_names_the_way_out(door: Door) -> None:
    document = read(door, "vera", "/capital/floor-base/", lines="credit; A; 1; 1; A-IRB; declared")
    assert "banned from the floor base for credit risk (RBC20.11(1), RBC20.12)" in document.text
    assert "Restate the line under one of: SA." in document.text
    assert "CAP010" in document.text
    assert "credit; A; 1; 1; A-IRB; declared" in document.text


def test_the_list_names_each_source_once_and_whole(door: Door) -> None:
    text = read(door, "vera", "/capital/").text
    assert "line by line? CRE99.3; CRE31.7; CRE31 Risk" in text
    assert "and when? RBC90.1; PRA PS1/26 CRR Art. 92(2A) Base" in text


def test_a_calculation_that_does_not_exist_is_not_found(door: Door) -> None:
    response = door("vera").get("/capital/astrology/")
    assert response.status_code == 404
    assert "CAP100" in response.content.decode()


def test_a_supervisor_calculates_in_the_portal_and_the_inputs_are_in_the_log(
    door: Door, world: World
) -> None:
    assert door("rex").get("/capital/")["Location"] == "/portal/"
    address = "/portal/capital/backtest-multiplier/"
    before = AuditEvent.objects.filter(action="portal.page_read").count()
    document = read(door, "rex", address, exceptions="5")
    assert "the multiplier is 1.70" in document.text
    assert all(link.startswith(("/portal/", "#", "/sign")) for link in document.links)
    events = AuditEvent.objects.filter(action="portal.page_read").order_by("id")[before:]
    assert [event.actor_name for event in events] == ["Rex Haddad"]
    assert f'"path":"{address}?exceptions=5"'.encode() in bytes(events[0].entry)
