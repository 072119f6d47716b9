"""Results of checks as a run of the boosted card model gives them, with figures and tables."""

import math
from dataclasses import replace

from registry.domain.canonical import Json
from registry.domain.vocab import Verdict
from validation.catalog import list_specs
from validation.domain.evidence import to_evidence
from validation.domain.false_alarms import judged_limits
from validation.domain.results import CheckResult, Figure, Metric, Series, Table
from validation.domain.thresholds import parse_threshold

Submission = dict[str, Json]

PAIR_COLUMNS = (
    *("model grade", "benchmark grade", "obligors"),
    *("RWA on the model", "RWA on the benchmark", "difference"),
)
DRIVER_COLUMNS = (
    *("row", "PD on the model", "PD on the benchmark"),
    *("RWA on the model", "RWA on the benchmark", "difference"),
)
COLUMNS = ("PAY_0", "PAY_2", "LIMIT_BAL", "BILL_AMT1", "PAY_AMT1", "PAY_AMT2", "AGE", "EDUCATION")


def submissions() -> list[Submission]:
    """Return one result per check, one of them failing, one not applicable."""
    return [
        _submission(result) for result in (_auc(), _jeffreys(), _drift(), _shap(), _capital(), _self_report())
    ]


def repeated(**changed: Json) -> list[Submission]:
    """Return the same results once more; ``changed`` replaces parts of every stored result."""
    return [{**item, "body": {**_body(item), **changed}} for item in submissions()]


def _body(item: Submission) -> dict[str, Json]:
    body = item["body"]
    assert isinstance(body, dict)
    return body


def _submission(measured: CheckResult) -> Submission:
    spec = list_specs()[measured.check]
    known = {param.name for param in spec.params}
    limits = judged_limits(
        spec=spec,
        params=spec.parse_params(given={k: v for k, v in measured.params.items() if k in known}),
        thresholds=[parse_threshold(data=threshold) for threshold in measured.thresholds],
    )
    alarms = {"level": "0.05", "limits": [limit.to_json() for limit in limits]}
    result = replace(measured, alarms=alarms)
    return {**to_evidence(result=result), "body": result.to_json()}


def _line(name: str, points: list[tuple[float, float]]) -> Series:
    return Series(name=name, points=tuple(points))


def _auc() -> CheckResult:
    curve = [(i / 50, (i / 50) ** 0.38) for i in range(51)]
    return CheckResult(
        check="discrimination.auc",
        major=1,
        verdict=Verdict.PASS,
        reason="",
        seed=20250101,
        detail="gini.lower is 0.5381, at least 0.40 is asked",
        metrics=(
            Metric(
                name="auc",
                estimate=0.7756,
                lower=0.7691,
                upper=0.7821,
                confidence=0.95,
                n=7500,
                method="DeLong, logit scale",
            ),
            Metric(
                name="gini",
                estimate=0.5512,
                lower=0.5381,
                upper=0.5641,
                confidence=0.95,
                n=7500,
                method="DeLong, logit scale",
            ),
        ),
        facts={"evidence.auc": "0.7756", "evidence.gini": "0.5512", "evidence.gini_lower": "0.5381"},
        figures=(
            Figure(
                id="roc",
                title="Receiver operating characteristic",
                kind="line",
                x_label="share of non-defaults flagged",
                y_label="share of defaults flagged",
                series=(_line("model", curve), _line("chance", [(0, 0), (1, 1)])),
            ),
        ),
        params={"sample": "test", "confidence": "0.95", "min_defaults": "20"},
        thresholds=(
            {
                "metric": "gini.lower",
                "direction": "at_least",
                "inclusive": True,
                "value": "0.40",
                "verdict": "fail",
                "cites": ["house#H6"],
            },
        ),
        versions={"python": "3.11.2", "numpy": "2.3.5", "scipy": "1.17.0"},
        elapsed_s=0.041,
    )


