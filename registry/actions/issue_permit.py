"""Issue the signed permit, move the champion, and mirror both to MLflow."""

from datetime import date, datetime
from uuid import UUID

from django.db.models import F

from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.models import Permit, PolicyDecision
from registry.decisions.permits import sign_statement
from registry.domain.canonical import sha256_hex
from registry.domain.lifecycle import ensure_transition
from registry.domain.vocab import LifecycleState, PermitStatus
from registry.inventory.models import IntendedUse, RegisteredModel, UseCase
from registry.outbox.api import enqueue
from registry.people.actors import Actor
from registry.policy.decision import Decision

MIRROR_KIND = "mlflow.mirror_permit"


def issue_permit(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    intended_use: IntendedUse,
    approval_uuid: UUID,
    decision_row: PolicyDecision,
    decision: Decision,
    expires_on: date,
) -> Permit:
    """Write and sign the permit inside the caller's transaction; an older one of the pair is revoked."""
    _revoke_older(actor, at, correlation_id, intended_use)
    conditions = [
        {"kind": item.kind, "params": item.params, "text": item.text, "cites": list(item.cites)}
        for item in decision.conditions
    ]
    text, signature, key_id = sign_statement(
        {
            **_about(intended_use),
            "conditions": conditions,
            "issued_at": at,
            "expires_on": expires_on,
            "approval": approval_uuid,
            "decision_digest": decision_row.body_digest,
        }
    )
    permit = Permit.objects.create(
        intended_use=intended_use,
        approval_uuid=approval_uuid,
        decision=decision_row,
        statement=text,
        signature=signature,
        key_id=key_id,
        conditions=conditions,
        version_digest=intended_use.version.artifact_digest,
        issued_at=at,
        expires_on=expires_on,
        status=PermitStatus.ISSUED,
    )
    _move_champion(intended_use)
    record(
        action=AuditAction.PERMIT_ISSUED,
        actor=actor,
        at=at,
        subject=subject_of(permit, label=str(intended_use)),
        payload={
            "approval": str(approval_uuid),
            "decision": str(decision_row.uuid),
            "statement_digest": sha256_hex(text.encode("utf-8")),
            "signature": signature,
            "key_id": key_id,
            "expires_on": expires_on,
            "version_digest": permit.version_digest,
        },
        correlation_id=correlation_id,
    )
    alias = f"champion-{intended_use.use_case.key}"
    mirror_permission(permit=permit, permission=decision.outcome.value, at=at, alias=alias)
    return permit


def _about(intended_use: IntendedUse) -> dict[str, object]:
    """Return what every permit states about the pair: these very bytes, for this use, in this entity."""
    version, use_case = intended_use.version, intended_use.use_case
    return {
        "version": 1,
        "mlflow_uri": version.mlflow_uri,
        "artifact_digest": version.artifact_digest,
        "use_case": use_case.key,
        "entity": use_case.entity.key,
    }


def _move_champion(intended_use: IntendedUse) -> None:
    """Point the use case at the version, and count the model as approved."""
    version = intended_use.version
    rows = UseCase.objects.filter(pk=intended_use.use_case.pk)
    rows.update(champion=version, row_version=F("row_version") + 1)
    RegisteredModel.objects.filter(pk=version.registered_model_id).update(
        lifecycle_state=LifecycleState.APPROVED, row_version=F("row_version") + 1
    )


def mirror_permission(*, permit: Permit, permission: str, at: datetime, alias: str = "") -> None:
    """Promise to tell MLflow what the permit is worth now, and to point ``alias`` at the version if one is named."""
    version, key = permit.intended_use.version, permit.intended_use.use_case.key
    enqueue(
        kind=MIRROR_KIND,
        payload={
            "name": version.mlflow_name,
            "version": version.mlflow_version,
            "alias": alias,
            "tags": {
                f"mrm.permit.{key}": str(permit.uuid),
                f"mrm.permission.{key}": permission,
                f"mrm.expires.{key}": permit.expires_on.isoformat(),
            },
        },
        at=at,
    )


def _revoke_older(actor: Actor, at: datetime, correlation_id: str, intended_use: IntendedUse) -> None:
    for permit in Permit.objects.filter(intended_use=intended_use).exclude(status=PermitStatus.REVOKED):
        ensure_transition("permit", permit.status, PermitStatus.REVOKED)
        permit.status, permit.status_reason = PermitStatus.REVOKED, "replaced by a newer permit"
        permit.save(update_fields=["status", "status_reason"])
        record(
            action=AuditAction.PERMIT_REVOKED,
            actor=actor,
            at=at,
            subject=subject_of(permit, label=str(intended_use)),
            payload={"reason": permit.status_reason},
            correlation_id=correlation_id,
        )
