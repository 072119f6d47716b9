"""Charts drawn by the server as inline SVG. Every chart has a table twin; style is by class only."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from django import template

from registry.templatetags import geometry

register = template.Library()


@register.inclusion_tag("partials/chart.html")
def chart(
    figure: Mapping[str, object], thresholds: Sequence[Mapping[str, object]] | None = None, key: str = ""
) -> dict[str, object]:
    """Draw a figure of a check: ``line``, ``points`` or ``bar``.

    ``thresholds`` are drawn as dashed lines where they name the figure's value
    axis. ``key`` makes the element ids unique on the page.
    """
    series = geometry.series_of(figure)
    kind = str(figure.get("kind", ""))
    ticks = [str(tick) for tick in _sequence(figure.get("ticks"))]
    limits = _limits(figure, thresholds or [])
    shared = {
        "figure": figure,
        "kind": kind,
        "key": f"{key}-{figure.get('id', 'figure')}",
        "twin": _twin(figure, series, ticks),
        "is_empty": not any(points for _, points in series),
    }
    if kind == "bar":
        return shared | _bars(series, ticks, limits)
    return shared | _lines(series, limits)


@register.inclusion_tag("partials/strip.html")
def verdict_strip(records: Sequence[object]) -> dict[str, object]:
    """Draw one square per check, in order, each linked to its part of the page."""
    return {"records": records}


def _lines(
    series: list[tuple[str, list[tuple[float, float]]]], limits: list[tuple[float, str]]
) -> dict[str, object]:
    x_scale, y_scale, placed = geometry.plot(series, also_y=[value for value, _ in limits])
    return {
        "width": geometry.WIDTH,
        "height": geometry.HEIGHT,
        "left": geometry.PLOT_LEFT,
        "right": geometry.PLOT_RIGHT,
        "top": geometry.PLOT_TOP,
        "bottom": geometry.PLOT_BOTTOM,
        "x_ticks": x_scale.ticks(count=6),
        "y_ticks": y_scale.ticks(),
        "placed": placed,
        "limits": [{"at": y_scale.place(value), "text": text} for value, text in limits],
    }


def _bars(
    series: list[tuple[str, list[tuple[float, float]]]], ticks: list[str], limits: list[tuple[float, str]]
) -> dict[str, object]:
    shown, intervals = _split_intervals(series)
    scale, rows, bottom = geometry.bar_rows(
        shown, labels=ticks, intervals=intervals, also=[value for value, _ in limits]
    )
    return {
        "width": geometry.WIDTH,
        "height": bottom + (56 if limits else 40),
        "top": geometry.PLOT_TOP - 6,
        "bottom": bottom,
        "label_at": geometry.BAR_LEFT - 10,
        "zero": scale.place(0.0),
        "x_ticks": scale.ticks(),
        "rows": rows,
        "placed": [{"name": name, "style": i + 1} for i, (name, _) in enumerate(shown)],
        "limits": [{"at": scale.place(value), "text": text} for value, text in limits],
        "has_intervals": any(intervals),
    }


def _split_intervals(
    series: list[tuple[str, list[tuple[float, float]]]],
) -> tuple[list[tuple[str, list[tuple[float, float]]]], list[tuple[float, float] | None]]:
    """Take series called lower and upper out: they are the interval of the first one."""
    ends: dict[str, list[tuple[float, float]]] = {}
    shown = []
    for name, points in series:
        words = name.lower().split()
        end = next((word for word in ("lower", "upper") if word in words), None)
        if end is None:
            shown.append((name, points))
        else:
            ends[end] = points
    if set(ends) != {"lower", "upper"} or not shown:
        return series, []
    return shown, [(low, high) for (_, low), (_, high) in zip(ends["lower"], ends["upper"], strict=False)]


def _limits(
    figure: Mapping[str, object], thresholds: Sequence[Mapping[str, object]]
) -> list[tuple[float, str]]:
    own = figure.get("threshold")
    stated = (
        [own]
        if isinstance(own, Mapping)
        else [t for t in thresholds if t.get("metric") == figure.get("metric")]
    )
    found = []
    for threshold in stated:
        try:
            value = Decimal(str(threshold.get("value")))
        except InvalidOperation:
            continue
        found.append((float(value), f"{threshold.get('verdict', 'threshold')} {value.normalize():f}"))
    return found


def _twin(
    figure: Mapping[str, object], series: list[tuple[str, list[tuple[float, float]]]], ticks: list[str]
) -> dict[str, object]:
    """Return the same figures as a table: one row per x, one column per series."""
    xs: list[str] = []
    columns: list[dict[str, str]] = []
    for _, points in series:
        column: dict[str, str] = {}
        for i, (x, y) in enumerate(points):
            label = ticks[i] if i < len(ticks) else f"{x:.6g}"
            column[label] = f"{y:.6g}"
            if label not in xs:
                xs.append(label)
        columns.append(column)
    return {
        "x_label": figure.get("x_label", ""),
        "y_label": figure.get("y_label", ""),
        "names": [name for name, _ in series],
        "rows": [{"label": x, "values": [column.get(x, "–") for column in columns]} for x in xs],
    }


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else []
