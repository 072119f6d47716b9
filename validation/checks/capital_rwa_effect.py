"""Check ``capital.rwa_effect``: what does the model do to risk-weighted assets?"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from validation.domain.challengers import SCORECARD
from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FactKind,
    Feed,
    FiveParts,
    Params,
    ParamSpec,
)
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import CapitalTool, Tools
from validation.stats.calibration import Grades, grade_index, grades
from validation.stats.outcomes import ensure_both_classes, ensure_probabilities, ensure_rows
from validation.stats.portfolio import EXPOSURE, declared_number
from validation.stats.sampling import sample_rows

_FLAGS = {"true": "1", "false": "0"}
_METHOD = "capital engine, given the PDs and the assumed portfolio; no sampling interval"
_FITTED_ROWS = 200_000
"""Most training rows behind the benchmark: a scorecard of few bins learns nothing from more."""


SPEC = CheckSpec(
    id="capital.rwa_effect",
    major=2,
    title="Effect on risk-weighted assets",
    kind=CheckKind.CAPITAL,
    needs=(
        *("train.features", "train.labels", "test.features", "test.scores"),
        *("grade_edges", "portfolio"),
    ),
    tools=("challenger", "capital"),
    params=(
        ParamSpec.whole("bins", "10", "most monotone bins of each feature in the benchmark", 2, 50),
        ParamSpec.whole("min_rows", "200", "fewest rows of the test sample", 20),
        ParamSpec.whole("min_defaults", "50", "fewest training rows of either class behind the benchmark", 5),
        ParamSpec.whole(
            "drivers",
            "20",
            "rows of the test sample to list: whose RWA falls furthest below the benchmark's",
            1,
            100,
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
        "standardised approach and the output floor are computed by the registry's capital engine. Obligors "
        "are also counted by pair of grades, and the rows on which the model's RWA falls furthest below the "
        "benchmark's are listed by their number in the sample.",
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
    known = sample_rows(rows=inputs.rows("train").beside(labels), size=_FITTED_ROWS, seed=tools.seed)
    benchmark = tools.challenger(
        family=SCORECARD.name,
        setting={"bins": params.integer("bins"), "ridge": 1},
        names=inputs.feature_names,
        features=known[:, :-1],
        labels=known[:, -1],
        score_rows=inputs.rows("test"),
        seed=tools.seed,
    )
    ours, theirs = _side(scores, inputs, tools.capital), _side(benchmark.scores, inputs, tools.capital)
    rwa, bench, standard = ours.rwa["rwa_irb"], theirs.rwa["rwa_irb"], ours.rwa["rwa_standardised"]
    if not (rwa > 0 and bench > 0 and standard > 0):
        raise UnusableInputError(reason="degenerate_capital", detail="a figure of RWA is not above zero")
    return Measurement(
        metrics=tuple(
            Metric(name=name, estimate=value, n=len(scores), method=_METHOD)
            for name, value in _estimates(ours.rwa, bench).items()
        ),
        tables=(
            _by_grade("model", ours.grades),
            _by_grade("benchmark", theirs.grades),
            _pairs(ours, theirs),
            _drivers(ours, theirs, limit=params.integer("drivers")),
            _assumptions(inputs.portfolio),
        ),
        figures=(_by_grade_figure(ours, theirs),),
        notes=(
            f"benchmark: {benchmark.title}",
            "portfolio figures are declared assumptions, not measured",
            "a row is counted from 1 in the order of the test data set; nothing of the obligor is kept",
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Side:
    """The sample as one of the two scorers grades it: RWA of the whole, and of one obligor by grade."""

    scores: FloatArray
    grades: Grades
    grade_of_row: FloatArray
    rwa: Mapping[str, Decimal]
    rwa_per_obligor: FloatArray
    """In euros, at the position of each grade that holds obligors."""

    def rwa_of_rows(self) -> FloatArray:
        """Return the RWA of each row of the sample."""
        return np.asarray(self.rwa_per_obligor[self.grade_of_row.astype(np.int64)], dtype=np.float64)


def _side(scores: FloatArray, inputs: CheckInputs, tool: CapitalTool) -> _Side:
    table = grades(labels=scores * 0.0, scores=scores, edges=inputs.grade_edges)
    _, position = np.unique(grade_index(scores=scores, edges=inputs.grade_edges), return_inverse=True)
    exposure = declared_number(portfolio=inputs.portfolio, name=EXPOSURE) / Decimal(len(scores))
    per_obligor = [_capital(tool, [float(pd)], [exposure], inputs.portfolio)["rwa_irb"] for pd in table.pds]
    return _Side(
        scores=scores,
        grades=table,
        grade_of_row=position.astype(np.float64),
        rwa=_capital(
            tool,
            [float(pd) for pd in table.pds],
            [exposure * int(obligors) for obligors in table.obligors],
            inputs.portfolio,
        ),
        rwa_per_obligor=np.array([float(rwa) for rwa in per_obligor]),
    )


def _capital(
    tool: CapitalTool, pds: list[float], eads: list[Decimal], portfolio: Mapping[str, str]
) -> dict[str, Decimal]:
    answer = tool(pds=[decimal_text(pd) for pd in pds], eads=[str(ead) for ead in eads], portfolio=portfolio)
    wanted = ("rwa_irb", "rwa_standardised", "entity_rwa_before_floor", "entity_rwa_floored", "floor_binding")
    return {name: Decimal(_FLAGS.get(answer[name], answer[name])) for name in wanted if name in answer}


def _estimates(ours: Mapping[str, Decimal], benchmark: Decimal) -> dict[str, float]:
    rwa, standard = ours["rwa_irb"], ours["rwa_standardised"]
    figures = {
        "share_of_benchmark": float(rwa / benchmark),
        "rwa_model": float(rwa),
        "rwa_benchmark": float(benchmark),
        "rwa_standardised": float(standard),
        "share_of_standardised": float(rwa / standard),
    }
    for given, name in (
        ("entity_rwa_before_floor", "entity_rwa_before_floor"),
        ("entity_rwa_floored", "entity_rwa_floored"),
        ("floor_binding", "entity_floor_binding"),
    ):
        if given in ours:
            figures[name] = float(ours[given])
    return figures


def _pairs(ours: _Side, theirs: _Side) -> Table:
    """Count obligors by the model's grade and the benchmark's, the largest cut in RWA first."""
    held = np.stack([ours.grade_of_row, theirs.grade_of_row], axis=1).astype(np.int64)
    pairs, counts = np.unique(held, axis=0, return_counts=True)
    rows = [
        (
            int(mine),
            int(other),
            int(count),
            ours.rwa_per_obligor[mine] * count,
            theirs.rwa_per_obligor[other] * count,
        )
        for (mine, other), count in zip(pairs, counts, strict=True)
    ]
    rows.sort(key=lambda row: (row[3] - row[4], row[0], row[1]))
    return Table(
        id="floor_pairs",
        title="RWA by pair of grades, the largest cut against the benchmark first",
        columns=(
            "model grade",
            "benchmark grade",
            "obligors",
            "RWA on the model",
            "RWA on the benchmark",
            "difference",
        ),
        rows=tuple(
            (
                str(mine + 1),
                str(other + 1),
                str(count),
                *(decimal_text(float(v)) for v in (rwa, bench, rwa - bench)),
            )
            for mine, other, count, rwa, bench in rows
        ),
    )


def _drivers(ours: _Side, theirs: _Side, *, limit: int) -> Table:
    """List the rows with the largest cut in RWA; ties go by the gap between the two PDs, then by row."""
    model_rwa, benchmark_rwa = ours.rwa_of_rows(), theirs.rwa_of_rows()
    rows = np.arange(len(model_rwa))
    order = np.lexsort((rows, ours.scores - theirs.scores, model_rwa - benchmark_rwa))[:limit]
    return Table(
        id="floor_drivers",
        title="Rows of the test sample whose RWA falls furthest below the benchmark's",
        columns=(
            *("row", "PD on the model", "PD on the benchmark"),
            *("RWA on the model", "RWA on the benchmark", "difference"),
        ),
        rows=tuple(
            (
                str(int(row) + 1),
                *(
                    decimal_text(float(value))
                    for value in (
                        *(ours.scores[row], theirs.scores[row], model_rwa[row], benchmark_rwa[row]),
                        model_rwa[row] - benchmark_rwa[row],
                    )
                ),
            )
            for row in order
        ),
    )


def _by_grade_figure(ours: _Side, theirs: _Side) -> Figure:
    """Draw RWA on the model and on the benchmark of the obligors in each of the model's grades."""
    position, size = ours.grade_of_row.astype(np.int64), len(ours.rwa_per_obligor)
    sums = [
        (name, np.bincount(position, weights=side.rwa_of_rows(), minlength=size))
        for name, side in (("RWA on the model", ours), ("RWA on the benchmark", theirs))
    ]
    return Figure(
        id="floor_by_grade",
        title="RWA of the obligors in each of the model's grades, on the model and on the benchmark",
        kind="bar",
        x_label="grade of the model, safest first",
        y_label="risk-weighted assets, EUR",
        ticks=tuple(f"grade {i + 1}" for i in range(size)),
        series=tuple(
            Series(name=name, points=tuple((float(i + 1), float(value)) for i, value in enumerate(values)))
            for name, values in sums
        ),
    )


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
