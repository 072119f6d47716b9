"""Geometry of charts: numbers in, positions out. No markup here.

A figure is the plain data that a check stores: ``kind`` (``line``, ``bar`` or
``points``), axis labels, ticks, and series of decimal-text points.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH = 720
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 64, 704, 14, 268
HEIGHT = 312
BAR_ROW, BAR_LEFT, BAR_RIGHT = 26, 210, 640
MAX_SERIES = 4


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A place on an axis and its text."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Maps values of one axis onto positions."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Return the position of a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, *, count: int = 5) -> list[Tick]:
        """Return round values within the axis, about ``count`` of them."""
        step = _round_step((self.high - self.low) / count)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [Tick(at=self.place(i * step), text=number_text(i * step)) for i in range(first, last + 1)]


@dataclass(frozen=True, kw_only=True)
class Points:
    """A series in positions, with its style number from 1 to 4."""

    name: str
    style: int
    positions: list[tuple[float, float]]

    @property
    def path(self) -> str:
        """The polyline's points."""
        return " ".join(f"{x},{y}" for x, y in self.positions)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One horizontal bar, its value and, where known, its interval."""

    style: int
    x: float
    y: float
    width: float
    height: float
    value: str
    value_at: float
    whisker: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class BarRow:
    """The bars that share a label."""

    label: str
    y: float
    bars: list[Bar]


def series_of(figure: Mapping[str, object]) -> list[tuple[str, list[tuple[float, float]]]]:
    """Return the figure's series as numbers; what is not a finite number is left out."""
    found: list[tuple[str, list[tuple[float, float]]]] = []
    for one in _mappings(figure.get("series")):
        pairs = [_pair(point) for point in _list(one.get("points"))]
        found.append((str(one.get("name", "")), [pair for pair in pairs if pair is not None]))
    return found[:MAX_SERIES]


def scale_for(values: Sequence[float], *, start: float, end: float, is_from_zero: bool = False) -> Scale:
    """Return a scale that holds every value; a single value gets room around it."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if is_from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-12:
        low, high = low - (0.0 if is_from_zero else 0.5), high + 0.5
    pad = (high - low) * 0.04
    has_room_below = not (is_from_zero and low == 0.0) and not (low == 0.0 and high <= 1.0)
    has_room_above = not (is_from_zero and high == 0.0) and not (high == 1.0 and low >= 0.0)
    return Scale(
        low=low - pad if has_room_below else low,
        high=high + pad if has_room_above else high,
        start=start,
        end=end,
    )


def plot(
    series: Sequence[tuple[str, list[tuple[float, float]]]], *, also_y: Sequence[float] = ()
) -> tuple[Scale, Scale, list[Points]]:
    """Return both scales and the series in positions, for lines and points."""
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points]
    x_scale = scale_for(xs, start=PLOT_LEFT, end=PLOT_RIGHT)
    y_scale = scale_for([*ys, *also_y], start=PLOT_BOTTOM, end=PLOT_TOP)
    placed = [
        Points(name=name, style=i + 1, positions=[(x_scale.place(x), y_scale.place(y)) for x, y in points])
        for i, (name, points) in enumerate(series)
    ]
    return x_scale, y_scale, placed


def bar_rows(
    series: Sequence[tuple[str, list[tuple[float, float]]]],
    *,
    labels: Sequence[str],
    intervals: Sequence[tuple[float, float] | None] = (),
    also: Sequence[float] = (),
) -> tuple[Scale, list[BarRow], float]:
    """Return the value scale, the rows of bars (grouped by label) and the height they take.

    ``intervals`` belong to the bars of the first series, in order.
    """
    ends = [end for interval in intervals if interval for end in interval]
    values = [y for _, points in series for _, y in points]
    scale = scale_for([*values, *ends, *also], start=BAR_LEFT, end=BAR_RIGHT, is_from_zero=True)
    count = max((len(points) for _, points in series), default=0)
    pitch = BAR_ROW if len(series) == 1 else 14 * len(series) + 10
    thickness = 13 if len(series) == 1 else 11
    rows = []
    for i in range(count):
        top = PLOT_TOP + i * pitch
        bars = [
            _bar(scale, points[i][1], style=k + 1, top=top + k * (thickness + 2), thickness=thickness,
                 interval=intervals[i] if k == 0 and i < len(intervals) else None)
            for k, (_, points) in enumerate(series)
            if i < len(points)
        ]  # fmt: skip
        label = labels[i] if i < len(labels) else number_text(series[0][1][i][0])
        rows.append(BarRow(label=label, y=top + (len(series) * (thickness + 2)) / 2 + 3, bars=bars))
    return scale, rows, PLOT_TOP + count * pitch


def number_text(value: float) -> str:
    """Return a short text for an axis or a bar."""
    if value == 0:
        return "0"
    if abs(value) >= 1_000_000_000:
        return f"{value / 1_000_000_000:.3g}bn"
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:.3g}m"
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    if abs(value) >= 1:
        return f"{value:.4g}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1e}"


def _bar(
    scale: Scale,
    value: float,
    *,
    style: int,
    top: float,
    thickness: float,
    interval: tuple[float, float] | None,
) -> Bar:
    zero, end = scale.place(0.0), scale.place(value)
    whisker = (scale.place(interval[0]), scale.place(interval[1])) if interval else None
    return Bar(
        style=style,
        x=min(zero, end),
        y=round(top, 2),
        width=max(abs(end - zero), 0.75),
        height=thickness,
        value=number_text(value),
        value_at=max(zero, end, *(whisker or ())) + 6,
        whisker=whisker,
    )


def _round_step(raw: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(raw))
    return next(
        step * magnitude for step in (1.0, 2.0, 2.5, 5.0, 10.0) if raw <= step * magnitude * (1 + 1e-9)
    )


def _pair(point: object) -> tuple[float, float] | None:
    parts = _list(point)
    if len(parts) < 2:
        return None
    try:
        x, y = float(str(parts[0])), float(str(parts[1]))
    except ValueError:
        return None
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [item for item in _list(value) if isinstance(item, Mapping)]
