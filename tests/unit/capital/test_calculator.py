"""The calculator: its published examples, its reading of inputs, its sentences, its sheets."""

import json
import random
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from registry.capital.calculator.answers import Answer, plain, tables_of
from registry.capital.calculator.catalogue import CALCULATIONS, Calculation, Example, get_calculation
from registry.capital.calculator.inputs import Input, Kind, label_of
from registry.capital.calculator.reading import from_query, read_inputs, to_query
from registry.capital.calculator.sheet import Sheet, fill_sheet
from registry.domain.errors import MrmError
from registry.domain.vocab import Provenance

EXAMPLES = [(one, example) for one in CALCULATIONS for example in one.examples]
EXAMPLE_IDS = [f"{one.key} {example.key}" for one, example in EXAMPLES]
LINE = {
    "risk": "credit",
    "portfolio_key": "all",
    "pre_floor_rwa_eur": "76",
    "standardised_rwa_eur": "140",
    "standardised_approach": "SA",
    "provenance": "declared",
}
EXPOSURE = {"exposure_class": "retail_other", "pd_12m": "0.01", "lgd_share": "0.45", "ead_eur": "100"}
PAIR = [
    {"key": "A", "pre_floor_rwa_eur": "10", "standardised_rwa_eur": "60", "provenance": "declared"},
    {"key": "B", "pre_floor_rwa_eur": "30", "standardised_rwa_eur": "40", "provenance": "assumed"},
]
OWN_FUNDS = {
    "irb_tier_2_eur": "20",
    "irb_cet1_eur": "15",
    "general_adjustments_eur": "40",
    "standardised_tier_2_eur": "30",
}


def ask(key: str, **given: Any) -> Answer:
    """Put a question as JSON holds it."""
    calculation = get_calculation(key=key)
    reading = read_inputs(inputs=calculation.inputs, given=given)
    assert reading.faults == {}
    return calculation.compute(calculation.asked(**reading.values))


def faults(key: str, given: dict[str, Any]) -> dict[str, str]:
    reading = read_inputs(inputs=get_calculation(key=key).inputs, given=given)
    return dict(reading.faults)


def sheet(key: str, query: dict[str, str]) -> Sheet:
    return fill_sheet(calculation=get_calculation(key=key), query=query)


@pytest.mark.parametrize(("calculation", "example"), EXAMPLES, ids=EXAMPLE_IDS)
def test_every_example_gives_what_was_published(calculation: Calculation, example: Example) -> None:
    answer = ask(calculation.key, **example.given)
    value = next(step.value for step in answer.steps if step.quantity == example.quantity)
    try:
        printed = Decimal(example.published)
    except ArithmeticError:
        assert value == example.published
    else:
        unit = Decimal(1).scaleb(int(printed.as_tuple().exponent))
        assert abs(Decimal(value) - printed) <= unit / 2


def test_every_calculation_has_an_example_a_question_and_a_key_of_its_own() -> None:
    assert len({one.key for one in CALCULATIONS}) == len(CALCULATIONS) >= 20
    assert all(one.examples and one.question.endswith("?") for one in CALCULATIONS)
    named = {row for one in CALCULATIONS for row in one.columns}
    paths = {item.name for one in CALCULATIONS for item in one.inputs} | {
        f"{item.name}.{part.name}" for one in CALCULATIONS for item in one.inputs for part in item.parts
    }
    assert named <= paths


@pytest.mark.parametrize(("calculation", "example"), EXAMPLES, ids=EXAMPLE_IDS)
def test_a_query_says_the_same_as_json(calculation: Calculation, example: Example) -> None:
    query = to_query(inputs=calculation.inputs, given=example.given)
    assert from_query(inputs=calculation.inputs, query=query) == example.given


def test_the_sources_of_a_calculation_are_named_once_and_without_remarks() -> None:
    sources = {one.key: one.sources for one in CALCULATIONS}
    assert all(sources.values())
    for one in CALCULATIONS:
        named = sources[one.key].split("; ")
        assert len(named) == len(set(named)) <= len(one.examples)
        assert all(example.citation.source.split(";")[0] in named for example in one.examples)


