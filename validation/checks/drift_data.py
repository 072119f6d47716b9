"""Check ``drift.data``: which inputs are distributed differently in a recent batch?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy.special import betaincinv

from validation.domain.check import CheckKind, CheckSpec, Feed, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import ColumnDrift, Tools
from validation.stats.calibration import holm
from validation.stats.outcomes import ensure_rows
from validation.stats.stability import bin_counts, ks_comparison, psi_from_counts, quantile_edges

_SAMPLES = ("train", "test", "recent")

SPEC = CheckSpec(
    id="drift.data",
    major=1,
    title="Data drift",
    kind=CheckKind.DRIFT,
    needs=("{reference}.features", "{current}.features"),
    tools=("drift",),
    params=(
        ParamSpec(
            name="reference",
            kind=ParamKind.TEXT,
            default="test",
            meaning="the sample compared with",
            choices=_SAMPLES,
        ),
        ParamSpec(
            name="current",
            kind=ParamKind.TEXT,
            default="recent",
            meaning="the batch judged",
            choices=_SAMPLES,
        ),
        ParamSpec(
            name="method",
            kind=ParamKind.TEXT,
            default="psi",
            meaning="the method for every column; the library chooses none",
            choices=("psi", "ks", "wasserstein", "jensenshannon"),
        ),
        ParamSpec(
            name="column_threshold",
            kind=ParamKind.DECIMAL,
            default="0.1",
            meaning="a column drifts at this value or above; below it for the p-value of ks",
            minimum=Decimal("0.000001"),
            maximum=Decimal(10),
        ),
        ParamSpec(
            name="alpha",
            kind=ParamKind.DECIMAL,
            default="0.05",
            meaning="family-wise level of the second opinion (KS with Holm over columns)",
            minimum=Decimal("0.0001"),
            maximum=Decimal("0.5"),
        ),
        ParamSpec(
            name="bins",
            kind=ParamKind.INTEGER,
            default="10",
            meaning="quantile bins of the reference for our PSI",
            minimum=Decimal(2),
            maximum=Decimal(100),
        ),
        ParamSpec(
            name="min_rows",
            kind=ParamKind.INTEGER,
            default="500",
            meaning="fewest rows in either batch",
            minimum=Decimal(50),
        ),
    ),
    metrics=("share_drifted", "columns_drifted", "disagreements", "share_significant"),
    feeds=(Feed(metric="share_drifted", fact="evidence.data_drift_share"),),
    doc=FiveParts(
        purpose="Finds the inputs whose distribution in a recent batch differs from the reference.",
        mechanism="Evidently compares every column by the method and the threshold that the plan names. "
        "Independently, KS with Holm's adjustment over the columns and PSI over quantile bins are computed "
        "here; columns on which Evidently finds drift and neither of ours does, or the reverse, are "
        "counted as disagreements. "
        "Evidently's PSI cuts a column of more than 20 values into equal widths (Sturges) over both batches, "
        "which sees less movement inside skewed amounts than quantile bins: disagreement there is expected.",
        signs_of_high_risk="A large share of drifted columns; drift in the features that the explanation "
        "ranks first; disagreement between the two opinions.",
        strengths="Needs no outcomes. Two independent implementations. The family-wise error of the second "
        "opinion over columns is controlled.",
        limitations="One column at a time: a change of the relations between columns stays unseen. Columns "
        "are read as numbers, so codes without order are compared as if ordered. Missing values are "
        "refused, not compared. The interval of the share takes columns as independent.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Opinion:
    ks: float
    p_value: float
    psi: float


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the share of drifted columns, with both opinions by column."""
    assert tools.drift is not None
    reference, current = params.text("reference"), params.text("current")
    before, after = inputs.array(f"{reference}.features"), inputs.array(f"{current}.features")
    names = inputs.feature_names
    if before.shape[1:] != (len(names),) or after.shape[1:] != (len(names),):
        raise UnusableInputError(
            reason="malformed_input", detail="columns and feature names differ in number"
        )
    for sample, values in ((reference, before), (current, after)):
        ensure_rows(values=values, sample=sample, needed=params.integer("min_rows"))
    theirs = tools.drift(
        names=names,
        reference=before,
        current=after,
        method=params.text("method"),
        threshold=params.number("column_threshold"),
    )
    if not np.isfinite([one.value for one in theirs]).all():
        raise UnusableInputError(
            reason="not_measured", detail="the drift library gave no finite figure for a column"
        )
    ours = [_opinion(before[:, i], after[:, i], params.integer("bins")) for i in range(len(names))]
    adjusted = holm(np.asarray([one.p_value for one in ours]))
    significant = adjusted < params.number("alpha")
    moved = np.asarray([one.psi >= 0.1 for one in ours])
    drifted = np.asarray([one.drifted for one in theirs])
    disputed = (drifted & ~(significant | moved)) | (~drifted & moved & significant)
    return Measurement(
        metrics=_metrics(drifted.tolist(), significant.tolist(), int(disputed.sum()), params),
        tables=(_by_column(theirs, ours, adjusted),),
        figures=(_bars(theirs, ours),),
        notes=(f"n counts columns; {len(before)} rows of {reference}, {len(after)} rows of {current}",),
    )


