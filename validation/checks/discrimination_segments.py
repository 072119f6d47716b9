"""Check ``discrimination.segments``: does the score order defaults inside every segment?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
    StatisticalAlarm,
)
from validation.domain.inputs import CheckInputs, FloatArray, NotApplicableError
from validation.domain.params import SAMPLE, SEGMENT_BINS, SEGMENT_COLUMN
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.calibration import holm
from validation.stats.discrimination import Auc, auc
from validation.stats.discrimination_detail import below_floor_p, by_segment
from validation.stats.outcomes import Outcomes, read_outcomes
from validation.stats.segments import Segments, read_segments

_CONFIDENCE = 0.95

SPEC = CheckSpec(
    id="discrimination.segments",
    major=1,
    title="Discrimination by segment",
    kind=CheckKind.DISCRIMINATION,
    needs=("{sample}.labels", "{sample}.scores"),
    params=(
        SAMPLE,
        SEGMENT_COLUMN,
        SEGMENT_BINS,
        ParamSpec(
            name="floor",
            kind=ParamKind.DECIMAL,
            default="0.5",
            meaning="AUC that every segment should reach",
            minimum=Decimal("0.01"),
            maximum=Decimal("0.99"),
        ),
        ParamSpec(
            name="alpha",
            kind=ParamKind.DECIMAL,
            default="0.05",
            meaning="family-wise level at which a segment counts as below the floor",
            minimum=Decimal("0.0001"),
            maximum=Decimal("0.5"),
        ),
        ParamSpec(
            name="min_defaults",
            kind=ParamKind.INTEGER,
            default="20",
            meaning="fewest rows of either class in a segment that is judged",
            minimum=Decimal(2),
        ),
    ),
    metrics=("lowest_auc", "segments_below_floor", "min_p_adjusted", "segments_too_small"),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="min_p_adjusted",
            null="every segment reaches the floor",
            counts=("segments_below_floor",),
            level="alpha",
            caveat="DeLong on the logit scale, for large samples",
        ),
    ),
    doc=FiveParts(
        purpose="Finds segments in which the score orders defaults badly while the whole looks good.",
        mechanism="AUC with DeLong's interval inside every segment that holds enough of both classes. For each "
        "the one-sided p-value that its AUC is at least the floor, on the logit scale; Holm's adjustment "
        "controls the chance of any false alarm over the segments.",
        signs_of_high_risk="A segment whose interval lies below the floor; many segments too small to judge; "
        "a large segment far below the others.",
        strengths="The family-wise error over segments is stated; segments too small to judge are named and "
        "never counted as good.",
        limitations="A segment must be an input, or stated by the data set or the file of predictions. Many segments "
        "leave little power in each. A whole that is well ordered only between segments is not seen here.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Segment:
    name: str
    rows: int
    defaults: int
    area: Auc | None


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the lowest AUC over segments and how many lie below the floor."""
    del tools
    sample, needed = params.text("sample"), params.integer("min_defaults")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=needed)
    segments = read_segments(
        inputs=inputs, sample=sample, column=params.text("column"), bins=params.integer("bins")
    )
    found = _measure(outcomes, segments, needed)
    judged = [(one, one.area) for one in found if one.area is not None]
    if not judged:
        most = max(min(one.defaults, one.rows - one.defaults) for one in found)
        raise NotApplicableError(
            reason="insufficient_data",
            detail=f"no segment of {sample} holds {needed} rows of either class",
            n_needed=int(np.ceil(needed * outcomes.n / max(most, 1))),
        )
    p_values = np.asarray([below_floor_p(area=area, floor=params.number("floor")) for _, area in judged])
    adjusted = holm(p_values)
    lowest, area = min(judged, key=lambda pair: pair[1].estimate)
    interval = area.interval(confidence=1.0 - (1.0 - _CONFIDENCE) / len(judged))
    method = f"AUC at least {params['floor']}, Holm over {len(judged)} segments"
    return Measurement(
        metrics=(
            Metric(
                name="lowest_auc",
                estimate=area.estimate,
                lower=interval.lower,
                upper=interval.upper,
                confidence=_CONFIDENCE,
                n=lowest.rows,
                method=f"{lowest.name}, the lowest of {len(judged)}; {interval.method}, Bonferroni",
            ),
            Metric(
                name="segments_below_floor",
                estimate=float((adjusted <= params.number("alpha")).sum()),
                n=outcomes.n,
                method=method,
            ),
            Metric(name="min_p_adjusted", estimate=float(adjusted.min()), n=outcomes.n, method=method),
            Metric(
                name="segments_too_small",
                estimate=float(len(found) - len(judged)),
                n=outcomes.n,
                method=f"fewer than {needed} rows of either class",
            ),
        ),
        tables=(_by_segment(found, adjusted),),
        figures=(_figure(judged),),
        notes=("the interval of the lowest holds for all segments together; judge the adjusted p",),
    )


def _measure(outcomes: Outcomes, segments: Segments, needed: int) -> list[_Segment]:
    found = []
    for code, places in by_segment(segments=segments.codes):
        labels = outcomes.labels[places]
        defaults = int(labels.sum())
        is_enough = min(defaults, len(labels) - defaults) >= needed
        area = auc(labels=labels, scores=outcomes.scores[places]) if is_enough else None
        found.append(_Segment(name=segments.names[int(code)], rows=len(labels), defaults=defaults, area=area))
    return found


def _by_segment(found: Sequence[_Segment], adjusted: FloatArray) -> Table:
    left, rows = iter(adjusted.tolist()), []
    for one in found:
        figures: tuple[str, ...] = ("too few to judge", "", "", "")
        if one.area is not None:
            interval = one.area.interval(confidence=_CONFIDENCE)
            ends = ("" if end is None else decimal_text(end) for end in (interval.lower, interval.upper))
            figures = (decimal_text(one.area.estimate), *ends, decimal_text(next(left)))
        rows.append((one.name, str(one.rows), str(one.defaults), *figures))
    return Table(
        id="segments",
        title="AUC by segment",
        columns=("segment", "rows", "defaults", "AUC", "95 % from", "95 % to", "Holm-adjusted p"),
        rows=tuple(rows),
    )


def _figure(judged: Sequence[tuple[_Segment, Auc]]) -> Figure:
    lines: dict[str, list[float]] = {"AUC": [], "95 % lower": [], "95 % upper": []}
    for _, area in judged:
        interval = area.interval(confidence=_CONFIDENCE)
        lines["AUC"].append(area.estimate)
        # Where no interval can be stated the bar stands alone.
        lines["95 % lower"].append(area.estimate if interval.lower is None else interval.lower)
        lines["95 % upper"].append(area.estimate if interval.upper is None else interval.upper)
    return Figure(
        id="segments",
        title="AUC by segment",
        kind="bar",
        x_label="segment",
        y_label="AUC",
        ticks=tuple(one.name for one, _ in judged),
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, value) for i, value in enumerate(values)))
            for name, values in lines.items()
        ),
    )
