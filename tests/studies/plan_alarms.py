"""How often a plan alarms on a sound model, and on a spoilt one: ``python -m tests.studies.plan_alarms``.

The checks themselves run on simulated portfolios, as a worker runs them. A
sound model states every obligor's true PD; its samples are drawn alike. The
plan is the widest that the house pack can ask for, without the checks that
need an artefact: none of those raises a statistical alarm.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit

from mrm.pack_fit import widest_plan
from registry.domain.clock import SystemClock
from registry.domain.false_alarms import LimitKind
from registry.domain.vocab import Verdict
from registry.policy.pack import PACKS_FOLDER, read_packs
from tests.unit.validation.builders import tools
from validation.catalog import list_specs, load_catalog
from validation.domain.false_alarms import judged_limits
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.plan import CheckRequest, ValidationPlan, parse_plan
from validation.domain.results import CheckResult
from validation.engine.core import execute_check

HOUSE = "house/2026-11"
CHECKS = (
    *("calibration.brier", "calibration.hosmer_lemeshow", "calibration.jeffreys", "discrimination.auc"),
    *("discrimination.ks", "drift.data", "drift.score", "stability.psi"),
)
LEAST_SIGHT = 0.7


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """What is simulated: rows of each sample, how many default, columns that share a factor, grades."""

    rows: int
    default_rate: float
    columns: int = 8
    grades: int = 7
    odds_factor: float = 1.0
    moved_columns: int = 0


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Of so many plans, how many raised a statistical alarm, and how many any; by check; how many were not judged.

    ``tight`` counts also the plans in which one column drifted beyond chance, whatever its share and size.
    """

    plans: int
    statistical: int
    tight: int
    any_alarm: int
    by_check: Counter[str]
    unjudged: Counter[str]

    def rate(self, count: int) -> str:
        """Return a rate of plans with its exact 95 % interval (Clopper and Pearson)."""
        found = stats.binomtest(count, self.plans).proportion_ci(0.95)
        return f"{count / self.plans:.1%} ({found.low:.1%} to {found.high:.1%})"


def house_plan() -> ValidationPlan:
    """Return the widest plan of the house pack, without the checks that need an artefact."""
    (house,) = (pack for pack in read_packs(folder=PACKS_FOLDER) if pack.ref == HOUSE)
    items: list[dict[str, Any]] = [item for item in widest_plan(packs=[house]) if item["check"] in CHECKS]
    return parse_plan(data=items, specs=list_specs())


def tally(*, portfolio: Portfolio, plan: ValidationPlan, plans: int, seed: int) -> Tally:
    """Run the plan on so many simulated portfolios and count."""
    rng = np.random.default_rng(seed)
    found, unjudged, statistical, tight, any_alarm = Counter[str](), Counter[str](), 0, 0, 0
    centre = _intercept(portfolio)
    for _ in range(plans):
        given = simulate(portfolio=portfolio, centre=centre, rng=rng)
        results = [(one, run_check(request=one, given=given)) for one in plan.requests]
        raised = {
            one.check for one, result in results if raises_statistical_alarm(request=one, result=result)
        }
        found.update(raised)
        unjudged.update(one.check for one, result in results if result.verdict is Verdict.NOT_APPLICABLE)
        statistical += bool(raised)
        tight += bool(raised) or any(
            metric.estimate > 0
            for _, result in results
            for metric in result.metrics
            if metric.name == "share_significant"
        )
        any_alarm += any(result.verdict in (Verdict.WARN, Verdict.FAIL) for _, result in results)
    return Tally(
        plans=plans,
        statistical=statistical,
        tight=tight,
        any_alarm=any_alarm,
        by_check=found,
        unjudged=unjudged,
    )


def run_check(*, request: CheckRequest, given: CheckInputs) -> CheckResult:
    """Return the result of one check, as the engine gives it."""
    return execute_check(
        check=load_catalog()[request.check],
        request=request,
        inputs=given,
        tools=tools,
        seed=1,
        clock=SystemClock(),
    )


