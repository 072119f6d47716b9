"""Check ``data.leakage``: does an input know the outcome, or only which row it stands in?"""

from collections.abc import Sequence
from decimal import Decimal

from validation.domain.check import CheckKind, CheckSpec, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import SAMPLES, CheckInputs, UnusableInputError
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.leakage import ColumnSigns, column_signs
from validation.stats.outcomes import ensure_both_classes, read_features

_CONFIDENCE = 0.95

SPEC = CheckSpec(
    id="data.leakage",
    major=1,
    title="Leakage into the inputs",
    kind=CheckKind.DATA,
    needs=("{sample}.features", "{sample}.labels"),
    params=(
        ParamSpec(
            name="sample",
            kind=ParamKind.TEXT,
            default="train",
            meaning="the sample measured",
            choices=SAMPLES,
        ),
        ParamSpec(
            name="auc_bound",
            kind=ParamKind.DECIMAL,
            default="0.95",
            meaning="AUC at which one column alone separates suspiciously well, in either direction",
            minimum=Decimal("0.5"),
            maximum=Decimal(1),
        ),
        ParamSpec.share(
            "copy_bound", "0.95", "total variation between the classes at which codes copy the label"
        ),
        ParamSpec.whole(
            "most_codes", "50", "most distinct values of a column that is read as codes", 2, 1000
        ),
        ParamSpec.share(
            "distinct_share", "0.99", "share of distinct values from which a column may be an identifier"
        ),
        ParamSpec.share(
            "row_order_bound", "0.9", "rank correlation with the row number that marks an identifier"
        ),
        ParamSpec.whole("min_defaults", "20", "fewest rows of either class", 2),
    ),
    metrics=("highest_auc", "separating_columns", "label_copies", "identifier_suspects"),
    feeds=(),
    doc=FiveParts(
        purpose="Finds inputs that would not be known when the model is used, or that are no property of the "
        "customer at all.",
        mechanism="Each column alone is held against the outcome. AUC with DeLong's interval, whichever direction "
        "is the better one, finds amounts that order defaults almost perfectly. For columns of few distinct "
        "values the total variation between defaults and others finds codes, in any order, that give the "
        "outcome away. A column is an identifier suspect when nearly all its values differ and they either "
        "run with the number of the row or are whole numbers with few gaps.",
        signs_of_high_risk="Any separating column or label copy: ask when its value is written and by whom. A "
        "highest AUC near that of the whole model. An identifier among the inputs.",
        strengths="Names the column. Needs no model, so it can run before one is trained. Codes without order "
        "are judged as codes.",
        limitations="A strong honest input looks like a leak: the check asks, a person answers. Leaks that only "
        "several columns together betray, leaks over time and leaks by what is missing are not seen; missing "
        "values are refused here. A file sorted by a column makes that column run with the rows. With few "
        "defaults many codes separate by chance. The interval of the highest AUC is at a confidence divided "
        "over the columns.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure how well each column alone gives the outcome away, and which look like identifiers."""
    del tools
    sample, names = params.text("sample"), inputs.feature_names
    rows, labels = read_features(inputs=inputs, sample=sample), inputs.array(f"{sample}.labels")
    if len(rows) != len(labels):
        raise UnusableInputError(
            reason="malformed_input", detail=f"{sample}: features and labels differ in length"
        )
    ensure_both_classes(labels=labels, sample=sample, min_defaults=params.integer("min_defaults"))
    confidence = 1.0 - (1.0 - _CONFIDENCE) / len(names)
    found = [column_signs(values=column, labels=labels, confidence=confidence) for column in rows.T.copy()]
    highest = max(range(len(found)), key=lambda i: found[i].strength)
    n, best = len(rows), found[highest]
    verdicts = [_verdicts(one, n, params) for one in found]
    counted = (
        ("separating_columns", f"columns whose AUC reaches {params['auc_bound']} in either direction"),
        (
            "label_copies",
            f"columns of at most {params['most_codes']} values, total variation {params['copy_bound']} or more",
        ),
        (
            "identifier_suspects",
            f"columns of {params['distinct_share']} distinct values, in the order of the rows or dense",
        ),
    )
    return Measurement(
        metrics=(
            Metric(
                name="highest_auc",
                estimate=best.strength,
                lower=best.lower,
                upper=best.upper,
                confidence=_CONFIDENCE,
                n=n,
                method=f"{names[highest]}, the highest of {len(names)}; DeLong, logit scale, Bonferroni",
            ),
            *(
                Metric(name=name, estimate=float(sum(one[i] for one in verdicts)), n=n, method=method)
                for i, (name, method) in enumerate(counted)
            ),
        ),
        tables=(_by_column(found, verdicts, names),),
        figures=(_figure(found, names),),
        notes=("the bounds are house policy; a column that reaches one is asked about, not condemned",),
    )


def _verdicts(one: ColumnSigns, n: int, params: Params) -> tuple[bool, bool, bool]:
    """Return whether the column separates, copies the label, looks like an identifier."""
    is_coded = one.distinct <= params.integer("most_codes")
    return (
        one.strength >= params.number("auc_bound"),
        is_coded and one.separation >= params.number("copy_bound"),
        one.is_identifier(
            n=n,
            distinct_share=params.number("distinct_share"),
            order=params.number("row_order_bound"),
        ),
    )


def _by_column(
    found: Sequence[ColumnSigns], verdicts: Sequence[tuple[bool, bool, bool]], names: tuple[str, ...]
) -> Table:
    return Table(
        id="columns",
        title="What each column shows alone",
        columns=(
            *("column", "AUC, better direction", "from", "to", "total variation between classes"),
            *(
                "distinct values",
                "rank correlation with the row",
                "separates",
                "copies the label",
                "identifier",
            ),
        ),
        rows=tuple(
            (
                *(name, decimal_text(one.strength)),
                *("" if end is None else decimal_text(end) for end in (one.lower, one.upper)),
                *(decimal_text(one.separation), str(one.distinct), decimal_text(one.row_order)),
                *("yes" if is_so else "no" for is_so in verdict),
            )
            for name, one, verdict in zip(names, found, verdicts, strict=True)
        ),
    )


def _figure(found: Sequence[ColumnSigns], names: tuple[str, ...]) -> Figure:
    return Figure(
        id="columns",
        title="AUC of each column alone, better direction",
        kind="bar",
        x_label="column",
        y_label="AUC",
        ticks=names,
        series=(Series(name="AUC", points=tuple((i + 1.0, one.strength) for i, one in enumerate(found))),),
    )
