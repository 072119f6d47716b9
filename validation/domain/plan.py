"""The validation plan: the checks that a decision asks for, with parameters and thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeGuard

from registry.domain.canonical import Json, digest
from registry.domain.errors import InvalidInput
from registry.domain.false_alarms import FAMILY_LEVEL
from registry.domain.seed import PLAN_SEED
from validation.domain.check import CheckSpec, Params
from validation.domain.thresholds import Threshold, parse_threshold

_PLAN_FIELDS = frozenset({"checks", "seed", "false_alarm_level"})
_CHECK_FIELDS = frozenset({"check", "major", "params", "thresholds", "deadline_s"})
_PARTS = ("", ".lower", ".upper")
DEFAULT_SEED = PLAN_SEED


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """One check to run: complete parameters, thresholds, and how long it may take."""

    check: str
    major: int
    params: Params
    thresholds: tuple[Threshold, ...]
    deadline_s: int

    def to_json(self) -> dict[str, Json]:
        """Return the request as the plan holds it, defaults written out."""
        return {
            "check": self.check,
            "major": self.major,
            "params": dict(self.params.as_text()),
            "thresholds": [threshold.to_json() for threshold in self.thresholds],
            "deadline_s": self.deadline_s,
        }


@dataclass(frozen=True, kw_only=True)
class ValidationPlan:
    """An ordered tuple of requests, each check at most once, and one seed.

    ``false_alarm_level`` is declared for the whole: how often, on a sound model, any of its tests may alarm.
    """

    requests: tuple[CheckRequest, ...]
    seed: int = DEFAULT_SEED
    false_alarm_level: Decimal = FAMILY_LEVEL

    def to_json(self) -> dict[str, Json]:
        """Return the plan as JSON that ``parse_plan`` reads back to the same plan."""
        return {
            "seed": self.seed,
            "false_alarm_level": str(self.false_alarm_level),
            "checks": [request.to_json() for request in self.requests],
        }

    def digest(self) -> str:
        """Return the SHA-256 of the plan's canonical JSON."""
        return digest(self.to_json())


def parse_plan(*, data: object, specs: Mapping[str, CheckSpec]) -> ValidationPlan:
    """Return a plan from a decision's JSON: a list of checks, or ``{checks, seed, false_alarm_level}``.

    Raises ``InvalidInput``: ``CHK001`` unknown check, ``CHK002`` to ``CHK004``
    parameters, ``CHK005`` a check asked for twice, ``CHK006`` malformed plan,
    ``CHK007`` a threshold on a metric that the check does not yield,
    ``CHK008`` a malformed threshold.
    """
    plan = data if isinstance(data, Mapping) else {"checks": data}
    items, seed = plan.get("checks"), plan.get("seed", DEFAULT_SEED)
    if set(plan) - _PLAN_FIELDS or not _is_list(items) or isinstance(seed, bool) or not isinstance(seed, int):
        raise _malformed("the plan is not a list of checks")
    requests = tuple(_parse_request(item, specs) for item in items)
    if not requests:
        raise _malformed("the plan asks for no check")
    seen: set[str] = set()
    for request in requests:
        if request.check in seen:
            raise InvalidInput(
                "CHK005",
                f"`{request.check}` is asked for twice",
                remedy="Merge the two requests; a plan holds each check once.",
                check=request.check,
            )
        seen.add(request.check)
    level = _parse_level(plan.get("false_alarm_level", str(FAMILY_LEVEL)))
    return ValidationPlan(requests=requests, seed=seed, false_alarm_level=level)


def _parse_request(item: object, specs: Mapping[str, CheckSpec]) -> CheckRequest:
    if not isinstance(item, Mapping) or set(item) - _CHECK_FIELDS or "check" not in item:
        raise _malformed("a check request has missing or unknown fields")
    spec = _find_spec(item["check"], specs)
    params, thresholds = item.get("params", {}), item.get("thresholds", [])
    major, deadline_s = item.get("major", spec.major), item.get("deadline_s", spec.deadline_s)
    if not isinstance(params, Mapping) or not _is_list(thresholds) or not _is_positive(deadline_s):
        raise _malformed(f"the request for `{spec.id}` has a field of the wrong type")
    if major != spec.major:
        raise InvalidInput(
            "CHK001",
            f"`{spec.id}` is installed in major {spec.major}, not {major}",
            remedy="Use the installed major; a new major measures something else.",
            check=spec.id,
        )
    parsed = tuple(parse_threshold(data=threshold) for threshold in thresholds)
    for threshold in parsed:
        _ensure_metric(threshold.metric, spec)
    return CheckRequest(
        check=spec.id,
        major=spec.major,
        params=spec.parse_params(given=params),
        thresholds=parsed,
        deadline_s=deadline_s,
    )


def _parse_level(value: object) -> Decimal:
    try:
        level = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        level = Decimal("NaN")
    if level.is_nan() or not 0 < level < 1:
        raise _malformed("the level of false alarms is not a decimal between 0 and 1, as text")
    return level


def _find_spec(check: object, specs: Mapping[str, CheckSpec]) -> CheckSpec:
    spec = specs.get(check) if isinstance(check, str) else None
    if spec is None:
        raise InvalidInput(
            "CHK001",
            f"there is no check `{check}`; known: {', '.join(sorted(specs))}",
            remedy="Correct the id or install the package that provides the check.",
            check=str(check),
        )
    return spec


def _ensure_metric(metric: str, spec: CheckSpec) -> None:
    allowed = {name + part for name in spec.metrics for part in _PARTS}
    if metric not in allowed:
        raise InvalidInput(
            "CHK007",
            f"`{spec.id}` yields no metric `{metric}`; it yields: {', '.join(spec.metrics)}",
            remedy="Set the threshold on one of these, or on its .lower or .upper.",
            check=spec.id,
            metric=metric,
        )


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_positive(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _malformed(message: str) -> InvalidInput:
    return InvalidInput(
        "CHK006",
        message,
        remedy="Give a list of {check, params, thresholds}, or {checks, seed, false_alarm_level}.",
    )