def _jeffreys() -> CheckResult:
    pds = [0.021, 0.048, 0.085, 0.142, 0.221, 0.347, 0.581]
    rates = [0.024, 0.045, 0.091, 0.139, 0.262, 0.351, 0.602]
    rows = tuple(
        (
            str(i + 1),
            "1071",
            str(round(1071 * rate)),
            str(pd),
            str(rate),
            f"{rate - 0.018:.4f}",
            f"{rate + 0.019:.4f}",
            "0.31",
            "0.62",
            "0.35",
        )
        for i, (pd, rate) in enumerate(zip(pds, rates, strict=True))
    )
    columns = (
        "grade",
        "obligors",
        "defaults",
        "mean PD",
        "default rate",
        "95 % from",
        "95 % to",
        "Jeffreys p",
        "Holm-adjusted p",
        "binomial p",
    )

    def series(name: str, values: list[float]) -> Series:
        return _line(name, [(float(i + 1), value) for i, value in enumerate(values)])

    return CheckResult(
        check="calibration.jeffreys",
        major=1,
        verdict=Verdict.FAIL,
        reason="threshold",
        seed=20250101,
        detail="min_p_adjusted is 0.0132, at least 0.02 is asked: grade 5 defaults more often than predicted",
        metrics=(
            Metric(
                name="min_p_adjusted", estimate=0.0132, n=7500, method="Jeffreys, one-sided, Holm over grades"
            ),
            Metric(
                name="grades_underestimated",
                estimate=1,
                n=7500,
                method="Jeffreys, one-sided, Holm over grades",
            ),
        ),
        facts={"evidence.calibration_min_p": "0.0132"},
        tables=(Table(id="grades", title="Default rate against PD by grade", columns=columns, rows=rows),),
        figures=(
            Figure(
                id="calibration",
                title="Mean PD and default rate by grade",
                kind="points",
                x_label="grade",
                y_label="rate",
                ticks=tuple(str(i + 1) for i in range(7)),
                series=(series("mean PD", pds), series("default rate", rates)),
            ),
        ),
        notes=("a p-value is itself a statement about chance and carries no interval",),
        params={"sample": "recent"},
        versions={"numpy": "2.3.5"},
        elapsed_s=0.012,
        thresholds=(
            {
                "metric": "min_p_adjusted",
                "direction": "at_least",
                "inclusive": True,
                "value": "0.02",
                "verdict": "fail",
                "cites": ["house#H7"],
            },
        ),
    )


def _drift() -> CheckResult:
    values = [0.062, 0.041, 0.018, 0.022, 0.031, 0.007, 0.004, 0.002]
    points = tuple((float(i + 1), value) for i, value in enumerate(values))
    return CheckResult(
        check="drift.data",
        major=1,
        verdict=Verdict.PASS,
        reason="",
        detail="no column drifted",
        seed=20250101,
        metrics=(
            Metric(
                name="share_drifted",
                estimate=0.0,
                lower=0.0,
                upper=0.3231,
                confidence=0.95,
                n=7500,
                method="PSI per column, Clopper-Pearson",
            ),
        ),
        facts={"evidence.data_drift_share": "0"},
        figures=(
            Figure(
                id="columns",
                title="PSI by column",
                kind="bar",
                x_label="column",
                y_label="PSI",
                ticks=COLUMNS,
                series=(Series(name="PSI", points=points),),
            ),
        ),
        params={"method": "psi", "column_threshold": "0.1", "false_alarms_per_year": "0.24"},
        versions={"evidently": "0.7.23"},
        elapsed_s=0.88,
        thresholds=(
            {
                "metric": "share_drifted",
                "direction": "at_most",
                "inclusive": True,
                "value": "0.15",
                "verdict": "warn",
                "cites": ["house#H7"],
            },
        ),
    )


