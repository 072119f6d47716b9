"""What a check hands back: figures with intervals, tables, figures for charts, a verdict.

Figures leave as decimal text of ten significant digits; judgement reads the
same text, so a stored result can be judged again and gives the same verdict.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from registry.domain.canonical import Json
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Verdict

FactValue = str | int | bool


def decimal_text(value: float) -> str:
    """Return a figure as decimal text with ten significant digits."""
    return format(value + 0.0, ".10g")


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One figure: estimate, interval at ``confidence``, sample size and method.

    ``lower`` and ``upper`` are absent where no honest interval exists; the
    method then says so.
    """

    name: str
    estimate: float
    n: int
    method: str
    lower: float | None = None
    upper: float | None = None
    confidence: float | None = None

    def figures(self) -> dict[str, Decimal]:
        """Return the figure and its interval ends under the names thresholds use."""
        parts = {self.name: self.estimate, f"{self.name}.lower": self.lower, f"{self.name}.upper": self.upper}
        return {name: Decimal(decimal_text(value)) for name, value in parts.items() if value is not None}

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON."""
        return {
            "name": self.name,
            "estimate": decimal_text(self.estimate),
            "lower": None if self.lower is None else decimal_text(self.lower),
            "upper": None if self.upper is None else decimal_text(self.upper),
            "confidence": None if self.confidence is None else decimal_text(self.confidence),
            "n": self.n,
            "method": self.method,
        }


@dataclass(frozen=True, kw_only=True)
class Table:
    """A small table of text cells, ready to be shown."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
        }


@dataclass(frozen=True, kw_only=True)
class Series:
    """A named line or set of bars."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Data of a chart that the server draws; ``twin`` shows the same as a table.

    ``kind`` is ``line``, ``bar`` or ``points``. ``ticks`` label bars.
    """

    id: str
    title: str
    kind: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    ticks: tuple[str, ...] = ()

    def twin(self) -> Table:
        """Return the table that shows every point of the chart."""
        rows = [
            (one.name, self.ticks[i] if i < len(self.ticks) else decimal_text(x), decimal_text(y))
            for one in self.series
            for i, (x, y) in enumerate(one.points)
        ]
        return Table(
            id=self.id, title=self.title, columns=("series", self.x_label, self.y_label), rows=tuple(rows)
        )

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "kind": self.kind,
            "x_label": self.x_label,
            "y_label": self.y_label,
            "ticks": list(self.ticks),
            "series": [
                {"name": s.name, "points": [[decimal_text(x), decimal_text(y)] for x, y in s.points]}
                for s in self.series
            ],
        }


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What ``compute`` returns: figures without judgement."""

    metrics: tuple[Metric, ...]
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """A finished check: verdict with reason, figures, and everything needed to repeat it.

    ``alarms`` holds the plan's level of false alarms and what each limit spends of it.
    """

    check: str
    major: int
    verdict: Verdict
    reason: str
    detail: str
    n_needed: int | None = None
    metrics: tuple[Metric, ...] = ()
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    thresholds: tuple[Mapping[str, Json], ...] = ()
    alarms: Mapping[str, Json] = field(default_factory=dict)
    seed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    elapsed_s: float = 0.0

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON; figures are decimal text."""
        return {
            "check": self.check,
            "major": self.major,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "detail": self.detail,
            "n_needed": self.n_needed,
            "metrics": [metric.to_json() for metric in self.metrics],
            "facts": dict(self.facts),
            "tables": [table.to_json() for table in self.tables],
            "figures": [figure.to_json() for figure in self.figures],
            "notes": list(self.notes),
            "params": dict(self.params),
            "thresholds": [dict(threshold) for threshold in self.thresholds],
            "alarms": dict(self.alarms),
            "seed": self.seed,
            "versions": dict(self.versions),
            "elapsed_s": format(self.elapsed_s, ".3f"),
        }


def result_from_json(*, data: object) -> CheckResult:
    """Return a result from its JSON.

    Raises ``InvalidInput`` ``CHK010`` when the data is not a result.
    """
    try:
        return _read_result(_mapping(data))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidInput(
            "CHK010",
            f"this is not a check result: {type(error).__name__}",
            remedy="Pass the JSON that a finished check wrote.",
        ) from error


def _read_result(data: Mapping[str, object]) -> CheckResult:
    return CheckResult(
        check=_text(data["check"]),
        major=_whole(data["major"]),
        verdict=Verdict(_text(data["verdict"])),
        reason=_text(data["reason"]),
        detail=_text(data["detail"]),
        n_needed=None if data["n_needed"] is None else _whole(data["n_needed"]),
        metrics=tuple(_read_metric(_mapping(item)) for item in _sequence(data["metrics"])),
        facts={name: _fact(value) for name, value in _mapping(data["facts"]).items()},
        tables=tuple(_read_table(_mapping(item)) for item in _sequence(data["tables"])),
        figures=tuple(_read_figure(_mapping(item)) for item in _sequence(data["figures"])),
        notes=_texts(data["notes"]),
        params={name: _text(value) for name, value in _mapping(data["params"]).items()},
        thresholds=tuple(_json_mapping(item) for item in _sequence(data["thresholds"])),
        alarms=_json_mapping(data.get("alarms", {})),
        seed=_whole(data["seed"]),
        versions={name: _text(value) for name, value in _mapping(data["versions"]).items()},
        elapsed_s=float(_text(data["elapsed_s"])),
    )


def _read_metric(data: Mapping[str, object]) -> Metric:
    def optional(name: str) -> float | None:
        return None if data[name] is None else float(_text(data[name]))

    return Metric(
        name=_text(data["name"]),
        estimate=float(_text(data["estimate"])),
        lower=optional("lower"),
        upper=optional("upper"),
        confidence=optional("confidence"),
        n=_whole(data["n"]),
        method=_text(data["method"]),
    )


def _read_table(data: Mapping[str, object]) -> Table:
    return Table(
        id=_text(data["id"]),
        title=_text(data["title"]),
        columns=_texts(data["columns"]),
        rows=tuple(_texts(row) for row in _sequence(data["rows"])),
    )


def _read_figure(data: Mapping[str, object]) -> Figure:
    def points(value: object) -> tuple[tuple[float, float], ...]:
        pairs = [_texts(pair) for pair in _sequence(value)]
        return tuple((float(x), float(y)) for x, y in pairs)

    series = [_mapping(item) for item in _sequence(data["series"])]
    return Figure(
        id=_text(data["id"]),
        title=_text(data["title"]),
        kind=_text(data["kind"]),
        x_label=_text(data["x_label"]),
        y_label=_text(data["y_label"]),
        ticks=_texts(data["ticks"]),
        series=tuple(Series(name=_text(s["name"]), points=points(s["points"])) for s in series),
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("an object is expected")
    return value


def _json_mapping(value: object) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise TypeError("an object is expected")
    return value


def _sequence(value: object) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError("a list is expected")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text is expected")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in _sequence(value))


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is expected")
    return value


def _fact(value: object) -> FactValue:
    if not isinstance(value, str | int):
        raise TypeError("a fact is text, a whole number or a truth value")
    return value


def is_finite(value: float | None) -> bool:
    """Return whether a figure exists and is a finite number."""
    return value is not None and math.isfinite(value)
