"""Which figures a record shows: those of its check, with intervals and limits, or drawn from its metrics."""

from collections.abc import Mapping
from typing import Any, Protocol

from django import template

register = template.Library()


class Record(Protocol):
    """An evidence record, or a check of a run that looks like one."""

    check_id: str
    body: Any
    metrics: Any


_FLOOR_BARS = (
    ("rwa_model", "this model"),
    ("rwa_benchmark", "interpretable benchmark"),
    ("rwa_standardised", "standardised approach"),
    ("entity_rwa_before_floor", "entity, before the floor"),
    ("entity_rwa_floored", "entity, after the floor"),
)


@register.filter
def floor_figures(figures: object) -> list[dict[str, Any]]:
    """Return the picture of a floor along its schedule; nothing for figures of another kind."""
    points = getattr(figures, "by_date", ())
    if not points:
        return []
    series = {
        "the floor": [point.floor_eur for point in points],
        "RWA after the floor": [point.floored_rwa_eur for point in points],
    }
    return [
        {
            "id": "floor-path",
            "title": "The output floor and risk-weighted assets after it, by date of the schedule",
            "kind": "bar",
            "x_label": "from",
            "y_label": "risk-weighted assets, EUR",
            "ticks": [point.date_from.isoformat() for point in points],
            "series": [
                {"name": name, "points": [[str(i + 1), str(value)] for i, value in enumerate(values)]}
                for name, values in series.items()
            ],
            "threshold": {"value": getattr(figures, "pre_floor_rwa_eur", ""), "verdict": "before the floor"},
        }
    ]


@register.filter
def figures_of(record: Record) -> list[dict[str, Any]]:
    """Return the figures to draw for an evidence record or a check of a run."""
    body = record.body if isinstance(record.body, Mapping) else {}
    figures = [_completed(dict(figure), body) for figure in body.get("figures", [])]
    if record.check_id == "capital.rwa_effect":
        figures.extend(_capital_figures(record.metrics))
    return figures


def _completed(figure: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    if figure.get("id") == "calibration":
        return _with_intervals(figure, body)
    limit = body.get("params", {}).get("column_threshold")
    if figure.get("id") == "columns" and body.get("params", {}).get("method") == "psi" and limit:
        figure["threshold"] = {"value": limit, "verdict": "drifted from"}
    return figure


def _with_intervals(figure: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Draw default rates as bars with the interval that the check's table holds, beside the mean PD."""
    table = next((one for one in body.get("tables", []) if one.get("id") == "grades"), None)
    columns = list(table["columns"]) if table else []
    if "95 % from" not in columns or "95 % to" not in columns:
        return figure
    assert table is not None
    ends = {
        name: [[str(i + 1), row[columns.index(column)]] for i, row in enumerate(table["rows"])]
        for name, column in (("lower", "95 % from"), ("upper", "95 % to"))
    }
    by_name = {one["name"]: one for one in figure.get("series", [])}
    if not {"default rate", "mean PD"} <= set(by_name):
        return figure
    figure["kind"] = "bar"
    figure["series"] = [by_name["default rate"], by_name["mean PD"]] + [
        {"name": name, "points": points} for name, points in ends.items()
    ]
    figure["ticks"] = [f"grade {tick}" for tick in figure.get("ticks", [])]
    return figure


def _capital_figures(metrics: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    by_name = {str(metric["name"]): metric for metric in metrics}
    bars = [(label, str(by_name[name]["estimate"])) for name, label in _FLOOR_BARS if name in by_name]
    if not bars:
        return []
    return [
        {
            "id": "output-floor",
            "title": "Risk-weighted assets: the model, its benchmark, the standardised approach and the output floor",
            "kind": "bar",
            "x_label": "measure",
            "y_label": "risk-weighted assets, EUR",
            "ticks": [label for label, _ in bars],
            "series": [
                {
                    "name": "risk-weighted assets, EUR",
                    "points": [[str(i + 1), value] for i, (_, value) in enumerate(bars)],
                }
            ],
        }
    ]
