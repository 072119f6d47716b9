"""Which limits of a plan chance can cross on a sound model, and what each spends of the plan's level.

A plan's results stream in, and each verdict stands as soon as its check is
done. No limit may therefore depend on the p-values of other checks, as Holm's
steps would: the level is split beforehand, and the parts are added.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from registry.domain.errors import InvalidInput
from registry.domain.false_alarms import FalseAlarmBound, JudgedLimit, LimitKind
from validation.domain.check import CheckSpec, Params, StatisticalAlarm
from validation.domain.plan import ValidationPlan
from validation.domain.thresholds import Direction, Threshold

_CERTAIN = Decimal(1)
# A level of more than one half is no longer a level.
_HIGHEST_LEVEL = Decimal("0.5")


def false_alarm_bound(*, plan: ValidationPlan, specs: Mapping[str, CheckSpec]) -> FalseAlarmBound:
    """Return every judged limit of a plan with what it spends; thresholds that a check holds by itself count, too."""
    limits: list[JudgedLimit] = []
    for request in plan.requests:
        spec = specs[request.check]
        limits += judged_limits(
            spec=spec, params=request.params, thresholds=(*spec.inherent, *request.thresholds)
        )
    return FalseAlarmBound(level=plan.false_alarm_level, limits=tuple(limits))


def ensure_within_level(*, bound: FalseAlarmBound) -> None:
    """Raise ``InvalidInput`` ``CHK013`` naming the statistical alarms when they spend more than the plan declares."""
    if bound.is_within:
        return
    spending = ", ".join(f"`{alarm.check}` {alarm.figure} {alarm.spends:.4g}" for alarm in bound.alarms)
    raise InvalidInput(
        "CHK013",
        f"the statistical alarms of the plan spend {bound.spent:.4g}, more than the {bound.level} declared: {spending}",
        remedy="Lower their limits until their sum keeps the level, or judge fewer of them.",
        spent=str(bound.spent),
        level=str(bound.level),
    )


def judged_limits(
    *, spec: CheckSpec, params: Params, thresholds: Iterable[Threshold]
) -> tuple[JudgedLimit, ...]:
    """Return the limits of one check. Several limits on one p-value are one event and spend the largest part."""
    found: dict[tuple[LimitKind, str], JudgedLimit] = {}
    for threshold in thresholds:
        limit = _read(threshold, spec, params)
        key = (limit.kind, limit.figure)
        if key not in found or found[key].spends < limit.spends:
            found[key] = limit
    return tuple(found.values())


def _read(threshold: Threshold, spec: CheckSpec, params: Params) -> JudgedLimit:
    metric, _, end = threshold.metric.partition(".")
    is_floor = threshold.direction is Direction.AT_LEAST
    for alarm in spec.alarms:
        if threshold.metric == alarm.p_value:
            if is_floor:
                return _chance(spec, alarm, min(max(threshold.value, Decimal(0)), _CERTAIN))
            return _limit(spec, threshold, LimitKind.PROOF)
        if metric in alarm.counts and not is_floor and end != "upper":
            no_rejection = threshold.is_met(observed=Decimal(0))
            return _chance(spec, alarm, _level(alarm, params) if no_rejection else _CERTAIN)
    if not end:
        return _limit(spec, threshold, LimitKind.ESTIMATE)
    if is_floor is (end == "lower"):
        return _limit(spec, threshold, LimitKind.PROOF)
    return JudgedLimit(
        check=spec.id,
        figure=threshold.metric,
        kind=LimitKind.CHANCE,
        null=f"the true {metric} keeps its limit",
        spends=(1 - spec.interval_confidence(params=params)) / 2,
    )


def _chance(spec: CheckSpec, alarm: StatisticalAlarm, spends: Decimal) -> JudgedLimit:
    return JudgedLimit(
        check=spec.id,
        figure=alarm.p_value,
        kind=LimitKind.CHANCE,
        null=alarm.null,
        spends=spends,
        caveat=alarm.caveat,
    )


def _limit(spec: CheckSpec, threshold: Threshold, kind: LimitKind) -> JudgedLimit:
    return JudgedLimit(check=spec.id, figure=threshold.metric, kind=kind)


def _level(alarm: StatisticalAlarm, params: Params) -> Decimal:
    shared_by = Decimal(str(params[alarm.level_over])) if alarm.level_over else Decimal(1)
    return min(Decimal(str(params[alarm.level])) / shared_by, _HIGHEST_LEVEL)
