"""Runs the checks of a plan, one after another, over inputs that are already there."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import numpy as np

from registry.domain.canonical import Json
from registry.domain.clock import Clock
from registry.domain.false_alarms import FAMILY_LEVEL
from registry.domain.vocab import ScoreSource, Verdict
from validation.catalog import Catalog, Check
from validation.domain.check import CheckSpec, FactKind, Feed
from validation.domain.evidence import FEEDING
from validation.domain.false_alarms import judged_limits
from validation.domain.inputs import CheckInputs, NotApplicableError, UnusableInputError
from validation.domain.plan import CheckRequest, ValidationPlan
from validation.domain.results import CheckResult, FactValue, Measurement, decimal_text
from validation.domain.rows import HeldRows
from validation.domain.thresholds import judge
from validation.domain.tools import Tools
from validation.engine.surroundings import read_surroundings

logger = logging.getLogger(__name__)

MAY_MISS = (".features", ".scores_before")
_DETAIL_LIMIT = 400

ToolSource = Callable[[CheckSpec, int], Tools]


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """The results in the order of the plan, with the plan's digest."""

    plan_digest: str
    started_at: datetime
    finished_at: datetime
    results: tuple[CheckResult, ...]

    def counts(self) -> dict[str, int]:
        """Return how many checks ended in each verdict."""
        found = [result.verdict for result in self.results]
        return {verdict.value: found.count(verdict) for verdict in Verdict}

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON."""
        return {
            "plan_digest": self.plan_digest,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "counts": dict(self.counts()),
            "results": [result.to_json() for result in self.results],
        }


def run(
    *,
    plan: ValidationPlan,
    inputs: CheckInputs,
    catalog: Catalog,
    tools: ToolSource,
    clock: Clock,
    on_start: Callable[[str], None] = lambda _check: None,
    on_result: Callable[[CheckResult], None] = lambda _result: None,
) -> RunReport:
    """Run every check of the plan in order and hand each result over at once.

    No failure of a check stops the others: it becomes that check's verdict.
    """
    started, results = clock.now(), []
    for request in plan.requests:
        on_start(request.check)
        check = catalog[request.check]
        seed = check_seed(plan_seed=plan.seed, check=request.check)
        result = execute_check(
            check=check,
            request=request,
            inputs=inputs,
            tools=tools,
            seed=seed,
            clock=clock,
            level=plan.false_alarm_level,
        )
        results.append(result)
        on_result(result)
    return RunReport(
        plan_digest=plan.digest(), started_at=started, finished_at=clock.now(), results=tuple(results)
    )


def check_seed(*, plan_seed: int, check: str) -> int:
    """Return the seed of one check: it does not depend on which other checks run."""
    return int.from_bytes(hashlib.sha256(f"{plan_seed}:{check}".encode()).digest()[:4], "big")


def execute_check(
    *,
    check: Check,
    request: CheckRequest,
    inputs: CheckInputs,
    tools: ToolSource,
    seed: int,
    clock: Clock,
    level: Decimal = FAMILY_LEVEL,
) -> CheckResult:
    """Return the result of one check; whatever goes wrong becomes a verdict with a reason.

    ``level`` is the plan's level of false alarms, recorded beside what the check spends of it.
    """
    started = clock.now()
    thresholds = (*check.spec.inherent, *request.thresholds)
    limits = judged_limits(spec=check.spec, params=request.params, thresholds=thresholds)
    blank = CheckResult(
        check=request.check,
        major=request.major,
        verdict=Verdict.ERROR,
        reason="crashed",
        detail="",
        params=request.params.as_text(),
        thresholds=tuple(threshold.to_json() for threshold in thresholds),
        alarms={"level": str(level), "limits": [limit.to_json() for limit in limits]},
        seed=seed,
    )
    try:
        measurement = _measure(check, request, inputs, tools, seed)
        result = _conclude(blank, check.spec, request, measurement)
    except NotApplicableError as refusal:
        result = replace(
            blank,
            verdict=Verdict.NOT_APPLICABLE,
            reason=refusal.reason,
            detail=refusal.detail,
            n_needed=refusal.n_needed,
        )
    except UnusableInputError as refusal:
        result = replace(blank, reason=refusal.reason, detail=refusal.detail)
    except Exception as error:
        logger.exception("the check %s raised", request.check)
        result = replace(blank, detail=f"{type(error).__name__}: {error}"[:_DETAIL_LIMIT])
    if inputs.from_predictions:
        # Nothing ties these scores to the registered artefact, so no fact may rest on them.
        result = replace(result, facts={}, notes=(*result.notes, ScoreSource.PREDICTIONS.sentence))
    elapsed = (clock.now() - started).total_seconds()
    return replace(result, versions=read_surroundings(), elapsed_s=elapsed)


def _measure(
    check: Check, request: CheckRequest, inputs: CheckInputs, tools: ToolSource, seed: int
) -> Measurement:
    for name in check.spec.needed_inputs(params=request.params):
        if not inputs.has(name):
            raise inputs.absence(name)
        if "." in name:
            may_miss = check.spec.reads_missing and name.endswith(MAY_MISS)
            _ensure_usable(name, inputs, may_miss=may_miss)
    ready = tools(check.spec, seed)
    for tool in check.spec.tools:
        if ready.lacks(tool) and inputs.from_predictions:
            raise inputs.absence(tool)
        if ready.lacks(tool):
            raise UnusableInputError(reason="missing_tool", detail=f"the tool {tool} is not available here")
    with np.errstate(all="ignore"):
        measurement = check.compute(inputs, request.params, ready)
    undeclared = {metric.name for metric in measurement.metrics} - set(check.spec.metrics)
    if undeclared:
        raise ValueError(f"the check yields metrics that it does not declare: {sorted(undeclared)}")
    return measurement


def _ensure_usable(name: str, inputs: CheckInputs, *, may_miss: bool) -> None:
    sample, _, part = name.partition(".")
    # Labels and scores have one dimension: as rows of one column all are looked at alike.
    rows = inputs.rows(sample) if part == "features" else HeldRows(inputs.array(name).reshape(-1, 1))
    if not len(rows):
        raise NotApplicableError(reason="insufficient_data", detail=f"{name} is empty", n_needed=1)
    if rows.has_infinite or (not may_miss and rows.has_missing):
        raise UnusableInputError(
            reason="non_finite_input", detail=f"{name} holds values that are missing or infinite"
        )


def _conclude(
    blank: CheckResult, spec: CheckSpec, request: CheckRequest, measurement: Measurement
) -> CheckResult:
    figures = {name: value for metric in measurement.metrics for name, value in metric.figures().items()}
    broken = [m.name for m in measurement.metrics if not np.isfinite(m.estimate)]
    judgement = judge(figures=figures, thresholds=(*spec.inherent, *request.thresholds))
    verdict = Verdict.ERROR if broken else judgement.verdict
    sentences = [f"{name} is not a finite number" for name in broken] + list(judgement.breaches)
    reason = "threshold_breached" if sentences else "measured"
    return replace(
        blank,
        verdict=verdict,
        reason="not_measured" if verdict is Verdict.ERROR else reason,
        detail="; ".join(sentences) or _calm(blank),
        metrics=measurement.metrics,
        facts=_facts(spec.feeds, measurement) if verdict in FEEDING else {},
        tables=measurement.tables,
        figures=measurement.figures,
        notes=measurement.notes,
    )


def _calm(blank: CheckResult) -> str:
    return "every threshold is met" if blank.thresholds else "measured; the plan sets no threshold"


def _facts(feeds: tuple[Feed, ...], measurement: Measurement) -> dict[str, FactValue]:
    known: dict[str, float | None] = {}
    for metric in measurement.metrics:
        known |= {metric.name: metric.estimate, f"{metric.name}.lower": metric.lower}
        known[f"{metric.name}.upper"] = metric.upper
    facts: dict[str, FactValue] = {}
    for feed in feeds:
        value = known.get(feed.metric)
        if value is not None and np.isfinite(value):
            facts[feed.fact] = _fact(feed.kind, value)
    return facts


def _fact(kind: FactKind, value: float) -> FactValue:
    if kind is FactKind.BOOLEAN:
        return value == 1.0
    return round(value) if kind is FactKind.INTEGER else decimal_text(value)
