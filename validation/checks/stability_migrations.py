"""Check ``stability.migrations``: how far do obligors move between grades, and does the matrix fall away?"""

from collections.abc import Sequence
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
from validation.domain.inputs import SAMPLES, CheckInputs, FloatArray, UnusableInputError
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.calibration import holm
from validation.stats.migration import (
    Bandwidth,
    NeighbourGap,
    bandwidths,
    migration_counts,
    neighbour_gaps,
)
from validation.stats.outcomes import ensure_rows
from validation.stats.rates import share_interval

_CONFIDENCE = 0.95

SPEC = CheckSpec(
    id="stability.migrations",
    major=1,
    title="Migration between rating grades",
    kind=CheckKind.STABILITY,
    reads_missing=True,
    needs=("{sample}.scores_before", "{sample}.scores", "grade_edges"),
    params=(
        ParamSpec(
            name="sample",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample whose obligors were rated on both dates",
            choices=SAMPLES,
        ),
        ParamSpec(
            name="alpha",
            kind=ParamKind.DECIMAL,
            default="0.05",
            meaning="family-wise level at which a cell counts as rising away from the diagonal",
            minimum=Decimal("0.0001"),
            maximum=Decimal("0.5"),
        ),
        ParamSpec.whole("min_rows", "200", "fewest obligors rated on both dates", 20),
    ),
    metrics=("upper_bandwidth", "lower_bandwidth", "share_moved", "min_p_adjusted", "cells_rising"),
    feeds=(),
    alarms=(
        StatisticalAlarm(
            p_value="min_p_adjusted",
            null="no cell holds more than its neighbour towards the diagonal",
            counts=("cells_rising",),
            level="alpha",
            caveat="normal in large cells",
        ),
    ),
    doc=FiveParts(
        purpose="Asks how far obligors move between rating grades from one date to the next, and whether near "
        "moves are more common than far ones.",
        mechanism="The scores of the same obligors on two dates fall into grades. The bandwidth is the distance "
        "moved, summed over those who moved to a riskier grade (upper) or to a safer one (lower), over the "
        "furthest distance from their grades (ECB validation reporting, 2.5.5.1). Every cell off the diagonal "
        "is compared with its neighbour towards the diagonal by the statistic of 2.5.5.2, one-sided; Holm's "
        "adjustment controls the chance of any false alarm over the cells.",
        signs_of_high_risk="A small adjusted p: more obligors jump two grades than one. Bandwidths near one. "
        "Nobody moves at all in a year that changed the obligors.",
        strengths="Needs no outcomes. The figures are those of the template and so comparable between banks; "
        "the matrix itself is shown.",
        limitations="Reads the scores of an earlier date from the column that the data set's manifest names; without "
        "them it is not applicable. Obligors without such a score are left out and counted. "
        "Obligors who left or defaulted in between are not seen. Few obligors in a grade leave little power. "
        "The interval of a bandwidth is that of the profile likelihood over all cells, also the empty ones, and "
        "takes obligors as independent; with few movers it is wide. The ECB sets no pass mark; any limit is "
        "house policy.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure both bandwidths, the share that moved, and the cells that rise away from the diagonal."""
    del tools
    counts, new = _counts(inputs, params)
    n, moved = int(counts.sum()), float(counts.sum() - np.trace(counts))
    upper, lower = bandwidths(counts=counts, confidence=_CONFIDENCE)
    gaps = neighbour_gaps(counts)
    adjusted = holm(np.asarray([one.p_value for one in gaps]))
    low, high = share_interval(count=moved, n=n, confidence=_CONFIDENCE)
    method = f"ECB 2.5.5.2, Holm over {len(gaps)} cells, one-sided: small means rising away from the diagonal"
    return Measurement(
        metrics=(
            _bandwidth("upper_bandwidth", upper, "riskier", n),
            _bandwidth("lower_bandwidth", lower, "safer", n),
            Metric(
                name="share_moved",
                estimate=moved / n,
                lower=low,
                upper=high,
                confidence=_CONFIDENCE,
                n=n,
                method="obligors in another grade than before, Jeffreys interval",
            ),
            Metric(name="min_p_adjusted", estimate=float(adjusted.min()), n=n, method=method),
            Metric(
                name="cells_rising",
                estimate=float((adjusted <= params.number("alpha")).sum()),
                n=n,
                method=method,
            ),
        ),
        tables=(_matrix(counts), _cells(gaps, adjusted)),
        figures=(_moves(counts),),
        notes=(
            "cells of which both they and their neighbour are empty are not compared",
            *([f"{new:,} obligors without a score before are left out"] if new else []),
        ),
    )


def _counts(inputs: CheckInputs, params: Params) -> tuple[FloatArray, int]:
    """Return the matrix of moves, and how many obligors were not rated before."""
    sample = params.text("sample")
    before, after = inputs.array(f"{sample}.scores_before"), inputs.array(f"{sample}.scores")
    if before.shape != after.shape:
        raise UnusableInputError(
            reason="malformed_input", detail=f"{sample}: the two dates hold different numbers of obligors"
        )
    rated = ~np.isnan(before)
    before, after = before[rated], after[rated]
    ensure_rows(values=after, sample=f"{sample}, rated on both dates,", needed=params.integer("min_rows"))
    if before.min() < 0.0 or before.max() > 1.0:
        raise UnusableInputError(
            reason="malformed_input", detail=f"{sample}: a score before is no probability between 0 and 1"
        )
    new = len(rated) - len(after)
    return migration_counts(before=before, after=after, edges=inputs.grade_edges), new


def _bandwidth(name: str, found: Bandwidth, direction: str, n: int) -> Metric:
    return Metric(
        name=name,
        estimate=found.estimate,
        lower=found.lower,
        upper=found.upper,
        confidence=_CONFIDENCE,
        n=n,
        method=f"ECB 2.5.5.1 by number, {found.movers} obligors moved to a {direction} grade, profile likelihood",
    )


def _matrix(counts: FloatArray) -> Table:
    grades = [str(place + 1) for place in range(len(counts))]
    return Table(
        id="matrix",
        title="Obligors by grade before (rows) and now (columns)",
        columns=("grade before", *grades),
        rows=tuple(
            (grade, *(str(int(count)) for count in row)) for grade, row in zip(grades, counts, strict=True)
        ),
    )


def _cells(gaps: Sequence[NeighbourGap], adjusted: FloatArray) -> Table:
    return Table(
        id="cells",
        title="Each cell against its neighbour towards the diagonal",
        columns=("from", "to", "share", "share of the neighbour", "z", "p", "Holm-adjusted p"),
        rows=tuple(
            (
                *(str(one.start + 1), str(one.end + 1)),
                *(decimal_text(value) for value in (one.share, one.nearer_share, one.z, one.p_value, p)),
            )
            for one, p in zip(gaps, adjusted.tolist(), strict=True)
        ),
    )


def _moves(counts: FloatArray) -> Figure:
    rows = np.maximum(counts.sum(axis=1), 1.0)
    shares = (
        ("to a riskier grade", np.triu(counts, k=1).sum(axis=1) / rows),
        ("to a safer grade", np.tril(counts, k=-1).sum(axis=1) / rows),
    )
    return Figure(
        id="moves",
        title="Share of each grade that moved",
        kind="bar",
        x_label="grade before",
        y_label="share",
        ticks=tuple(str(place + 1) for place in range(len(counts))),
        series=tuple(
            Series(name=name, points=tuple((i + 1.0, share) for i, share in enumerate(values.tolist())))
            for name, values in shares
        ),
    )
