"""May this version be used for this purpose now? Decided afresh, kept, and answered in a sentence."""

from dataclasses import dataclass
from datetime import date, datetime

from registry.actions.decide_policy import decide_policy
from registry.actions.stated_use import UseStatement
from registry.decisions.models import Permit, PolicyDecision
from registry.decisions.reading import decision_of, facts_of
from registry.decisions.standing import Standing
from registry.domain.canonical import Json
from registry.domain.errors import NotFound
from registry.domain.vocab import PermissionState, Stage
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import find_intended_use, get_use_case
from registry.people.actors import Actor
from registry.policy.condition_checks import EXCEEDED, ConditionCheck, check_conditions
from registry.policy.decision import Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """The answer. ``missing`` names unknown facts, ``reasons`` what blocks; both in the engine's words.

    ``checks`` hold the conditions of the permit against the use. ``decision``
    is none for a projection, which nobody stores.
    """

    intended_use: IntendedUse
    state: PermissionState
    sentence: str
    until: date | None
    decision: PolicyDecision | None
    permit: Permit | None
    checks: tuple[ConditionCheck, ...]
    conditions: list[Json]
    reasons: list[dict[str, Json]]
    missing: list[str]


def check_permission(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    mlflow_uri: str,
    use_case_key: str,
    statement: UseStatement | None = None,
) -> Permission:
    """Decide at ``gate:use`` and return the answer, for the one use that was stated where one was.

    Raises ``INV001``, ``INV012``, ``INV015``, and what ``facts_of_statement`` does.
    """
    use = get_registered_use(actor=actor, mlflow_uri=mlflow_uri, use_case_key=use_case_key)
    row = decide_policy(
        actor=actor,
        at=at,
        correlation_id=correlation_id,
        intended_use=use,
        stage=Stage.GATE_USE,
        statement=statement,
    )
    return permission_of_row(row=row)


def get_registered_use(*, actor: Actor, mlflow_uri: str, use_case_key: str) -> IntendedUse:
    """Return the pair of an MLflow address and a use case. Raises ``INV001``, ``INV012``, ``INV015``."""
    use_case = get_use_case(actor=actor, key=use_case_key)
    use = find_intended_use(actor=actor, mlflow_uri=mlflow_uri, use_case_key=use_case.key)
    if use is None:
        raise NotFound(
            "INV015",
            f"{mlflow_uri} is not registered for the use case {use_case.key}",
            remedy="Register it: mrm.register(uri, use_cases=[...]). A model that is not registered may not be used.",
        )
    return use


def permission_of_row(*, row: PolicyDecision) -> Permission:
    """Return the permission that a stored decision amounts to, with the permit that it saw."""
    permit = permit_seen(row=row)
    return permission_of(
        intended_use=row.intended_use,
        decision=decision_of(row),
        standing=Standing(
            state=PermissionState(row.permission_state or PermissionState.REFERRED),
            sentence=row.sentence,
            until=row.permission_until,
        ),
        permit=permit,
        checks=checks_of_row(row=row, permit=permit),
        row=row,
    )


def permit_seen(*, row: PolicyDecision) -> Permit | None:
    """Return the permit that counted when the decision was made, whatever became of it since."""
    issued = Permit.objects.filter(intended_use=row.intended_use, issued_at__lte=row.decided_at)
    return issued.order_by("-id").first()


def checks_of_row(*, row: PolicyDecision, permit: Permit | None) -> tuple[ConditionCheck, ...]:
    """Return the conditions of the permit against the facts that the decision saw."""
    if permit is None or EXCEEDED not in row.facts:
        return ()
    return check_conditions(conditions=permit.conditions, facts=facts_of(row))


def permission_of(
    *,
    intended_use: IntendedUse,
    decision: Decision,
    standing: Standing,
    permit: Permit | None,
    checks: tuple[ConditionCheck, ...],
    row: PolicyDecision | None,
) -> Permission:
    """Return the permission that a decision and its standing amount to."""
    return Permission(
        intended_use=intended_use,
        state=standing.state,
        sentence=standing.sentence,
        until=standing.until,
        decision=row,
        permit=permit,
        checks=checks,
        conditions=[
            {"kind": item.kind, "params": item.params, "text": item.text, "cites": list(item.cites)}
            for item in decision.conditions
        ],
        reasons=[
            {
                "rule": item.rule,
                "text": item.text,
                "remedy": item.remedy,
                "outcome": item.outcome,
                "missing": list(item.missing),
            }
            for item in decision.reasons
        ],
        missing=list(decision.missing),
    )
