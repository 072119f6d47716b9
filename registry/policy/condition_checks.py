"""Whether a use keeps the conditions of its permit: held, exceeded, unknown, or an obligation of the user.

What the caller states about the use goes first; where he states nothing, what
the register holds is compared. A condition that nothing can be compared with
is unknown, unless its ``unstated`` parameter says that it is an obligation.
Parameters by kind: ``exposure_cap`` takes ``maximum_eur``; ``segment`` takes
``segments``, separated by commas, and ``of: exposure_class`` where they are
exposure classes; ``overlay`` takes ``overlay``; ``human_review_rate`` takes
``minimum_rate``; ``model_output_floor`` takes ``minimum_share_of_benchmark``;
``expiry`` may take ``ends_on``, the first day on which the permit is over.
Every limit is inclusive: a use at the limit keeps it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from registry.domain.canonical import Json
from registry.domain.vocab import ConditionKind, ConditionStatus, Provenance
from registry.policy.facts import ABSENT, Fact, Facts, FactValue, known

EXCEEDED = "conditions.exceeded"
UNKNOWN = "conditions.unknown"
OBLIGATION = "obligation"
DAYS_LEFT = "permit.days_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionCheck:
    """One condition against one use: where the observed value comes from, or the reason why there is none."""

    kind: str
    text: str
    status: ConditionStatus
    observed: str = ""
    limit: str = ""
    source: str = ""
    reason: str = ""


Limit = Decimal | frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How a kind is compared. A recorded value that does not keep the limit refutes it only if ``is_conclusive``."""

    param: str
    read: Callable[[str], Limit | None]
    keeps: Callable[[FactValue, Limit], bool]
    words: str
    stated: str
    recorded: str = ""
    is_conclusive: bool = True


def check_conditions(*, conditions: Sequence[Json], facts: Facts) -> tuple[ConditionCheck, ...]:
    """Return one check per condition, in the permit's order."""
    return tuple(_check(item if isinstance(item, dict) else {}, facts) for item in conditions)


def condition_facts(*, checks: Sequence[ConditionCheck]) -> dict[str, Fact]:
    """Return how many conditions are exceeded and how many are unknown.

    The term of the permit is left out: a fact of its own says how long it runs.
    """
    counted = [item for item in checks if item.kind != ConditionKind.EXPIRY]
    found = {
        EXCEEDED: [item for item in counted if item.status is ConditionStatus.EXCEEDED],
        UNKNOWN: [item for item in counted if item.status is ConditionStatus.UNKNOWN],
    }
    return {
        name: known(
            name=name,
            value=len(items),
            provenance=Provenance.DERIVED,
            source="; ".join(_words(item) for item in items) or "conditions of the permit",
        )
        for name, items in found.items()
    }


def is_checkable(*, kind: ConditionKind, params: Mapping[str, Json]) -> bool:
    """Whether a condition says its limit in a form that can be compared."""
    form = _FORMS.get(kind)
    if params.get("unstated", OBLIGATION) != OBLIGATION:
        return False
    if kind is ConditionKind.EXPIRY:
        return "ends_on" not in params or end_date(params=params) is not None
    return form is None or form.read(str(params.get(form.param, ""))) is not None


def end_date(*, params: Mapping[str, Json]) -> date | None:
    """Return the day that an expiry names in ``ends_on``, or none where it names no readable one."""
    try:
        return date.fromisoformat(str(params.get("ends_on", "")))
    except ValueError:
        return None


def _check(condition: Mapping[str, Json], facts: Facts) -> ConditionCheck:
    kind, text = str(condition.get("kind", "")), str(condition.get("text", ""))
    if kind == ConditionKind.EXPIRY:
        return _term(text, facts)
    if kind == ConditionKind.MONITORING:
        return ConditionCheck(
            kind=kind,
            text=text,
            status=ConditionStatus.OBLIGATION,
            reason="the user monitors; the register shows the results that it was sent",
        )
    params = condition.get("params")
    given = params if isinstance(params, dict) else {}
    form = _FORMS.get(kind)
    limit = None if form is None else form.read(str(given.get(form.param, "")))
    if form is None or limit is None:
        reason = "the condition does not say its limit in a form that can be compared"
        return ConditionCheck(kind=kind, text=text, status=ConditionStatus.UNKNOWN, reason=reason)
    shown = ", ".join(sorted(limit)) if isinstance(limit, frozenset) else f"{limit:f}"
    unstated = ConditionCheck(
        kind=kind,
        text=text,
        status=ConditionStatus.UNKNOWN,
        limit=f"{form.words} {shown}",
        reason="nothing was stated",
    )
    if given.get("unstated") == OBLIGATION:
        reason = "the user keeps it; nothing was stated"
        unstated = replace(unstated, status=ConditionStatus.OBLIGATION, reason=reason)
    return _compared(unstated, form, limit, facts, recorded=_OF.get(str(given.get("of")), form.recorded))


