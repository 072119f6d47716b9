"""Check ``capital.rwa_effect``: what does the model do to risk-weighted assets?"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FactKind,
    Feed,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
)
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.results import Measurement, Metric, Table, decimal_text
from validation.domain.tools import CapitalTool, Tools
from validation.stats.calibration import Grades, grades
from validation.stats.outcomes import ensure_both_classes, ensure_probabilities, ensure_rows

_EXPOSURE = "ead_eur"
_FLAGS = {"true": "1", "false": "0"}
_METHOD = "capital engine, given the PDs and the assumed portfolio; no sampling interval"

SPEC = CheckSpec(
    id="capital.rwa_effect",
    major=1,
    title="Effect on risk-weighted assets",
    kind=CheckKind.CAPITAL,
    needs=(
        *("train.features", "train.labels", "test.features", "test.scores"),
        *("grade_edges", "portfolio"),
    ),
    tools=("challenger", "capital"),
    params=(
        ParamSpec(
            name="bins",
            kind=ParamKind.INTEGER,
            default="10",
            meaning="quantile bins of each feature in the benchmark",
            minimum=Decimal(2),
            maximum=Decimal(50),
        ),
        ParamSpec(
            name="min_rows",
            kind=ParamKind.INTEGER,
            default="200",
            meaning="fewest rows of the test sample",
            minimum=Decimal(20),
        ),
        ParamSpec(
            name="min_defaults",
            kind=ParamKind.INTEGER,
            default="50",
            meaning="fewest training rows of either class behind the benchmark",
            minimum=Decimal(5),
        ),
    ),
    metrics=(
        *("share_of_benchmark", "rwa_model", "rwa_benchmark", "rwa_standardised"),
        *("share_of_standardised", "entity_rwa_before_floor", "entity_rwa_floored", "entity_floor_binding"),
    ),
    feeds=(
        Feed(metric="share_of_benchmark", fact="capital.model_share_of_benchmark"),
        Feed(metric="entity_floor_binding", fact="capital.entity_floor_binding", kind=FactKind.BOOLEAN),
    ),
    doc=FiveParts(
        purpose="Shows how much capital the model's PDs imply, against an interpretable benchmark, against "
        "the standardised approach, and for the entity under the output floor.",
        mechanism="The test sample is graded by the model's PDs and, apart, by the benchmark scorecard's. "
        "The declared exposure is spread over grades by number of obligors. The IRB formula, the "
        "standardised approach and the output floor are computed by the registry's capital engine.",
        signs_of_high_risk="RWA far below the benchmark's with no better calibration; a floor that binds, so "
        "that the model's benefit is not realised.",
        strengths="Turns a statistical difference into the figure that matters for solvency; one engine "
        "for all figures.",
        limitations="Loss given default, conversion factors, exposure and the entity's other assets are "
        "declared assumptions. The benchmark is one scorecard. Figures are given the PDs and carry no "
        "sampling interval: whether the PDs hold is for the calibration checks.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure RWA under the model, the benchmark and the standardised approach."""
    assert tools.challenger is not None
    assert tools.capital is not None
    scores = inputs.array("test.scores")
    ensure_rows(values=scores, sample="test", needed=params.integer("min_rows"))
    ensure_probabilities(scores=scores, sample="test")
    labels = inputs.array("train.labels")
    ensure_both_classes(labels=labels, sample="train", min_defaults=params.integer("min_defaults"))
    benchmark = tools.challenger(
        names=inputs.feature_names,
        features=inputs.array("train.features"),
        labels=labels,
        score_rows=inputs.array("test.features"),
        bins=params.integer("bins"),
    )
    ours = _graded(scores, inputs)
    theirs = _graded(benchmark.scores, inputs)
    model = _capital(tools.capital, ours, inputs.portfolio)
    simple = _capital(tools.capital, theirs, inputs.portfolio)
    rwa, bench, standard = model["rwa_irb"], simple["rwa_irb"], model["rwa_standardised"]
    if not (rwa > 0 and bench > 0 and standard > 0):
        raise UnusableInputError(reason="degenerate_capital", detail="a figure of RWA is not above zero")
    figures = {
        "share_of_benchmark": float(rwa / bench),
        "rwa_model": float(rwa),
        "rwa_benchmark": float(bench),
        "rwa_standardised": float(standard),
        "share_of_standardised": float(rwa / standard),
    }
    for given, name in (
        ("entity_rwa_before_floor", "entity_rwa_before_floor"),
        ("entity_rwa_floored", "entity_rwa_floored"),
        ("floor_binding", "entity_floor_binding"),
    ):
        if given in model:
            figures[name] = float(model[given])
    return Measurement(
        metrics=tuple(
            Metric(name=name, estimate=value, n=len(scores), method=_METHOD)
            for name, value in figures.items()
        ),
        tables=(_by_grade("model", ours), _by_grade("benchmark", theirs), _assumptions(inputs.portfolio)),
        notes=(f"benchmark: {benchmark.title}", "portfolio figures are declared assumptions, not measured"),
    )


def _graded(scores: FloatArray, inputs: CheckInputs) -> Grades:
    return grades(labels=scores * 0.0, scores=scores, edges=inputs.grade_edges)


def _capital(tool: CapitalTool, table: Grades, portfolio: Mapping[str, str]) -> dict[str, Decimal]:
    try:
        total = Decimal(portfolio.get(_EXPOSURE, ""))
    except InvalidOperation:
        raise UnusableInputError(
            reason="malformed_portfolio", detail=f"the portfolio declares no {_EXPOSURE} as decimal text"
        ) from None
    count = Decimal(int(table.obligors.sum()))
    answer = tool(
        pds=[decimal_text(float(pd)) for pd in table.pds],
        eads=[str(total * int(obligors) / count) for obligors in table.obligors],
        portfolio=portfolio,
    )
    wanted = ("rwa_irb", "rwa_standardised", "entity_rwa_before_floor", "entity_rwa_floored", "floor_binding")
    return {name: Decimal(_FLAGS.get(answer[name], answer[name])) for name in wanted if name in answer}


def _by_grade(name: str, table: Grades) -> Table:
    return Table(
        id=f"grades_{name}",
        title=f"Obligors and PD by grade, {name}",
        columns=("grade", "obligors", "mean PD"),
        rows=tuple(
            (str(i + 1), decimal_text(float(obligors)), decimal_text(float(pd)))
            for i, (obligors, pd) in enumerate(zip(table.obligors, table.pds, strict=True))
        ),
    )


def _assumptions(portfolio: Mapping[str, str]) -> Table:
    return Table(
        id="assumptions",
        title="Declared assumptions behind every figure here",
        columns=("assumption", "value", "provenance"),
        rows=tuple((name, value, "assumed") for name, value in sorted(portfolio.items())),
    )
