"""The output floor for reading: charts of RWA and of the path, rows of allocation, amounts to the cent."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import template

from registry import api

register = template.Library()

_EUROS = "risk-weighted assets, EUR"


@register.filter
def cents(value: object) -> str:
    """Return an amount to the cent with thousands separated; a dash for nothing."""
    return "–" if value is None else f"{Decimal(str(value)):,.2f}"


@register.filter
def share_words(value: Decimal) -> str:
    """Return a share as per cent with as many digits as it has."""
    return api.share_text(value)


@register.filter
def beside(first: Iterable[object], second: Iterable[object]) -> list[tuple[object, object]]:
    """Return two lists of one length side by side."""
    return list(zip(first, second, strict=True))


@register.filter
def effect_figures(report: api.EffectReport) -> list[dict[str, Any]]:
    """Return the charts of a model's effect: the floor on the day, and along the schedule. None where unknown."""
    sides = (("with the model", report.with_model), ("without it", report.without_model))
    days = [(name, side.today.floor.result) for name, side in sides if side.today is not None]
    figures = []
    if days:
        ticks = ("RWA before the floor", "share of standardised RWA", "floored RWA")
        figures.append(
            _bars(
                "floor-today",
                "RWA on the day, with the model and without it",
                "measure",
                ticks,
                [(name, (day.pre_floor_rwa_eur, day.floor_eur, day.floored_rwa_eur)) for name, day in days],
            )
        )
    if report.with_model.path:
        figures.append(
            _bars(
                "floor-path",
                "Floored RWA along the schedule, on flat inputs, with the model and without it",
                "in force from",
                _dates(report.with_model),
                [
                    *((f"floored, {name}", _floored(side)) for name, side in sides),
                    ("before the floor, with the model", _before(report.with_model)),
                ],
            )
        )
    return figures


@register.filter
def path_figures(report: api.FloorReport) -> list[dict[str, Any]]:
    """Return the chart of the path of one entity, or none where no schedule is known."""
    if not report.path:
        return []
    series = [("floored", _floored(report)), ("before the floor", _before(report))]
    title = "Floored RWA along the schedule, on flat inputs"
    return [_bars("floor-path", title, "in force from", _dates(report), series)]


@register.filter
def allocation_rows(report: api.FloorReport, stands: Sequence[api.PortfolioStand]) -> list[dict[str, Any]]:
    """Return each portfolio with its share of the add-on by every method, in the order of ``allocations``."""
    shares = [dict(one.shares_eur) for one in report.allocations]
    return [{"stand": stand, "shares": [by_key[stand.figures.key] for by_key in shares]} for stand in stands]


def _dates(report: api.FloorReport) -> list[str]:
    return [step.floor.position.as_of.isoformat() for step in report.path]


def _floored(report: api.FloorReport) -> list[Decimal]:
    return [step.floor.result.floored_rwa_eur for step in report.path]


def _before(report: api.FloorReport) -> list[Decimal]:
    return [step.floor.result.pre_floor_rwa_eur for step in report.path]


def _bars(
    key: str,
    title: str,
    x_label: str,
    ticks: Sequence[str],
    series: Sequence[tuple[str, Sequence[Decimal]]],
) -> dict[str, Any]:
    return {
        "id": key,
        "title": title,
        "kind": "bar",
        "x_label": x_label,
        "y_label": _EUROS,
        "ticks": list(ticks),
        "series": [
            {"name": name, "points": [[str(i + 1), str(value)] for i, value in enumerate(values)]}
            for name, values in series
        ],
    }