def _opinion(before: FloatArray, after: FloatArray, bins: int) -> _Opinion:
    gap = ks_comparison(reference=before, current=after)
    edges = quantile_edges(reference=before, bins=bins)
    if not len(edges):
        # A column that was constant: the only question is how much has left that value, either way.
        edges = np.asarray([before[0], np.nextafter(before[0], np.inf)])
    counts = [bin_counts(values=values, edges=edges) for values in (before, after)]
    psi = psi_from_counts(reference=counts[0], current=counts[1], confidence=0.95)
    return _Opinion(ks=gap.statistic, p_value=gap.p_value, psi=psi.estimate)


def _metrics(
    drifted: list[bool], significant: list[bool], disputed: int, params: Params
) -> tuple[Metric, ...]:
    columns, count = len(drifted), sum(drifted)
    named = f"Evidently, {params.text('method')} against {params['column_threshold']} for every column"
    a, b = count + 0.5, columns - count + 0.5
    return (
        Metric(
            name="share_drifted",
            estimate=count / columns,
            lower=0.0 if count == 0 else float(betaincinv(a, b, 0.025)),
            upper=1.0 if count == columns else float(betaincinv(a, b, 0.975)),
            confidence=0.95,
            n=columns,
            method=f"{named}; Jeffreys interval over columns",
        ),
        Metric(name="columns_drifted", estimate=float(count), n=columns, method=named),
        Metric(
            name="disagreements",
            estimate=float(disputed),
            n=columns,
            method="Evidently against our KS (Holm) and PSI (0.1)",
        ),
        Metric(
            name="share_significant",
            estimate=sum(significant) / columns,
            n=columns,
            method=f"our KS, Holm over columns at {params['alpha']}",
        ),
    )


def _by_column(theirs: Sequence[ColumnDrift], ours: Sequence[_Opinion], adjusted: FloatArray) -> Table:
    return Table(
        id="columns",
        title="Drift by column",
        columns=("column", "Evidently", "drifted", "our PSI", "our KS", "KS p, Holm-adjusted"),
        rows=tuple(
            (
                *(one.column, decimal_text(one.value), "yes" if one.drifted else "no"),
                *(decimal_text(mine.psi), decimal_text(mine.ks), decimal_text(float(p))),
            )
            for one, mine, p in zip(theirs, ours, adjusted, strict=True)
        ),
    )


def _bars(theirs: Sequence[ColumnDrift], ours: Sequence[_Opinion]) -> Figure:
    return Figure(
        id="columns",
        title="PSI by column",
        kind="bar",
        x_label="column",
        y_label="PSI",
        ticks=tuple(one.column for one in theirs),
        series=(Series(name="PSI", points=tuple((float(i + 1), one.psi) for i, one in enumerate(ours))),),
    )