def test_a_calculation_without_lists_is_asked_by_a_query() -> None:
    flat = {one.key for one in CALCULATIONS if one.is_flat}
    assert "irb-exposure" in flat
    assert "output-floor" not in flat


@pytest.mark.parametrize(
    ("key", "given", "expected"),
    [
        ("backtest-multiplier", {"exceptions": "5"}, {"exceptions": "must be a whole number"}),
        ("backtest-multiplier", {"exceptions": True}, {"exceptions": "must be a whole number"}),
        ("backtest-multiplier", {}, {"exceptions": "is required"}),
        (
            "backtest-multiplier",
            {"exceptions": 1, "exeptions": 2},
            {"exeptions": "unknown; did you mean 'exceptions'?"},
        ),
        (
            "floor-schedule",
            {"jurisdiction": "UK", "as_of": "1 May"},
            {"as_of": "must be a day as YYYY-MM-DD"},
        ),
        (
            "floor-schedule",
            {"jurisdiction": "UK", "as_of": "2026-02-30"},
            {"as_of": "must be a day as YYYY-MM-DD"},
        ),
        ("floor-schedule", {"jurisdiction": "U\nK"}, {"jurisdiction": "must be a short text in one line"}),
        ("floor-base", {"lines": "none"}, {"lines": "must be a list of at most 500 objects"}),
        ("floor-base", {"lines": [LINE] * 501}, {"lines": "must be a list of at most 500 objects"}),
        ("floor-base", {"lines": [LINE, 7]}, {"lines[2]": "must be an object"}),
        (
            "floor-base",
            {"lines": [LINE | {"pre_floor_rwa_eur": 76}]},
            {"lines[1].pre_floor_rwa_eur": "must be decimal text, such as 1250.50"},
        ),
        (
            "floor-base",
            {"lines": [LINE | {"provenance": "guessed"}]},
            {"lines[1].provenance": "must be one of the known values: measured, derived, declared, assumed"},
        ),
        (
            "output-floor",
            {
                "jurisdiction": "UK",
                "as_of": "2027-01-01",
                "lines": [LINE],
                "own_funds": {"irb_cet1_eur": "1"},
            },
            {
                f"own_funds.{name}": "is required"
                for name in ("irb_tier_2_eur", "general_adjustments_eur", "standardised_tier_2_eur")
            },
        ),
        (
            "input-floors",
            {"jurisdiction": "UK", "exposure_class": "bank", "own_lgd": "false"},
            {"own_lgd": "must be true or false"},
        ),
    ],
)
def test_what_cannot_be_read_is_named(key: str, given: dict[str, Any], expected: dict[str, str]) -> None:
    assert faults(key, given) == expected


@pytest.mark.parametrize("number", ["1e3", "NaN", "Infinity", "1_000", " 1", "1.", "9" * 16, "0." + "1" * 11])
def test_a_number_is_plain_decimal_text(number: str) -> None:
    given = {"on_balance_eur": number, "off_balance_eur": "1", "conversion_factor_share": "0.4"}
    assert list(faults("ead-floor", given)) == ["on_balance_eur"]


def test_rows_are_read_from_lines_between_semicolons_or_tabs() -> None:
    item = get_calculation(key="supervisory-lgd").inputs
    query = {"collateral": "real_estate; 100\n\nfinancial\t50\t0.1\n", "is_subordinated": "maybe"}
    assert from_query(inputs=item, query=query) == {
        "collateral": [
            {"kind": "real_estate", "value_eur": "100"},
            {"kind": "financial", "value_eur": "50", "haircut_share": "0.1"},
        ],
        "is_subordinated": "maybe",
    }


def test_zero_and_false_are_answers_and_blanks_are_not() -> None:
    inputs = get_calculation(key="backtest-multiplier").inputs
    assert from_query(inputs=inputs, query={"exceptions": "0"}) == {"exceptions": 0}
    assert from_query(inputs=inputs, query={"exceptions": " "}) == {}
    floors = get_calculation(key="input-floors").inputs
    assert from_query(inputs=floors, query={"own_lgd": "false"}) == {"own_lgd": False}


