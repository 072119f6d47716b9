"""Check ``calibration.segments``: is the PD too low in any segment or vintage? Holm over those judged."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
    StatisticalAlarm,
)
from validation.domain.inputs import CheckInputs, FloatArray, NotApplicableError, UnusableInputError
from validation.domain.params import SAMPLE, SEGMENT_BINS, SEGMENT_COLUMN
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.calibration import Grades, holm
from validation.stats.calibration_segments import (
    ENOUGH_EXPECTED,
    Heterogeneity,
    gap_interval,
    heterogeneity,
    tally,
    underestimation_p,
)
from validation.stats.outcomes import ensure_probabilities, read_outcomes
from validation.stats.segments import Segments, read_segments, read_vintages

_CONFIDENCE = 0.95
_VINTAGES = "vintages"

SPEC = CheckSpec(
    id="calibration.segments",
    major=1,
    title="Calibration by segment or vintage",
    kind=CheckKind.CALIBRATION,
    needs=("{sample}.labels", "{sample}.scores"),
    params=(
        SAMPLE,
        ParamSpec(
            name="by",
            kind=ParamKind.TEXT,
            default="segments",
            meaning="what divides the rows: their segments, or the vintages that the manifest of the "
            "data set, or the file of predictions, names",
            choices=("segments", _VINTAGES),
        ),
        SEGMENT_COLUMN,
        SEGMENT_BINS,
        ParamSpec(
            name="alpha",
            kind=ParamKind.DECIMAL,
            default="0.05",
            meaning="family-wise level at which a segment counts as underestimated",
            minimum=Decimal("0.0001"),
            maximum=Decimal("0.5"),
        ),
        ParamSpec.whole("min_rows", "100", "fewest rows of a segment that is judged", 2),
        ParamSpec.whole("min_defaults", "10", "fewest rows of either class over all segments", 1),
    ),
    metrics=(
        "largest_gap",
        "segments_underestimated",
        "min_p_adjusted",
        "heterogeneity_p",
        "segments_too_small",
    ),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="min_p_adjusted",
            null="no segment defaults more often than its PDs say",
            counts=("segments_underestimated",),
            level="alpha",
            caveat="p is a posterior probability where five defaults or more are expected: with few of them "
            "chance reaches a limit up to one and a half times as often as it says",
        ),
        StatisticalAlarm(
            p_value="heterogeneity_p",
            null="one shift of the log-odds makes the PDs right in every segment",
            caveat="a chi-square, for segments whose defaults have a variance of at least five",
        ),
    ),
    doc=FiveParts(
        purpose="Finds segments, or vintages, whose PDs are too low while the portfolio as a whole is calibrated.",
        mechanism="For each segment the default rate is compared with the mean PD. p is the probability of a true "
        "rate at or below the mean PD under the Jeffreys posterior (ECB validation reporting, 2.5.3.1) where "
        "the PDs expect at least five defaults, and the exact binomial tail where they expect fewer; Holm's "
        "adjustment controls the chance of any false alarm over the segments. The largest gap is default rate "
        "minus mean PD of the segment where that is greatest, with Jeffreys' interval (Brown, Cai and DasGupta "
        "2001) at a confidence divided over the segments. The heterogeneity asks whether one shift of all "
        "log-odds would set every segment right: Rao's score test of the segments in a logistic regression "
        "with the log-odds of the PD as offset, chi-square with one degree of freedom less than segments.",
        signs_of_high_risk="A gap whose interval lies above 0; default rates that leave the PD further behind with "
        "each later vintage; a small p of heterogeneity while the whole is calibrated: one segment pays for another.",
        strengths="The family-wise error over segments is stated; what is wrong with the level of all PDs is told "
        "apart from what is wrong between segments; segments too small are named and never counted as good.",
        limitations="Takes obligors as independent and PDs as given: in a downturn all segments alarm together. "
        "Unlike PDs inside a segment make its p and its interval err on the side of no alarm. PDs that are too high "
        "show in the gap and the heterogeneity only. The youngest vintages need outcomes over the whole "
        "horizon of the PD. Words of vintages are ordered piece by piece, digits as numbers: write the year first.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the largest gap over segments, how many have PDs that are too low, and how unlike they are."""
    del tools
    sample, needed = params.text("sample"), params.integer("min_rows")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_defaults"))
    ensure_probabilities(scores=outcomes.scores, sample=sample)
    segments = _read(inputs, params)
    everything = tally(
        labels=outcomes.labels, scores=outcomes.scores, codes=segments.codes, segments=len(segments.names)
    )
    is_judged = everything.obligors >= needed
    if not is_judged.any():
        raise NotApplicableError(
            reason="insufficient_data",
            detail=f"no part of {sample} by {params['by']} holds {needed} rows",
            n_needed=int(np.ceil(needed * outcomes.n / everything.obligors.max())),
        )
    table = _only(everything, is_judged)
    adjusted = holm(underestimation_p(table=table))
    rows_judged = is_judged[segments.codes.astype(np.int64)]
    spread = heterogeneity(
        labels=outcomes.labels[rows_judged],
        scores=outcomes.scores[rows_judged],
        codes=segments.codes[rows_judged],
    )
    names = [segments.names[place] for place in np.flatnonzero(is_judged)]
    shown = is_judged.copy()
    if params.text("by") == _VINTAGES and segments.unstated is not None:
        # Rows of no vintage have no place in a course over time.
        shown[segments.unstated] = False
    counts = (
        int((adjusted <= params.number("alpha")).sum()),
        int(((everything.obligors > 0) & ~is_judged).sum()),
    )
    notes = () if spread else ("fewer than two segments are large enough to be compared: no heterogeneity",)
    return Measurement(
        metrics=(
            _largest_gap(names, table),
            *_counted(adjusted, counts, needed, outcomes.n),
            *([] if spread is None else [_heterogeneity(spread, outcomes.n)]),
        ),
        tables=(_by_segment(segments, everything, is_judged, adjusted),),
        figures=(_figure(params.text("by"), segments, everything, shown),),
        notes=(
            "the interval of the largest gap holds for all segments together; judge the adjusted p",
            *notes,
        ),
    )


