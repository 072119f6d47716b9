"""What the API answers about the inventory and its permissions."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from registry import api
from registry.rest import shapes
from registry.rest.views import page_link


def when(value: datetime | date | None) -> str | None:
    """Return a time or a day as ISO 8601 text."""
    return value.isoformat() if value is not None else None


def permission(use: api.IntendedUse, *, actor: api.Actor) -> shapes.PermissionShape:
    """Return the pair's permission as its newest decision left it."""
    body: dict[str, Any] = {"conditions": [], "reasons": [], "missing": []}
    if use.permission_decision_uuid is not None:
        row = api.get_decision_row(actor=actor, uuid=use.permission_decision_uuid)
        body = json.loads(row.body)
    return {
        "intended_use": str(use.uuid),
        "mlflow_uri": use.version.mlflow_uri,
        "use_case": use.use_case.key,
        "state": str(use.permission_state),
        "sentence": use.permission_sentence,
        "until": when(use.permission_until),
        "conditions": [dict(item) for item in body["conditions"]],
        "reasons": [dict(item) for item in body["reasons"]],
        "missing": list(body["missing"]),
        "decision": str(use.permission_decision_uuid) if use.permission_decision_uuid else None,
        "page": page_link("web:intended-use", uuid=use.uuid),
    }


def gate(answer: api.Permission) -> shapes.GateShape:
    """Return a permission decided afresh, with its conditions held against the use."""
    return {
        **_answer(answer),
        "permit": permit(answer.permit) if answer.permit is not None else None,
        "condition_checks": [condition_check(item) for item in answer.checks],
    }


def permission_on(answer: api.PermissionOn) -> shapes.PermissionOnShape:
    """Return the permission on a day, with whether it was recorded then or is projected now."""
    return {
        **gate(answer.permission),
        "sentence": answer.sentence,
        "as_of": answer.on.isoformat(),
        "is_projected": answer.is_projected,
    }


def condition_check(item: api.ConditionCheck) -> shapes.ConditionCheckShape:
    """Return one condition against the use."""
    return {
        "kind": item.kind,
        "text": item.text,
        "status": item.status.value,
        "observed": item.observed,
        "limit": item.limit,
        "source": item.source,
        "reason": item.reason,
    }


def timeline(answer: api.Timeline) -> shapes.TimelineShape:
    """Return what the days ahead bring to a permission."""
    return {
        "intended_use": str(answer.intended_use.uuid),
        "first": answer.first.isoformat(),
        "last": answer.last.isoformat(),
        "state": answer.state.value,
        "summary": answer.summary,
        "turns": [
            {
                "on": turn.on.isoformat(),
                "events": turn.events,
                "state": turn.state.value,
                "sentence": turn.sentence,
                "because": turn.because,
                "no_longer": turn.no_longer,
                "is_change": turn.is_change,
            }
            for turn in answer.turns
        ],
    }


def _answer(answer: api.Permission) -> shapes.PermissionShape:
    use = answer.intended_use
    return {
        "intended_use": str(use.uuid),
        "mlflow_uri": use.version.mlflow_uri,
        "use_case": use.use_case.key,
        "state": answer.state.value,
        "sentence": answer.sentence,
        "until": when(answer.until),
        "conditions": [dict(item) for item in answer.conditions if isinstance(item, dict)],
        "reasons": [dict(item) for item in answer.reasons],
        "missing": answer.missing,
        "decision": str(answer.decision.uuid) if answer.decision is not None else None,
        "page": page_link("web:intended-use", uuid=use.uuid),
    }


def permit(row: api.Permit) -> shapes.PermitShape:
    """Return a permit with its signature."""
    return {
        "uuid": str(row.uuid),
        "status": row.status,
        "statement": row.statement,
        "signature": row.signature,
        "key_id": row.key_id,
        "version_digest": row.version_digest,
        "issued_at": row.issued_at.isoformat(),
        "expires_on": row.expires_on.isoformat(),
    }