def raises_statistical_alarm(*, request: CheckRequest, result: CheckResult) -> bool:
    """Return whether any limit is crossed that chance can cross at a stated rate."""
    figures = {name: value for metric in result.metrics for name, value in metric.figures().items()}
    spec = list_specs()[request.check]
    for threshold in request.thresholds:
        (limit,) = judged_limits(spec=spec, params=request.params, thresholds=[threshold])
        observed = figures.get(threshold.metric)
        if (
            limit.kind is LimitKind.CHANCE
            and observed is not None
            and not threshold.is_met(observed=observed)
        ):
            return True
    return False


def simulate(*, portfolio: Portfolio, centre: float, rng: np.random.Generator) -> CheckInputs:
    """Return three samples alike, with the true PDs as scores; what the portfolio spoils is spoilt in the last two."""
    arrays: dict[str, Any] = {}
    for sample in ("train", "test", "recent"):
        features = _features(portfolio, rng)
        if sample == "recent":
            features[:, : portfolio.moved_columns] += 0.5
        log_odds = centre + features @ _weights(portfolio)
        truth = expit(log_odds + np.log(portfolio.odds_factor))
        arrays[f"{sample}.features"] = features
        arrays[f"{sample}.scores"] = expit(log_odds)
        arrays[f"{sample}.labels"] = (rng.random(portfolio.rows) < truth).astype(np.float64)
    edges = np.quantile(arrays["train.scores"], np.linspace(0.0, 1.0, portfolio.grades + 1)[1:-1])
    return CheckInputs(
        feature_names=tuple(f"x{i}" for i in range(portfolio.columns)),
        arrays=arrays,
        grade_edges=tuple(edges.tolist()),
    )


def _features(portfolio: Portfolio, rng: np.random.Generator) -> FloatArray:
    factor = rng.normal(size=(portfolio.rows, 1))
    own = rng.normal(size=(portfolio.rows, portfolio.columns))
    return np.asarray(LEAST_SIGHT * factor + np.sqrt(1.0 - LEAST_SIGHT**2) * own)


def _weights(portfolio: Portfolio) -> FloatArray:
    """Return weights under which the log-odds have a standard deviation of 1.2: an AUC of about 0.79."""
    columns = portfolio.columns
    spread = columns * (1.0 - LEAST_SIGHT**2) + (columns * LEAST_SIGHT) ** 2
    return np.full(columns, 1.2 / np.sqrt(spread))


def _intercept(portfolio: Portfolio) -> float:
    """Return the intercept that gives the default rate."""
    grid = stats.norm.ppf((np.arange(2_000) + 0.5) / 2_000) * 1.2
    low, high = -15.0, 15.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if expit(middle + grid).mean() < portfolio.default_rate else (low, middle)
    return low


NULLS = (
    Portfolio(rows=500, default_rate=0.04),
    Portfolio(rows=1_000, default_rate=0.05),
    Portfolio(rows=2_000, default_rate=0.02),
    Portfolio(rows=5_000, default_rate=0.03),
    Portfolio(rows=5_000, default_rate=0.2, columns=20),
)
SPOILT = (
    Portfolio(rows=1_000, default_rate=0.05, odds_factor=1.5),
    Portfolio(rows=5_000, default_rate=0.03, odds_factor=1.5),
    Portfolio(rows=5_000, default_rate=0.03, odds_factor=1.25),
    Portfolio(rows=5_000, default_rate=0.03, moved_columns=2),
)


def main(*, arguments: Sequence[str]) -> None:
    """Print one row of a Markdown table for each portfolio."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies.plan_alarms")
    parser.add_argument("--plans", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=20_260_101)
    options = parser.parse_args(arguments)
    for title, portfolios in (("sound", NULLS), ("spoilt", SPOILT)):
        sys.stdout.write(f"\n{title}, {options.plans} plans each, seed {options.seed}\n\n")
        for portfolio in portfolios:
            found = tally(portfolio=portfolio, plan=house_plan(), plans=options.plans, seed=options.seed)
            rates = " | ".join(
                found.rate(count) for count in (found.statistical, found.tight, found.any_alarm)
            )
            sys.stdout.write(f"| {portfolio} | {rates} | {dict(found.by_check)} | {dict(found.unjudged)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(arguments=sys.argv[1:])