def _term(text: str, facts: Facts) -> ConditionCheck:
    fact = facts.get(DAYS_LEFT, ABSENT)
    if not isinstance(fact.value, int):
        status = ConditionStatus.UNKNOWN
    else:
        status = ConditionStatus.HELD if fact.value > 0 else ConditionStatus.EXCEEDED
    return ConditionCheck(
        kind=ConditionKind.EXPIRY,
        text=text,
        status=status,
        observed="" if fact.value is None else f"days left: {fact.value}",
        limit="a day left",
        source=fact.source,
        reason=fact.reason,
    )


def _compared(
    unstated: ConditionCheck, form: _Form, limit: Limit, facts: Facts, *, recorded: str
) -> ConditionCheck:
    for name in (form.stated, recorded):
        fact = facts.get(name, ABSENT)
        if fact.value is None:
            continue
        is_kept = form.keeps(fact.value, limit)
        if is_kept or name == form.stated or form.is_conclusive:
            return replace(
                unstated,
                status=ConditionStatus.HELD if is_kept else ConditionStatus.EXCEEDED,
                observed=f"{fact.value:f}" if isinstance(fact.value, Decimal) else str(fact.value),
                source=f"{fact.source} (assumed)" if fact.provenance is Provenance.ASSUMED else fact.source,
                reason="",
            )
    return unstated


def _words(check: ConditionCheck) -> str:
    return f"{check.text} Observed: {check.observed or check.reason}; limit: {check.limit or 'not readable'}"


def _read_figure(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and value >= 0 else None


def _read_names(text: str) -> frozenset[str] | None:
    return names_of(text) or None


def names_of(text: str) -> frozenset[str]:
    """Return the names in a list that is separated by commas."""
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _at_most(value: FactValue, limit: Limit) -> bool:
    return isinstance(value, Decimal) and isinstance(limit, Decimal) and value <= limit


def _at_least(value: FactValue, limit: Limit) -> bool:
    return isinstance(value, Decimal) and isinstance(limit, Decimal) and value >= limit


def _one_of(value: FactValue, limit: Limit) -> bool:
    return isinstance(limit, frozenset) and value in limit


def _includes(value: FactValue, limit: Limit) -> bool:
    return isinstance(limit, frozenset) and limit <= names_of(str(value))


_OF: Mapping[str, str] = {"exposure_class": "capital.exposure_class"}
_FORMS: Mapping[str, _Form] = {
    ConditionKind.EXPOSURE_CAP: _Form(
        param="maximum_eur",
        read=_read_figure,
        keeps=_at_most,
        words="at most EUR",
        stated="use.stated_exposure_eur",
        recorded="use.exposure_eur",
    ),
    ConditionKind.SEGMENT: _Form(
        param="segments", read=_read_names, keeps=_one_of, words="one of", stated="use.stated_segment"
    ),
    ConditionKind.OVERLAY: _Form(
        param="overlay", read=_read_names, keeps=_includes, words="with", stated="use.stated_overlays"
    ),
    ConditionKind.MODEL_OUTPUT_FLOOR: _Form(
        param="minimum_share_of_benchmark",
        read=_read_figure,
        keeps=_at_least,
        words="at least",
        stated="use.stated_share_of_benchmark",
        recorded="capital.model_share_of_benchmark",
        is_conclusive=False,
    ),
    ConditionKind.HUMAN_REVIEW_RATE: _Form(
        param="minimum_rate",
        read=_read_figure,
        keeps=_at_least,
        words="at least",
        stated="use.stated_review_rate",
    ),
}
