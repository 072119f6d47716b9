"""How values and charts look, with positions worked by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from registry.templatetags import charts, display, figures, geometry, readers
from validation.catalog import load_catalog
from validation.web.check_docs import PARTS, check_documentation


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0.77561234", "0.7756"),
        ("7500", "7,500"),
        ("0.00000024", "2.40e-7"),
        ("12.34567", "12.35"),
        ("123456.7", "123,457"),
        ("-0.5", "-0.5000"),
        ("NaN", "NaN"),
        ("card", "card"),
        ("", "–"),
        (None, "–"),
    ],
)
def test_figures_are_rounded_for_reading(value: object, shown: str) -> None:
    assert display.figure_text(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "unknown"),
        (True, "yes"),
        ("false", "no"),
        (3, "3"),
        ("tree_ensemble", "tree ensemble"),
        ("0.55", "0.5500"),
    ],
)
def test_facts_are_said_plainly(value: object, shown: str) -> None:
    assert display.plain(value) == shown


def test_times_are_iso_with_zone() -> None:
    instant = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert "2026-11-20 09:30:00 UTC" in display.stamp(instant)
    assert display.stamp(instant.isoformat()) == display.stamp(instant)
    assert ">2026-11-20<" in display.stamp(date(2026, 11, 20))
    assert display.stamp(None) == "–"


def test_a_chip_says_its_word_and_draws_its_shape() -> None:
    shown = display.chip("allow_with_conditions")
    assert "Allowed with conditions" in shown
    assert "<svg" in shown
    assert "chip-caution" in shown
    assert display.chip("") == ""
    assert "&lt;b&gt;" in display.chip("<b>")


@pytest.mark.parametrize(
    ("tier", "filled", "words"), [(1, 4, "Tier 1"), (4, 1, "Tier 4"), (None, 0, "Tier not set")]
)
def test_the_tier_is_never_left_out(tier: int | None, filled: int, words: str) -> None:
    mark = display.tier_mark(tier)
    assert mark.count('class="on"') == filled
    assert words in mark


@pytest.mark.parametrize(
    ("size", "shown"), [(912, "912 B"), (482_113, "482.1 kB"), (3_200_000_000, "3.2 GB"), (None, "–")]
)
def test_sizes(size: object, shown: str) -> None:
    assert display.bytes_text(size) == shown


def test_shares_and_amounts() -> None:
    assert display.percent("0.95") == "95.00 %"
    assert display.money(Decimal("1250000.00")) == "1,250,000"
    assert display.percent("x") == display.money("x") == "–"
    assert display.code_spans("check `a.b` <i>") == "check <code>a.b</code> &lt;i&gt;"


def test_a_scale_places_its_ends_and_chooses_round_ticks() -> None:
    scale = geometry.Scale(low=0.0, high=1.0, start=100, end=300)
    assert (scale.place(0.0), scale.place(0.25), scale.place(1.0)) == (100, 150, 300)
    assert [tick.text for tick in scale.ticks(count=5)] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_bars_start_at_zero_and_carry_their_interval() -> None:
    figure = {"kind": "bar", "title": "Rates", "ticks": ["1"], "series": [
        {"name": "default rate", "points": [["1", "0.5"]]},
        {"name": "lower", "points": [["1", "0.25"]]},
        {"name": "upper", "points": [["1", "1"]]},
    ]}  # fmt: skip
    drawn = charts.chart(figure, [{"metric": None, "value": "x"}], "check")
    bar = drawn["rows"][0].bars[0]
    assert drawn["zero"] == geometry.BAR_LEFT == bar.x
    # The axis of a share ends at 1: from 210 to 640.
    assert bar.width == 215
    assert bar.whisker == (210 + 107.5, 640)
    assert drawn["twin"]["rows"] == [{"label": "1", "values": ["0.5", "0.25", "1"]}]


def test_a_figure_without_numbers_is_not_drawn() -> None:
    assert charts.chart(
        {"kind": "line", "series": [{"name": "m", "points": [["1", "nan"], ["x", "1"], []]}]}
    )["is_empty"]
    assert charts.chart({"kind": "line", "series": "none"})["is_empty"]
    flat = geometry.scale_for([2.0], start=0, end=10)
    assert flat.low < 2.0 < flat.high


def test_the_output_floor_is_drawn_from_the_metrics() -> None:
    class Record:
        check_id = "capital.rwa_effect"
        body: object = {"figures": []}
        metrics: object = [
            {"name": "rwa_model", "estimate": "10"},
            {"name": "entity_rwa_floored", "estimate": "12"},
        ]

    (figure,) = figures.figures_of(Record())
    assert figure["ticks"] == ["this model", "entity, after the floor"]
    Record.metrics = []
    assert figures.figures_of(Record()) == []


def test_signatures_and_sources_are_read() -> None:
    parts = readers.signature_parts(
        {"inputs": '[{"name": "a", "type": "long", "required": false}]', "outputs": None}
    )
    assert parts == [{"title": "Inputs", "columns": [{"name": "a", "type": "long", "required": False}]}]
    assert readers.signature_parts(None) == []
    one = "evidence 3ad1725a-426d-48b8-8255-95101c5e7bf6"
    assert readers.evidence_uuid(one) == one.split()[1]
    assert readers.evidence_uuid(f"{one}, {one[:-1]}0") == ""


def test_the_documentation_read_from_source_is_that_of_every_check() -> None:
    read = check_documentation()
    for check_id, check in load_catalog().items():
        assert read[check_id].title == check.spec.title
        assert [getattr(read[check_id], part) for part in PARTS] == [
            getattr(check.spec.doc, part) for part in PARTS
        ]