@pytest.mark.parametrize(
    ("key", "given", "sentence"),
    [
        (
            "output-floor",
            {"jurisdiction": "BCBS", "as_of": "2023-06-30", "lines": [LINE]},
            "The floor does not bind: floored RWA is RWA before the floor, EUR 76.00.",
        ),
        (
            "floor-path",
            {"jurisdiction": "BCBS", "as_of": "2026-11-22", "lines": [LINE]},
            "On these totals the floor binds already on 2026-11-22.",
        ),
        (
            "floor-path",
            {
                "jurisdiction": "BCBS",
                "as_of": "2026-11-22",
                "lines": [LINE | {"pre_floor_rwa_eur": "140"}],
            },
            "On these totals the floor binds on no day of the known schedule from the day asked for.",
        ),
        ("floor-schedule", {"jurisdiction": "Australia"}, "1 rows; no day was asked for."),
        (
            "floor-schedule",
            {"jurisdiction": "UK", "as_of": "2026-11-22"},
            "No row is in force on 2026-11-22; that is no answer, not the absence of a floor.",
        ),
        (
            "approach-admission",
            {"jurisdiction": "BCBS", "exposure_class": "funds", "approach": "SA"},
            "The table does not say; that is not a permission.",
        ),
        (
            "no-model-zone",
            {"jurisdiction": "BCBS", "area": "credit"},
            "The table does not close the area to internal models; that is not a permission.",
        ),
        (
            "model-floor",
            {
                "required_share": "0.5",
                "drivers": -1,
                "obligors": [
                    {
                        "key": "one",
                        "model_rwa_eur": "50",
                        "benchmark_rwa_eur": "50",
                        "provenance": "measured",
                    }
                ],
            },
            "RWA on the model reaches the required share of the benchmark.",
        ),
        (
            "input-floors",
            {"jurisdiction": "BCBS", "exposure_class": "bank", "own_lgd": False},
            "PD at least 0.05%, LGD at least 0.00%.",
        ),
    ],
)
def test_sentences_say_what_follows(key: str, given: dict[str, Any], sentence: str) -> None:
    assert ask(key, **given).sentence == sentence


def test_the_path_shows_each_row_with_the_added_term() -> None:
    answer = ask(
        "floor-path",
        jurisdiction="UK",
        as_of="2026-11-22",
        lines=[LINE | {"pre_floor_rwa_eur": "1300", "standardised_rwa_eur": "2400"}],
        own_funds=OWN_FUNDS,
    )
    points = {str(point.date_from): point.floored_rwa_eur for point in answer.figures.by_date}
    assert points == {
        "2027-01-01": Decimal("1502.5"),
        "2028-01-01": Decimal("1622.5"),
        "2029-01-01": Decimal("1742.5"),
        "2030-01-01": Decimal("1802.5"),
    }
    assert [step.value for step in answer.steps if step.quantity == "adjustment"] == ["62.50000"]
    assert answer.may_gate


@pytest.mark.parametrize(
    ("as_of", "given", "formula", "share"),
    [
        ("2023-01-01", {}, "0.5 x 60 - 10", "20.00"),
        ("2027-01-01", {"with_transitional_cap": True}, "(1.25 - 1) x 10", "2.50"),
        ("2023-01-01", {"method": "shapley"}, "average of what it adds over every order of joining", "15.00"),
        (
            "2023-01-01",
            {"portfolios": [PAIR[1] | {"key": "A"}]},
            "nothing: the floor does not bind",
            "0.00",
        ),
    ],
)
def test_shares_say_how_they_were_made(as_of: str, given: dict[str, Any], formula: str, share: str) -> None:
    asked = {"jurisdiction": "BCBS", "as_of": as_of, "method": "euler", "portfolios": PAIR} | given
    answer = ask("add-on-allocation", **asked)
    line = next(step for step in answer.steps if step.quantity == "share of A")
    assert (line.formula, line.value) == (formula, share)
    assert answer.provenance is Provenance.ASSUMED