def intended_use(
    use: api.IntendedUse, *, actor: api.Actor, decisions: Iterable[api.PolicyDecision]
) -> shapes.IntendedUseShape:
    """Return a pair of version and use case."""
    return {
        "uuid": str(use.uuid),
        "version": str(use.version.uuid),
        "use_case": use.use_case.key,
        "declared_by": use.declared_by.username,
        "declared_at": use.declared_at.isoformat(),
        "permission": permission(use, actor=actor),
        "decisions": [str(row.uuid) for row in decisions],
    }


def version(row: api.ModelVersion) -> shapes.VersionShape:
    """Return a model version."""
    return {
        "uuid": str(row.uuid),
        "model": str(row.registered_model.uuid),
        "model_key": row.registered_model.key,
        "number": row.number,
        "mlflow_uri": row.mlflow_uri,
        "mlflow_run_id": row.mlflow_run_id,
        "flavour": row.flavour,
        "family": row.family,
        "family_source": row.family_source,
        "complexity": row.complexity,
        "shape": row.shape,
        "artifact_digest": row.artifact_digest,
        "artifact_bytes": row.artifact_bytes,
        "datasets": row.datasets,
        "developer": row.developer.username,
        "registered_at": row.registered_at.isoformat(),
        "page": page_link("web:version", uuid=row.uuid),
    }


def version_detail(
    row: api.ModelVersion, *, actor: api.Actor, uses: Iterable[api.IntendedUse]
) -> shapes.VersionDetailShape:
    """Return a model version with its signature, files, claims and permissions."""
    return {
        **version(row),
        "signature": row.signature,
        "artifact_files": row.artifact_files,
        "claimed_metrics": row.claimed_metrics,
        "permissions": [permission(use, actor=actor) for use in uses],
    }


def model(
    row: api.RegisteredModel, *, record: Iterable[api.InventoryField], versions: Iterable[api.ModelVersion]
) -> shapes.ModelShape:
    """Return a registered model with its seventeen fields."""
    return {
        "uuid": str(row.uuid),
        "key": row.key,
        "name": row.name,
        "description": row.description,
        "purpose": row.purpose,
        "limitations": row.limitations,
        "data_sources": row.data_sources,
        "tier": row.risk_tier,
        "state": row.lifecycle_state,
        "origin": row.origin,
        "vendor_name": row.vendor_name,
        "entity": row.entity.key,
        "jurisdictions": row.jurisdictions,
        "owner": row.owner.username,
        "developer": row.developer.username,
        "validator": row.validator.username,
        "registered_at": row.registered_at.isoformat(),
        "row_version": row.row_version,
        "inventory_record": [
            {"number": item.number, "name": item.name, "value": item.value, "source": item.source}
            for item in record
        ],
        "versions": [str(item.uuid) for item in versions],
        "page": page_link("web:model", uuid=row.uuid),
    }


def use_case(row: api.UseCase) -> shapes.UseCaseShape:
    """Return a use case."""
    return {
        "uuid": str(row.uuid),
        "key": row.key,
        "name": row.name,
        "description": row.description,
        "entity": row.entity.key,
        "jurisdiction": row.jurisdiction,
        "archetype": row.archetype,
        "is_customer_facing": row.is_customer_facing,
        "decides_on_individuals": row.decides_on_individuals,
        "exposure_eur": str(row.exposure_eur),
        "materiality": row.materiality,
        "risk_category": row.risk_category,
        "exposure_class": row.exposure_class,
        "approach": row.approach,
        "parameter": row.parameter,
        "portfolio": row.portfolio.key if row.portfolio is not None else "",
        "owner": row.owner.username,
        "champion": str(row.champion.uuid) if row.champion is not None else None,
        "row_version": row.row_version,
        "page": page_link("web:use-case", key=row.key),
    }


def facet(item: api.Facet) -> shapes.FacetShape:
    """Return one dimension of the inventory."""
    return {
        "field": item.field,
        "label": item.label,
        "options": [
            {
                "value": option.value,
                "label": option.label,
                "count": option.count,
                "is_selected": option.is_selected,
            }
            for option in item.options
        ],
    }