def _shap() -> CheckResult:
    points = tuple((float(i + 1), 0.52 * math.exp(-i * 0.45)) for i in range(8))
    return CheckResult(
        check="explain.shap",
        major=1,
        verdict=Verdict.PASS,
        reason="",
        detail="additivity and ranks hold",
        seed=20250101,
        metrics=(
            Metric(name="additivity_error", estimate=2.4e-7, n=512, method="largest absolute gap"),
            Metric(
                name="rank_stability",
                estimate=0.964,
                lower=0.941,
                upper=0.979,
                confidence=0.95,
                n=512,
                method="Kendall tau over 5 seeds",
            ),
        ),
        facts={
            "evidence.explanation_additivity": "2.4e-7",
            "evidence.explanation_stability": "0.964",
            "evidence.explainability_achieved": 3,
        },
        figures=(
            Figure(
                id="importance",
                title="Global importance",
                kind="bar",
                x_label="feature",
                y_label="mean |contribution|",
                ticks=COLUMNS,
                series=(Series(name="importance", points=points),),
            ),
        ),
        tables=(
            Table(
                id="examples",
                title="Single rows, largest contributions",
                columns=("example", "output", "feature", "value", "contribution"),
                rows=(
                    ("lowest", "0.0213", "PAY_0", "-1", "-0.4121"),
                    ("highest", "0.8412", "PAY_0", "3", "1.2044"),
                ),
            ),
        ),
        params={"background": "256", "rows": "512"},
        versions={"shap": "0.51.0", "xgboost": "3.2.0"},
        elapsed_s=4.21,
    )


def _capital() -> CheckResult:
    figures = {
        "share_of_benchmark": 0.8731,
        "rwa_model": 1.131e9,
        "rwa_benchmark": 1.2954e9,
        "rwa_standardised": 1.8e9,
        "entity_rwa_before_floor": 4.21e9,
        "entity_rwa_floored": 4.35e9,
        "entity_floor_binding": 1,
    }
    return CheckResult(
        check="capital.rwa_effect",
        major=1,
        verdict=Verdict.WARN,
        reason="threshold",
        seed=20250101,
        detail="share_of_benchmark is 0.8731, at least 0.90 is asked without a model-level floor",
        metrics=tuple(
            Metric(name=name, estimate=value, n=7500, method="IRB retail formula, QRRE")
            for name, value in figures.items()
        ),
        facts={"capital.model_share_of_benchmark": "0.8731", "capital.entity_floor_binding": True},
        tables=(
            Table(
                id="assumptions",
                title="Declared assumptions behind every figure here",
                columns=("assumption", "value", "provenance"),
                rows=(("loss given default", "0.75", "ASSUMED"), ("credit conversion", "0.60", "ASSUMED")),
            ),
            Table(
                id="floor_pairs",
                title="RWA by pair of grades, the largest cut against the benchmark first",
                columns=PAIR_COLUMNS,
                rows=(
                    ("1", "2", "2100", "211000000", "399400000", "-188400000"),
                    ("2", "2", "5400", "920000000", "896000000", "24000000"),
                ),
            ),
            Table(
                id="floor_drivers",
                title="Rows of the test sample whose RWA falls furthest below the benchmark's",
                columns=DRIVER_COLUMNS,
                rows=(
                    ("4182", "0.011", "0.094", "100476.19", "190190.48", "-89714.29"),
                    ("377", "0.013", "0.091", "100476.19", "190190.48", "-89714.29"),
                ),
            ),
        ),
        figures=(
            Figure(
                id="floor_by_grade",
                title="RWA of the obligors in each of the model's grades, on the model and on the benchmark",
                kind="bar",
                x_label="grade of the model, safest first",
                y_label="risk-weighted assets, EUR",
                ticks=("grade 1", "grade 2"),
                series=(
                    _line("RWA on the model", [(1, 211e6), (2, 920e6)]),
                    _line("RWA on the benchmark", [(1, 399.4e6), (2, 896e6)]),
                ),
            ),
        ),
        notes=("portfolio figures are declared assumptions, not measured",),
        elapsed_s=0.31,
        versions={"numpy": "2.3.5"},
    )


def _self_report() -> CheckResult:
    return CheckResult(
        check="integrity.self_report",
        major=1,
        verdict=Verdict.NOT_APPLICABLE,
        reason="insufficient_data",
        detail="120 rows are too few to compare with the claim",
        n_needed=500,
        seed=20250101,
    )
