"""Check ``calibration.hosmer_lemeshow``: do default rates fit the PDs over all grades at once?"""

from decimal import Decimal

from validation.domain.check import (
    CheckKind,
    CheckSpec,
    Feed,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
    StatisticalAlarm,
)
from validation.domain.inputs import CheckInputs, NotApplicableError, UnusableInputError
from validation.domain.params import SAMPLE
from validation.domain.results import Measurement, Metric, Table, decimal_text
from validation.domain.tools import Tools
from validation.stats.calibration import Grades, grades, hosmer_lemeshow, simulated_misfit_p
from validation.stats.outcomes import ensure_probabilities, read_outcomes

_DRAWS = 9_999

SPEC = CheckSpec(
    id="calibration.hosmer_lemeshow",
    major=1,
    title="Calibration over grades: Hosmer-Lemeshow",
    kind=CheckKind.CALIBRATION,
    needs=("{sample}.labels", "{sample}.scores", "grade_edges"),
    params=(
        SAMPLE,
        ParamSpec(
            name="degrees",
            kind=ParamKind.TEXT,
            default="out_of_sample",
            meaning="which p is judged: G degrees of freedom on new data, G - 2 on the fitting data, or simulated: "
            "defaults drawn from the PDs in place of chi-square",
            choices=("out_of_sample", "in_sample", "simulated"),
        ),
        ParamSpec(
            name="min_expected",
            kind=ParamKind.DECIMAL,
            default="1",
            meaning="fewest expected defaults in any grade, for chi-square",
            minimum=Decimal("0.1"),
        ),
        ParamSpec(
            name="min_defaults",
            kind=ParamKind.INTEGER,
            default="10",
            meaning="fewest rows of either class over all grades",
            minimum=Decimal(1),
        ),
    ),
    metrics=("p_value", "statistic", "p_value_other_df"),
    feeds=(Feed(metric="p_value", fact="evidence.hosmer_lemeshow_p"),),
    alarms=(
        StatisticalAlarm(
            p_value="p_value",
            null="every grade defaults as often as its PD says",
            caveat="under chi-square approximate where grades expect few defaults; the simulated "
            "distribution is not",
        ),
        StatisticalAlarm(
            p_value="p_value_other_df",
            null="every grade defaults as often as its PD says",
            caveat="holds only for data of the other kind, fitted on or not",
        ),
    ),
    doc=FiveParts(
        purpose="Asks whether the default rates of all grades together are compatible with their PDs.",
        mechanism="The sum over grades of (D - N PD)^2 / (N PD (1 - PD)) is compared with chi-square. The "
        "degrees of freedom are disputed: the number of grades G for new data, G - 2 for the data on "
        "which the model was fitted. Both p-values are stored; the plan names the one that is judged. In place of "
        "chi-square the plan may ask for defaults drawn from the PDs, 9,999 times.",
        signs_of_high_risk="A small p; one grade that supplies most of the statistic.",
        strengths="Sees misfit in both directions and spread thinly over many grades.",
        limitations="Chi-square is approximate where a grade expects few defaults: at a level of 1 % it alarms in "
        "1.5 % of sound models where a grade expects one default. With fewer it is not applicable, unless "
        "simulated. With very many obligors it rejects misfit of no economic weight. Obligors are taken as "
        "independent.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the statistic and both p-values, with each grade's share."""
    sample = params.text("sample")
    outcomes = read_outcomes(inputs=inputs, sample=sample, min_defaults=params.integer("min_defaults"))
    ensure_probabilities(scores=outcomes.scores, sample=sample)
    table = grades(labels=outcomes.labels, scores=outcomes.scores, edges=inputs.grade_edges)
    degrees = params.text("degrees")
    _ensure_expected(table, 0.0 if degrees == "simulated" else params.number("min_expected"), outcomes.n)
    found = hosmer_lemeshow(table=table)
    outside, inside = found.p_out_of_sample, found.p_in_sample
    if inside is None:
        raise NotApplicableError(
            reason="insufficient_data", detail=f"{found.grades} grades hold obligors; 3 are needed"
        )
    judged, other = (inside, outside) if degrees == "in_sample" else (outside, inside)
    method = f"Hosmer-Lemeshow over {found.grades} grades, df for {degrees}"
    if degrees == "simulated":
        judged, other = simulated_misfit_p(table=table, draws=_DRAWS, seed=tools.seed), outside
        method = f"Hosmer-Lemeshow over {found.grades} grades, {_DRAWS} draws of defaults from the PDs"
    return Measurement(
        metrics=(
            Metric(name="p_value", estimate=judged, n=outcomes.n, method=method),
            Metric(name="statistic", estimate=found.statistic, n=outcomes.n, method=method),
            Metric(
                name="p_value_other_df",
                estimate=other,
                n=outcomes.n,
                method="the same statistic under chi-square with the degrees of freedom that are not judged",
            ),
        ),
        tables=(_shares(table),),
    )


def _ensure_expected(table: Grades, needed: float, n: int) -> None:
    if ((table.pds <= 0.0) | (table.pds >= 1.0)).any():
        raise UnusableInputError(
            reason="degenerate_pd", detail="a grade has a mean PD of 0 or 1; the statistic does not exist"
        )
    expected = float((table.obligors * table.pds).min())
    if expected < needed:
        raise NotApplicableError(
            reason="insufficient_data",
            detail=f"a grade expects {expected:.3g} defaults; {needed:g} are needed",
            n_needed=int(n * needed / expected) + 1,
        )


def _shares(table: Grades) -> Table:
    expected = table.obligors * table.pds
    parts = (table.defaults - expected) ** 2 / (expected * (1.0 - table.pds))
    return Table(
        id="grades",
        title="Contribution of each grade",
        columns=("grade", "obligors", "defaults", "expected defaults", "contribution"),
        rows=tuple(
            (
                str(i + 1),
                *(
                    decimal_text(float(column[i]))
                    for column in (table.obligors, table.defaults, expected, parts)
                ),
            )
            for i in range(len(parts))
        ),
    )