@pytest.mark.parametrize(
    ("key", "given", "code"),
    [
        ("floor-base", {"lines": []}, "CAP013"),
        ("floor-base", {"lines": [LINE | {"standardised_approach": "F-IRB"}]}, "CAP010"),
        ("irb-exposures", {"jurisdiction": "BCBS", "exposures": []}, "CAP051"),
        (
            "add-on-allocation",
            {"jurisdiction": "BCBS", "as_of": "2023-01-01", "method": "euler", "portfolios": []},
            "CAP070",
        ),
        ("floor-schedule", {"jurisdiction": "Atlantis"}, "CAP003"),
    ],
)
def test_refusals_keep_their_code(key: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(MrmError) as refusal:
        ask(key, **given)
    assert refusal.value.code == code


def test_an_unknown_calculation_is_refused() -> None:
    with pytest.raises(MrmError, match="CAP100"):
        get_calculation(key="astrology")


def test_an_answer_without_a_clause_gates_nothing() -> None:
    example = get_calculation(key="model-floor").examples[0]
    assert not ask("model-floor", **example.given).may_gate


def test_an_empty_sheet_asks_nothing() -> None:
    empty = sheet("output-floor", {"jurisdiction": " "})
    assert (empty.is_asked, empty.answer, empty.refusal, empty.has_faults) == (False, None, None, False)
    assert empty.tables == empty.entered == ()
    assert empty.shown_value == ""
    assert [field.name for field in empty.fields][:2] == ["jurisdiction", "as_of"]
    assert ("own_funds.irb_cet1_eur", "Own funds") in [(field.name, field.group) for field in empty.fields]


def test_a_filled_sheet_shows_what_was_entered_and_the_published_value() -> None:
    link = sheet("output-floor", {}).examples[2]
    filled = sheet("output-floor", dict(parse_qsl(link.query)))
    assert filled.shown is link.example
    assert Decimal(filled.shown_value) == Decimal(link.example.published) == Decimal("1502.5")
    assert [table.title for table in filled.entered] == ["Entered", "Lines"]
    assert ("Own funds: IRB CET1, EUR", "15") in filled.entered[0].rows
    assert filled.entered[1].rows[0][:4] == ("credit", "whole bank", "1300", "2400")


def test_a_sheet_places_each_fault_at_its_field() -> None:
    wrong = sheet("floor-base", {"lines": "credit; A; x; 1; SA; declared; more", "colour": "red"})
    assert wrong.answer is None
    assert wrong.has_faults
    assert wrong.faults == ("colour is unknown; known: lines",)
    unknown, unread = wrong.fields[0].faults
    assert unknown.startswith("line 1, Cell 7: unknown; known: risk, portfolio_key")
    assert unread == "line 1, Pre-floor RWA, EUR: must be decimal text, such as 1250.50"
    missing = sheet("output-floor", {"own_funds.irb_cet1_eur": "1"})
    assert {field.name for field in missing.fields if field.faults} >= {
        "jurisdiction",
        "own_funds.irb_tier_2_eur",
    }
    assert missing.faults == ()
    assert missing.open_groups >= {"Own funds"}


def test_a_sheet_with_nothing_but_rows_shows_the_rows() -> None:
    link = sheet("floor-base", {}).examples[0]
    filled = sheet("floor-base", dict(parse_qsl(link.query)))
    assert [table.title for table in filled.entered] == ["Lines"]


def test_a_sheet_carries_a_refusal_with_its_remedy() -> None:
    refused = sheet("floor-base", {"lines": "credit; A; 1; 1; A-IRB; declared"})
    assert refused.refusal is not None
    assert refused.refusal.code == "CAP010"
    assert refused.entered == ()
    link = sheet("add-on-allocation", {}).examples[0]
    query = dict(parse_qsl(link.query)) | {"portfolios": "A; -1; 1; declared"}
    negative = sheet("add-on-allocation", query).refusal
    assert negative is not None
    assert negative.code == "CAP020"


def test_figures_become_json_and_lists_become_tables() -> None:
    assert plain((Decimal("1E+2"), 0.5, date(2026, 1, 2), Provenance.ASSUMED, None, True, 3)) == [
        "100", "0.5", "2026-01-02", "assumed", None, True, 3,
    ]  # fmt: skip
    floor = plain(ask("output-floor", jurisdiction="BCBS", as_of="2028-01-01", lines=[LINE]).figures)
    assert floor["result"]["floored_rwa_eur"] == "101.500"
    assert floor["position"]["row"]["citation"]["verification"] == "VERIFIED"
    assert not {"steps", "citations"} & (set(floor) | set(floor["result"]))
    path = ask("floor-path", jurisdiction="BCBS", as_of="2023-01-01", lines=[LINE])
    (points,) = tables_of(path.figures)
    assert (points.title, points.columns[5]) == ("By date", "Add-on, EUR")
    assert points.rows[0] == ("2023-01-01", "0.5", "70.0", "–", "76", "0", "no", "no", "VERIFIED")
    schedule = ask("floor-schedule", jurisdiction="BCBS")
    (rows,) = tables_of(schedule.figures)
    assert "Citation" not in rows.columns


def test_names_become_words_with_units() -> None:
    assert [
        label_of(name) for name in ("pre_floor_rwa_eur", "pd_12m", "is_large_financial", "ltv_share")
    ] == [
        "Pre-floor RWA, EUR",
        "PD, twelve months",
        "Large financial",
        "LTV, share",
    ]
    kinds = {item.kind for one in CALCULATIONS for item in one.inputs}
    assert kinds == set(Kind)


def test_every_exposure_of_a_list_keeps_its_intermediate_quantities() -> None:
    answer = ask(
        "irb-exposures",
        jurisdiction="BCBS",
        exposures=[
            EXPOSURE | {"provenance": "measured"},
            EXPOSURE | {"pd_12m": "0.0001", "lgd_share": "0.1", "provenance": "declared"},
        ],
    )
    first, second = answer.figures.exposures
    assert first.risk_weight == pytest.approx(Decimal("0.4577"), abs=Decimal("0.0001"))
    assert (second.pd_12m, second.lgd_share) == (0.0005, 0.3)
    assert (answer.figures.floored_pds, answer.figures.floored_lgds) == (1, 1)
    assert first.maturity_adjustment is None
    assert answer.provenance is Provenance.DECLARED


NUMBERS = ("0", "1", "-1", "0.5", "0.25", "76", "140", "0.0000000001", "0.9999999999", "9" * 15)


def draw(item: Input, chance: random.Random) -> Any:
    """A value of the form that an input takes, likely or not."""
    match item.kind:
        case Kind.GROUP:
            return draw_all(item.parts, chance)
        case Kind.ROWS:
            return [draw_all(item.parts, chance) for _ in range(chance.randrange(1, 4))]
        case Kind.WHOLE:
            return chance.randrange(-2, 400)
        case Kind.DAY:
            return date(chance.randrange(2000, 2040), 1, 1).isoformat()
        case Kind.FLAG:
            return chance.random() < 0.5
        case Kind.NUMBER:
            return chance.choice(NUMBERS)
        case _:
            return chance.choice([*item.known, *(() if item.kind is Kind.CHOICE else ("all", "elsewhere"))])


def draw_all(items: tuple[Input, ...], chance: random.Random) -> dict[str, Any]:
    return {item.name: draw(item, chance) for item in items if item.is_required or chance.random() < 0.3}


@pytest.mark.parametrize("calculation", CALCULATIONS, ids=lambda one: one.key)
def test_whatever_is_asked_is_answered_or_refused_with_a_code(calculation: Calculation) -> None:
    chance = random.Random(calculation.key)
    outcomes = set()
    for _ in range(300):
        query = to_query(inputs=calculation.inputs, given=draw_all(calculation.inputs, chance))
        filled = fill_sheet(calculation=calculation, query=query)
        assert not filled.has_faults
        outcomes.add(filled.refusal.code[:3] if filled.refusal else "answer")
        if filled.answer is not None:
            assert filled.answer.sentence.endswith(".")
            json.dumps(plain(filled.answer.figures), allow_nan=False)
            assert not {"NaN", "Infinity", "nan", "inf"} & {step.value for step in filled.answer.steps}
    assert outcomes <= {"answer", "CAP"}
    assert outcomes