def _read(inputs: CheckInputs, params: Params) -> Segments:
    sample, column = params.text("sample"), params.text("column")
    if params.text("by") != _VINTAGES:
        return read_segments(inputs=inputs, sample=sample, column=column, bins=params.integer("bins"))
    if column:
        raise UnusableInputError(
            reason="column_of_vintages",
            detail=f"vintages are those that the data set states; `column` names {column}",
        )
    return read_vintages(inputs=inputs, sample=sample)


def _only(table: Grades, taken: NDArray[np.bool_]) -> Grades:
    return Grades(obligors=table.obligors[taken], defaults=table.defaults[taken], pds=table.pds[taken])


def _largest_gap(names: Sequence[str], table: Grades) -> Metric:
    gaps = table.defaults / table.obligors - table.pds
    worst = int(np.argmax(gaps))
    lower, upper = gap_interval(table=table, confidence=1.0 - (1.0 - _CONFIDENCE) / len(names))
    return Metric(
        name="largest_gap",
        estimate=float(gaps[worst]),
        lower=float(lower[worst]),
        upper=float(upper[worst]),
        confidence=_CONFIDENCE,
        n=int(table.obligors[worst]),
        method=f"default rate minus mean PD of {names[worst]}, the largest of {len(names)}; Jeffreys, Bonferroni",
    )


def _counted(adjusted: FloatArray, counts: tuple[int, int], needed: int, n: int) -> tuple[Metric, ...]:
    method = (
        f"Jeffreys or exact binomial, Holm over {len(adjusted)} segments, one-sided: small means PD too low"
    )
    low, small = counts
    return (
        Metric(name="segments_underestimated", estimate=float(low), n=n, method=method),
        Metric(name="min_p_adjusted", estimate=float(adjusted.min()), n=n, method=method),
        Metric(
            name="segments_too_small",
            estimate=float(small),
            n=n,
            method=f"fewer than {needed} rows, not judged",
        ),
    )


def _heterogeneity(found: Heterogeneity, n: int) -> Metric:
    return Metric(
        name="heterogeneity_p",
        estimate=found.p_value,
        n=n,
        method=f"Rao's score test around a shift of {found.shift:.4g} in log-odds: chi-square "
        f"{found.statistic:.6g} with {found.segments - 1} degrees of freedom",
    )


def _by_segment(
    segments: Segments, table: Grades, is_judged: NDArray[np.bool_], adjusted: FloatArray
) -> Table:
    held = np.flatnonzero(table.obligors)
    lower, upper = gap_interval(table=_only(table, table.obligors > 0), confidence=_CONFIDENCE)
    p_values, left, rows = underestimation_p(table=table), iter(adjusted.tolist()), []
    for i, place in enumerate(held.tolist()):
        n, defaults, pd = (float(part[place]) for part in (table.obligors, table.defaults, table.pds))
        figures = (n, defaults, pd, defaults / n, defaults / n - pd, float(lower[i]), float(upper[i]))
        verdict: tuple[str, ...] = ("too few to judge", "", "")
        if is_judged[place]:
            test = "Jeffreys" if n * pd >= ENOUGH_EXPECTED else "exact binomial"
            verdict = (test, decimal_text(float(p_values[place])), decimal_text(next(left)))
        rows.append((segments.names[place], *map(decimal_text, figures), *verdict))
    return Table(
        id="segments",
        title="Default rate against PD by segment",
        columns=(
            *("segment", "rows", "defaults", "mean PD", "default rate", "gap", "95 % from", "95 % to"),
            *("test", "p", "Holm-adjusted p"),
        ),
        rows=tuple(rows),
    )


def _figure(by: str, segments: Segments, table: Grades, shown: NDArray[np.bool_]) -> Figure:
    drawn = _only(table, shown)
    lower, upper = gap_interval(table=drawn, confidence=_CONFIDENCE)
    lines = {
        "default rate": drawn.defaults / drawn.obligors,
        "mean PD": drawn.pds,
        "95 % lower": lower + drawn.pds,
        "95 % upper": upper + drawn.pds,
    }
    is_course = by == _VINTAGES
    return Figure(
        id="segments",
        title="Default rate and mean PD over vintages"
        if is_course
        else "Default rate and mean PD by segment",
        kind="line" if is_course else "bar",
        x_label="vintage, earliest first" if is_course else "segment",
        y_label="rate",
        ticks=tuple(segments.names[place] for place in np.flatnonzero(shown)),
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, value) for i, value in enumerate(values.tolist())))
            for name, values in lines.items()
        ),
    )
