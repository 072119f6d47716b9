"""May this version be used for this purpose now? Decided afresh, kept, and answered in a sentence."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from registry.actions.decide_policy import decide_policy
from registry.decisions.facts import find_permit
from registry.decisions.models import Permit, PolicyDecision
from registry.decisions.reading import decision_of
from registry.domain.canonical import Json
from registry.domain.errors import NotFound
from registry.domain.vocab import PermissionState, Stage
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import find_intended_use, get_use_case
from registry.people.actors import Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """The answer. ``missing`` names unknown facts, ``reasons`` what blocks; both in the engine's words."""

    intended_use: IntendedUse
    state: PermissionState
    sentence: str
    until: date | None
    decision_uuid: UUID | None
    permit: Permit | None
    conditions: list[Json]
    reasons: list[dict[str, Json]]
    missing: list[str]


def check_permission(
    *, actor: Actor, at: datetime, correlation_id: str, mlflow_uri: str, use_case_key: str
) -> Permission:
    """Decide at ``gate:use`` and return the answer. Raises ``INV001``, ``INV012``, ``INV015``."""
    use_case = get_use_case(actor=actor, key=use_case_key)
    use = find_intended_use(actor=actor, mlflow_uri=mlflow_uri, use_case_key=use_case.key)
    if use is None:
        raise NotFound(
            "INV015",
            f"{mlflow_uri} is not registered for the use case {use_case.key}",
            remedy="Register it: mrm.register(uri, use_cases=[...]). A model that is not registered may not be used.",
        )
    row = decide_policy(
        actor=actor, at=at, correlation_id=correlation_id, intended_use=use, stage=Stage.GATE_USE
    )
    return permission_of(intended_use=use, row=row)


def permission_of(*, intended_use: IntendedUse, row: PolicyDecision) -> Permission:
    """Return the permission that a stored decision and the pair's permit amount to."""
    decision = decision_of(row)
    return Permission(
        intended_use=intended_use,
        state=PermissionState(intended_use.permission_state),
        sentence=intended_use.permission_sentence,
        until=intended_use.permission_until,
        decision_uuid=row.uuid,
        permit=find_permit(intended_use=intended_use),
        conditions=[
            {"kind": item.kind, "params": item.params, "text": item.text, "cites": list(item.cites)}
            for item in decision.conditions
        ],
        reasons=[
            {"rule": item.rule, "text": item.text, "remedy": item.remedy, "outcome": item.outcome}
            for item in decision.reasons
        ],
        missing=list(decision.missing),
    )
